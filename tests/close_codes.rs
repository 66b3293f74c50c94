//! RFC 6455 §5.5.1 and §7.4: what the body of a Close may be, in both directions.

mod common;

use common::{
    End, ROLES, Seen, assert_receives, close, close_body, close_frame, contents, text, to,
};
use fullduplex::{CloseCode, CloseFrame, Opcode, ProtocolError, Role, Rsv, SendError};

/// §7.4.1, §7.4.2 and the IANA registry: the codes that a frame may carry.
fn is_for_the_wire(code: u16) -> bool {
    let registered = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
    registered.contains(&code) || (3000..5000).contains(&code)
}

#[test]
fn every_code_is_received_and_echoed_or_refused_with_1002() {
    for (role, code) in
        ROLES.into_iter().flat_map(|role| (0..=u16::MAX).map(move |code| (role, code)))
    {
        let mut end = End::new(role);
        let seen = end.receive(&to(role, 0x88, &close_body(code, "reason")));
        let frames = end.frames();
        if is_for_the_wire(code) {
            assert_eq!(seen, [close(code, "reason")]);
            assert_eq!(contents(&frames), [(0x88, &code.to_be_bytes()[..])], "{code}");
        } else {
            let error = ProtocolError::InvalidCloseCode(CloseCode::new(code));
            let answer = close_body(1002, &error.to_string());
            assert_eq!(seen, [Seen::Failed(error)]);
            assert_eq!(contents(&frames), [(0x88, &answer[..])], "{code}");
        }
    }
}

#[test]
fn every_code_is_sent_or_refused_with_nothing_written() {
    for (role, code) in
        ROLES.into_iter().flat_map(|role| (0..=u16::MAX).map(move |code| (role, code)))
    {
        let End { mut connection, mut output } = End::new(role);
        let sent = connection.close(Some(&close_frame(code, "why")), &mut output);
        assert_eq!(CloseCode::new(code).is_on_wire(), is_for_the_wire(code), "{code}");
        if is_for_the_wire(code) {
            assert_eq!(sent, Ok(()));
            let mut end = End { connection, output };
            assert_eq!(contents(&end.frames()), [(0x88, &close_body(code, "why")[..])]);
        } else {
            assert_eq!(sent, Err(SendError::InvalidCloseCode(CloseCode::new(code))));
            assert!(output.is_empty(), "{code}");
            assert_eq!(connection.send("still open", &mut output), Ok(()), "{code}");
        }
    }
}

#[test]
fn a_close_without_a_body_has_no_code_and_is_answered_without_one() {
    for role in ROLES {
        // RFC 6455 §7.1.5: such a Close counts as 1005, which is never on the wire.
        assert_receives("empty", role, &to(role, 0x88, b""), &[Seen::Close(None)], &[(0x88, b"")]);
    }
}

#[test]
fn a_body_that_breaks_a_rule_is_refused_with_its_code() {
    use ProtocolError::{ControlTooLong, CutCloseCode, InvalidCloseReason};
    let long = [close_body(1000, ""), vec![b'x'; 124]].concat();
    let cases: &[(&str, &[u8], u16, ProtocolError)] = &[
        ("half a code", &[0x03], 1002, CutCloseCode),
        ("a reason of 124 bytes", &long, 1002, ControlTooLong(Opcode::Close)),
        ("a lone continuation byte", b"\x03\xe8\x80", 1007, InvalidCloseReason),
        ("a cut character", b"\x03\xe8ok\xe2\x82", 1007, InvalidCloseReason),
        ("a surrogate", b"\x03\xe8\xed\xa0\x80", 1007, InvalidCloseReason),
    ];
    for (role, (name, body, code, error)) in
        ROLES.into_iter().flat_map(|role| cases.iter().map(move |case| (role, case)))
    {
        assert_eq!(error.close_code().to_u16(), *code, "{name}");
        let answer = close_body(*code, &error.to_string());
        let wire = [to(role, 0x81, b"before"), to(role, 0x88, body)].concat();
        let seen = [text("before"), Seen::Failed(error.clone())];
        assert_receives(name, role, &wire, &seen, &[(0x88, &answer)]);
    }
}

