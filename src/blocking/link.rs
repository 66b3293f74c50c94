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
    /// Bytes in the output from which `feed` first writes.
    pub(super) high_water: usize,
    /// Why nothing can be written any more. It is reported when the peer has said all it had to say.
    pub(super) broken: Option<io::Error>,
}

impl<S: Read + Write> Link<S> {
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
        if let Some(error) = &self.broken {
            return Err(io_error::copy(error).into());
        }
        match write_all(&mut self.stream, &mut self.output) {
            Err(error) if !is_timeout(&error) => {
                self.broken = Some(io_error::copy(&error));
                Err(error.into())
            }
            result => Ok(result?),
        }
    }

    /// Writes all that waits, but puts off the report of a failure: what the peer said before it
    /// comes first.
    pub(super) fn flush_before_read(&mut self) -> Result<(), Error> {
        while !self.output.is_empty() && self.broken.is_none() {
            let result = self.flush();
            if self.broken.is_none() {
                result?;
            }
            // A Pong may have waited for room.
            self.connection.reply_owed(&mut self.output);
        }
        Ok(())
    }

    /// Tells why nothing could be written, if that is so, or else what is given.
    pub(super) fn cause(&self, error: Error) -> Error {
        self.broken.as_ref().map_or(error, |broken| io_error::copy(broken).into())
    }

    fn make_room(&mut self) -> Result<(), Error> {
        if self.output.len() >= self.high_water { self.flush() } else { Ok(()) }
    }
}

/// Writes all of `output`; what was not written when it fails stays there.
pub(super) fn write_all(stream: &mut impl Write, output: &mut WriteBuffer) -> io::Result<()> {
    while output.has_remaining() {
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let written = match output.chunks_vectored(&mut slices) {
            1 => stream.write(output.chunk()),
            count => stream.write_vectored(&slices[..count]),
        };
        match written {
            Ok(len) => {
                io_error::check_written(len, output.remaining())?;
                output.advance(len);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    stream.flush()
}

/// Reads once into `room`.
pub(super) fn read(stream: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(room) {
            Ok(len) => return io_error::check_read(len, room.len()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A stream with a timeout of its own reports it so, depending on the system.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Parts that one vectored write takes.
const MAX_SLICES: usize = 16;
