//! TLS over a blocking stream, by rustls.

use std::{
    io::{self, Write},
    net::{Shutdown, TcpStream},
    ops::{Deref, DerefMut},
    time::Duration,
};

use rustls::{ClientConnection, ConnectionCommon, SideData, StreamOwned};

use super::{
    Blocking, Stream,
    client_stream::{ClientStream, Transport},
};
use crate::{Error, asynchronous::Runtime, client::Tls};

/// Begins TLS on `stream`, for as long as there is a `rest` of the time.
pub(super) fn start(
    mut stream: ClientStream,
    tls: Tls,
    rest: impl Fn() -> Result<Duration, Error>,
) -> Result<ClientStream, Error> {
    let mut connection = ClientConnection::new(tls.config, tls.name).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        let rest = rest()?.max(MIN_TIMEOUT);
        stream.set_read_timeout(Some(rest))?;
        stream.set_write_timeout(Some(rest))?;
        let done = if connection.wants_write() {
            connection.write_tls(&mut stream)
        } else {
            connection.read_tls(&mut stream)
        };
        match done {
            Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Ok(_) => {}
            Err(error) if Blocking::is_temporary(&error) => continue,
            Err(error) => return Err(error.into()),
        }
        if let Err(error) = connection.process_new_packets() {
            // An alert tells the server; whether it arrives or not, this is what was wrong.
            let _ = connection.write_tls(&mut stream);
            return Err(io::Error::new(io::ErrorKind::InvalidData, error).into());
        }
    }
    Ok(StreamOwned::new(connection, stream).into())
}

/// A stream with TLS waits as the stream below does. Its end is announced with `close_notify`.
impl<C, S, D> Stream for StreamOwned<C, S>
where
    C: DerefMut + Deref<Target = ConnectionCommon<D>>,
    S: Stream,
    D: SideData,
{
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.sock.set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.sock.set_write_timeout(timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        if how != Shutdown::Read {
            self.conn.send_close_notify();
            self.flush()?;
        }
        self.sock.shutdown(how)
    }
}

impl Transport for StreamOwned<ClientConnection, ClientStream> {
    fn clone_transport(&self) -> io::Result<Box<dyn Transport>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn tcp(&self) -> Option<&TcpStream> {
        self.sock.tcp()
    }

    fn tls(&self) -> Option<&ClientConnection> {
        Some(&self.conn)
    }
}

/// What a stream can be told at least, on every system.
const MIN_TIMEOUT: Duration = Duration::from_millis(1);
