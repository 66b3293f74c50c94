//! A chat with rooms: the path names the room, and what one member says everybody in it hears. Each
//! message is encoded once for all; who reads too slowly is sent away, and holds up nobody.
//!
//! `cargo run --release --features tokio --example chat_rooms [ADDR]`, then, from several terminals,
//! `cargo run --release --features tokio --example client ws://127.0.0.1:9001/lobby`

use std::{collections::BTreeMap, env, sync::Mutex, time::Duration};

use fullduplex::{
    Answer, CloseCode, Config, Error, Prepared, Response,
    tokio::{Incoming, WebSocket},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::broadcast::{Receiver, Sender, channel},
};

/// How many messages a member may be behind: so many does a room hold, of at most this length.
const MAX_BEHIND: usize = 64;
const MAX_MESSAGE_LEN: u64 = 4 * 1024;

static ROOMS: Mutex<BTreeMap<String, Sender<Prepared>>> = Mutex::new(BTreeMap::new());

#[tokio::main]
async fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(&address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await; // no file descriptor is free
            continue;
        };
        tokio::spawn(async {
            if let Err(error) = join(stream).await {
                eprintln!("{error}");
            }
        });
    }
}

async fn join(stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut config = Config::default();
    config.max_message_len = MAX_MESSAGE_LEN;
    let upgrade = match Incoming::read(stream, &config).await? {
        Incoming::Upgrade(upgrade) => upgrade,
        Incoming::Http(http) => {
            return http.respond(&Response::text(404, "not found\n")).await.map(drop);
        }
    };
    // Before the answer: from then on, the member hears everything.
    let (room, said) = {
        let mut rooms = ROOMS.lock().expect("nobody panics while it is locked");
        rooms.retain(|_, room| room.receiver_count() > 0); // those that everybody has left
        let room = rooms.entry(upgrade.path().into()).or_insert_with(|| channel(MAX_BEHIND).0);
        (room.clone(), room.subscribe())
    };
    talk(upgrade.accept(&Answer::new()).await?, room, said).await
}

async fn talk(
    mut ws: WebSocket<TcpStream>,
    room: Sender<Prepared>,
    mut said: Receiver<Prepared>,
) -> Result<(), Error> {
    loop {
        // A `receive` that is dropped loses nothing; what was fed it writes before it waits.
        tokio::select! {
            message = ws.receive() => match message? {
                Some(message) => drop(room.send(Prepared::new(message))), // to itself too
                None => return Ok(()),
            },
            message = said.recv() => match message {
                Ok(message) => ws.feed_prepared(&message).await?,
                Err(_) => return ws.close(CloseCode::POLICY_VIOLATION, "too slow").await,
            },
        }
    }
}