#[test]
fn a_reason_of_up_to_123_bytes_is_received_and_sent() {
    let reasons = ["", "x", &"x".repeat(122), &"x".repeat(123), &"é".repeat(61), "\0 and €"];
    for (role, reason) in ROLES.into_iter().flat_map(|role| reasons.map(|reason| (role, reason))) {
        let body = close_body(4999, reason);
        let seen = [close(4999, reason)];
        assert_receives(reason, role, &to(role, 0x88, &body), &seen, &[(0x88, &body[..2])]);
        let mut end = End::new(role);
        end.connection.close(Some(&close_frame(4999, reason)), &mut end.output).unwrap();
        assert_eq!(contents(&end.frames()), [(0x88, &body[..])], "{reason}");
    }
}

#[test]
fn a_reason_of_more_than_123_bytes_is_not_sent() {
    let cases = [("124 bytes", "x".repeat(124), 124), ("62 characters", "é".repeat(62), 124)];
    for (name, reason, len) in cases {
        let End { mut connection, mut output } = End::new(Role::Server);
        let sent = connection.close(Some(&close_frame(1000, &reason)), &mut output);
        assert_eq!(sent, Err(SendError::ReasonTooLong(len)), "{name}");
        assert!(output.is_empty() && !connection.is_send_closed(), "{name}");
    }
}

#[test]
fn every_error_has_a_code_and_a_text_that_fit_a_close() {
    use ProtocolError as E;
    let cases = [
        (E::ReservedOpcode(0xf), 1002),
        (E::FragmentedControl(Opcode::Ping), 1002),
        (E::ControlTooLong(Opcode::Continuation), 1002),
        (E::NonMinimalLength(u64::MAX), 1002),
        (E::LengthOutOfRange(u64::MAX), 1002),
        (E::Unmasked, 1002),
        (E::Masked, 1002),
        (E::ReservedBits { rsv: Rsv::RSV1, opcode: Opcode::Continuation }, 1002),
        (E::UnexpectedContinuation, 1002),
        (E::InterruptedMessage(Opcode::Binary), 1002),
        (E::MessageTooBig { len: u64::MAX, limit: u64::MAX }, 1009),
        (E::TooManyFrames { limit: u32::MAX }, 1008),
        (E::InvalidUtf8, 1007),
        (E::CutCloseCode, 1002),
        (E::InvalidCloseCode(CloseCode::new(u16::MAX)), 1002),
        (E::InvalidCloseReason, 1007),
    ];
    for (error, code) in cases {
        let frame = CloseFrame::new(error.close_code(), error.to_string());
        assert_eq!(frame.code, CloseCode::new(code), "{error:?}");
        let End { mut connection, mut output } = End::new(Role::Server);
        assert_eq!(connection.close(Some(&frame), &mut output), Ok(()), "{error:?}");
    }
    assert_eq!(E::EndWithoutClose.close_code(), CloseCode::ABNORMAL);
}

#[test]
fn the_named_codes_have_their_numbers() {
    let cases = [
        (CloseCode::NORMAL, 1000),
        (CloseCode::GOING_AWAY, 1001),
        (CloseCode::PROTOCOL_ERROR, 1002),
        (CloseCode::UNSUPPORTED_DATA, 1003),
        (CloseCode::NO_STATUS, 1005),
        (CloseCode::ABNORMAL, 1006),
        (CloseCode::INVALID_PAYLOAD, 1007),
        (CloseCode::POLICY_VIOLATION, 1008),
        (CloseCode::MESSAGE_TOO_BIG, 1009),
        (CloseCode::MANDATORY_EXTENSION, 1010),
        (CloseCode::INTERNAL_ERROR, 1011),
        (CloseCode::SERVICE_RESTART, 1012),
        (CloseCode::TRY_AGAIN_LATER, 1013),
        (CloseCode::BAD_GATEWAY, 1014),
        (CloseCode::TLS_HANDSHAKE, 1015),
    ];
    for (code, number) in cases {
        assert_eq!((code.to_u16(), code.to_string()), (number, number.to_string()));
    }
}
