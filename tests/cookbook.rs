//! The examples that show one task each, run as programs: what they print is what their comments claim.
#![cfg(all(feature = "tokio", unix))]

use std::{
    fs,
    net::{IpAddr, SocketAddr, TcpStream},
    path::Path,
};

use fullduplex::{
    ClientRequest, CloseCode, Config,
    blocking::{WebSocket, connect_over},
};
#[cfg(feature = "axum")]
use fullduplex::{Error, HandshakeError, blocking::connect_with, client::Client};
use socket2::{Domain, Socket, Type};

#[path = "common/examples.rs"]
mod examples;

use examples::{Server, example};

#[test]
fn each_program_that_ends_by_itself_prints_what_it_shows() {
    let cases = [
        (
            "authenticated_upgrade",
            "a program: Text(\"welcome, ada\")\n\
             a page of ours: Text(\"welcome, grace\")\n\
             another page: 401\n\
             a wrong token: 401\n\
             nobody: 401\n",
        ),
        (
            "behind_a_proxy",
            "the proxy: Text(\"203.0.113.7\")\n\
             the proxy, forged: Text(\"203.0.113.7\")\n\
             two proxies: Text(\"203.0.113.7\")\n\
             as in RFC 7239: Text(\"2001:db8::7\")\n\
             a name: Text(\"127.0.0.1\")\n\
             not the proxy: Text(\"127.0.0.1\")\n",
        ),
        (
            "client_by_hand",
            "101 Some(\"websocket\")\n\
             Some(Text(\"Hello\"))\n\
             closed by us with 1000 \"bye\", answered with 1000\n",
        ),
        ("embedded", "server: Some(Text(\"21.5 °C\"))\ndevice: Some(\"sleep 60\")\n"),
        (
            "origin_allow_list",
            "https://app.example: 101\n\
             https://admin.example:8443: 101\n\
             http://app.example: 403\n\
             https://app.example.evil.example: 403\n\
             null: 403\n\
             no origin: 101\n",
        ),
        (
            "subprotocols",
            "[\"chat.v3\", \"chat.v2\", \"chat.v1\"]: Some(\"chat.v2\")\n\
             [\"chat.v1\"]: Some(\"chat.v1\")\n\
             [\"soap\"]: spoken here: chat.v1, chat.v2\n\
             []: None\n",
        ),
        #[cfg(feature = "tokio-rustls")]
        ("tls_server", "Some(TLSv1_3)\nSome(Text(\"Hello\"))\n"),
    ];
    for (name, prints) in cases {
        let output = example(name).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{name}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), prints, "{name}");
        assert!(output.status.success(), "{name}");
    }
}

#[test]
fn every_example_stands_in_the_readme() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, list) = readme.split_once("\n## Examples\n").unwrap();
    let (list, _) = list.split_once("\n## ").unwrap();
    let mut listed: Vec<_> = list.lines().filter(|line| line.starts_with('|')).collect();
    listed = listed.into_iter().flat_map(|line| line.split('`').skip(1).step_by(2)).collect();
    let files = fs::read_dir(root.join("examples")).unwrap().map(|file| file.unwrap().path());
    let programs = files.filter(|file| {
        file.extension().is_some_and(|extension| extension == "rs") || file.join("main.rs").exists()
    });
    for program in programs {
        let name = program.file_stem().unwrap().to_str().unwrap();
        assert!(listed.contains(&name), "{name}");
    }
}

#[test]
fn a_file_longer_than_any_message_may_be_comes_back_as_it_was() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (from, to) = (folder.join("stream_file.from"), folder.join("stream_file.to"));
    let len = Config::default().max_message_len as usize + 12_345;
    let content: Vec<u8> = (0..len).map(|place| (place / 7) as u8).collect();
    for content in [&content[..], &[]] {
        fs::write(&from, content).unwrap();
        let output = example("stream_file").args([&from, &to]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let prints = format!("{} bytes there and back\n", content.len());
        assert_eq!(String::from_utf8_lossy(&output.stdout), prints);
        assert!(fs::read(&to).unwrap() == content, "another content");
    }
    let _ = (fs::remove_file(&from), fs::remove_file(&to));
}

/// A member of a room who has joined: it hears what it says.
fn member(server: &Server, room: &str) -> WebSocket<TcpStream> {
    let request = ClientRequest::new(&format!("{}/{room}", server.url)).unwrap();
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    // So that one who does not read is noticed soon.
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let address = (request.host().parse::<IpAddr>().unwrap(), request.port());
    socket.connect(&SocketAddr::from(address).into()).unwrap();
    connect_over(socket.into(), &request, &Config::default()).unwrap().0
}

