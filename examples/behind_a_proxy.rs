//! Behind a reverse proxy: a header says who the client is. Anybody can send it, so it counts only from a
//! proxy that one knows.
//!
//! `cargo run --example behind_a_proxy`
//!
//! ```text
//! nginx                                                 HAProxy
//! location /ws {                                        listen websockets
//!     proxy_pass http://127.0.0.1:9001;                     mode http
//!     proxy_http_version 1.1;                               bind :80
//!     proxy_set_header Upgrade $http_upgrade;               option forwardfor
//!     proxy_set_header Connection "upgrade";                timeout connect 5s
//!     proxy_set_header Host $http_host;                     timeout client 60s
//!     proxy_set_header X-Forwarded-For $remote_addr;        timeout server 60s
//!     proxy_read_timeout 60s;                               timeout tunnel 60s
//! }                                                         server one 127.0.0.1:9001
//! ```
//!
//! The timeouts are longer than `Config::ping_interval` (20 s); `check_same_host` needs the Host as it was.

use std::{
    iter,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
};

use fullduplex::{
    Answer, ClientRequest, CloseCode, Config, Error, Headers,
    blocking::{Upgrade, connect_over},
};

#[path = "shared/serve.rs"]
mod serve;

/// The one that the proxy sets: any other it passes on as the client wrote it.
const HEADER: &str = "X-Forwarded-For"; // or "Forwarded" (RFC 7239)

fn main() -> Result<(), Error> {
    let trusting = serve::spawn_upgrades(|it| greet(it, &[Ipv4Addr::LOCALHOST.into()]))?;
    let wary = serve::spawn_upgrades(|it| greet(it, &[]))?;
    let clients = [
        ("the proxy", trusting, "203.0.113.7"),
        ("the proxy, forged", trusting, "192.0.2.1, 203.0.113.7"),
        ("two proxies", trusting, "203.0.113.7, 127.0.0.1"),
        ("as in RFC 7239", trusting, "for=192.0.2.1, For=\"[2001:db8::7]:4711\";proto=https"),
        ("a name", trusting, "unknown"),
        ("not the proxy", wary, "203.0.113.7"),
    ];
    for (name, address, header) in clients {
        let request = ClientRequest::new(&format!("ws://{address}/"))?.header(HEADER, header);
        let (mut ws, _) = connect_over(TcpStream::connect(address)?, &request, &Config::default())?;
        while let Some(message) = ws.receive()? {
            println!("{name}: {message:?}");
        }
    }
    Ok(())
}

fn greet(upgrade: Upgrade<TcpStream>, trusted: &[IpAddr]) -> Result<(), Error> {
    let peer = upgrade.stream().peer_addr()?.ip().to_canonical();
    let client = client(peer, upgrade.headers(), trusted);
    let mut ws = upgrade.accept(&Answer::new())?;
    ws.send(client.to_string())?;
    ws.close(CloseCode::NORMAL, "")
}

/// The last address that no trusted proxy has: each of them appended the one that it saw.
fn client(peer: IpAddr, headers: &Headers, trusted: &[IpAddr]) -> IpAddr {
    let lines: Vec<_> = headers.values(HEADER).map(String::from_utf8_lossy).collect();
    let list = lines.join(",");
    let hops = list.rsplit(',').map_while(address);
    iter::once(peer).chain(hops).find(|it| !trusted.contains(it)).unwrap_or(peer)
}

fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.to_ascii_lowercase();
    let node = hop.split(';').find_map(|pair| pair.trim().strip_prefix("for=")).unwrap_or(&hop);
    let node = node.trim().trim_matches('"');
    let with_port = node.parse().map(|address: SocketAddr| address.ip());
    with_port.or_else(|_| node.trim_matches(['[', ']']).parse()).ok()
}
