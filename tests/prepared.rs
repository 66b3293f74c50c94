//! A message that is encoded once and sent by many: the bytes and the errors of `send`.

mod common;

use bytes::{Buf, Bytes};
use common::{End, ROLES, contents};
use fullduplex::{Config, Fin, Message, Prepared, Role, SendError, Sender, WriteBuffer};

/// About where the header's form changes (RFC 6455 §5.2), and where a payload is not copied.
const LENGTHS: [usize; 9] = [0, 1, 125, 126, 4090, 4095, 4096, 65_535, 65_536];

/// A text and a binary message of each length.
fn messages() -> impl Iterator<Item = Message<'static>> {
    LENGTHS.into_iter().flat_map(|len| {
        let bytes: Vec<u8> = (0..=250).cycle().take(len).collect();
        [Message::from("é".repeat(len / 2) + &"e".repeat(len % 2)), Message::from(bytes)]
    })
}

#[test]
fn a_server_writes_the_bytes_of_send() {
    for message in messages() {
        let prepared = Prepared::new(&message);
        assert_eq!(prepared.message(), message);
        let (mut sent, mut by_reference) = (End::new(Role::Server), End::new(Role::Server));
        for _ in 0..2 {
            sent.connection.send(&message, &mut sent.output).unwrap();
            sent.connection.ping(b"between", &mut sent.output).unwrap();
            let End { connection, output } = &mut by_reference;
            connection.send_prepared(&prepared, output).unwrap();
            connection.ping(b"between", output).unwrap();
        }
        let len = message.as_bytes().len();
        assert_eq!(by_reference.written(), sent.written(), "{:?} of {len}", message.kind());
    }
}

/// A client whose keys are 1, 2, 3 and so on.
fn client() -> Sender {
    let mut keys = 1_u32..;
    Sender::client(move || keys.next().unwrap().to_be_bytes(), &Config::default())
}

#[test]
fn a_client_masks_it_each_time_with_a_key_of_its_own() {
    for message in messages() {
        let prepared = Prepared::new(&message);
        let (mut sender, mut sent) = (client(), WriteBuffer::new());
        let (mut prepared_sender, mut written) = (client(), WriteBuffer::new());
        for _ in 0..3 {
            sender.send((&message).into(), &mut sent).unwrap();
            prepared_sender.send_prepared(&prepared, &mut written).unwrap();
        }
        let written = written.copy_to_bytes(written.len());
        assert_eq!(written, sent.copy_to_bytes(sent.len()));
        let keys = common::read_frames(&written).into_iter().map(|frame| frame.key.unwrap());
        assert!(keys.eq((1..=3_u32).map(u32::to_be_bytes)));
    }
}

#[test]
fn what_may_not_be_sent_is_refused_and_nothing_is_written() {
    let prepared = Prepared::new("prepared");
    for role in ROLES {
        let mut end = End::new(role);
        let End { connection, output } = &mut end;
        connection.send_chunk("un", Fin::More, output).unwrap();
        let refused = connection.send_prepared(&prepared, output);
        assert_eq!(refused, Err(SendError::UnfinishedMessage));
        connection.send_chunk("finished", Fin::Last, output).unwrap();
        connection.send_prepared(&prepared, output).unwrap();
        connection.close(None, output).unwrap();
        assert_eq!(connection.send_prepared(&prepared, output), Err(SendError::Closed));
        let expected: [(u8, &[u8]); 4] =
            [(0x01, b"un"), (0x80, b"finished"), (0x81, b"prepared"), (0x88, b"")];
        assert_eq!(contents(&end.frames()), expected);
    }
}

#[test]
fn a_clone_shares_the_memory_and_outlives_the_first() {
    let prepared = Prepared::new(vec![7; 10_000]);
    let clone = prepared.clone();
    let at = |prepared: &Prepared| prepared.message().as_bytes().as_ptr();
    assert_eq!(at(&prepared), at(&clone));
    let mut server = End::new(Role::Server);
    server.connection.send_prepared(&prepared, &mut server.output).unwrap();
    // The frame stands there by reference, with its header before it.
    assert_eq!(server.output.chunk()[4..].as_ptr(), at(&clone));
    drop(prepared);
    assert_eq!(clone.message(), Message::from(Bytes::from(vec![7; 10_000])));
    drop(clone);
    assert_eq!(contents(&server.frames()), [(0x82, &[7; 10_000][..])]);
}

/// RFC 7692: what does not depend on other messages is compressed once for all that compress alike.
#[cfg(feature = "deflate")]
#[test]
fn it_is_compressed_once_for_each_set_of_parameters() {
    use fullduplex::{Compression, Parameters};

    let end = |role, takeover: bool, bits| {
        let mut end = End::new(role);
        let mut parameters = Parameters::default();
        parameters.server_no_context_takeover = !takeover;
        parameters.client_no_context_takeover = !takeover;
        parameters.server_max_window_bits = bits;
        end.connection.set_compression(parameters, &Compression::default());
        end
    };
    // It stays larger than what is copied.
    let numbers = (0..5000_u32).map(|it| it.to_string()).collect::<Vec<_>>().join(",");
    let prepared = Prepared::new(&numbers);
    // The frame in memory, and its bytes: those of `send`.
    let sent = |role, takeover, bits| {
        let (mut sent, mut by_reference) = (end(role, takeover, bits), end(role, takeover, bits));
        sent.connection.send(&numbers, &mut sent.output).unwrap();
        let End { connection, output } = &mut by_reference;
        connection.send_prepared(&prepared, output).unwrap();
        let at = output.chunk().as_ptr();
        let written = by_reference.written();
        assert_eq!(written[0], 0xc1, "it is compressed");
        assert!(written.len() > 4096 && written.len() < numbers.len(), "{}", written.len());
        if role == Role::Server {
            assert_eq!(written, sent.written(), "as `send` does it");
        }
        (at, by_reference)
    };
    let (first, _kept) = sent(Role::Server, false, 12);
    let (again, _kept) = sent(Role::Server, false, 12);
    assert_eq!(first, again, "the same memory");
    let (smaller, _kept) = sent(Role::Server, false, 9);
    assert_ne!(first, smaller, "another window");
    let (with_takeover, _kept) = sent(Role::Server, true, 12);
    assert_ne!(first, with_takeover, "it depends on the messages before");
    sent(Role::Client, false, 12);

    // Whoever sends it first, each has its own threshold.
    for thresholds in [[0, usize::MAX], [usize::MAX, 0]] {
        let prepared = Prepared::new(&numbers);
        for threshold in thresholds {
            let mut policy = Compression::default();
            policy.threshold = threshold;
            let mut parameters = Parameters::default();
            parameters.server_no_context_takeover = true;
            let mut end = End::new(Role::Server);
            end.connection.set_compression(parameters, &policy);
            end.connection.send_prepared(&prepared, &mut end.output).unwrap();
            assert_eq!(end.written()[0] == 0xc1, threshold == 0, "{thresholds:?}");
        }
    }
}
