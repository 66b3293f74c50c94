//! [`MemoryStream`]: two connected streams without a socket.
//!
//! ```text
//!        ┌─ write ──► Pipe ──► read ─┐
//!  one end                           other end        64 KiB each way
//!        └─ read ◄── Pipe ◄── write ─┘
//! ```

#[cfg(any(feature = "futures-io", feature = "tokio"))]
mod asynchronous;
mod pipe;

use std::{
    io::{self, IoSlice, Read, Write},
    net::Shutdown,
    sync::Arc,
    time::Duration,
};

use crate::blocking::{CloneStream, Stream};
use pipe::{End, Pipe};

/// One end of a connection in memory, for tests: what one end writes, the other one reads.
///
/// It is a stream for every adapter: for threads ([`blocking`](crate::blocking)), for tokio and for
/// futures-io. Both ends need not be used by the same one. Each direction holds
/// [`CAPACITY`](Self::CAPACITY) bytes; who writes more waits for the reader.
///
/// ```
/// use std::thread;
/// use fullduplex::{ClientRequest, Config, MemoryStream, blocking};
///
/// let (client, server) = MemoryStream::pair();
/// let server = thread::spawn(move || blocking::accept(server));
/// let request = ClientRequest::new("ws://test.invalid/chat")?;
/// let (ws, response) = blocking::connect_over(client, &request, &Config::default())?;
/// assert_eq!(response.status, 101);
/// # drop((ws, server.join().unwrap()?));
/// # Ok::<(), fullduplex::Error>(())
/// ```
///
/// When an end is dropped with its last clone, the other end reads what was written and then the end
/// of the stream; its writes fail with [`BrokenPipe`](io::ErrorKind::BrokenPipe). Of the tasks that
/// wait to read from one end, or to write to it, only the last one is woken: one for each direction is
/// what a WebSocket has.
#[derive(Debug)]
pub struct MemoryStream(Arc<Ends>);

/// What the clones of a stream share.
#[derive(Debug)]
struct Ends {
    incoming: Arc<Pipe>,
    outgoing: Arc<Pipe>,
}

impl MemoryStream {
    /// How many bytes that are not read yet each direction holds: 64 KiB.
    pub const CAPACITY: usize = pipe::CAPACITY;

    /// Makes both ends of a connection.
    pub fn pair() -> (Self, Self) {
        let pipes = [Arc::new(Pipe::default()), Arc::new(Pipe::default())];
        let [incoming, outgoing] = pipes.clone();
        let one = Self(Arc::new(Ends { incoming, outgoing }));
        let [outgoing, incoming] = pipes;
        (one, Self(Arc::new(Ends { incoming, outgoing })))
    }
}

impl Ends {
    fn shutdown(&self, how: Shutdown) {
        if matches!(how, Shutdown::Write | Shutdown::Both) {
            self.outgoing.close(End::Write);
        }
        if matches!(how, Shutdown::Read | Shutdown::Both) {
            self.incoming.close(End::Read);
        }
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.shutdown(Shutdown::Both);
    }
}

impl Read for MemoryStream {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.incoming.read(room)
    }
}

impl Write for MemoryStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.outgoing.write(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The timeouts are those of all clones, as a socket's are. To shut down reading drops what was not
/// read, and breaks the other end's writes.
impl Stream for MemoryStream {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.incoming.set_timeout(End::Read, timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.outgoing.set_timeout(End::Write, timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how);
        Ok(())
    }
}

impl CloneStream for MemoryStream {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(Self(Arc::clone(&self.0)))
    }
}
