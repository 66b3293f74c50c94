//! The example `transports` without a browser, run as a program. `tests/transports/run` looks at its page.
#![cfg(feature = "axum")]

use std::{fs, path::Path};

#[allow(dead_code, reason = "it serves nobody here")]
#[path = "common/examples.rs"]
mod examples;

use examples::example;

const TRANSPORTS: [&str; 4] = ["polling", "long polling", "streaming", "WebSocket"];

/// The bytes for each event, of all transports, from the part of a table under `heading`.
fn bytes_per_event(table: &str, heading: &str) -> [f64; 4] {
    let (_, rows) = table.split_once(&format!("\n{heading} ")).unwrap();
    let rows: Vec<_> = rows.lines().skip(1).take(4).collect();
    let mut bytes = [0.0; 4];
    for ((row, name), bytes) in rows.iter().zip(TRANSPORTS).zip(&mut bytes) {
        let figures = row.strip_prefix(&format!("  {name} ")).unwrap_or_else(|| panic!("{row}"));
        *bytes = figures.split_whitespace().nth(2).unwrap().parse().unwrap();
    }
    bytes
}

#[test]
fn a_websocket_takes_the_fewest_bytes_for_an_event_and_long_polling_the_most() {
    let svg = Path::new(env!("CARGO_TARGET_TMPDIR")).join("transports.svg");
    let output = example("transports")
        .args(["--headless", "--seconds", "2", "--svg"])
        .arg(&svg)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
    let table = String::from_utf8(output.stdout).unwrap();
    for heading in ["10 events/s", "100 events/s"] {
        let [polling, long_polling, streaming, websocket] = bytes_per_event(&table, heading);
        assert!(websocket < streaming && streaming < long_polling, "{table}");
        assert!(websocket < polling && polling < long_polling, "{table}");
    }

    let drawn = fs::read_to_string(&svg).unwrap();
    for transport in TRANSPORTS {
        assert!(drawn.contains(&format!(">{transport}</text>")), "{drawn}");
    }
    let _ = fs::remove_file(&svg);
}

#[test]
fn an_option_that_is_none_ends_it_with_a_reason() {
    let cases = [
        (&["--headles"][..], "no option --headles"),
        (&["--svg"][..], "--svg needs a value"),
        (&["--redis"][..], "--redis needs a value"),
        (&["--redis", "127.0.0.1:6379"][..], "Redis URL did not parse"),
        (&["--headless", "--seconds", "x"][..], "--seconds needs a whole number"),
    ];
    for (arguments, reason) in cases {
        let output = example("transports").args(arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(reason), "{arguments:?}");
    }
}
