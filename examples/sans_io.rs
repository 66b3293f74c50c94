//! The driver's manual: two connections and a fake wire, no socket.
//!
//! `cargo run --example sans_io`

use std::{collections::VecDeque, error::Error, io::Read};

use bytes::Buf;
use fullduplex::{
    Answer, ClientHandshake, ClientRequest, CloseCode, CloseFrame, Config, Connection, Event,
    Nonce, ServerHandshake, WriteBuffer,
};

fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::default();
    let (mut to_server, mut to_client) = (Wire::default(), Wire::default());

    // The handshake: a request, an offer, an answer.
    let request = ClientRequest::new("ws://example.com/chat?room=1")?;
    let mut handshake =
        ClientHandshake::start(&request, Nonce::random(), &config, &mut to_server.output)?;

    let mut bytes = to_server.read();
    let request = ServerHandshake::new(&config).receive(&mut &mut bytes[..])?;
    let offer = request.ok_or("half a request")?.into_offer()?;
    println!("server: a client asks for {}", offer.path());
    let server = offer.accept(&Answer::new(), &mut to_client.output)?.into_connection();

    let mut bytes = to_client.read();
    let (accepted, _) = handshake.receive(&mut &mut bytes[..])?.ok_or("half an answer")?;
    let client = accepted.into_connection();

    // The connection: each end drives its own half of the wire.
    let mut client = End { name: "client", connection: client };
    let mut server = End { name: "server", connection: server };
    client.connection.send("Hello", &mut to_server.output)?;
    client.connection.ping(b"are you there?", &mut to_server.output)?;
    server.drive(&mut to_server, &mut to_client)?;
    client.drive(&mut to_client, &mut to_server)?;

    let bye = CloseFrame::new(CloseCode::NORMAL, "bye");
    client.connection.close(Some(&bye), &mut to_server.output)?;
    server.drive(&mut to_server, &mut to_client)?;
    client.drive(&mut to_client, &mut to_server)?;
    assert!(server.connection.is_closed() && client.connection.is_closed());
    Ok(())
}

struct End {
    name: &'static str,
    connection: Connection,
}

impl End {
    /// Reads, receives until there is nothing more, and leaves the answers to be written.
    fn drive(&mut self, from: &mut Wire, to: &mut Wire) -> Result<(), Box<dyn Error>> {
        let mut bytes = from.read();
        let mut input = &mut bytes[..];
        while let Some(event) = self.connection.receive(&mut input, &mut to.output)? {
            println!("{}: {event:?}", self.name);
            if let Event::Message(message) = event
                && self.name == "server"
            {
                self.connection.send(message, &mut to.output)?;
            }
        }
        Ok(())
    }
}

/// One direction of a wire: what one end writes, the other reads.
#[derive(Default)]
struct Wire {
    output: WriteBuffer,
    bytes: VecDeque<u8>,
}

impl Wire {
    fn read(&mut self) -> Vec<u8> {
        while self.output.has_remaining() {
            self.bytes.extend(self.output.chunk());
            self.output.advance(self.output.chunk().len());
        }
        let mut bytes = vec![0; self.bytes.len()];
        self.bytes.read_exact(&mut bytes).expect("as many bytes as it holds");
        bytes
    }
}
