//! A client on its way to a server that is not where the URL says: through proxies, along redirects.
//! What each of them may say is in `proxy_rules`, `proxy_tunnel` and `redirects`.
#![cfg(feature = "tokio")]

mod common;

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use common::clients::both;
use fullduplex::{
    Answer, ClientRequest, Config, Error, HandshakeError, Response, Timeout, blocking,
    client::{Client, Proxy, ProxyError},
};

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves each client that comes, in a thread of its own.
fn serve(listener: TcpListener, serve: fn(TcpStream) -> io::Result<()>) {
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = serve(stream.unwrap());
        }
    });
}

/// A server that says "welcome"; what each client asked for, by the names of these headers, comes
/// through the channel.
fn server() -> (SocketAddr, Receiver<[Option<String>; 4]>) {
    let (listener, address) = listen();
    let (sender, asked) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let incoming = blocking::Incoming::read(stream.unwrap(), &Config::default());
            let Ok(blocking::Incoming::Upgrade(upgrade)) = incoming else { panic!("{incoming:?}") };
            let names = ["Host", "Cookie", "X-Api-Key", "User-Agent"];
            let headers = upgrade.headers();
            let _ = sender.send(names.map(|name| headers.text(name).map(String::from)));
            let _ = upgrade.accept(&Answer::new()).and_then(|mut ws| ws.send("welcome"));
        }
    });
    (address, asked)
}

/// A server that redirects each client there.
fn redirecting(status: u16, location: String) -> SocketAddr {
    let (listener, address) = listen();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let incoming = blocking::Incoming::read(stream.unwrap(), &Config::default());
            let Ok(blocking::Incoming::Upgrade(upgrade)) = incoming else { panic!("{incoming:?}") };
            let _ = upgrade.reject(&Response::text(status, "").header("Location", &location));
        }
    });
    address
}

fn read_array<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Copies both ways, until both have ended.
fn join(stream: TcpStream, address: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(address)?;
    let (mut from, mut to) = (stream.try_clone()?, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut to));
    io::copy(&mut &server, &mut &stream).map(drop)
}

