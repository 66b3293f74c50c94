//! How an application tests what it does with a WebSocket: its handler takes any stream, a socket in
//! `main` and one in memory in the tests, which need no port and no handshake.
//! `cargo test --features tokio --example test_a_handler`

use fullduplex::tokio::{WebSocket, accept};
use fullduplex::{CloseCode, Error, Message};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:9001").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async { sum(accept(stream).await?).await });
    }
}

/// The handler: answers each number with the sum so far, and closes on anything else.
async fn sum<S: AsyncRead + AsyncWrite + Unpin>(mut ws: WebSocket<S>) -> Result<i64, Error> {
    let mut sum = 0_i64;
    while let Some(message) = ws.receive().await? {
        let number = match &message {
            Message::Text(text) => text.trim().parse().ok(),
            Message::Binary(_) => None,
        };
        let Some(next) = number.and_then(|number| sum.checked_add(number)) else {
            ws.close(CloseCode::POLICY_VIOLATION, "numbers only, and not too many").await?;
            break;
        };
        sum = next;
        ws.feed(sum.to_string()).await?; // written when `receive` has to wait
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use fullduplex::{ProtocolError, tokio::pair};

    use super::*;

    #[tokio::test]
    async fn each_number_is_answered_with_the_sum_until_the_client_closes() -> Result<(), Error> {
        let (mut client, server) = pair();
        let handler = tokio::spawn(sum(server));
        for (number, answer) in [("1", "1"), (" 41\n", "42"), ("-50", "-8")] {
            client.send(number).await?;
            assert_eq!(client.receive().await?, Some(answer.into()));
        }
        client.close(CloseCode::NORMAL, "").await?;
        assert_eq!(handler.await.unwrap()?, -8);
        Ok(())
    }

    #[tokio::test]
    async fn what_is_no_number_and_what_is_too_much_ends_the_connection() -> Result<(), Error> {
        for message in [Message::from("one"), Message::from(b"1"), i64::MAX.to_string().into()] {
            let (mut client, server) = pair();
            let handler = tokio::spawn(sum(server));
            client.feed("1").await?;
            client.send(&message).await?;
            assert_eq!(client.receive().await?, Some("1".into()));
            assert_eq!(client.receive().await?, None, "{message:?}");
            let close = client.closing().unwrap().received.as_ref().unwrap();
            assert_eq!(close.code, CloseCode::POLICY_VIOLATION);
            assert_eq!(handler.await.unwrap()?, 1);
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_client_that_is_gone_is_an_error() {
        let (_, server) = pair(); // nobody keeps the client
        let ended = sum(server).await;
        assert!(matches!(ended, Err(Error::Protocol(ProtocolError::EndWithoutClose))));
    }
}
