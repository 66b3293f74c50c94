//! One feed, four ways to deliver it: polling, long polling, streaming and a WebSocket.
//!
//! Each begins behind the event that the client names with `?after=`. Client to server, a message is a POST,
//! and with a WebSocket one more message on the same connection.

use std::{convert::Infallible, fmt::Write, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, Uri, header::CONTENT_TYPE},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event as Part, KeepAlive},
    },
    routing::{any, get},
};
use fullduplex::{Config, Error, HandshakeError, axum::WebSocketUpgrade, tokio::WebSocket};
use futures_util::{Stream, StreamExt, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use crate::feed::{Event, Feed};

/// What a client says may be this long, however it says it.
const MAX_SAID_LEN: usize = 4 * 1024;
/// How long a poll waits for an event: less than the proxies do that give up after half a minute.
const MAX_WAIT: Duration = Duration::from_secs(25);

pub fn routes(feed: Arc<Feed>) -> Router {
    Router::new()
        .route("/polling", get(polling).post(said))
        .route("/long-polling", get(long_polling).post(said))
        .route("/streaming", get(streaming).post(said))
        .route("/websocket", any(websocket))
        .layer(DefaultBodyLimit::max(MAX_SAID_LEN))
        .with_state(feed)
}

async fn polling(State(feed): State<Arc<Feed>>, uri: Uri) -> Response {
    lines(&feed.since(after(&uri, &feed)))
}

async fn long_polling(State(feed): State<Arc<Feed>>, uri: Uri) -> Response {
    let events = timeout(MAX_WAIT, feed.wait(after(&uri, &feed))).await;
    lines(&events.unwrap_or_default())
}

fn lines(events: &[Event]) -> Response {
    if events.is_empty() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let body = events.iter().fold(String::new(), |mut body, event| {
        let _ = writeln!(body, "{}", event.text);
        body
    });
    ([(CONTENT_TYPE, "text/plain")], body).into_response()
}

async fn streaming(State(feed): State<Arc<Feed>>, uri: Uri) -> impl IntoResponse {
    let after = after(&uri, &feed);
    Sse::new(parts(feed, after)).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}

fn parts(feed: Arc<Feed>, after: u64) -> impl Stream<Item = Result<Part, Infallible>> {
    let batches = stream::unfold((feed, after), async |(feed, after)| {
        let events = feed.wait(after).await;
        let after = events.last().map_or(after, |event| event.id);
        Some((stream::iter(events), (feed, after)))
    });
    batches.flatten().map(|event| Ok(Part::default().data(event.text)))
}

async fn websocket(
    State(feed): State<Arc<Feed>>,
    uri: Uri,
    upgrade: WebSocketUpgrade,
) -> Result<Response, HandshakeError> {
    upgrade.check_same_host()?;
    let mut config = Config::default();
    config.max_message_len = MAX_SAID_LEN as u64;
    let after = after(&uri, &feed);
    Ok(upgrade.with_config(config).on_upgrade(move |ws| async move {
        // A client that leaves at any moment is nothing to tell of.
        let _ = both_ways(ws, &feed, after).await;
    }))
}

/// Sends the events, and answers what the client says meanwhile.
async fn both_ways<S: AsyncRead + AsyncWrite + Unpin>(
    mut ws: WebSocket<S>,
    feed: &Feed,
    mut after: u64,
) -> Result<(), Error> {
    loop {
        // A `receive` that is dropped loses nothing; what was fed it writes before it waits.
        tokio::select! {
            said = ws.receive() => match said? {
                Some(_) => ws.feed("ok").await?,
                None => return Ok(()),
            },
            events = feed.wait(after) => for event in events {
                after = event.id;
                ws.feed_prepared(&event.frame).await?;
            },
        }
    }
}

async fn said(_: Bytes) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Behind which event a client begins: the one that it names, if that has happened, else the latest.
fn after(uri: &Uri, feed: &Feed) -> u64 {
    let latest = feed.latest();
    let named = uri.query().and_then(|query| query.strip_prefix("after=")?.parse().ok());
    named.filter(|after| *after <= latest).unwrap_or(latest)
}
