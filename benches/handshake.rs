//! Both handshakes (RFC 6455 §4), from the bytes to a connection.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fullduplex::Config;

mod common;

<<<<<<< HEAD
=======
const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

>>>>>>> codecs
fn handshake(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("handshake");
    group.throughput(Throughput::Elements(1));
    let config = Config::default();
    group.bench_function("a server accepts", |bencher| {
        bencher.iter(|| common::handshake::accept(&config));
    });
    let request = common::handshake::request();
    group.bench_function("a client connects", |bencher| {
        bencher.iter(|| common::handshake::connect(&config, &request));
    });
<<<<<<< HEAD
=======
}

fn accept(config: &Config) -> Connection {
    let mut bytes = common::REQUEST.as_bytes().to_vec();
    let mut output = WriteBuffer::new();
    let request = ServerHandshake::new(config).receive(&mut &mut bytes[..]);
    let Ok(Some(Request::Upgrade(offer))) = request else { panic!("{request:?}") };
    let accepted = offer.accept(&Answer::new(), &mut output).expect("no headers");
    assert_eq!(common::written(&mut output), ANSWER.len());
    accepted.into_connection()
}

fn connect(config: &Config, request: &ClientRequest) -> Connection {
    let mut bytes = ANSWER.as_bytes().to_vec();
    let mut output = WriteBuffer::new();
    let nonce = Nonce::new(*b"the sample nonce");
    let mut client =
        ClientHandshake::start(request, nonce, config, &mut output).expect("no headers");
    assert!(common::written(&mut output) > 100);
    let accepted = client.receive(&mut &mut bytes[..]).expect("a good answer");
    accepted.expect("a whole one").0.into_connection()
>>>>>>> codecs
}

criterion_group!(benches, handshake);
criterion_main!(benches);
