//! A WebSocket client for the terminal: lines go out, what arrives is printed, Ctrl-D closes.
//!
//! `cargo run --release --features tokio --example client ws://127.0.0.1:9001`

use std::{env, process};

use fullduplex::{CloseCode, Error, Message, tokio::connect};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let Some(url) = env::args().nth(1) else {
        eprintln!("usage: client ws://host[:port][/path]");
        process::exit(2);
    };
    // Not a return: tokio would wait for the thread that waits for the terminal.
    process::exit(match talk(&url).await {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{url}: {error}");
            1
        }
    });
}

fn is_escape(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\t')
}

async fn talk(url: &str) -> Result<(), Error> {
    let mut ws = connect(url).await?;
    eprintln!("connected to {url}; Ctrl-D closes");
    let mut lines = BufReader::new(stdin()).lines();
    let mut typing = true;
    loop {
        tokio::select! {
            line = lines.next_line(), if typing => {
                if let Some(line) = line? {
                    ws.send(line).await?;
                } else {
                    typing = false;
                    ws.send_close(CloseCode::NORMAL, "").await?;
                }
            }
            message = ws.receive() => match message? {
                // A terminal obeys what it prints: only text is printed as it is.
                Some(Message::Text(text)) => println!("{}", text.replace(is_escape, "\u{fffd}")),
                Some(Message::Binary(bytes)) => println!("{} bytes: {bytes:02x?}", bytes.len()),
                None => break,
            },
        }
    }
    if let Some(closing) = ws.closing() {
        eprintln!("{}", closing.to_string().replace(is_escape, "\u{fffd}"));
    }
    Ok(())
}
