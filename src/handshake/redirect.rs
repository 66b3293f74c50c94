//! Where an answer redirects a client to (RFC 9110 §15.4), and what goes there with it.

use alloc::{format, string::String, vec::Vec};
use core::str;

use super::{ClientRequest, HandshakeError, InvalidUrl, Response, url::Url};

impl ClientRequest {
    /// The request to send next when `response` redirects this one: status 301, 302, 303, 307 or 308,
    /// and one `Location` (RFC 9110 §15.4). `None` when it does not.
    ///
    /// The `Location` is resolved as a reference (RFC 3986 §5.2), and its fragment dropped. To another
    /// origin (scheme, host, port) go no user name and password of the URL, and of the headers only
    /// `User-Agent`, `Origin` and `Accept-Language`: any other may be a key. Subprotocols go along,
    /// since there is no talking without them: with a token in one of them, follow no redirect. How
    /// many to follow is for the caller to say.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::InvalidLocation`]; [`HandshakeError::InsecureRedirect`] from `wss` to `ws`.
    pub fn redirected(&self, response: &Response) -> Result<Option<Self>, HandshakeError> {
        let mut locations = response.headers.values("Location");
        let (301 | 302 | 303 | 307 | 308, Some(location), None) =
            (response.status, locations.next(), locations.next())
        else {
            return Ok(None);
        };
        let mut url = self.resolve(location).map_err(HandshakeError::InvalidLocation)?;
        if self.url.secure && !url.secure {
            return Err(HandshakeError::InsecureRedirect);
        }
        let mut headers = self.headers.clone();
        if self.url.has_origin_of(&url) {
            url.credentials.clone_from(&self.url.credentials);
        } else {
            headers.keep_only(&HARMLESS);
        }
        Ok(Some(Self { url, headers, subprotocols: self.subprotocols.clone() }))
    }

    /// RFC 3986 §5.2.2.
    fn resolve(&self, location: &[u8]) -> Result<Url, InvalidUrl> {
        if !location.iter().all(u8::is_ascii_graphic) {
            return Err(InvalidUrl::Resource);
        }
        let reference = str::from_utf8(location).map_err(|_| InvalidUrl::Resource)?;
        let reference = reference.split_once('#').map_or(reference, |(reference, _)| reference);
        let scheme = if self.url.secure { "wss" } else { "ws" };
        let mut url = if has_scheme(reference) {
            Url::parse(reference)?
        } else if reference.starts_with("//") {
            Url::parse(&format!("{scheme}:{reference}"))?
        } else {
            let resource = relative(&self.url.resource, reference);
            return Ok(Url { resource, ..self.url.clone() });
        };
        // RFC 9110 §4.2.4: who puts a user name there hides whose host it is.
        if url.credentials.is_some() {
            return Err(InvalidUrl::UserInfo);
        }
        url.resource = without_dots(&url.resource);
        Ok(url)
    }
}

/// Path and query of a reference without scheme and host (RFC 3986 §5.2.2).
fn relative(base: &str, reference: &str) -> String {
    let (base_path, _) = split_query(base);
    match split_query(reference) {
        ("", "") => base.into(),
        ("", query) => [base_path, query].concat(),
        (path, _) if path.starts_with('/') => without_dots(reference),
        // §5.2.3: in the place of what stands behind the base's last slash.
        _ => {
            let folder = base_path.rfind('/').map_or("/", |slash| &base_path[..=slash]);
            without_dots(&[folder, reference].concat())
        }
    }
}

/// Takes the segments `.` and `..` out of the path, each `..` with the one before it (RFC 3986
/// §5.2.4); the query stays. `resource` begins with a slash.
fn without_dots(resource: &str) -> String {
    let (path, query) = split_query(resource);
    let mut kept = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                // The path ends with a slash then.
                if is_last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    ["/", &kept.join("/"), query].concat()
}

/// Splits before the question mark.
fn split_query(resource: &str) -> (&str, &str) {
    resource.split_at(resource.find('?').unwrap_or(resource.len()))
}

/// Whether a reference begins with a scheme (RFC 3986 §3.1), be it one that is known or not.
fn has_scheme(reference: &str) -> bool {
    let Some((scheme, _)) = reference.split_once(':') else { return false };
    let may_follow = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(may_follow)
}

/// Headers that may go to another origin than the one that they were meant for.
const HARMLESS: [&str; 3] = ["User-Agent", "Origin", "Accept-Language"];