/// A proxy that knows `me` with the password `secret`.
fn http_proxy(mut stream: TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.extend(read_array::<1>(&mut stream)?);
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.strip_prefix("CONNECT ").unwrap().split(' ').next().unwrap();
    if !head.contains("\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n") {
        let answer = b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno";
        return stream.write_all(answer);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    join(stream, target.parse().unwrap())
}

/// As [`http_proxy`], for RFC 1928 and RFC 1929.
fn socks_proxy(mut stream: TcpStream) -> io::Result<()> {
    let [5, count] = read_array(&mut stream)? else { panic!("another version") };
    let mut methods = vec![0; count.into()];
    stream.read_exact(&mut methods)?;
    if !methods.contains(&2) {
        return stream.write_all(&[5, 0xff]);
    }
    stream.write_all(&[5, 2])?;
    let is_known = read_array(&mut stream)? == *b"\x01\x02me\x06secret";
    stream.write_all(&[1, u8::from(!is_known)])?;
    let [5, 1, 0, 1, a, b, c, d, high, low] = read_array(&mut stream)? else {
        panic!("an address of IPv4 is asked for")
    };
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    join(stream, ([a, b, c, d], u16::from_be_bytes([high, low])).into())
}

fn proxy(scheme: &str, user: &str) -> Proxy {
    let (listener, address) = listen();
    serve(listener, if scheme == "http" { http_proxy } else { socks_proxy });
    Proxy::new(&format!("{scheme}://{user}{address}")).unwrap()
}

fn request(address: SocketAddr) -> ClientRequest {
    ClientRequest::new(&format!("ws://{address}/")).unwrap()
}

fn proxy_error(answer: Result<String, Error>) -> ProxyError {
    match answer {
        Err(Error::Handshake(HandshakeError::Proxy(error))) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_proxy_that_knows_the_client_leads_to_the_server() {
    for scheme in ["http", "socks5"] {
        let (address, asked) = server();
        let client = Client::new(request(address)).proxy(proxy(scheme, "me:secret@"));
        for answer in both(&client) {
            assert_eq!(answer.expect(scheme), "welcome");
            let [host, ..] = asked.recv().unwrap();
            assert_eq!(
                host.unwrap(),
                address.to_string(),
                "{scheme}: the server's, not the proxy's"
            );
        }
    }
}

#[test]
fn a_proxy_that_refuses_is_an_error_with_its_reason() {
    let (address, _) = server();
    let client = Client::new(request(address)).proxy(proxy("http", ""));
    for answer in both(&client) {
        let ProxyError::Refused(response) = proxy_error(answer) else { panic!("not refused") };
        assert_eq!((response.status, &response.body[..]), (407, &b"no"[..]));
    }
    let rows = [("", ProxyError::NoAcceptableMethod), ("me:guess1@", ProxyError::LoginRefused)];
    for (user, expected) in rows {
        let client = Client::new(request(address)).proxy(proxy("socks5", user));
        for answer in both(&client) {
            assert_eq!(proxy_error(answer), expected, "{user}");
        }
    }
}

#[test]
fn bytes_behind_a_proxy_s_answer_are_not_taken_for_the_server_s() {
    let (listener, address) = listen();
    serve(listener, |mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 Switching")?;
        io::copy(&mut stream, &mut io::sink()).map(drop)
    });
    let proxy = Proxy::new(&format!("http://{address}")).unwrap();
    for answer in both(&Client::new(request(address)).proxy(proxy)) {
        assert_eq!(proxy_error(answer), ProxyError::UnexpectedBytes);
    }
}

#[test]
fn a_silent_proxy_is_given_up_after_the_time_to_connect_whatever_a_handshake_has() {
    let (_listener, address) = listen();
    let proxy = Proxy::new(&format!("http://{address}")).unwrap();
    let mut config = Config::default();
    for handshake_timeout in [Duration::from_millis(10), Duration::from_secs(10)] {
        config.handshake_timeout = handshake_timeout;
        let client = Client::new(request(address)).proxy(proxy.clone()).config(config.clone());
        for answer in both(&client.connect_timeout(Duration::from_millis(30))) {
            assert!(matches!(answer, Err(Error::Timeout(Timeout::Connect))), "{answer:?}");
        }
    }
}

#[test]
fn a_redirect_is_followed_where_that_was_asked_for_and_secrets_stay_behind() {
    let (end, asked) = server();
    let middle = redirecting(307, format!("ws://{end}/"));
    let start = redirecting(302, format!("http://{middle}/"));
    let request = request(start).header("Cookie", "a=1").header("User-Agent", "7");
    let request = request.header("X-Api-Key", "secret");
    for answer in both(&Client::new(request.clone()).max_redirects(2)) {
        assert_eq!(answer.unwrap(), "welcome");
        let expected = [Some(end.to_string()), None, None, Some("7".into())];
        assert_eq!(asked.recv().unwrap(), expected);
    }
    for answer in both(&Client::new(request.clone()).max_redirects(1)) {
        let Err(Error::Handshake(error)) = answer else { panic!("{answer:?}") };
        assert_eq!(error, HandshakeError::TooManyRedirects { limit: 1 });
    }
    for answer in both(&Client::new(request)) {
        let Err(Error::Handshake(HandshakeError::Refused(response))) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(response.status, 302, "by default none is followed");
    }
}

#[test]
fn addresses_for_one_host_are_not_used_for_another_that_it_redirects_to() {
    let (end, asked) = server();
    let start = redirecting(301, format!("ws://{end}/"));
    let request = ClientRequest::new("ws://server.example/").unwrap();
    for answer in both(&Client::new(request).addresses([start]).max_redirects(1)) {
        assert_eq!(answer.unwrap(), "welcome");
        assert_eq!(asked.recv().unwrap()[0], Some(end.to_string()));
    }
}

#[test]
fn addresses_for_a_host_are_used_for_it_in_any_letter_case() {
    for location in ["ws://LOCALHOST/", "//LocalHost:80/there"] {
        let start = redirecting(301, location.into());
        let request = ClientRequest::new("ws://localhost/").unwrap();
        // The second request comes to the same address, where the same redirect waits.
        for answer in both(&Client::new(request).addresses([start]).max_redirects(1)) {
            let Err(Error::Handshake(error)) = answer else { panic!("{location}: {answer:?}") };
            assert_eq!(error, HandshakeError::TooManyRedirects { limit: 1 }, "{location}");
        }
    }
}
