//! WebSocket (RFC 6455) for Rust.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod assembler;
#[cfg(feature = "std")]
pub mod blocking;
mod close;
mod config;
mod connection;
mod error;
mod frame;
mod handshake;
mod message;
mod random;
#[cfg(feature = "std")]
mod read_buffer;
mod receiver;
mod sender;
mod utf8;
mod write_buffer;

pub use assembler::Assembler;
pub use close::{CloseCode, CloseFrame};
pub use config::Config;
pub use connection::{Connection, Event, Role};
#[cfg(feature = "std")]
pub use error::Error;
pub use error::{ProtocolError, SendError};
pub use frame::{FrameHeader, Mask, Opcode, Rsv};
pub use handshake::{
    Accepted, Answer, ClientHandshake, ClientRequest, HandshakeError, Headers, InvalidUrl, Offer,
    Request, RequestHead, Response, ServerHandshake,
};
pub use message::{Kind, Message, Payload, Text};
#[cfg(feature = "std")]
pub use random::ThreadRng;
pub use random::{MaskSource, Nonce};
pub use receiver::{Chunk, Part, Receiver};
pub use sender::{Fin, Sender};
pub use write_buffer::WriteBuffer;
