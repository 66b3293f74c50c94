//! Checks the crate's clients against an echo server of another library.
//!
//! `ADAPTER=tokio cargo run --features http2 --example interop_client ws://127.0.0.1:9001`; with
//! `ADAPTER=http2` all its WebSockets are on one connection. `tests/interop/run` does it all.
//! `COMPRESSION` says what must be agreed on: window bits and context takeover of server and client, as
//! `15 true 12 true`.

use std::env;

use either::Adapter;
use fullduplex::{CloseCode, Error, Message};
use futures_util::future::try_join_all;

#[path = "shared/config.rs"]
mod config;
#[path = "shared/either.rs"]
mod either;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let url = env::args().nth(1).expect("usage: interop_client URL");
    let adapter = Adapter::from_env(&url).await?;

    // All are open before the first is used.
    let texts = ["", "a\0 ü € 𝄞 – ok"].map(Message::from);
    let binaries = [0, 125, 126, 65_535, 65_536, 1 << 20].map(|len| Message::from(pattern(len)));
    let mut clients = Vec::new();
    for message in texts.into_iter().chain(binaries) {
        clients.push((adapter.connect(&url).await?, message));
    }
    let echoes = clients.into_iter().map(async |(mut client, message)| {
        client.feed(&message).await?;
        assert_eq!(client.receive().await?.as_ref(), Some(&message));
        client.close(CloseCode::NORMAL, "").await
    });
    let mut checks = try_join_all(echoes).await?.len();

    // Many in flight, with pings between them: fewer than the 60 that `ws` takes for a flood.
    let mut client = adapter.connect(&url).await?;
    let messages = (0..200).map(|number| Message::from(format!("message {number}")));
    for (index, message) in messages.clone().enumerate() {
        client.feed(&message).await?;
        if index % 10 == 0 {
            client.ping(b"are you there?").await?;
        }
    }
    for message in messages {
        assert_eq!(client.receive().await?, Some(message));
    }
    checks += 1;

    // The same again, which a window makes short; too long for any window; not to be made short.
    if let Ok(expected) = env::var("COMPRESSION") {
        assert_eq!(client.compression().as_deref(), Some(expected.as_str()));
        let record = r#"{"name":"Grace","tags":["a","b"]},"#;
        for text in [record.repeat(10), record.repeat(10), record.repeat(10_000)] {
            client.feed(&text).await?;
            assert_eq!(client.receive().await?, Some(text.into()));
        }
        let noise = Message::from(noise(100_000));
        client.feed(&noise).await?;
        assert_eq!(client.receive().await?, Some(noise));
        checks += 1;
    }

    // The server answers a Close with its code.
    client.close(CloseCode::new(3001), "going home – bye").await?;
    let closing = client.closing().expect("it was closed");
    let answer = closing.received.as_ref().expect("the server answers");
    assert_eq!(answer.code, CloseCode::new(3001));
    assert_eq!(client.receive().await?, None);
    checks += 1;

    println!("ok: {checks} checks");
    Ok(())
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index * 31 % 251) as u8).collect()
}

/// What no compressor makes shorter.
fn noise(len: usize) -> Vec<u8> {
    let next = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    std::iter::successors(Some(1), next).map(|state| (state >> 56) as u8).take(len).collect()
}