/// The chats, and a room of each.
const CHATS: &[(&str, &str)] = &[
    ("chat_rooms", "a"),
    #[cfg(feature = "axum")]
    ("axum_chat", "rooms/a"),
];

/// Waits for what somebody says, whatever stands before it or comes before.
fn hear(ws: &mut WebSocket<TcpStream>, text: &str) {
    while !ws.receive().unwrap().unwrap().as_text().unwrap().ends_with(text) {}
}

fn received_close(ws: &WebSocket<TcpStream>) -> (CloseCode, &str) {
    let close = ws.closing().unwrap().received.as_ref().unwrap();
    (close.code, &close.reason)
}

#[test]
fn a_member_hears_its_own_room_and_no_other() {
    let server = Server::start("chat_rooms");
    let [mut ada, mut grace, mut alan] = ["a", "a", "b"].map(|room| member(&server, room));
    alan.send("anybody here?").unwrap();
    ada.send("hello").unwrap();
    grace.send(b"\x01\x02").unwrap();
    for ws in [&mut ada, &mut grace] {
        let mut heard = [(); 2].map(|()| ws.receive().unwrap().unwrap());
        heard.sort_by_key(|message| message.as_text().is_none());
        assert_eq!(heard, ["hello".into(), b"\x01\x02".into()]);
    }
    assert_eq!(alan.receive().unwrap(), Some("anybody here?".into()));
    for mut ws in [ada, grace, alan] {
        ws.send_close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(ws.receive().unwrap(), None, "nothing else came");
    }
}

#[test]
fn a_member_who_does_not_read_is_sent_away_and_holds_up_nobody() {
    for (chat, room) in CHATS {
        let server = Server::start(chat);
        let mut slow = member(&server, room);
        let mut quick = member(&server, room);
        // More than the sockets hold, what waits to be written, and the room.
        let (message, count) = ("x".repeat(4096), 4096);
        for _ in 0..count {
            quick.send(&message).unwrap();
            hear(&mut quick, &message);
        }
        let mut heard = 0;
        while let Some(said) = slow.receive().unwrap() {
            heard += usize::from(said.as_text().unwrap().ends_with(&message));
        }
        assert!(heard < count, "{chat}: it missed nothing");
        assert_eq!(received_close(&slow), (CloseCode::POLICY_VIOLATION, "too slow"), "{chat}");
    }
}

#[test]
fn a_message_over_the_limit_ends_its_sender_only() {
    for (chat, room) in CHATS {
        let server = Server::start(chat);
        let [mut ada, mut grace] = [(); 2].map(|()| member(&server, room));
        ada.send("x".repeat(4097)).unwrap();
        while ada.receive().unwrap().is_some() {}
        assert_eq!(received_close(&ada).0, CloseCode::MESSAGE_TOO_BIG, "{chat}");
        grace.send("still here").unwrap();
        hear(&mut grace, "still here");
    }
}

#[cfg(feature = "axum")]
#[test]
fn a_room_on_axum_knows_its_members_by_name_and_tells_who_comes_and_goes() {
    let server = Server::start("axum_chat");
    let mut ada = member(&server, "rooms/a?name=ada");
    hear(&mut ada, "ada is here");
    let mut grace = member(&server, "rooms/a?color=red&name=grace");
    let _alan = member(&server, "rooms/b?name=alan");
    ada.send("hello").unwrap();
    let said = ["grace is here", "ada: hello"];
    assert_eq!(said.map(|_| grace.receive().unwrap()), said.map(|said| Some(said.into())));
    grace.send(b"\x01\x02").unwrap();
    assert_eq!(grace.receive().unwrap(), None);
    assert_eq!(received_close(&grace), (CloseCode::UNSUPPORTED_DATA, "text only"));
    let said = ["grace is here", "ada: hello", "grace has left"];
    assert_eq!(said.map(|_| ada.receive().unwrap()), said.map(|said| Some(said.into())));
}

#[cfg(feature = "axum")]
#[test]
fn a_page_from_elsewhere_is_not_let_into_a_room_on_axum() {
    let server = Server::start("axum_chat");
    let url = format!("{}/rooms/a", server.url);
    let here = url.replace("ws://", "http://").replace("/rooms/a", "");
    for (origin, status) in [(&*here, 101), ("http://evil.example", 403), ("null", 403)] {
        let request = ClientRequest::new(&url).unwrap().header("Origin", origin);
        let answer = match connect_with(&Client::new(request)) {
            Ok((_, response)) => response.status,
            Err(Error::Handshake(HandshakeError::Refused(response))) => response.status,
            Err(error) => panic!("{origin}: {error}"),
        };
        assert_eq!(answer, status, "{origin}");
    }
}
