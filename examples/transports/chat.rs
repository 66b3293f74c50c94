//! Chat rooms: what one says goes through the backend, and comes back to all members as it was published.
//!
//! All lines are fields with tabs between them. From a page: `join ROOM NAME`, then `say TEXT`. To it: `room
//! ROOM`, what was said last, and then `said NAME TIME TEXT` (in milliseconds since 1970) and `here NAME…`, all
//! who are in the room. Published: `ROOM NAME joined`, `ROOM NAME left`, `ROOM NAME said TIME TEXT`.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use fullduplex::{CloseCode, Error, Message, tokio::WebSocket};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::broadcast::Receiver,
};

use crate::{
    backend::{Published, Publisher},
    feed,
    room::{Line, Room, next_said},
};

const MAX_KEPT: usize = 50;
/// With more, those in which nobody is are forgotten.
const MAX_ROOMS: usize = 100;
/// In characters.
const MAX_NAME: usize = 24;
const MAX_TEXT: usize = 500;

pub struct Chat {
    rooms: Mutex<BTreeMap<String, ChatRoom>>,
    publisher: Publisher,
}

struct ChatRoom {
    room: Room,
    /// How often each name is here: somebody may have two tabs.
    names: BTreeMap<String, usize>,
}

impl Chat {
    pub fn new(publisher: Publisher) -> Self {
        Self { rooms: Mutex::default(), publisher }
    }

    /// Tells members what is published, as long as something is.
    pub async fn tell(&self, mut published: Published) {
        while let Some(line) = published.next().await {
            self.take(&line);
        }
    }

    fn take(&self, line: &str) {
        let fields: Vec<_> = line.split('\t').collect();
        let [room, name, rest @ ..] = &fields[..] else { return };
        let mut rooms = self.rooms();
        let room = open(&mut rooms, room);
        match rest {
            ["joined"] => *room.names.entry((*name).into()).or_default() += 1,
            ["left"] => {
                let count = room.names.get_mut(*name).map(|count| {
                    *count -= 1;
                    *count
                });
                if count == Some(0) {
                    room.names.remove(*name);
                }
            }
            ["said", time, text] => {
                return room.room.keep(format!("said\t{name}\t{time}\t{text}"));
            }
            _ => return,
        }
        room.room.say(room.here());
    }

    pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut ws: WebSocket<S>,
    ) -> Result<(), Error> {
        let first = ws.receive().await?;
        let Some((room, name)) = first.as_ref().and_then(joining) else {
            return ws.close(CloseCode::POLICY_VIOLATION, "no room or no name").await;
        };
        // Before it is told that it has joined.
        let (kept, mut lines) = open(&mut self.rooms(), &room).room.join();
        self.publisher.publish(format!("{room}\t{name}\tjoined")).await;
        let talked = self.talk(&mut ws, &room, &name, &kept, &mut lines).await;
        self.publisher.publish(format!("{room}\t{name}\tleft")).await;
        talked
    }

    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        ws: &mut WebSocket<S>,
        room: &str,
        name: &str,
        kept: &[Line],
        lines: &mut Receiver<Line>,
    ) -> Result<(), Error> {
        ws.feed(format!("room\t{room}")).await?;
        for line in kept {
            ws.feed(&**line).await?;
        }
        while let Some(said) = next_said(ws, lines).await? {
            let Some(text) = said.as_text().and_then(|said| said.strip_prefix("say\t")) else {
                continue;
            };
            let (text, time) = (plain(text, MAX_TEXT), feed::now() / 1000);
            if !text.is_empty() {
                self.publisher.publish(format!("{room}\t{name}\tsaid\t{time}\t{text}")).await;
            }
        }
        Ok(())
    }

    fn rooms(&self) -> MutexGuard<'_, BTreeMap<String, ChatRoom>> {
        self.rooms.lock().expect("nobody panics while it is locked")
    }
}

impl ChatRoom {
    fn here(&self) -> String {
        self.names.keys().fold("here".into(), |line, name| line + "\t" + name)
    }
}

fn open<'a>(rooms: &'a mut BTreeMap<String, ChatRoom>, name: &str) -> &'a mut ChatRoom {
    if rooms.len() >= MAX_ROOMS && !rooms.contains_key(name) {
        rooms.retain(|_, room| room.room.members() > 0 || !room.names.is_empty());
    }
    rooms
        .entry(name.into())
        .or_insert_with(|| ChatRoom { room: Room::new(MAX_KEPT), names: BTreeMap::new() })
}

/// The room and the name of somebody who joins.
fn joining(first: &Message<'_>) -> Option<(String, String)> {
    let (room, name) = first.as_text()?.strip_prefix("join\t")?.split_once('\t')?;
    let (room, name) = (plain(room, MAX_NAME), plain(name, MAX_NAME));
    (!room.is_empty() && !name.is_empty()).then_some((room, name))
}

/// At most `max` characters, none of which controls anything.
fn plain(text: &str, max: usize) -> String {
    let characters = text.trim().chars().take(max);
    characters.map(|c| if c.is_control() { ' ' } else { c }).collect()
}
