//! The page and its parts, from this program itself.

use axum::{
    Router,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    routing::get,
};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: [(&str, &str, &str); 9] = [
    ("/", HTML, include_str!("page.html")),
    ("/page.css", CSS, include_str!("page.css")),
    ("/main.js", SCRIPT, include_str!("main.js")),
    ("/socket.js", SCRIPT, include_str!("socket.js")),
    ("/figures.js", SCRIPT, include_str!("figures.js")),
    ("/verdict.js", SCRIPT, include_str!("verdict.js")),
    ("/own.js", SCRIPT, include_str!("own.js")),
    ("/board.js", SCRIPT, include_str!("board.js")),
    ("/chat.js", SCRIPT, include_str!("chat.js")),
];

pub fn routes() -> Router {
    FILES.into_iter().fold(Router::new(), |routes, (path, kind, content)| {
        let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")];
        routes.route(path, get(async move || (headers, content)))
    })
}
