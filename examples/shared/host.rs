//! What a device of the example `embedded` is connected to: a pipe, a generator of random numbers, a server.

extern crate std;

use std::{
    boxed::Box,
    error::Error,
    io::{Read, Write},
    println, thread,
};

use bytes::Buf;
use fullduplex::{MemoryStream, WriteBuffer, blocking::accept};

use crate::Pipe;

pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let (mut pipe, server) = MemoryStream::pair();
    let server = thread::spawn(move || {
        let mut ws = accept(server)?;
        println!("server: {:?}", ws.receive()?);
        ws.send("sleep 60")?;
        ws.receive().map(drop)
    });
    println!("device: {:?}", crate::report(&mut pipe, rand::random, "21.5 °C")?);
    drop(pipe);
    Ok(server.join().expect("it does not panic")?)
}

impl Pipe for MemoryStream {
    fn read(&mut self, room: &mut [u8]) -> usize {
        Read::read(self, room).unwrap_or(0)
    }

    fn write(&mut self, output: &mut WriteBuffer) {
        while output.has_remaining() {
            // Why it fails, the next read says: there is an end.
            let Ok(len) = Write::write(self, output.chunk()) else { return };
            output.advance(len);
        }
    }
}
