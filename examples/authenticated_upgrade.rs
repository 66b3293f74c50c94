//! Who may connect: by a bearer token, as programs send it, or by a cookie, as browsers do. Anybody else
//! gets a 401, and no WebSocket.
//!
//! `cargo run --example authenticated_upgrade`

use std::net::TcpStream;

use fullduplex::{
    Answer, ClientRequest, CloseCode, Config, Error, HandshakeError, Offer, Response,
    blocking::{Upgrade, connect_over},
};

#[path = "shared/serve.rs"]
mod serve;

fn main() -> Result<(), Error> {
    let address = serve::spawn_upgrades(welcome)?;
    let page = format!("http://{address}");
    let clients: [(&str, &[(&str, &str)]); 5] = [
        ("a program", &[("Authorization", "Bearer token-of-ada")]),
        ("a page of ours", &[("Cookie", "theme=dark; session=of-grace"), ("Origin", &page)]),
        ("another page", &[("Cookie", "session=of-grace"), ("Origin", "http://evil.example")]),
        ("a wrong token", &[("Authorization", "Bearer token-of-bob")]),
        ("nobody", &[]),
    ];
    for (name, headers) in clients {
        let mut request = ClientRequest::new(&format!("ws://{address}/"))?;
        for (header, value) in headers {
            request = request.header(header, value);
        }
        match connect_over(TcpStream::connect(address)?, &request, &Config::default()) {
            Ok((mut ws, _)) => {
                while let Some(message) = ws.receive()? {
                    println!("{name}: {message:?}");
                }
            }
            Err(Error::Handshake(HandshakeError::Refused(response))) => {
                println!("{name}: {}", response.status);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn welcome(upgrade: Upgrade<TcpStream>) -> Result<(), Error> {
    let Some(user) = user(&upgrade) else {
        // RFC 9110 §15.5.2: a 401 names a way to authenticate.
        let response = Response::text(401, "who are you?\n").header("WWW-Authenticate", "Bearer");
        return upgrade.reject(&response).map(drop);
    };
    let mut ws = upgrade.accept(&Answer::new())?;
    ws.send(format!("welcome, {user}"))?;
    ws.close(CloseCode::NORMAL, "")
}

fn user(offer: &Offer) -> Option<&'static str> {
    if let Some(authorization) = offer.headers().text("Authorization") {
        let (scheme, token) = authorization.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("Bearer").then(|| owner(TOKENS, token))?;
    }
    // A browser sends the cookie whatever page asks, so it counts for pages of this host only.
    offer.check_same_host().ok()?;
    let (_, session) = offer.cookies().find(|(name, _)| *name == "session")?;
    owner(SESSIONS, session)
}

/// In an application: look a digest of the secret up, for how long it takes to compare the secret itself
/// tells about it.
fn owner(secrets: &[(&str, &'static str)], secret: &str) -> Option<&'static str> {
    secrets.iter().find(|(known, _)| *known == secret).map(|(_, owner)| *owner)
}

const TOKENS: &[(&str, &str)] = &[("token-of-ada", "ada")];
const SESSIONS: &[(&str, &str)] = &[("of-grace", "grace")];
