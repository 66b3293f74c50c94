//! The page that both echo servers serve.

use fullduplex::{RequestHead, Response};

/// Answers a plain HTTP request: with the page, or that there is nothing else.
pub fn answer(request: &RequestHead) -> Response {
    match (request.method(), request.path()) {
        ("GET" | "HEAD", "/") => Response::new(200)
            .header("Content-Type", "text/html; charset=utf-8")
            .body(include_str!("echo.html")),
        _ => Response::text(404, "not found\n"),
    }
}
