//! Both sides of HTTP/2 over a stream in memory: this crate's, axum's, and those of crate `h2`, whose
//! frames are looked at.

use axum::Router;
use bytes::Bytes;
use fullduplex::{ClientRequest, Config, MemoryStream, http2, http2::WebSocket};
use h2::{Reason, RecvStream, SendStream, client::SendRequest, server::SendResponse};
use http::{Method, Request, Response};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    runtime::{Builder, Runtime},
    select,
    sync::mpsc,
    task::JoinHandle,
};

/// A request for a WebSocket.
pub(crate) fn chat() -> ClientRequest {
    ClientRequest::new("ws://chat.example/room?n=1").unwrap()
}

/// A server that takes extended CONNECTs, with a stream's window of 64 KiB.
pub(crate) fn http() -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http2()
        .enable_connect_protocol()
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(16 * 1024 * 1024);
    http
}

/// Has axum answer HTTP/2.
pub(crate) fn axum(app: Router) -> MemoryStream {
    axum_by(http(), app)
}

pub(crate) fn axum_by(http: auto::Builder<TokioExecutor>, app: Router) -> MemoryStream {
    let (client, server) = MemoryStream::pair();
    let service = TowerToHyperService::new(app);
    tokio::spawn(async move {
        http.serve_connection_with_upgrades(TokioIo::new(server), service).await
    });
    client
}

/// This crate's client, with its driver spawned.
pub(crate) async fn connect(stream: MemoryStream) -> http2::Connection {
    let (connection, driver) = http2::handshake(stream, &Config::default()).await.unwrap();
    tokio::spawn(driver);
    connection
}

/// A WebSocket to what axum serves.
pub(crate) async fn websocket(app: Router) -> WebSocket {
    connect(axum(app)).await.open(&chat(), &Config::default()).await.unwrap().0
}

/// A stream of HTTP/2 at the peer.
pub(crate) struct Stream {
    pub(crate) send: SendStream<Bytes>,
    pub(crate) receive: RecvStream,
}

impl Stream {
    pub(crate) fn say(&mut self, bytes: impl Into<Bytes>) {
        self.send.send_data(bytes.into(), false).unwrap();
    }

    /// Ends its direction.
    pub(crate) fn end(&mut self) {
        self.send.send_data(Bytes::new(), true).unwrap();
    }

    /// What comes next; `None` at the end.
    pub(crate) async fn hear(&mut self) -> Option<Result<Vec<u8>, h2::Error>> {
        loop {
            match self.receive.data().await? {
                // `END_STREAM` may come in a frame of its own.
                Ok(data) if data.is_empty() => {}
                Ok(data) => {
                    self.receive.flow_control().release_capacity(data.len()).unwrap();
                    return Some(Ok(data.to_vec()));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Why the other side reset it.
    pub(crate) async fn reset_reason(&mut self) -> Option<Reason> {
        loop {
            match self.hear().await? {
                Ok(_) => {}
                Err(error) => return error.reason(),
            }
        }
    }
}

/// A server of crate `h2`.
pub(crate) struct Server {
    pub(crate) requests: mpsc::UnboundedReceiver<(Request<RecvStream>, SendResponse<Bytes>)>,
    /// Ends the connection with a GOAWAY, without a reason gracefully.
    pub(crate) go_away: mpsc::UnboundedSender<Option<Reason>>,
    /// Drop the connection by aborting it.
    pub(crate) task: JoinHandle<()>,
}

impl Server {
    /// One that takes extended CONNECTs, and the stream to it.
    pub(crate) fn new() -> (Self, MemoryStream) {
        let mut builder = h2::server::Builder::new();
        builder.enable_connect_protocol();
        Self::with(builder)
    }

    pub(crate) fn with(builder: h2::server::Builder) -> (Self, MemoryStream) {
        let (client, stream) = MemoryStream::pair();
        let (accepted, requests) = mpsc::unbounded_channel();
        let (go_away, mut is_over) = mpsc::unbounded_channel::<Option<Reason>>();
        let task = tokio::spawn(async move {
            let mut http = builder.handshake::<_, Bytes>(stream).await.unwrap();
            loop {
                select! {
                    request = http.accept() => match request {
                        Some(Ok(request)) => drop(accepted.send(request)),
                        _ => return,
                    },
                    Some(reason) = is_over.recv() => match reason {
                        Some(reason) => http.abrupt_shutdown(reason),
                        None => http.graceful_shutdown(),
                    },
                }
            }
        });
        (Self { requests, go_away, task }, client)
    }

    /// Accepts the next request.
    pub(crate) async fn accept(&mut self) -> Stream {
        let (request, mut respond) = self.requests.recv().await.unwrap();
        let send = respond.send_response(Response::new(()), false).unwrap();
        Stream { send, receive: request.into_body() }
    }
}

/// A WebSocket of this crate's client, and its stream at the server.
pub(crate) async fn opened(
    server: &mut Server,
    connection: &http2::Connection,
    config: &Config,
) -> (WebSocket, Stream) {
    let request = chat();
    let (ws, stream) = tokio::join!(connection.open(&request, config), server.accept());
    (ws.unwrap().0, stream)
}

/// A client of crate `h2`, which knows that the server takes extended CONNECTs.
pub(crate) async fn client(stream: MemoryStream) -> SendRequest<Bytes> {
    let (requests, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    while !requests.is_extended_connect_protocol_enabled() {
        tokio::task::yield_now().await;
    }
    requests
}

/// An extended CONNECT, or a request of another method.
pub(crate) fn request(method: Method, protocol: Option<&'static str>) -> Request<()> {
    let builder = Request::builder().method(method).uri("http://chat.example/room");
    let mut request = builder.header("sec-websocket-version", "13").body(()).unwrap();
    if let Some(protocol) = protocol {
        request.extensions_mut().insert(h2::ext::Protocol::from_static(protocol));
    }
    request
}

/// What a server answers to a client of crate `h2`, and the stream.
pub(crate) async fn asked(
    requests: &mut SendRequest<Bytes>,
    request: Request<()>,
) -> (Response<()>, Stream) {
    let (answer, send) = requests.send_request(request, false).unwrap();
    let (head, receive) = answer.await.unwrap().into_parts();
    (Response::from_parts(head, ()), Stream { send, receive })
}

/// The stream of a WebSocket at a client of crate `h2`.
pub(crate) async fn accepted(requests: &mut SendRequest<Bytes>) -> Stream {
    let (answer, stream) = asked(requests, request(Method::CONNECT, Some("websocket"))).await;
    assert_eq!(answer.status(), 200);
    stream
}

/// A message of `len` bytes that tells its number.
pub(crate) fn piece(number: usize, len: usize) -> Bytes {
    let mut piece = vec![0; len];
    piece[..8].copy_from_slice(&number.to_be_bytes());
    piece.into()
}

/// One thread, whose allocations can be counted.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

/// Lets all others do what they have to do.
pub(crate) async fn others() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}
