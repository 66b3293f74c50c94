//! `wss` (RFC 6455 §4.1): TLS comes before any byte of the handshake, and the certificate must be
//! trusted and name the host.
#![cfg(all(feature = "rustls", not(target_arch = "s390x"), not(shuttle)))]

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, mpsc::channel},
    thread,
    time::Duration,
};

use fullduplex::{
    ClientRequest, CloseCode, Closing, Config, Error, Timeout,
    blocking::{self, TlsStream},
    client::Client,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, crypto::ring,
    pki_types::PrivateKeyDer,
};

/// A server with a certificate of its own for `localhost`, and what its clients must trust.
struct Server {
    listener: TcpListener,
    config: Arc<ServerConfig>,
    trusted: Arc<ClientConfig>,
}

impl Server {
    fn new() -> Self {
        let provider = Arc::new(ring::default_provider());
        let names = ["localhost".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let trusted = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self { listener, config: Arc::new(config), trusted: Arc::new(trusted) }
    }

    fn client(&self, host: &str) -> Client {
        let port = self.listener.local_addr().unwrap().port();
        let request = ClientRequest::new(&format!("wss://{host}:{port}/")).unwrap();
        let client = Client::new(request).addresses([self.listener.local_addr().unwrap()]);
        client.tls(Arc::clone(&self.trusted))
    }

    /// Clients that must not talk to it, and why.
    fn distrusting_clients(&self) -> [(&'static str, Client); 2] {
        let stranger = Self::new();
        [
            ("another root", self.client("localhost").tls(stranger.trusted)),
            ("another name", self.client("127.0.0.1")),
        ]
    }

    fn accept(&self) -> TlsStream<TcpStream> {
        let (stream, _) = self.listener.accept().unwrap();
        TlsStream::new(ServerConnection::new(Arc::clone(&self.config)).unwrap(), stream)
    }

    /// Echoes to so many clients; returns how each connection ended.
    fn echo(self, clients: usize) -> thread::JoinHandle<Vec<Result<Closing, Error>>> {
        thread::spawn(move || {
            let echo = |stream| {
                let mut ws = blocking::accept(stream)?;
                while let Some(message) = ws.receive()? {
                    ws.send(message)?;
                }
                Ok(ws.closing().unwrap().clone())
            };
            (0..clients).map(|_| echo(self.accept())).collect()
        })
    }
}

/// More than the sockets hold, and than a TLS record.
fn long() -> Vec<u8> {
    (0..3_000_000_u32).map(|number| number as u8).collect()
}

#[test]
fn a_blocking_client_talks_over_tls_and_both_ends_see_a_clean_close() {
    let server = Server::new();
    let client = server.client("localhost");
    let ends = server.echo(1);
    let (mut ws, _) = blocking::connect_with(&client).unwrap();
    assert!(ws.stream().tls().unwrap().peer_certificates().is_some());
    assert!(ws.stream().tcp().unwrap().nodelay().unwrap());
    ws.send("Hello").unwrap();
    assert_eq!(ws.receive().unwrap(), Some("Hello".into()));
    ws.send(long()).unwrap();
    assert_eq!(ws.receive().unwrap(), Some(long().into()));
    ws.close(CloseCode::NORMAL, "").unwrap();
    assert!(ends.join().unwrap()[0].as_ref().unwrap().is_clean());
}

#[test]
fn a_blocking_websocket_over_tls_is_not_split_and_says_so() {
    let server = Server::new();
    let client = server.client("localhost");
    let _ends = server.echo(1);
    let (ws, _) = blocking::connect_with(&client).unwrap();
    let Err(Error::Io(error)) = ws.split().map(drop) else { panic!("split") };
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn a_certificate_that_is_not_trusted_or_names_another_host_ends_the_attempt() {
    let server = Server::new();
    let clients = server.distrusting_clients();
    let ends = server.echo(clients.len());
    for (name, client) in clients {
        let Err(Error::Io(error)) = blocking::connect_with(&client) else { panic!("{name}") };
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{name}: {error}");
        assert!(error.to_string().contains("certificate"), "{name}: {error}");
    }
    assert!(ends.join().unwrap().iter().all(Result::is_err));
}

#[test]
fn a_server_that_is_silent_during_tls_is_given_up() {
    let server = Server::new();
    let client = server.client("localhost").connect_timeout(Duration::from_millis(30));
    let result = blocking::connect_with(&client);
    assert!(matches!(result, Err(Error::Timeout(Timeout::Connect))), "{result:?}");
}

#[test]
fn a_server_without_tls_is_an_error() {
    let server = Server::new();
    let client = server.client("localhost");
    let answers = thread::spawn(move || {
        let (mut stream, _) = server.listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    assert!(matches!(blocking::connect_with(&client), Err(Error::Io(_))));
    answers.join().unwrap();
}

/// A socket whose peer hears every byte by itself: nothing that is long is whole in time.
struct Trickle(TcpStream);

impl Read for Trickle {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.read(room)
    }
}

impl Write for Trickle {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        thread::sleep(Duration::from_millis(10));
        self.0.write(&bytes[..bytes.len().min(1)])
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl blocking::Stream for Trickle {}

#[test]
fn a_client_that_says_its_hello_byte_by_byte_is_given_up_in_time() {
    let server = Server::new();
    let address = server.listener.local_addr().unwrap();
    let trusted = Arc::clone(&server.trusted);
    let client = thread::spawn(move || {
        let connection = ClientConnection::new(trusted, "localhost".try_into().unwrap()).unwrap();
        let mut stream = TlsStream::new(connection, Trickle(TcpStream::connect(address).unwrap()));
        // Until the server has enough of it.
        stream.write(b"GET").and_then(|_| stream.read(&mut [0; 1]))
    });
    let mut config = Config::default();
    config.handshake_timeout = Duration::from_millis(100);
    let incoming = blocking::Incoming::read(server.accept(), &config);
    assert!(matches!(incoming, Err(Error::Timeout(Timeout::Handshake))), "{incoming:?}");
    assert!(client.join().unwrap().is_err());
}

#[test]
fn a_peer_that_reads_nothing_ends_a_write_in_time_and_hears_of_the_end() {
    let server = Server::new();
    let mut config = Config::default();
    config.write_timeout = Duration::from_millis(100);
    let client = server.client("localhost").config(config);
    let (sender, is_given_up) = channel();
    let peer = thread::spawn(move || {
        let mut ws = blocking::accept(server.accept()).unwrap();
        is_given_up.recv().unwrap();
        // What is in the sockets, and then the end.
        while matches!(ws.receive(), Ok(Some(_))) {}
    });
    let (mut ws, _) = blocking::connect_with(&client).unwrap();
    let sent = (0..1000).try_for_each(|_| ws.send(long()));
    assert!(matches!(sent, Err(Error::Timeout(Timeout::Write))), "{sent:?}");
    sender.send(()).unwrap();
    peer.join().unwrap();
    // It heard of it although the client still has its stream.
    drop(ws);
}

#[cfg(feature = "tokio-rustls")]
mod over_tokio {
    use super::*;
    use fullduplex::tokio as ws;

    #[tokio::test]
    async fn a_client_talks_over_tls_and_both_ends_see_a_clean_close() {
        let server = Server::new();
        let client = server.client("localhost");
        let ends = server.echo(1);
        let (mut ws, _) = ws::connect_with(&client).await.unwrap();
        assert!(ws.stream().tls().unwrap().peer_certificates().is_some());
        assert!(ws.stream().tcp().unwrap().nodelay().unwrap());
        ws.send("Hello").await.unwrap();
        assert_eq!(ws.receive().await.unwrap(), Some("Hello".into()));
        ws.send(long()).await.unwrap();
        assert_eq!(ws.receive().await.unwrap(), Some(long().into()));
        ws.close(CloseCode::NORMAL, "").await.unwrap();
        assert!(ends.join().unwrap()[0].as_ref().unwrap().is_clean());
    }

    #[tokio::test]
    async fn a_certificate_that_is_not_trusted_or_names_another_host_ends_the_attempt() {
        let server = Server::new();
        let clients = server.distrusting_clients();
        let ends = server.echo(clients.len());
        for (name, client) in clients {
            let Err(Error::Io(error)) = ws::connect_with(&client).await else { panic!("{name}") };
            assert!(error.to_string().contains("certificate"), "{name}: {error}");
        }
        assert!(ends.join().unwrap().iter().all(Result::is_err));
    }

    #[tokio::test]
    async fn a_server_that_is_silent_during_tls_is_given_up() {
        let server = Server::new();
        let client = server.client("localhost").connect_timeout(Duration::from_millis(30));
        let result = ws::connect_with(&client).await;
        assert!(matches!(result, Err(Error::Timeout(Timeout::Connect))), "{result:?}");
    }
}
