//! Chat rooms: what one says goes through the backend, and comes back to all members as it was published. Members
//! of other processes are told of like those here.
//!
//! All lines are fields with tabs between them. From a page: `join ROOM NAME`, then `say TEXT`. To it: `room
//! ROOM`, what was said last, and then `said NAME TIME TEXT` (in milliseconds since 1970) and `here NAME…`, all
//! who are in the room.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use fullduplex::{CloseCode, Error, Message, tokio::WebSocket};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::broadcast::Receiver,
};

use crate::{
    backend::{Heard, Members, Published, Publisher, Said, There},
    feed,
    room::{Line, Room, next_said},
};

/// Lines of each room.
pub const MAX_KEPT: usize = 50;
/// With more, those in which nobody is are forgotten.
pub const MAX_ROOMS: usize = 100;
/// In characters.
const MAX_NAME: usize = 24;
const MAX_TEXT: usize = 500;

pub struct Chat {
    rooms: Mutex<BTreeMap<String, ChatRoom>>,
    publisher: Publisher,
    /// When something was said last.
    last_said: Mutex<u64>,
}

struct ChatRoom {
    room: Room,
    /// How often each name is here: somebody may have two tabs.
    names: BTreeMap<String, usize>,
    /// Of each other process, who is there.
    others: BTreeMap<u64, BTreeSet<String>>,
}

impl Chat {
    pub fn new(publisher: Publisher) -> Self {
        Self { rooms: Mutex::default(), publisher, last_said: Mutex::default() }
    }

    /// Tells members what is published, as long as something is.
    pub async fn tell(&self, mut published: Published) {
        while let Some(heard) = published.next().await {
            match heard {
                Heard::Said(Said { room, line }) => {
                    let mut rooms = self.rooms();
                    let room = &mut open(&mut rooms, &room).room;
                    if !room.keeps(&line) {
                        room.keep(line);
                    }
                }
                Heard::There(there) => self.take(there),
            }
        }
    }

    fn take(&self, There { process, members }: There) {
        let mut there = BTreeMap::<_, BTreeSet<_>>::new();
        for (room, name) in members {
            there.entry(room).or_default().insert(name);
        }
        let mut rooms = self.rooms();
        for (name, room) in rooms.iter_mut() {
            if !there.contains_key(name) && room.others.remove(&process).is_some() {
                room.say_who_is_here();
            }
        }
        for (room, names) in there {
            let room = open(&mut rooms, &room);
            if room.others.get(&process) != Some(&names) {
                room.others.insert(process, names);
                room.say_who_is_here();
            }
        }
    }

    pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut ws: WebSocket<S>,
    ) -> Result<(), Error> {
        let first = ws.receive().await?;
        let Some((room, name)) = first.as_ref().and_then(joining) else {
            return ws.close(CloseCode::POLICY_VIOLATION, "no room or no name").await;
        };
        let (kept, mut lines) = self.join(&room, &name);
        let talked = self.talk(&mut ws, &room, &name, &kept, &mut lines).await;
        self.leave(&room, &name);
        talked
    }

    fn join(&self, room: &str, name: &str) -> (Vec<Line>, Receiver<Line>) {
        let mut rooms = self.rooms();
        let room = open(&mut rooms, room);
        // Before it is told that it has.
        let joined = room.room.join();
        *room.names.entry(name.into()).or_default() += 1;
        room.say_who_is_here();
        self.publisher.here(members(&rooms));
        joined
    }

    fn leave(&self, room: &str, name: &str) {
        let mut rooms = self.rooms();
        let room = open(&mut rooms, room);
        if let Some(count) = room.names.get_mut(name) {
            *count -= 1;
        }
        room.names.retain(|_, count| *count > 0);
        room.say_who_is_here();
        self.publisher.here(members(&rooms));
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
            let text = plain(text, MAX_TEXT);
            if !text.is_empty() {
                let line = format!("said\t{name}\t{}\t{text}", self.time());
                self.publisher.say(Said { room: room.into(), line }).await;
            }
        }
        Ok(())
    }

    /// Never the same twice: who says a thing again says another line.
    fn time(&self) -> u64 {
        let mut last = self.last_said.lock().expect("nobody panics while it is locked");
        *last = (feed::now() / 1000).max(*last + 1);
        *last
    }

    fn rooms(&self) -> MutexGuard<'_, BTreeMap<String, ChatRoom>> {
        self.rooms.lock().expect("nobody panics while it is locked")
    }
}

impl ChatRoom {
    fn new() -> Self {
        let room = Room::new(MAX_KEPT);
        Self { room, names: BTreeMap::new(), others: BTreeMap::new() }
    }

    fn say_who_is_here(&self) {
        let names: BTreeSet<_> = self.names.keys().chain(self.others.values().flatten()).collect();
        self.room.say(names.into_iter().fold("here".to_owned(), |line, name| line + "\t" + name));
    }
}

/// Who is in rooms here.
fn members(rooms: &BTreeMap<String, ChatRoom>) -> Members {
    let mut members = Members::new();
    for (room, of) in rooms {
        members.extend(of.names.keys().map(|name| (room.clone(), name.clone())));
    }
    members
}

fn open<'a>(rooms: &'a mut BTreeMap<String, ChatRoom>, name: &str) -> &'a mut ChatRoom {
    if rooms.len() >= MAX_ROOMS && !rooms.contains_key(name) {
        rooms.retain(|_, room| room.room.members() > 0 || !room.others.is_empty());
    }
    rooms.entry(name.into()).or_insert_with(ChatRoom::new)
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
