//! One client over either adapter, so that the same examination runs with both.

use fullduplex::{
    ClientRequest, CloseCode, Closing, Error, Message, blocking, tokio as asynchronous,
};
use tokio::net::TcpStream;

use crate::config;

/// A client; the blocking one blocks its thread, which is all that these programs do.
pub enum Client {
    Blocking(blocking::WebSocket<std::net::TcpStream>),
    Tokio(asynchronous::WebSocket<TcpStream>),
}

impl Client {
    /// Connects with the adapter that the environment variable `ADAPTER` names: `blocking` or `tokio`.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let request = ClientRequest::new(url)?;
        let address = (request.host(), request.port());
        match std::env::var("ADAPTER").as_deref() {
            Ok("blocking") => {
                let stream = std::net::TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                let (ws, _) = blocking::connect_over(stream, &request, &config::config())?;
                Ok(Self::Blocking(ws))
            }
            Ok("tokio") => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let config = config::config();
                let (ws, _) = asynchronous::connect_over(stream, &request, &config).await?;
                Ok(Self::Tokio(ws))
            }
            _ => panic!("ADAPTER is neither blocking nor tokio"),
        }
    }

    pub async fn receive(&mut self) -> Result<Option<Message<'static>>, Error> {
        match self {
            Self::Blocking(ws) => ws.receive(),
            Self::Tokio(ws) => ws.receive().await,
        }
    }

    pub async fn feed(&mut self, message: impl Into<Message<'_>>) -> Result<(), Error> {
        match self {
            Self::Blocking(ws) => ws.feed(message),
            Self::Tokio(ws) => ws.feed(message).await,
        }
    }

    /// The compression that was agreed on: window bits and context takeover of server and client.
    #[allow(dead_code, reason = "each of the two programs uses its part")]
    pub fn compression(&self) -> Option<String> {
        #[cfg(not(feature = "deflate"))]
        return None;
        #[cfg(feature = "deflate")]
        {
            let agreed = match self {
                Self::Blocking(ws) => ws.compression(),
                Self::Tokio(ws) => ws.compression(),
            }?;
            Some(format!(
                "{} {} {} {}",
                agreed.server_max_window_bits,
                !agreed.server_no_context_takeover,
                agreed.client_max_window_bits,
                !agreed.client_no_context_takeover,
            ))
        }
    }

    #[allow(dead_code, reason = "each of the two programs uses its part")]
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        match self {
            Self::Blocking(ws) => ws.ping(payload),
            Self::Tokio(ws) => ws.ping(payload).await,
        }
    }

    #[allow(dead_code, reason = "each of the two programs uses its part")]
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        match self {
            Self::Blocking(ws) => ws.close(code, reason),
            Self::Tokio(ws) => ws.close(code, reason).await,
        }
    }

    #[allow(dead_code, reason = "each of the two programs uses its part")]
    pub fn closing(&self) -> Option<&Closing> {
        match self {
            Self::Blocking(ws) => ws.closing(),
            Self::Tokio(ws) => ws.closing(),
        }
    }
}
