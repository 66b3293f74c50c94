//! How a client gets to its server: addresses (RFC 8305), Unix sockets, and the time it has for it.
#![cfg(feature = "tokio")]

mod common;

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use common::clients::both;
use fullduplex::{ClientRequest, Error, Timeout, blocking, client::Client};
use socket2::{Domain, Socket, Type};

/// An address at which a server answers each client with a message.
fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            // Who lost the race goes away.
            if let Ok(mut ws) = blocking::accept(stream) {
                let _ = ws.send("welcome");
                let _ = ws.receive();
            }
        }
    });
    address
}

/// An address at which nobody listens; a machine without IPv6 has none, and says so as soon.
fn refusing(host: &str) -> SocketAddr {
    let listener = TcpListener::bind((host, 0)).or_else(|_| TcpListener::bind("127.0.0.1:0"));
    SocketAddr::new(host.parse().unwrap(), listener.unwrap().local_addr().unwrap().port())
}

/// An address at which nobody answers for as long as what it comes with lives: its queue is full.
fn silent() -> (SocketAddr, Vec<TcpStream>, Socket) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let patience = Duration::from_millis(50);
    let queued = std::iter::from_fn(|| TcpStream::connect_timeout(&address, patience).ok());
    (address, queued.collect(), listener)
}

fn client(addresses: impl Into<Vec<SocketAddr>>) -> Client {
    Client::new(ClientRequest::new("ws://server.example/").unwrap()).addresses(addresses)
}

#[test]
fn the_first_address_that_answers_is_taken() {
    let server = server();
    let (silent, _queued, _listener) = silent();
    let rows = [
        ("the only one", vec![server]),
        ("the next one, where one is refused", vec![refusing("127.0.0.1"), server]),
        ("of the other family", vec![refusing("::1"), server]),
        ("of several families", vec![refusing("::1"), refusing("::1"), refusing("::1"), server]),
        ("one beside a silent one", vec![silent, server]),
        ("one beside several silent ones", vec![silent, silent, refusing("::1"), server]),
    ];
    for (name, addresses) in rows {
        for answer in both(&client(addresses)) {
            assert_eq!(answer.expect(name), "welcome", "{name}");
        }
    }
}

#[test]
fn a_host_is_looked_up_and_all_its_addresses_are_tried() {
    // `localhost` may have an address of IPv6 first, at which nobody listens.
    let request = ClientRequest::new(&format!("ws://localhost:{}/", server().port())).unwrap();
    for answer in both(&Client::new(request)) {
        assert_eq!(answer.unwrap(), "welcome");
    }
}

#[test]
fn when_no_address_answers_the_last_failure_is_the_error() {
    let rows = [
        ("refused", vec![refusing("::1"), refusing("127.0.0.1")], ErrorKind::ConnectionRefused),
        ("no address", vec![], ErrorKind::AddrNotAvailable),
    ];
    for (name, addresses, expected) in rows {
        for answer in both(&client(addresses)) {
            let Err(Error::Io(error)) = answer else { panic!("{name}: {answer:?}") };
            assert_eq!(error.kind(), expected, "{name}");
        }
    }
}

#[test]
fn a_server_that_cannot_be_reached_in_time_is_given_up() {
    let (silent, _queued, _listener) = silent();
    for addresses in [vec![silent], vec![silent, silent, silent]] {
        let client = client(addresses).connect_timeout(Duration::from_millis(30));
        for answer in both(&client) {
            assert!(matches!(answer, Err(Error::Timeout(Timeout::Connect))), "{answer:?}");
        }
    }
}

#[test]
fn a_limit_that_is_none_is_no_limit() {
    for answer in both(&client([server()]).connect_timeout(Duration::MAX)) {
        assert_eq!(answer.unwrap(), "welcome");
    }
}

#[cfg(unix)]
#[test]
fn a_unix_socket_whose_queue_is_full_is_given_up() {
    let folder = std::env::temp_dir().join(format!("fullduplex-full-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("socket");
    let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    listener.bind(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
    listener.listen(0).unwrap();
    let _queued = std::os::unix::net::UnixStream::connect(&path).unwrap();
    let request = ClientRequest::new("ws://server.example/").unwrap();
    let client = Client::new(request).unix_socket(&path).connect_timeout(Duration::from_millis(30));
    let answer = blocking::connect_with(&client);
    assert!(matches!(answer, Err(Error::Timeout(Timeout::Connect))), "{answer:?}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[cfg(unix)]
#[test]
fn a_unix_socket_stands_for_the_host_of_the_url() {
    let folder = std::env::temp_dir().join(format!("fullduplex-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("socket");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let (stream, _) = listener.accept().unwrap();
            let incoming = blocking::Incoming::read(stream, &fullduplex::Config::default());
            let blocking::Incoming::Upgrade(upgrade) = incoming.unwrap() else {
                panic!("no offer")
            };
            assert_eq!(upgrade.host(), Some("server.example"));
            upgrade.accept(&fullduplex::Answer::new()).unwrap().send("welcome").unwrap();
        }
    });
    let request = ClientRequest::new("ws://server.example/").unwrap();
    for answer in both(&Client::new(request).unix_socket(&path)) {
        assert_eq!(answer.unwrap(), "welcome");
    }
    server.join().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}
