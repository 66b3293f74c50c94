//! permessage-deflate: policies, ends that have agreed, and another DEFLATE to hold them against.

use bytes::Buf;
use fullduplex::{
    Answer, ClientHandshake, ClientRequest, Compression, Config, Connection, Nonce, Parameters,
    Request, ServerHandshake, WriteBuffer,
};
use miniz_oxide::{
    deflate::core::{CompressorOxide, TDEFLFlush, compress, create_comp_flags_from_zip_params},
    inflate::{
        TINFLStatus,
        core::{DecompressorOxide, decompress, inflate_flags},
    },
};

/// Any policy, good or not.
pub fn policy([level, window_bits, peer_window_bits, options]: [u8; 4]) -> Compression {
    let mut policy = Compression::default();
    policy.level = level % 11;
    policy.mem_level = level / 11 % 11;
    policy.window_bits = window_bits % 18;
    policy.peer_window_bits = peer_window_bits % 18;
    policy.context_takeover = options & 1 != 0;
    policy.peer_context_takeover = options & 2 != 0;
    policy.threshold = usize::from(options >> 2);
    policy
}

/// A client and a server after the handshake, and what each thinks that they agreed on.
pub fn agreed(client: &Config, server: &Config) -> [(Connection, Option<Parameters>); 2] {
    let request = ClientRequest::new("ws://a/").expect("a good URL");
    let (mut to_server, mut to_client) = (WriteBuffer::new(), WriteBuffer::new());
    let nonce = Nonce::new([7; 16]);
    let mut asking = ClientHandshake::start(&request, nonce, client, &mut to_server)
        .expect("a request without headers");
    let mut bytes = to_server.copy_to_bytes(to_server.len()).to_vec();
    let served = match ServerHandshake::new(server).receive(&mut &mut bytes[..]) {
        Ok(Some(Request::Upgrade(offer))) => offer.accept(&Answer::new(), &mut to_client),
        other => panic!("{other:?}"),
    };
    let served = served.expect("an answer without headers");
    let mut bytes = to_client.copy_to_bytes(to_client.len()).to_vec();
    let (asked, _) = asking.receive(&mut &mut bytes[..]).expect("a good answer").expect("whole");
    [asked, served].map(|accepted| {
        let parameters = accepted.compression();
        (accepted.into_connection(), parameters)
    })
}

/// What miniz_oxide makes of one message after another.
pub struct Reference {
    stream: Box<DecompressorOxide>,
    /// The last of what came before, if the window is kept.
    history: Option<Vec<u8>>,
}

impl Reference {
    pub fn new(takeover: bool) -> Self {
        Self { stream: Box::default(), history: takeover.then(Vec::new) }
    }

    /// Inflates a message, up to one byte more than `limit`. An error is what came before it was found.
    pub fn inflate(&mut self, payload: &[u8], limit: usize) -> Result<Vec<u8>, Vec<u8>> {
        let before = self.history.clone().unwrap_or_default();
        let mut output = before.clone();
        output.resize(before.len() + limit + 1, 0);
        let mut at = before.len();
        let tail = [0x00, 0x00, 0xff, 0xff];
        let mut input = [payload, if payload.is_empty() { &[] } else { &tail }].concat();
        // A message that does not end between two blocks is gone on with by the next one.
        if self.history.is_none() {
            *self.stream = DecompressorOxide::new();
        }
        while !input.is_empty() {
            let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF
                | inflate_flags::TINFL_FLAG_HAS_MORE_INPUT;
            let (status, used, made) = decompress(&mut self.stream, &input, &mut output, at, flags);
            at += made;
            input.drain(..used);
            match status {
                // A last block: what follows is another stream with the same window.
                TINFLStatus::Done => {
                    *self.stream = DecompressorOxide::new();
                    // A message that ends with its last block needs no tail.
                    if input.len() <= tail.len() {
                        break;
                    }
                }
                TINFLStatus::NeedsMoreInput => {}
                TINFLStatus::HasMoreOutput => break,
                _ => return Err(output[before.len()..at].to_vec()),
            }
        }
        output.truncate(at);
        if let Some(history) = &mut self.history {
            *history = output[output.len().saturating_sub(WINDOW_LEN)..].to_vec();
        }
        Ok(output.split_off(before.len()))
    }
}

/// A message as another peer compresses it, which keeps no window.
pub fn deflate(plain: &[u8], level: u8) -> Vec<u8> {
    let flags = create_comp_flags_from_zip_params((level % 11).into(), 0, 0);
    let mut stream = CompressorOxide::new(flags);
    let mut output = vec![0; plain.len() * 2 + 1000];
    let (_, _, len) = compress(&mut stream, plain, &mut output, TDEFLFlush::Sync);
    output.truncate(len - 4);
    output
}

const WINDOW_LEN: usize = 32 * 1024;
