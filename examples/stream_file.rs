//! A file of any length to the server and back, each as one message: neither side ever holds more of it
//! than a piece.
//!
//! `cargo run --release --example stream_file FROM TO`

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{self, ErrorKind, Read, Seek, Write},
    net::TcpStream,
    process,
};

use fullduplex::{
    CloseCode, Kind,
    blocking::{Stream, WebSocket, accept, connect},
};

#[path = "shared/serve.rs"]
mod serve;

/// What is read of a file at a time, in bytes; each piece goes in a frame of its own.
const PIECE_LEN: usize = 64 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let (Some(from), Some(to)) = (env::args_os().nth(1), env::args_os().nth(2)) else {
        eprintln!("usage: stream_file FROM TO");
        process::exit(2);
    };
    let address = serve::spawn(keep)?;
    let mut ws = connect(&format!("ws://{address}/"))?;
    send_file(&mut ws, &mut File::open(from)?)?;
    let len = receive_file(&mut ws, &mut File::create(to)?)?;
    ws.close(CloseCode::NORMAL, "")?;
    println!("{len} bytes there and back");
    Ok(())
}

/// Keeps what a client sends in a file, and sends that back.
fn keep(stream: TcpStream) -> Result<(), fullduplex::Error> {
    let path = env::temp_dir().join(format!("stream_file.{}", process::id()));
    let mut file = File::options().read(true).write(true).create_new(true).open(&path)?;
    fs::remove_file(path)?; // it is there for as long as it is open
    let mut ws = accept(stream)?;
    receive_file(&mut ws, &mut file)?;
    file.rewind()?;
    send_file(&mut ws, &mut file)?;
    while ws.receive()?.is_some() {}
    Ok(())
}

fn send_file<S: Stream>(ws: &mut WebSocket<S>, file: &mut File) -> Result<(), fullduplex::Error> {
    let mut message = ws.stream_message(Kind::Binary);
    let mut piece = vec![0; PIECE_LEN];
    loop {
        match file.read(&mut piece)? {
            0 => return message.finish(),
            len => message.feed(&piece[..len])?,
        }
    }
}

/// Returns the file's length; `Config::max_message_len` is no limit for it.
fn receive_file<S: Stream>(
    ws: &mut WebSocket<S>,
    file: &mut File,
) -> Result<u64, fullduplex::Error> {
    let mut len = 0;
    while let Some((chunk, _)) = ws.receive_chunk()? {
        file.write_all(chunk.content.as_bytes())?;
        len += chunk.content.as_bytes().len() as u64;
        if chunk.last {
            return Ok(len);
        }
    }
    Err(io::Error::from(ErrorKind::UnexpectedEof).into()) // closed, and no message came
}
