//! An extended CONNECT on a [`Connection`], and its answer.

use h2::{RecvStream, SendStream, ext::Protocol};
use http::{HeaderMap, Method, Request, Uri};
use tokio::time::{Instant, timeout};

use super::{Connection, Http2Stream, WebSocket, failed, outgoing::Outgoing};
use crate::{
    ClientRequest, Config, Error, ExtendedConnect, HandshakeError, InvalidUrl, PseudoHeaders,
    Response, Timeout, http_types,
};

impl Connection {
    /// Opens a WebSocket with an extended CONNECT (RFC 8441 §4). Returns it with the server's answer, which
    /// has its headers. It waits while the server has as many streams as it takes at a time
    /// (`SETTINGS_MAX_CONCURRENT_STREAMS`).
    ///
    /// The URL of `request` says what the server is asked for; to whom the connection goes was decided before.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] says what is wrong with the request or with the answer; an answer with a
    /// status other than 200 to 299 is [`HandshakeError::Refused`], with its body as far as it came.
    /// [`Error::Timeout`] after [`Config::handshake_timeout`], and [`Error::Io`].
    pub async fn open(
        &self,
        request: &ClientRequest,
        config: &Config,
    ) -> Result<(WebSocket, Response), Error> {
        Box::pin(self.open_in_time(request, config)).await
    }

    async fn open_in_time(
        &self,
        request: &ClientRequest,
        config: &Config,
    ) -> Result<(WebSocket, Response), Error> {
        let (begun, limit) = (Instant::now(), config.handshake_timeout);
        let (connect, pseudo, headers) = ExtendedConnect::start(request, config)?;
        let mut request = Request::new(());
        *request.method_mut() = Method::CONNECT;
        *request.uri_mut() = uri(pseudo)?;
        *request.headers_mut() = http_types::to_map(&headers)?;
        request.extensions_mut().insert(Protocol::from_static("websocket"));

        let asked = timeout(limit, self.ask(request)).await;
        let (answer, send, mut receive) = asked.map_err(|_| Timeout::Handshake)??;
        check_limits(answer.headers(), config)?;
        let mut response = Response::new(answer.status().as_u16());
        response.headers = http_types::from_map(answer.headers());
        if !answer.status().is_success() {
            let (body, max_len) = (&mut response.body, config.max_refusal_body_len);
            let rest = limit.saturating_sub(begun.elapsed());
            // One that does not end is told as far as it came.
            let _ = timeout(rest, read_body(&mut receive, max_len, body)).await;
        }
        let accepted = connect.receive(&response)?;
        let ws = WebSocket::accepted(Http2Stream::new(send, receive), accepted, &[]);
        Ok((ws.with_hasty_end(), response))
    }

    async fn ask(
        &self,
        request: Request<()>,
    ) -> Result<(http::Response<()>, SendStream<Outgoing>, RecvStream), Error> {
        let mut requests = self.requests.clone().ready().await.map_err(failed)?;
        let (answer, send) = requests.send_request(request, false).map_err(failed)?;
        let (answer, receive) = answer.await.map_err(failed)?.into_parts();
        Ok((http::Response::from_parts(answer, ()), send, receive))
    }
}

fn uri(pseudo: PseudoHeaders<'_>) -> Result<Uri, HandshakeError> {
    let PseudoHeaders { scheme, authority, path, .. } = pseudo;
    Uri::builder()
        .scheme(scheme.unwrap_or_default())
        .authority(authority.unwrap_or_default())
        .path_and_query(path.unwrap_or_default())
        .build()
        .map_err(|_| InvalidUrl::Resource.into())
}

/// Names and values are counted, as they would stand in lines of HTTP/1.1.
fn check_limits(headers: &HeaderMap, config: &Config) -> Result<(), HandshakeError> {
    let Config { max_headers, max_head_len, .. } = *config;
    if headers.len() > max_headers {
        return Err(HandshakeError::TooManyHeaders { limit: max_headers });
    }
    let len: usize =
        headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if len > max_head_len {
        return Err(HandshakeError::HeadTooLong { limit: max_head_len });
    }
    Ok(())
}

/// Reads as much of the body of a refusal as `limit` says.
async fn read_body(receive: &mut RecvStream, limit: usize, body: &mut Vec<u8>) {
    while body.len() < limit
        && let Some(Ok(data)) = receive.data().await
    {
        let _ = receive.flow_control().release_capacity(data.len());
        body.extend_from_slice(&data[..data.len().min(limit - body.len())]);
    }
}
