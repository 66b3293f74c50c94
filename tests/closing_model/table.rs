//! The model: the states of an endpoint (RFC 6455 §7), and what each makes of all that can happen.

/// Where an endpoint stands (§7.1), and with which code it ended (§7.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    /// §7.1.3: it sent a Close, and waits for the peer's.
    Closing,
    /// §7.1.4: a Close went both ways.
    Closed(u16),
    /// §7.1.7: it gave the connection up.
    Failed(u16),
}

/// What happens to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Its application sends a message, with this number in it.
    Send(u8),
    /// Its application closes, with a code or without.
    Close(Option<u16>),
    Receive(Frame),
    /// The transport ends: nothing more will come.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(u8),
    Close(Option<u16>),
    /// It breaks the protocol.
    Bad,
}

/// What the application of the endpoint learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Message(u8),
    /// The peer's Close.
    Close(Option<u16>),
    /// The failure, each time the same.
    Failed(u16),
    /// It may not send.
    Refused,
}

/// The model: the next state, the frame that is written, and what the application learns.
pub(crate) fn next(state: State, input: Input) -> (State, Option<Frame>, Option<Told>) {
    use State::{Closed, Closing, Failed, Open};
    match (state, input) {
        // §6.1: data is sent in state OPEN.
        (Open, Input::Send(number)) => (Open, Some(Frame::Text(number)), None),
        // §7.1.2: the closing handshake begins with a Close; §7.1.3: the state is CLOSING.
        (Open, Input::Close(code)) => (Closing, Some(Frame::Close(code)), None),
        // §5.5.1: nothing is sent after a Close. §7.1.7: nor after a failure.
        (_, Input::Send(_) | Input::Close(_)) => (state, None, Some(Told::Refused)),
        // §7.1.7: after a failure nothing of the peer counts.
        (Failed(code), Input::Receive(_) | Input::End) => (state, None, Some(Told::Failed(code))),
        // §1.4: after the peer's Close, "any further data received" is discarded.
        (Closed(_), Input::Receive(_) | Input::End) => (state, None, None),
        // §1.4, §5.5.1: an own Close ends what is sent, not what is received.
        (Open | Closing, Input::Receive(Frame::Text(number))) => {
            (state, None, Some(Told::Message(number)))
        }
        // §5.5.1: a Close is answered with the same code. §7.1.5: no code counts as 1005.
        (Open, Input::Receive(Frame::Close(code))) => {
            (Closed(code.unwrap_or(1005)), Some(Frame::Close(code)), Some(Told::Close(code)))
        }
        // §5.5.1: whoever has sent a Close does not answer one; two may cross.
        (Closing, Input::Receive(Frame::Close(code))) => {
            (Closed(code.unwrap_or(1005)), None, Some(Told::Close(code)))
        }
        // §7.1.7: a Close tells the peer why; §7.4.1: 1002.
        (Open, Input::Receive(Frame::Bad)) => {
            (Failed(1002), Some(Frame::Close(Some(1002))), Some(Told::Failed(1002)))
        }
        // §5.5.1: but not after a Close.
        (Closing, Input::Receive(Frame::Bad)) => (Failed(1002), None, Some(Told::Failed(1002))),
        // §7.1.5: an end without the peer's Close is 1006. §7.4.1: which is never on the wire.
        (Open | Closing, Input::End) => (Failed(1006), None, Some(Told::Failed(1006))),
    }
}
