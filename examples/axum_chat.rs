//! A chat with rooms on axum: the path names the room, the query its member, and who comes and goes is told.
//! Each message is encoded once for all; who reads too slowly is sent away, and pages from elsewhere get 403.
//!
//! `cargo run --release --features axum --example axum_chat [ADDR]`, then, from several terminals,
//! `cargo run --release --features tokio --example client 'ws://127.0.0.1:9001/rooms/lobby?name=ada'`

use std::{collections::BTreeMap, env, io, sync::Mutex};

use axum::{Router, extract::Path, response::Response, routing::any, serve::ListenerExt};
use fullduplex::{
    CloseCode, Config, Error, HandshakeError, Message, Prepared,
    axum::{WebSocket, WebSocketUpgrade},
};
use tokio::{
    net::TcpListener,
    sync::broadcast::{Receiver, Sender, channel},
};

/// How many messages a member may be behind: so many does a room hold, of at most this length.
const MAX_BEHIND: usize = 64;
const MAX_MESSAGE_LEN: u64 = 4 * 1024;

static ROOMS: Mutex<BTreeMap<String, Sender<Prepared>>> = Mutex::new(BTreeMap::new());

#[tokio::main]
async fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(&address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let app = Router::new().route("/rooms/{room}", any(join));
    axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), app).await
}

async fn join(
    upgrade: WebSocketUpgrade,
    Path(room): Path<String>,
) -> Result<Response, HandshakeError> {
    upgrade.check_same_host()?;
    let mut names = upgrade.query().into_iter().flat_map(|query| query.split('&'));
    let name = names.find_map(|pair| pair.strip_prefix("name=")).unwrap_or("somebody").to_owned();
    // Before the answer: from then on, the member hears everything.
    let (room, said) = {
        let mut rooms = ROOMS.lock().expect("nobody panics while it is locked");
        rooms.retain(|_, room| room.receiver_count() > 0); // those that everybody has left
        let room = rooms.entry(room).or_insert_with(|| channel(MAX_BEHIND).0);
        (room.clone(), room.subscribe())
    };
    let mut config = Config::default();
    config.max_message_len = MAX_MESSAGE_LEN;
    Ok(upgrade.with_config(config).on_upgrade(async move |ws| {
        let say = |what: &str| drop(room.send(Prepared::new(format!("{name}{what}"))));
        say(" is here");
        let ended = talk(ws, |text| say(&format!(": {text}")), said).await;
        say(" has left");
        ended.unwrap_or_else(|error| eprintln!("{name}: {error}"));
    }))
}

async fn talk(
    mut ws: WebSocket,
    say: impl Fn(&str),
    mut said: Receiver<Prepared>,
) -> Result<(), Error> {
    loop {
        // A `receive` that is dropped loses nothing; what was fed it writes before it waits.
        tokio::select! {
            message = ws.receive() => match message? {
                Some(Message::Text(text)) => say(&text), // to itself too
                Some(Message::Binary(_)) => return ws.close(CloseCode::UNSUPPORTED_DATA, "text only").await,
                None => return Ok(()),
            },
            message = said.recv() => match message {
                Ok(message) => ws.feed_prepared(&message).await?,
                Err(_) => return ws.close(CloseCode::POLICY_VIOLATION, "too slow").await,
            },
        }
    }
}
