//! A plain HTTP/1.1 client: one connection, and the headers that a browser sends.

use std::{error::Error, net::SocketAddr};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, body::Incoming, client::conn::http1,
    client::conn::http1::SendRequest,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Any reason to begin again.
pub type Failure = Box<dyn Error + Send + Sync>;

pub struct Http {
    requests: SendRequest<Full<Bytes>>,
    host: String,
}

impl Http {
    pub async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (requests, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the client.
        tokio::spawn(connection);
        Ok(Self { requests, host: address.to_string() })
    }

    pub async fn get(&mut self, path: &str) -> Result<Response<Incoming>, Failure> {
        self.request(Method::GET, path, Bytes::new()).await
    }

    pub async fn post(&mut self, path: &str, body: Bytes) -> Result<Response<Incoming>, Failure> {
        self.request(Method::POST, path, body).await
    }

    async fn request(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>, Failure> {
        self.requests.ready().await?;
        let mut request = Request::builder().method(method).uri(path).header("Host", &self.host);
        for (name, value) in OF_EVERY_REQUEST.iter().chain(OF_FETCH) {
            request = request.header(*name, *value);
        }
        let request = request.header("Referer", format!("http://{}/", self.host));
        let response = self.requests.send_request(request.body(Full::new(body))?).await?;
        if response.status().is_success() { Ok(response) } else { Err("refused".into()) }
    }
}

/// Reads a body to its end, so that the connection serves the next request.
pub async fn text(response: Response<Incoming>) -> Result<String, Failure> {
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.into())?)
}

/// What Chromium sends to a page's own server, whatever it asks for; no cookies.
pub const OF_EVERY_REQUEST: &[(&str, &str)] = &[
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    ),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "en-US,en;q=0.9"),
];
/// Besides, with `fetch` and with `EventSource`.
const OF_FETCH: &[(&str, &str)] = &[
    ("Connection", "keep-alive"),
    ("sec-ch-ua-platform", "\"Linux\""),
    ("sec-ch-ua", "\"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\""),
    ("sec-ch-ua-mobile", "?0"),
    ("Accept", "*/*"),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-Fetch-Mode", "cors"),
    ("Sec-Fetch-Dest", "empty"),
];
