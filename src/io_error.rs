//! What a stream may report, and what it may not.

use std::io;

/// Refuses a write of nothing, and of more bytes than it was given.
pub(crate) fn check_written(written: usize, given: usize) -> io::Result<()> {
    match written {
        0 => Err(io::ErrorKind::WriteZero.into()),
        written if written > given => Err(lie()),
        _ => Ok(()),
    }
}

/// Refuses a read of more bytes than there was room for.
pub(crate) fn check_read(read: usize, room: usize) -> io::Result<usize> {
    if read > room { Err(lie()) } else { Ok(read) }
}

/// The same error, but for a source of its own: `io::Error` does not clone.
pub(crate) fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

fn lie() -> io::Error {
    io::Error::other("the stream used more bytes than it was given")
}
