//! A device that reports over a byte pipe, a modem for instance: the connection without I/O, in `no_std`
//! with `alloc`. All of this is the device's; `shared/host.rs` plays the pipe and the server.
//!
//! `cargo run --example embedded`
#![no_std]

extern crate alloc;

use alloc::{boxed::Box, string::String};
use core::error::Error;

use fullduplex::{ClientHandshake, ClientRequest, Config, Connection, Event, Nonce, WriteBuffer};

#[path = "shared/host.rs"]
mod host;

fn main() -> Result<(), Box<dyn Error>> {
    host::run()
}

/// Bytes to and from the server: waits until there is one at least. Reading gives 0 at the end.
trait Pipe {
    fn read(&mut self, room: &mut [u8]) -> usize;
    fn write(&mut self, output: &mut WriteBuffer);
}

/// Sends a reading, and returns what the server says to it. `random` is the device's generator, and a
/// good one: it makes the keys of the masks (RFC 6455 §10.3).
fn report(
    pipe: &mut impl Pipe,
    mut random: impl FnMut() -> [u8; 4] + Send + Sync + 'static,
    reading: &str,
) -> Result<Option<String>, Box<dyn Error>> {
    let (mut config, mut output, mut block) = (Config::default(), WriteBuffer::new(), [0; 256]);
    (config.max_message_len, config.max_head_len) = (1024, 2048);
    let nonce = Nonce::new([random(), random(), random(), random()].concat()[..].try_into()?);
    let request = ClientRequest::new("ws://server.example/report")?;
    let mut handshake = ClientHandshake::start(&request, nonce, &config, &mut output)?;
    let (accepted, mut unread) = loop {
        pipe.write(&mut output);
        let len = pipe.read(&mut block);
        if len == 0 {
            return Err(handshake.receive_end().into());
        }
        let mut input = &mut block[..len];
        if let Some((accepted, _)) = handshake.receive(&mut input)? {
            break (accepted, len - input.len()..len);
        }
    };
    let mut connection = accepted.into_connection_with(random);
    connection.send(reading, &mut output)?;
    let mut said = None;
    while !connection.is_closed() {
        let received = listen(&mut connection, &mut block[unread], &mut output);
        pipe.write(&mut output); // also after an error: it tells the server why
        said = received?.or(said);
        unread = 0..pipe.read(&mut block);
        if unread.is_empty() {
            connection.receive_end()?;
        }
    }
    Ok(said)
}

/// Takes what was read; the answer to it stays in `output`.
fn listen(
    connection: &mut Connection,
    mut input: &mut [u8],
    output: &mut WriteBuffer,
) -> Result<Option<String>, Box<dyn Error>> {
    let mut said = None;
    while let Some(event) = connection.receive(&mut input, output)? {
        let Event::Message(message) = event else { continue };
        said = message.as_text().map(String::from);
        if !connection.is_send_closed() {
            connection.close(None, output)?;
        }
    }
    Ok(said)
}
