//! A request as bytes, and as an HTTP library hands it over.

use fullduplex::{Config, HandshakeError, Headers, Offer, Request, RequestHead};

use crate::common::handshake;

/// What a server makes of a request that comes whole: the same where an HTTP library has read it.
pub(crate) fn serve(request: &[u8]) -> Result<Request, HandshakeError> {
    let from_bytes = handshake::serve(request);
    match in_parts(request) {
        Some(from_parts) => assert_eq!(shown(&from_parts), shown(&from_bytes)),
        None => assert!(
            // It would have been refused before the handshake saw it.
            matches!(
                from_bytes,
                Err(HandshakeError::MalformedHead | HandshakeError::UnsupportedHttpVersion)
            ),
            "{from_bytes:?}"
        ),
    }
    from_bytes
}

/// The offer in a request that comes whole.
pub(crate) fn offer(request: &[u8]) -> Offer {
    serve(request).and_then(Request::into_offer).expect("a good request")
}

/// What a server makes of the parts of a request; `None` if it has none.
fn in_parts(request: &[u8]) -> Option<Result<Request, HandshakeError>> {
    // RFC 9112 §2.2: no bare LF, as in the handshake.
    if !request.split_inclusive(|byte| *byte == b'\n').all(|line| line.ends_with(b"\r\n")) {
        return None;
    }
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(_) = parsed.parse(request).ok()? else { return None };
    let mut headers = Headers::new();
    for field in parsed.headers {
        headers.push(field.name, field.value);
    }
    let head = RequestHead::http1(parsed.version?, parsed.method?, parsed.path?, headers);
    Some(head.and_then(|head| Request::new(head, &Config::default())))
}

/// All that an application can see of it.
fn shown(request: &Result<Request, HandshakeError>) -> String {
    let head = |head: &RequestHead| {
        let asked = (head.method(), head.path(), head.query(), head.host(), head.protocol());
        format!("{asked:?} {:?}", head.headers().iter().collect::<Vec<_>>())
    };
    match request {
        Ok(Request::Http(http)) => head(http),
        Ok(Request::Upgrade(offer)) => {
            let subprotocols: Vec<_> = offer.subprotocols().collect();
            format!("{} {:?} {subprotocols:?}", head(offer), offer.origin())
        }
        Err(error) => format!("{error:?} {:?}", error.response()),
    }
}
