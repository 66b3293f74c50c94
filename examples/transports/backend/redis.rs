//! The backend of several processes: what is said is published by Redis, which keeps the last of it for a process
//! that comes later; who is where each process publishes again and again.
//!
//! ```text
//! transports:said        channel: ROOM LINE
//! transports:said:ROOM   list: the last lines of a room, for a day after the last
//! transports:rooms       sorted set: the rooms in which something was said last, by the time
//! transports:here        channel: PROCESS, and ROOM NAME of each of its members
//! ```
//!
//! While Redis is away what is said waits in the queue, members of other processes are gone, and there is an
//! attempt to connect again every few seconds at most, with a line of its failure on standard error. Then each
//! process catches up from the lists. To a Redis that has lost them nobody gives them back: a process that comes
//! later does not have them.

use std::{collections::BTreeMap, convert::Infallible, io, mem, time::Duration};

use fullduplex::ReconnectDelays;
use futures_util::StreamExt;
use redis::{
    AsyncCommands, Client, Msg, RedisResult,
    aio::{MultiplexedConnection, PubSub},
};
use tokio::{
    sync::{
        mpsc::{self, Receiver, Sender},
        watch,
    },
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

use super::{MAX_QUEUED, Members, Published, Publisher, Said, There};
use crate::{
    chat::{MAX_KEPT, MAX_ROOMS},
    feed,
    http::Failure,
};

const SAID: &str = "transports:said";
const ROOMS: &str = "transports:rooms";
const HERE: &str = "transports:here";
/// Seconds.
const A_DAY: i64 = 24 * 60 * 60;
/// From one time that a process says who is here to the next.
const BEAT: Duration = Duration::from_secs(1);
/// After so long without one it is gone.
const MAX_SILENCE: Duration = Duration::from_secs(3);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_FIRST_DELAY: Duration = Duration::from_millis(500);
const MAX_DELAY: Duration = Duration::from_secs(5);

/// Carries lines to all processes that have the same Redis server, from now on or as soon as it can be reached.
///
/// # Errors
///
/// `url` is not one of Redis.
pub fn over_redis(url: &str) -> RedisResult<(Publisher, Published)> {
    let client = Client::open(url)?;
    let mut delays = ReconnectDelays::new();
    (delays.max_first_delay, delays.max_delay) = (MAX_FIRST_DELAY, MAX_DELAY);
    let (say, to_say) = mpsc::channel(MAX_QUEUED);
    let (hear, said) = mpsc::channel(MAX_QUEUED);
    let (tell, there) = mpsc::channel(MAX_QUEUED);
    let here = watch::Sender::default();
    let link = Link {
        client,
        delays,
        process: rand::random(),
        to_say,
        unsaid: None,
        here: here.subscribe(),
        said: hear,
        there: tell,
        heard_of: BTreeMap::new(),
    };
    tokio::spawn(link.run());
    Ok((Publisher { said: say, here }, Published { said, there }))
}

struct Link {
    client: Client,
    delays: ReconnectDelays,
    process: u64,
    to_say: Receiver<Said>,
    /// What may not have reached Redis.
    unsaid: Option<Said>,
    here: watch::Receiver<Members>,
    said: Sender<Said>,
    there: Sender<There>,
    /// When each process was heard of last, this one too.
    heard_of: BTreeMap<u64, Instant>,
}

impl Link {
    async fn run(mut self) {
        loop {
            let Err(failure) = self.connect_and_serve().await;
            eprintln!("Redis: {failure}");
            for process in mem::take(&mut self.heard_of).into_keys() {
                self.gone(process).await;
            }
            sleep(self.delays.next().unwrap_or(MAX_DELAY)).await;
        }
    }

    async fn connect_and_serve(&mut self) -> Result<Infallible, Failure> {
        let (mut redis, mut messages) = timeout(CONNECT_TIMEOUT, connect(&self.client)).await??;
        // After it has subscribed, so that none is missed; what is heard twice the chat tells once.
        self.catch_up(&mut redis).await?;
        let mut messages = messages.on_message();
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.heard_of.insert(self.process, Instant::now());
        loop {
            if let Some(said) = &self.unsaid {
                publish(&mut redis, said).await?;
                self.unsaid = None;
            }
            tokio::select! {
                Some(said) = self.to_say.recv() => self.unsaid = Some(said),
                message = messages.next() => self.hear(&message.ok_or(closed())?).await?,
                Ok(()) = self.here.changed() => self.say_who_is_here(&mut redis).await?,
                _ = beat.tick() => {
                    self.say_who_is_here(&mut redis).await?;
                    self.forget_the_silent().await?;
                }
            }
        }
    }

    /// Hears the last lines of all rooms.
    async fn catch_up(&mut self, redis: &mut MultiplexedConnection) -> RedisResult<()> {
        let rooms: Vec<String> = redis.zrevrange(ROOMS, 0, -1).await?;
        for room in rooms {
            let lines: Vec<String> = redis.lrange(key(&room), 0, -1).await?;
            for line in lines {
                let _ = self.said.send(Said { room: room.clone(), line }).await;
            }
        }
        Ok(())
    }

    /// What none of the processes has published is left out.
    async fn hear(&mut self, message: &Msg) -> RedisResult<()> {
        let Ok(text) = message.get_payload::<String>() else { return Ok(()) };
        let Some((first, rest)) = text.split_once('\t') else { return Ok(()) };
        if message.get_channel_name() == SAID {
            let _ = self.said.send(Said { room: first.into(), line: rest.into() }).await;
        } else if let Ok(process) = first.parse() {
            self.heard_of.insert(process, Instant::now());
            if process == self.process {
                self.delays.reset(); // there and back: it holds
            } else {
                let _ = self.there.send(There { process, members: members(rest) }).await;
            }
        }
        Ok(())
    }

    async fn say_who_is_here(&mut self, redis: &mut MultiplexedConnection) -> RedisResult<()> {
        let mut text = format!("{}\t", self.process);
        for (room, name) in self.here.borrow_and_update().iter() {
            text.extend([room, "\t", name, "\t"]);
        }
        redis.publish(HERE, text).await
    }

    /// # Errors
    ///
    /// This one is: what Redis publishes does not come.
    async fn forget_the_silent(&mut self) -> io::Result<()> {
        let mut silent = Vec::new();
        self.heard_of.retain(|process, at| {
            let is_silent = at.elapsed() > MAX_SILENCE;
            silent.extend(is_silent.then_some(*process));
            !is_silent
        });
        for process in silent {
            if process == self.process {
                return Err(closed());
            }
            self.gone(process).await;
        }
        Ok(())
    }

    async fn gone(&self, process: u64) {
        let _ = self.there.send(There { process, members: Members::new() }).await;
    }
}

/// For commands, and for what is published.
async fn connect(client: &Client) -> RedisResult<(MultiplexedConnection, PubSub)> {
    let redis = client.get_multiplexed_async_connection().await?;
    let mut messages = client.get_async_pubsub().await?;
    messages.subscribe(&[SAID, HERE]).await?;
    Ok((redis, messages))
}

/// All at once, so that the list has lines in the order in which they are heard.
async fn publish(redis: &mut MultiplexedConnection, Said { room, line }: &Said) -> RedisResult<()> {
    redis::pipe()
        .atomic()
        .rpush(key(room), line)
        .ltrim(key(room), -MAX_KEPT.cast_signed(), -1)
        .expire(key(room), A_DAY)
        .zadd(ROOMS, room, feed::now())
        .zremrangebyrank(ROOMS, 0, -1 - MAX_ROOMS.cast_signed())
        .publish(SAID, format!("{room}\t{line}"))
        .exec_async(redis)
        .await
}

fn key(room: &str) -> String {
    format!("{SAID}:{room}")
}

fn members(fields: &str) -> Members {
    let fields: Vec<_> = fields.split_terminator('\t').collect();
    fields.chunks_exact(2).map(|pair| (pair[0].into(), pair[1].into())).collect()
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "nothing comes any more")
}
