//! The figures of a run that goes on as long as a page watches, and begins again when a slider moves.
//!
//! To a page, twice a second: an object with `settings`, `latest` (the event), `time` (in ms, of the run) and
//! one object for each way. From a page: what [`Settings::set`] takes, or `time T`, which is answered with
//! `{"sent":T,"now":MS}`.

use std::{sync::Arc, time::Duration};

use fullduplex::{Error, tokio::WebSocket};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{Notify, watch},
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::{
    feed::{self, Feed},
    run::{Bench, Run},
    settings::Settings,
};

const PERIOD: Duration = Duration::from_millis(500);

pub struct Live {
    pub feed: Arc<Feed>,
    pub settings: watch::Sender<Settings>,
    figures: watch::Sender<String>,
    /// A page came.
    came: Notify,
}

impl Live {
    pub fn new(feed: Arc<Feed>, settings: Settings) -> Self {
        Self {
            feed,
            settings: watch::Sender::new(settings),
            figures: watch::Sender::default(),
            came: Notify::new(),
        }
    }

    /// Measures for ever, while somebody watches.
    pub async fn measure(&self, bench: &Bench) {
        let mut settings = self.settings.subscribe();
        loop {
            while self.figures.is_closed() {
                self.came.notified().await;
            }
            let now = *settings.borrow_and_update();
            let run = bench.run(now).await;
            let began = Instant::now();
            let mut due = interval_at(began + PERIOD, PERIOD);
            due.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    now = due.tick() => {
                        self.figures.send_replace(self.json(&run, now - began));
                    }
                    _ = settings.changed() => break,
                    () = self.figures.closed() => break,
                }
            }
        }
    }

    fn json(&self, run: &Run<'_>, time: Duration) -> String {
        let settings = self.settings.borrow().json();
        let (latest, time) = (self.feed.latest(), time.as_millis());
        let figures = run.figures();
        let ways = figures.iter().map(|of| format!(r#","{}":{}"#, of.way.slug(), of.json()));
        format!(
            r#"{{"settings":{settings},"latest":{latest},"time":{time}{}}}"#,
            ways.collect::<String>()
        )
    }

    pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut ws: WebSocket<S>,
    ) -> Result<(), Error> {
        // Those of now at once, for the sliders; the last of a page that has gone are old.
        let settings = self.settings.borrow().json();
        ws.send(format!(r#"{{"settings":{settings},"latest":{}}}"#, self.feed.latest())).await?;
        let mut figures = self.figures.subscribe();
        self.came.notify_one();
        loop {
            tokio::select! {
                said = ws.receive() => match said? {
                    Some(said) => if let Some(said) = said.as_text() {
                        self.take(said, &mut ws).await?;
                    },
                    None => return Ok(()),
                },
                // One that is slow gets the newest, whatever it missed.
                _ = figures.changed() => {
                    let figures = figures.borrow_and_update().clone();
                    ws.send(figures).await?;
                }
            }
        }
    }

    async fn take<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        said: &str,
        ws: &mut WebSocket<S>,
    ) -> Result<(), Error> {
        if let Some(sent) = said.strip_prefix("time ").and_then(|sent| sent.parse::<u64>().ok()) {
            let now = feed::now() as f64 / 1000.0;
            return ws.feed(format!(r#"{{"sent":{sent},"now":{now}}}"#)).await;
        }
        self.settings.send_if_modified(|settings| {
            let before = *settings;
            settings.set(said);
            *settings != before
        });
        Ok(())
    }
}
