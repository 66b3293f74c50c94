//! A request as hyper has read it, as the handshake takes it.

use http::{
    Extensions, HeaderMap, Method, Uri, Version,
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

#[cfg(feature = "http2")]
fn protocol(extensions: &Extensions) -> Option<&str> {
    extensions.get::<hyper::ext::Protocol>().map(hyper::ext::Protocol::as_str)
}

#[cfg(not(feature = "http2"))]
fn protocol(_: &Extensions) -> Option<&str> {
    None
}
