//! A simulated client: it takes the events by one transport, or says something again and again, and keeps
//! the score.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::body::Bytes;
use fullduplex::{ClientRequest, client, tokio as ws};
use http_body_util::BodyExt;
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    feed,
    http::{Failure, Http, OF_EVERY_REQUEST, text},
    settings::Settings,
    tally::Tally,
};

/// How something gets across.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Polling,
    LongPolling,
    Streaming,
    WebSocket,
    /// From client to server.
    Post,
    /// From client to server.
    Message,
}

impl Way {
    /// Those of events, from the server.
    pub const DOWN: [Self; 4] =
        [Self::Polling, Self::LongPolling, Self::Streaming, Self::WebSocket];
    pub const ALL: [Self; 6] = [
        Self::Polling,
        Self::LongPolling,
        Self::Streaming,
        Self::WebSocket,
        Self::Post,
        Self::Message,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::LongPolling => "long polling",
            Self::Streaming => "streaming",
            Self::WebSocket => "WebSocket",
            Self::Post => "POST",
            Self::Message => "WebSocket message",
        }
    }

    /// As in a URL.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::LongPolling => "long-polling",
            Self::Streaming => "streaming",
            Self::WebSocket => "websocket",
            Self::Post => "post",
            Self::Message => "message",
        }
    }
}

pub struct Client {
    pub server: SocketAddr,
    pub settings: Settings,
    pub tally: Arc<Mutex<Tally>>,
    /// The event that came last.
    pub after: u64,
    /// Where in its interval it begins to poll, from 0 to 1: clients do not all come at once.
    pub phase: f64,
}

impl Client {
    /// Goes on for ever; after a failure it connects again.
    pub async fn run(mut self, way: Way) {
        if way == Way::Polling {
            sleep(self.settings.interval.mul_f64(self.phase)).await;
        }
        loop {
            let _: Result<(), Failure> = match way {
                Way::Polling => self.poll().await,
                Way::LongPolling => self.poll_long().await,
                Way::Streaming => self.stream().await,
                Way::WebSocket => self.websocket().await,
                Way::Post => self.post().await,
                Way::Message => self.say().await,
            };
            sleep(Duration::from_millis(500)).await;
        }
    }

    async fn poll(&mut self) -> Result<(), Failure> {
        let mut http = Http::connect(self.server).await?;
        let mut due = Instant::now();
        loop {
            self.requested();
            let lines = text(http.get(&self.path("polling")).await?).await?;
            lines.lines().for_each(|event| self.heard(event));
            due = (due + self.settings.interval).max(Instant::now());
            sleep_until(due).await;
        }
    }

    async fn poll_long(&mut self) -> Result<(), Failure> {
        let mut http = Http::connect(self.server).await?;
        loop {
            self.requested();
            let lines = text(http.get(&self.path("long-polling")).await?).await?;
            lines.lines().for_each(|event| self.heard(event));
        }
    }

    async fn stream(&mut self) -> Result<(), Failure> {
        let mut http = Http::connect(self.server).await?;
        self.requested();
        let mut body = http.get(&self.path("streaming")).await?.into_body();
        let mut unfinished = String::new();
        while let Some(frame) = body.frame().await {
            let Ok(bytes) = frame?.into_data() else { continue };
            unfinished.push_str(str::from_utf8(&bytes)?);
            while let Some((line, rest)) = unfinished.split_once('\n') {
                line.strip_prefix("data: ").into_iter().for_each(|event| self.heard(event));
                unfinished = rest.into();
            }
        }
        Ok(())
    }

    async fn websocket(&mut self) -> Result<(), Failure> {
        let mut ws = self.connect().await?;
        while let Some((event, _)) = ws.receive_ref().await? {
            event.as_text().into_iter().for_each(|event| self.heard(event));
        }
        Ok(())
    }

    async fn post(&mut self) -> Result<(), Failure> {
        let mut http = Http::connect(self.server).await?;
        let said = Bytes::from("x".repeat(self.settings.payload_len));
        loop {
            let began = Instant::now();
            self.requested();
            text(http.post("/polling", said.clone()).await?).await?;
            self.answered(began).await;
        }
    }

    async fn say(&mut self) -> Result<(), Failure> {
        let mut ws = self.connect().await?;
        let said = "x".repeat(self.settings.payload_len);
        loop {
            let began = Instant::now();
            ws.send(&said).await?;
            ws.receive().await?.ok_or("closed")?;
            self.answered(began).await;
        }
    }

    async fn connect(&self) -> Result<ws::WebSocket<ws::ClientStream>, Failure> {
        self.requested();
        let url = format!("ws://{}{}", self.server, self.path("websocket"));
        let mut request = ClientRequest::new(&url)?
            .header("Pragma", "no-cache")
            .header("Cache-Control", "no-cache")
            .header("Origin", format!("http://{}", self.server));
        for (name, value) in OF_EVERY_REQUEST {
            request = request.header(name, value);
        }
        Ok(ws::connect_with(&client::Client::new(request)).await?.0)
    }

    fn path(&self, way: &str) -> String {
        format!("/{way}?after={}", self.after)
    }

    fn requested(&self) {
        self.tally.lock().expect("nobody panics while it is locked").requests += 1;
    }

    fn heard(&mut self, event: &str) {
        let now = feed::now();
        let Some(((id, _), time)) = event.split_once(' ').zip(feed::time_of(event)) else { return };
        self.after = id.parse().unwrap_or(self.after);
        self.tally(Duration::from_micros(now.saturating_sub(time)));
    }

    /// Waits besides until it is time to say the next.
    async fn answered(&self, began: Instant) {
        self.tally(began.elapsed());
        let period = rand::random_range(0.5..1.5) / self.settings.rate;
        sleep_until(began + Duration::from_secs_f64(period)).await;
    }

    fn tally(&self, delay: Duration) {
        let mut tally = self.tally.lock().expect("nobody panics while it is locked");
        tally.events += 1;
        tally.delays.add(delay);
    }
}
