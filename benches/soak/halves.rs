//! The halves of all adapters, for one program.

use std::time::Duration;

use fullduplex::{
    CloseCode, Closing, Error, Kind, Message, asynchronous,
    asynchronous::{ReadFrom, WriteTo},
    blocking,
};
use smol::Timer;

pub trait Receive: Send + 'static {
    /// The next message, by one of four ways to receive one.
    fn next(&mut self, way: usize) -> impl Future<Output = Received> + Send;
    fn closing(&self) -> Option<Closing>;
}

pub type Received = Result<Option<Message<'static>>, Error>;
pub type Sent = Result<(), Error>;

pub trait Transmit: Send + 'static {
    fn feed(&mut self, message: &Message<'static>) -> impl Future<Output = Sent> + Send;
    fn send(&mut self, message: &Message<'static>) -> impl Future<Output = Sent> + Send;
    /// Sends a message in frames of `len` bytes, or a few less.
    fn stream(
        &mut self,
        message: &Message<'static>,
        len: usize,
    ) -> impl Future<Output = Sent> + Send;
    fn flush(&mut self) -> impl Future<Output = Sent> + Send;
    fn ping(&mut self, payload: &[u8]) -> impl Future<Output = Sent> + Send;
    fn close(&mut self, code: CloseCode) -> impl Future<Output = Sent> + Send;
}

impl<R, W, A> Receive for asynchronous::ReceiveHalf<R, W, A>
where
    R: Unpin + Send + 'static,
    W: Unpin + Send + 'static,
    A: ReadFrom<R> + WriteTo<W, Timer: Send> + 'static,
{
    async fn next(&mut self, way: usize) -> Received {
        match way {
            0 => return self.receive().await,
            3 => {
                // A future that is dropped loses nothing.
                loop {
                    let receiving = async { Some(self.receive().await) };
                    let waiting = async {
                        Timer::after(Duration::from_millis(1)).await;
                        None
                    };
                    if let Some(received) = smol::future::or(receiving, waiting).await {
                        return received;
                    }
                }
            }
            1 => return Ok(self.receive_ref().await?.map(Message::into_owned)),
            _ => {}
        }
        let mut gathered = Gathered::default();
        while let Some(chunk) = self.receive_chunk().await? {
            gathered.push(&chunk.content);
            if chunk.last {
                return Ok(Some(gathered.finish(chunk.content.kind())));
            }
        }
        Ok(None)
    }

    fn closing(&self) -> Option<Closing> {
        self.closing()
    }
}

impl Receive for blocking::ReceiveHalf<std::net::TcpStream> {
    async fn next(&mut self, way: usize) -> Received {
        match way {
            0 | 3 => return self.receive(),
            1 => return Ok(self.receive_ref()?.map(Message::into_owned)),
            _ => {}
        }
        let mut gathered = Gathered::default();
        while let Some(chunk) = self.receive_chunk()? {
            gathered.push(&chunk.content);
            if chunk.last {
                return Ok(Some(gathered.finish(chunk.content.kind())));
            }
        }
        Ok(None)
    }

    fn closing(&self) -> Option<Closing> {
        self.closing()
    }
}

impl<W, A> Transmit for asynchronous::SendHalf<W, A>
where
    W: Unpin + Send + 'static,
    A: WriteTo<W, Timer: Send> + 'static,
{
    async fn feed(&mut self, message: &Message<'static>) -> Sent {
        self.feed(message).await
    }

    async fn send(&mut self, message: &Message<'static>) -> Sent {
        self.send(message).await
    }

    async fn stream(&mut self, message: &Message<'static>, len: usize) -> Sent {
        let mut writer = self.stream_message(message.kind());
        for (number, piece) in pieces(message, len).enumerate() {
            if number % 2 == 0 {
                writer.feed(piece).await?;
            } else {
                writer.send(piece).await?;
            }
        }
        writer.finish().await
    }

    async fn flush(&mut self) -> Sent {
        self.flush().await
    }

    async fn ping(&mut self, payload: &[u8]) -> Sent {
        self.ping(payload).await
    }

    async fn close(&mut self, code: CloseCode) -> Sent {
        self.send_close(code, "").await
    }
}

impl Transmit for blocking::SendHalf<std::net::TcpStream> {
    async fn feed(&mut self, message: &Message<'static>) -> Sent {
        self.feed(message)
    }

    async fn send(&mut self, message: &Message<'static>) -> Sent {
        self.send(message)
    }

    async fn stream(&mut self, message: &Message<'static>, len: usize) -> Sent {
        let mut writer = self.stream_message(message.kind());
        for (number, piece) in pieces(message, len).enumerate() {
            if number % 2 == 0 {
                writer.feed(piece)?;
            } else {
                writer.send(piece)?;
            }
        }
        writer.finish()
    }

    async fn flush(&mut self) -> Sent {
        self.flush()
    }

    async fn ping(&mut self, payload: &[u8]) -> Sent {
        self.ping(payload)
    }

    async fn close(&mut self, code: CloseCode) -> Sent {
        self.send_close(code, "")
    }
}

/// A message as it comes in chunks.
#[derive(Default)]
struct Gathered(Vec<u8>);

impl Gathered {
    fn push(&mut self, content: &Message<'_>) {
        self.0.extend_from_slice(content.as_bytes());
    }

    fn finish(self, kind: Kind) -> Message<'static> {
        match kind {
            Kind::Text => String::from_utf8(self.0).expect("chunks of text are UTF-8").into(),
            Kind::Binary => self.0.into(),
        }
    }
}

fn pieces<'m>(message: &'m Message<'static>, len: usize) -> impl Iterator<Item = Message<'m>> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let bytes = message.as_bytes();
        let mut last = (first + len).min(bytes.len());
        if let Some(text) = message.as_text() {
            while !text.is_char_boundary(last) {
                last -= 1;
            }
        }
        let piece = first..last;
        first = last;
        (!piece.is_empty()).then(|| match message.as_text() {
            Some(text) => text[piece].into(),
            None => bytes[piece].into(),
        })
    })
}
