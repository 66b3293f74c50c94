//! Servers on hyper and on axum at the other end of a stream in memory, and HTTP/1.1 by hand.

use std::convert::Infallible;

use axum::Router;
use bytes::Bytes;
use fullduplex::{Error, MemoryStream, hyper::WebSocket};
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Has hyper answer HTTP/1.1, and give connections away.
pub(crate) fn hyper<F>(
    answer: impl Fn(Request<Incoming>) -> F + Send + Sync + 'static,
) -> MemoryStream
where
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let (client, server) = MemoryStream::pair();
    let service = service_fn(move |request| {
        let answer = answer(request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service);
    tokio::spawn(connection.with_upgrades());
    client
}

/// Has axum answer HTTP/1.1.
pub(crate) fn axum_http1(app: Router) -> MemoryStream {
    let (client, server) = MemoryStream::pair();
    let service = TowerToHyperService::new(app);
    let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service);
    tokio::spawn(connection.with_upgrades());
    client
}

/// Sends back what comes, to the end.
pub(crate) async fn echo(mut ws: WebSocket) -> Result<(), Error> {
    while let Some((message, mut reply)) = ws.receive_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) lines: Vec<String>,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header that comes once; its name is in lower case, as hyper writes it.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values =
            self.lines.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let value = values.next();
        assert_eq!(values.next(), None, "{name} comes once");
        value
    }
}

/// Sends a request and reads its answer.
pub(crate) async fn ask(stream: &mut MemoryStream, request: &[u8]) -> Answer {
    stream.write_all(request).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.trim_end().split("\r\n").map(str::to_owned);
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer { status, lines: lines.collect(), body: String::new() };
    let len = answer.header("content-length").map_or(0, |len| len.parse().unwrap());
    let mut body = vec![0; len];
    stream.read_exact(&mut body).await.unwrap();
    answer.body = String::from_utf8(body).unwrap();
    answer
}

/// Reads so many bytes.
pub(crate) async fn read(stream: &mut MemoryStream, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    stream.read_exact(&mut bytes).await.unwrap();
    bytes
}
