//! TLS over a blocking stream, by rustls.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use rustls::{ClientConnection, Connection};

use super::{
    Blocking, Stream,
    client_stream::{ClientStream, Transport},
};
use crate::{
    Error,
    asynchronous::{MIN_LIMIT, Runtime},
    client::Tls,
};

/// TLS over a blocking stream, of a server or of a client.
///
/// Unlike rustls's `StreamOwned` it keeps the time: a read reads once from the stream below, whether a
/// record came whole or not, and a write never waits for the peer to say something.
#[derive(Debug)]
pub struct TlsStream<S> {
    connection: Connection,
    stream: S,
    /// Whether reads and writes of the stream below end by themselves.
    is_timed: bool,
}

impl<S: Stream> TlsStream<S> {
    /// Puts TLS on `stream`; its handshake goes along with the first reads.
    pub fn new(connection: impl Into<Connection>, stream: S) -> Self {
        Self { connection: connection.into(), stream, is_timed: false }
    }

    /// The TLS connection, to ask it for the peer's certificate.
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The stream below.
    pub const fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Reads once from the stream below.
    fn fill(&mut self) -> io::Result<()> {
        if self.connection.read_tls(&mut self.stream)? == 0 && self.connection.is_handshaking() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if let Err(error) = self.connection.process_new_packets() {
            // An alert tells the peer; whether it arrives or not, this is what was wrong.
            let _ = self.connection.write_tls(&mut self.stream);
            return Err(io::Error::new(ErrorKind::InvalidData, error));
        }
        Ok(())
    }

    /// Writes what is encrypted, for as long as the stream below takes it.
    fn drain(&mut self) -> io::Result<()> {
        let mut writes = 0;
        while self.connection.wants_write() {
            // A peer that reads little by little stops no clock.
            if self.is_timed && writes == MAX_WRITES {
                return Err(ErrorKind::WouldBlock.into());
            }
            if self.connection.write_tls(&mut self.stream)? == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            writes += 1;
        }
        Ok(())
    }

    /// Drains, as far as that can be done now.
    fn drain_some(&mut self) -> io::Result<()> {
        match self.drain() {
            Err(error) if is_passing(&error) => Ok(()),
            drained => drained,
        }
    }
}

impl<S: Stream> Read for TlsStream<S> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut has_filled = false;
        loop {
            match self.connection.reader().read(room) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            if has_filled && self.is_timed {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.drain_some()?;
            self.fill()?;
            has_filled = true;
        }
    }
}

impl<S: Stream> Write for TlsStream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // What was taken before comes first: it would pile up.
        self.drain()?;
        let len = self.connection.writer().write(bytes)?;
        self.drain_some()?;
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain()?;
        self.stream.flush()
    }
}

impl<S: Stream> Stream for TlsStream<S> {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_read_timeout(timeout)?;
        self.is_timed = timeout.is_some();
        Ok(())
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_write_timeout(timeout)
    }

    /// The end is announced with `close_notify`, if the stream below takes it.
    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        if how != Shutdown::Read {
            self.connection.send_close_notify();
            let _ = self.drain();
        }
        self.stream.shutdown(how)
    }
}

impl Transport for TlsStream<ClientStream> {
    fn clone_transport(&self) -> io::Result<Box<dyn Transport>> {
        Err(ErrorKind::Unsupported.into())
    }

    fn tcp(&self) -> Option<&TcpStream> {
        self.stream.tcp()
    }

    fn tls(&self) -> Option<&ClientConnection> {
        match &self.connection {
            Connection::Client(connection) => Some(connection),
            Connection::Server(_) => None,
        }
    }
}

/// Begins TLS on `stream`, for as long as there is a `rest` of the time.
pub(super) fn start(
    stream: ClientStream,
    tls: Tls,
    rest: impl Fn() -> Result<Duration, Error>,
) -> Result<ClientStream, Error> {
    let connection = ClientConnection::new(tls.config, tls.name).map_err(io::Error::other)?;
    let mut stream = TlsStream::new(connection, stream);
    while stream.connection.is_handshaking() {
        let rest = rest()?.max(MIN_LIMIT);
        stream.set_read_timeout(Some(rest))?;
        stream.set_write_timeout(Some(rest))?;
        let step = if stream.connection.wants_write() { stream.drain() } else { stream.fill() };
        match step {
            Err(error) if is_passing(&error) => {}
            step => step?,
        }
    }
    Ok(stream.into())
}

/// Whether the same may be tried again.
fn is_passing(error: &io::Error) -> bool {
    Blocking::is_temporary(error) || error.kind() == ErrorKind::Interrupted
}

/// Writes to the stream below after which somebody looks at the clock.
const MAX_WRITES: u32 = 16;
