//! The drawing board: lines stay, pointers are told as they move.
//!
//! From a page: `at X Y`, `line COLOUR X Y X Y`, `clear`; coordinates from 0 to 10,000. To all: `at ID X Y`,
//! the other two as they came, `gone ID`, and `here COUNT` when that changes. To a newcomer first: `you ID`, and what
//! is on the board.

use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use fullduplex::{Error, tokio::WebSocket};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::room::{Room, next_said};

/// The oldest lines fade away.
const MAX_LINES: usize = 4000;
const MAX_COORDINATE: u32 = 10_000;
const COLOURS: u32 = 8;

pub struct Board {
    room: Mutex<Room>,
    ids: AtomicU64,
}

impl Board {
    pub fn new() -> Self {
        Self { room: Mutex::new(Room::new(MAX_LINES)), ids: AtomicU64::new(1) }
    }

    pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut ws: WebSocket<S>,
    ) -> Result<(), Error> {
        let id = self.ids.fetch_add(1, Relaxed);
        let talked = self.talk(&mut ws, id).await;
        let room = self.room();
        room.say(format!("gone {id}"));
        room.say(format!("here {}", room.members()));
        drop(room);
        talked
    }

    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        ws: &mut WebSocket<S>,
        id: u64,
    ) -> Result<(), Error> {
        let (kept, mut lines) = {
            let room = self.room();
            let joined = room.join();
            room.say(format!("here {}", room.members()));
            joined
        };
        ws.feed(format!("you {id}")).await?;
        for line in kept {
            ws.feed(&*line).await?;
        }
        while let Some(said) = next_said(ws, &mut lines).await? {
            said.as_text().into_iter().for_each(|said| self.take(said, id));
        }
        Ok(())
    }

    /// What is none of the three is left out.
    fn take(&self, said: &str, id: u64) {
        let mut words = said.split(' ');
        let word = words.next();
        let numbers: Option<Vec<u32>> = words.map(|word| word.parse().ok()).collect();
        match (word, numbers.as_deref()) {
            (Some("at"), Some([x, y])) if is_inside(&[*x, *y]) => {
                self.room().say(format!("at {id} {x} {y}"));
            }
            (Some("line"), Some([colour, ends @ ..]))
                if *colour < COLOURS && ends.len() == 4 && is_inside(ends) =>
            {
                self.room().keep(said);
            }
            (Some("clear"), Some([])) => {
                let mut room = self.room();
                room.forget();
                room.say(said);
            }
            _ => {}
        }
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().expect("nobody panics while it is locked")
    }
}

fn is_inside(coordinates: &[u32]) -> bool {
    coordinates.iter().all(|coordinate| *coordinate <= MAX_COORDINATE)
}
