//! The sending side of a WebSocket: what is needed to answer while a message is lent.

use std::io::{self, IoSlice, Read, Write};

use bytes::Buf;

use crate::{CloseFrame, Connection, Error, Message, SendError, WriteBuffer, io_error};

/// Connection, output and stream.
#[derive(Debug)]
pub(super) struct Link<S> {
    pub(super) stream: S,
    pub(super) connection: Connection,
    pub(super) output: WriteBuffer,
    /// The stream itself may still hold bytes that were written.
    pub(super) unflushed: bool,
    /// Why nothing can be written any more. It is reported when the peer has said all it had to say;
    /// until then `feed` goes on, for an echo that stops at its first error would not hear the rest.
    pub(super) broken: Option<io::Error>,
    /// The peer ended the stream while it could still be written to.
    pub(super) is_ended_by_peer: bool,
}

impl<S: Read + Write> Link<S> {
    pub(super) const fn new(stream: S, connection: Connection, output: WriteBuffer) -> Self {
        Self { stream, connection, output, unflushed: false, broken: None, is_ended_by_peer: false }
    }

    pub(super) fn feed(&mut self, message: Message<'_>) -> Result<(), Error> {
        self.make_room()?;
        Ok(self.connection.send(message, &mut self.output)?)
    }

    pub(super) fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.make_room()?;
        Ok(self.connection.ping(payload, &mut self.output)?)
    }

    pub(super) fn close(&mut self, close: &CloseFrame) -> Result<(), SendError> {
        self.connection.close(Some(close), &mut self.output)
    }

    /// Writes all that waits.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        self.check()?;
        self.unflushed = true;
        let written = write_all(&mut self.stream, &mut self.output);
        self.unflushed = written.as_ref().is_err_and(is_timeout);
        if let Err(error) = &written
            && !self.unflushed
        {
            self.broken = Some(io_error::copy(error));
        }
        Ok(written?)
    }

    /// Writes all that waits, but puts off the report of a failure: what the peer said before it
    /// comes first.
    pub(super) fn flush_before_read(&mut self) -> Result<(), Error> {
        while self.broken.is_none() && (self.unflushed || !self.output.is_empty()) {
            let result = self.flush();
            if self.broken.is_none() {
                result?;
            }
            // A Pong may have waited for room.
            self.connection.reply_owed(&mut self.output);
        }
        Ok(())
    }

    /// Takes the end of the stream.
    pub(super) fn receive_end(&mut self) -> Result<(), Error> {
        self.is_ended_by_peer = self.broken.is_none();
        self.connection.receive_end().map_err(|error| self.cause(error))
    }

    /// What ended the connection: a write that failed before the peer was gone is the cause.
    pub(super) fn cause(&self, error: impl Into<Error>) -> Error {
        match &self.broken {
            Some(broken) if !self.is_ended_by_peer => io_error::copy(broken).into(),
            _ => error.into(),
        }
    }

    /// Tells why nothing can be written any more, if that is so.
    fn check(&self) -> Result<(), Error> {
        self.broken.as_ref().map_or(Ok(()), |broken| Err(io_error::copy(broken).into()))
    }

    fn make_room(&mut self) -> Result<(), Error> {
        if self.output.len() >= self.connection.high_water() { self.flush() } else { Ok(()) }
    }
}

/// Writes all of `output`; what was not written when it fails stays there.
pub(super) fn write_all(stream: &mut impl Write, output: &mut WriteBuffer) -> io::Result<()> {
    while output.has_remaining() {
        let mut parts = [IoSlice::new(&[]); MAX_PARTS];
        let count = output.chunks_vectored(&mut parts);
        let parts = &parts[..count];
        let written = retry(|| match parts {
            [part] => stream.write(part),
            parts => stream.write_vectored(parts),
        })?;
        io_error::check_written(written, parts)?;
        output.advance(written);
    }
    retry(|| stream.flush())
}

/// Reads once into `room`.
pub(super) fn read(stream: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    let read = retry(|| stream.read(room))?;
    io_error::check_read(read, room.len())
}

/// Makes a call again that a signal interrupted.
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// A stream with a timeout of its own reports it so, depending on the system.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Parts that one vectored write takes.
const MAX_PARTS: usize = 16;
