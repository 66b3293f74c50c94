//! What the messages mean: a client names the subprotocols that it speaks, and the server chooses one
//! (RFC 6455 §1.9).
//!
//! `cargo run --example subprotocols`

use std::net::TcpStream;

use fullduplex::{
    Answer, ClientRequest, CloseCode, Config, Error, HandshakeError, Response,
    blocking::{Upgrade, connect_over},
};

#[path = "shared/serve.rs"]
mod serve;

const SPOKEN: &[&str] = &["chat.v1", "chat.v2"];

fn main() -> Result<(), Error> {
    let address = serve::spawn_upgrades(choose)?;
    let clients: [&[&str]; 4] = [&["chat.v3", "chat.v2", "chat.v1"], &["chat.v1"], &["soap"], &[]];
    for offered in clients {
        let mut request = ClientRequest::new(&format!("ws://{address}/"))?;
        for name in offered {
            request = request.subprotocol(name);
        }
        if !offered.is_empty() {
            // The RFC lets a server choose none; then this is `HandshakeError::NoSubprotocol`.
            request = request.require_subprotocol();
        }
        match connect_over(TcpStream::connect(address)?, &request, &Config::default()) {
            Ok((mut ws, _)) => {
                println!("{offered:?}: {:?}", ws.subprotocol());
                ws.close(CloseCode::NORMAL, "")?;
            }
            Err(Error::Handshake(HandshakeError::Refused(response))) => {
                print!("{offered:?}: {}", String::from_utf8_lossy(&response.body));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn choose(upgrade: Upgrade<TcpStream>) -> Result<(), Error> {
    // The client's order counts here; to let the server's count, search `SPOKEN` for one in the offer.
    let chosen = upgrade.subprotocols().find(|name| SPOKEN.contains(name));
    let answer = match chosen {
        Some(chosen) => Answer::new().subprotocol(chosen),
        // Who names none takes what there is.
        None if upgrade.subprotocols().next().is_none() => Answer::new(),
        None => {
            let spoken = format!("spoken here: {}\n", SPOKEN.join(", "));
            return upgrade.reject(&Response::text(400, &spoken)).map(drop);
        }
    };
    upgrade.accept(&answer)?.receive().map(drop)
}
