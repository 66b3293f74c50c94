//! Messages and payloads as values: made of what the caller has, lent or owned, equal when their
//! bytes are.

use bytes::Bytes;
use bytestring::ByteString;
use fullduplex::{Kind, Message, Payload, Text};

#[test]
fn a_message_is_made_of_any_text_or_bytes() {
    let (string, vec) = (String::from("text"), b"text".to_vec());
    let texts: [Message<'_>; 6] = [
        "text".into(),
        (&string).into(),
        string.clone().into(),
        ByteString::from("text").into(),
        Text::from("text").into(),
        Text::from(string.clone()).into(),
    ];
    for message in texts {
        assert_eq!(message, Message::Text(Text::Lent("text")));
        assert_eq!((message.kind(), message.as_text()), (Kind::Text, Some("text")));
        assert_eq!(message.as_bytes(), b"text");
        assert_eq!(message.into_payload(), Payload::Lent(b"text"));
    }
    let binaries: [Message<'_>; 6] = [
        (&b"text"[..]).into(),
        b"text".into(),
        (&vec).into(),
        vec.clone().into(),
        Bytes::from_static(b"text").into(),
        Payload::from(&vec).into(),
    ];
    for message in binaries {
        assert_eq!(message, Message::Binary(Payload::Lent(b"text")));
        assert_eq!((message.kind(), message.as_text()), (Kind::Binary, None));
        assert_eq!(message.as_bytes(), b"text");
        assert_eq!(message.into_payload(), Payload::Lent(b"text"));
    }
}

#[test]
fn what_is_lent_of_a_message_shares_what_that_owns() {
    let shared = |message: &Message<'_>| message.as_bytes().as_ptr();
    let text = Message::from(String::from("text")).into_owned();
    let binary = Message::from(vec![1, 2, 3]).into_owned();
    let (lent_text, lent_bytes) = (Message::from("text"), Message::from(&[1, 2, 3]));
    for message in [text, binary, lent_text, lent_bytes] {
        assert_eq!(shared(&Message::from(&message)), shared(&message), "{message:?}");
        assert_eq!(Message::from(&message), message);
    }
}

#[test]
fn an_owned_message_outlives_what_it_was_lent_from() {
    let keep = |message: Message<'_>| message.into_owned();
    let kept = {
        let (text, bytes) = (String::from("text"), vec![1, 2, 3]);
        [keep(Message::from(&text)), keep(Message::from(&bytes))]
    };
    assert_eq!(kept, [Message::from("text"), Message::from(&[1, 2, 3])]);
}

#[test]
fn texts_and_payloads_are_compared_and_shown_as_what_they_hold() {
    for text in [Text::Lent("text"), Text::from(ByteString::from("text"))] {
        assert!(text == "text" && text == *"text" && text != "other");
        assert_eq!((text.as_ref(), text.len()), ("text", 4));
        assert_eq!(format!("{text} {text:?}"), "text \"text\"");
    }
    for payload in [Payload::Lent(&[1, 2]), Payload::from(vec![1, 2])] {
        assert!(payload == [1, 2][..] && payload != [1, 3][..]);
        assert_eq!((payload.as_ref(), payload.len()), (&[1, 2][..], 2));
        assert_eq!(format!("{payload:?}"), "[1, 2]");
    }
}
