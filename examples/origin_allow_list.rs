//! Which pages may connect: an allow-list of origins (RFC 6455 §10.2). A browser lets any page open a
//! WebSocket to any server, and says which page it was; to refuse is the server's part.
//!
//! `cargo run --example origin_allow_list`

use std::net::TcpStream;

use fullduplex::{
    Answer, ClientRequest, CloseCode, Config, Error, HandshakeError,
    blocking::{Upgrade, connect_over},
};

#[path = "shared/serve.rs"]
mod serve;

/// Scheme, host, and port if it is not the scheme's default: as browsers write it.
const ALLOWED: &[&str] = &["https://app.example", "https://admin.example:8443"];

fn main() -> Result<(), Error> {
    let address = serve::spawn_upgrades(decide)?;
    let origins = [
        Some("https://app.example"),
        Some("https://admin.example:8443"),
        Some("http://app.example"),
        Some("https://app.example.evil.example"),
        Some("null"), // a page in a sandbox, or of a file
        None,         // no browser: it could claim any origin, and needs another proof of who it is
    ];
    for origin in origins {
        let mut request = ClientRequest::new(&format!("ws://{address}/"))?;
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        let status = match connect_over(TcpStream::connect(address)?, &request, &Config::default())
        {
            Ok((mut ws, response)) => ws.close(CloseCode::NORMAL, "").map(|()| response.status)?,
            Err(Error::Handshake(HandshakeError::Refused(response))) => response.status,
            Err(error) => return Err(error),
        };
        println!("{}: {status}", origin.unwrap_or("no origin"));
    }
    Ok(())
}

fn decide(upgrade: Upgrade<TcpStream>) -> Result<(), Error> {
    match upgrade.check_origin(ALLOWED) {
        Ok(()) => upgrade.accept(&Answer::new())?.receive().map(drop),
        Err(error) => upgrade.reject(&error.response()).map(drop), // 403
    }
}
