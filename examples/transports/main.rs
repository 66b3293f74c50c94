//! Polling, long polling, streaming and WebSocket side by side, measured: the same events, delivered four ways
//! to simulated clients and to your browser. Beside it a drawing board and a chat, over WebSockets.
//!
//! `cargo run --release --features axum --example transports [ADDR]`, then open the address in a browser. With
//! `--headless [--seconds N] [--svg PATH]` it measures without one, prints a table and draws it. With
//! `--redis URL`, such as `redis://127.0.0.1:6379/`, it shares the chat's rooms with all others that have the same:
//! what is said and who is there. While Redis is away, what is said waits for it.
#![allow(clippy::cast_precision_loss, reason = "counts become figures to show")]
#![allow(clippy::cast_sign_loss, reason = "no figure is negative")]

use std::{
    env, fs, io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use axum::{Router, extract::State, response::Response, routing::any, serve::ListenerExt};
use fullduplex::{Config, HandshakeError, axum::WebSocketUpgrade};
use tokio::net::TcpListener;

mod backend;
mod board;
mod chart;
mod chat;
mod client;
mod counted;
mod delivery;
mod feed;
mod headless;
mod http;
mod lane;
mod live;
mod page;
mod room;
mod run;
mod settings;
mod tally;

use board::Board;
use chat::Chat;
use feed::Feed;
use live::Live;
use run::Bench;
use settings::Settings;

type Upgraded = Result<Response, HandshakeError>;

struct Options {
    address: String,
    redis: Option<String>,
    /// Seconds for each rate.
    headless: Option<u64>,
    svg: Option<PathBuf>,
}

#[derive(Clone)]
struct App {
    live: Arc<Live>,
    board: Arc<Board>,
    chat: Arc<Chat>,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let options = Options::parse(env::args().skip(1)).map_err(io::Error::other)?;
    let live = Arc::new(Live::new(Arc::new(Feed::default()), Settings::DEFAULT));
    let bench = Bench::start(&live.feed)?;
    let filling = live.clone();
    tokio::spawn(async move { filling.feed.fill(filling.settings.subscribe()).await });

    if let Some(seconds) = options.headless {
        let rows = headless::measure(&bench, &live.settings, seconds).await;
        print!("{}", headless::table(&rows));
        return options.svg.map_or(Ok(()), |path| fs::write(path, chart::svg(&rows)));
    }
    serve(&options, live, bench).await
}

async fn serve(options: &Options, live: Arc<Live>, bench: Bench) -> io::Result<()> {
    let (publisher, published) = match &options.redis {
        Some(url) => backend::over_redis(url).map_err(io::Error::other)?,
        None => backend::in_process(),
    };
    let listener = TcpListener::bind(&options.address).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("open http://{}/ in a browser", reachable(address));

    let rooms = Arc::new(Chat::new(publisher));
    let app = App { live: live.clone(), board: Arc::new(Board::new()), chat: rooms.clone() };
    let measuring = live.clone();
    tokio::spawn(async move { measuring.measure(&bench).await });
    tokio::spawn(async move { rooms.tell(published).await });
    let routes = Router::new()
        .route("/figures", any(figures))
        .route("/board", any(board))
        .route("/chat", any(chat))
        .with_state(app)
        .merge(page::routes())
        .merge(delivery::routes(live.feed.clone()));
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, routes).await
}

// From this page only: others may not move its sliders, nor speak in its rooms. A page that leaves at any
// moment is nothing to tell of.

async fn figures(State(app): State<App>, upgrade: WebSocketUpgrade) -> Upgraded {
    upgrade.check_same_host()?;
    Ok(limited(upgrade).on_upgrade(async move |ws| drop(app.live.serve(ws).await)))
}

async fn board(State(app): State<App>, upgrade: WebSocketUpgrade) -> Upgraded {
    upgrade.check_same_host()?;
    Ok(limited(upgrade).on_upgrade(async move |ws| drop(app.board.serve(ws).await)))
}

async fn chat(State(app): State<App>, upgrade: WebSocketUpgrade) -> Upgraded {
    upgrade.check_same_host()?;
    Ok(limited(upgrade).on_upgrade(async move |ws| drop(app.chat.serve(ws).await)))
}

fn limited(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    let mut config = Config::default();
    config.max_message_len = 4 * 1024;
    upgrade.with_config(config)
}

/// Where a browser on this machine finds one that listens at any address.
fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    let ip =
        if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
    SocketAddr::new(ip, address.port())
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options =
            Self { address: "127.0.0.1:8080".into(), redis: None, headless: None, svg: None };
        let mut seconds = 8;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match &*argument {
                "--headless" => options.headless = Some(seconds),
                "--seconds" => {
                    let number = value()?.parse();
                    seconds = number.map_err(|_| "--seconds needs a whole number".to_owned())?;
                }
                "--redis" => options.redis = Some(value()?),
                "--svg" => options.svg = Some(value()?.into()),
                option if option.starts_with('-') => return Err(format!("no option {option}")),
                _ => options.address = argument,
            }
        }
        options.headless = options.headless.map(|_| seconds.clamp(1, 15));
        Ok(options)
    }
}
