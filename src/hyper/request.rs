//! A request as hyper has read it, as the handshake takes it.

use http::{
    Extensions, HeaderMap, Method, Uri, Version, header,
    uri::{Authority, PathAndQuery},
};

use crate::{HandshakeError, PseudoHeaders, RequestHead, http_types};

pub(super) fn head(
    method: &Method,
    uri: &Uri,
    version: Version,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<RequestHead, HandshakeError> {
    check_wish(method, uri, version, headers, extensions)?;
    let headers = http_types::from_map(headers);
    match version {
        Version::HTTP_09 | Version::HTTP_10 => {
            RequestHead::http1(0, method.as_str(), &uri.to_string(), headers)
        }
        Version::HTTP_11 => RequestHead::http1(1, method.as_str(), &uri.to_string(), headers),
        _ => {
            let pseudo = PseudoHeaders {
                method: method.as_str(),
                protocol: protocol(extensions),
                scheme: uri.scheme_str(),
                authority: uri.authority().map(Authority::as_str),
                path: uri.path_and_query().map(PathAndQuery::as_str),
            };
            RequestHead::http2(pseudo, headers)
        }
    }
}

/// Whether it asks for a WebSocket at all. Of one that does not, target and Host are the page's, which
/// may take more than the handshake: hyper lets UTF-8 and an empty Host pass.
fn check_wish(
    method: &Method,
    uri: &Uri,
    version: Version,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<(), HandshakeError> {
    if version > Version::HTTP_11 {
        // RFC 8441 §4: of CONNECTs, only an extended one has a path; the feature shows its protocol.
        let is_extended = method == Method::CONNECT && uri.path_and_query().is_some();
        return match protocol(extensions) {
            Some(_) => Ok(()),
            None if is_extended && cfg!(not(feature = "http2")) => {
                Err(HandshakeError::UnknownProtocol)
            }
            None => Err(HandshakeError::NotAnExtendedConnect),
        };
    }
    // RFC 6455 §4.2.1 #3: a list of tokens, in any letter case.
    let values = headers.get_all(header::UPGRADE).iter();
    let mut tokens = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let is_wish = tokens.any(|token| token.trim_ascii().eq_ignore_ascii_case(b"websocket"));
    if is_wish { Ok(()) } else { Err(HandshakeError::NotAnUpgrade) }
}

#[cfg(feature = "http2")]
fn protocol(extensions: &Extensions) -> Option<&str> {
    extensions.get::<hyper::ext::Protocol>().map(hyper::ext::Protocol::as_str)
}

#[cfg(not(feature = "http2"))]
fn protocol(_: &Extensions) -> Option<&str> {
    None
}
