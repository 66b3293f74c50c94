//! Compares the codecs: `cargo run --release --bin codecs [ROUNDS] [FILTER]` prints nanoseconds for a
//! message or a connection, of all cases whose name contains FILTER.

use fullduplex_peers::{
    codecs::{
        CODECS, Style, Text,
        cases::{self, Bench, Case, Kind},
        measure::medians,
    },
    table::{Table, number},
};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().map_or(101, |rounds| rounds.parse().expect("a number of rounds"));
    let filter = arguments.next().unwrap_or_default();

    // Adapters want timers; nothing here runs in a task of the runtime's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let _entered = runtime.enter();

    let names = CODECS.iter().map(|codec| codec.name);
    let mut times = Table::new(std::iter::once("ns").chain(names));
    let mut ratios =
        Table::new(std::iter::once("times fullduplex").chain(RATIOS.map(|ratio| ratio.name)));
    for case in cases::all().iter().filter(|case| case.name.contains(&filter)) {
        eprintln!("{}", case.name);
        let measured = measure(case, rounds);
        times.push(row(case, &measured));
        ratios.push(ratio_row(case, &measured));
    }
    times.print();
    println!();
    ratios.print();
    println!();
    legend();
}

/// What a library needs for one message or connection.
#[derive(Clone, Copy)]
struct Time {
    ns: f64,
    skips_pongs: bool,
}

/// The time of each of [`CODECS`].
fn measure(case: &Case, rounds: usize) -> Vec<Option<Time>> {
    let mut benches = Vec::new();
    // Which bench is whose.
    let mut places = Vec::new();
    for codec in &CODECS {
        let bench = case.bench(codec);
        places.push(bench.as_ref().map(|_| benches.len()));
        benches.extend(bench);
    }
    let has_floor = matches!(case.kind, Kind::Connect);
    if has_floor {
        benches.push(cases::floor());
    }
    let medians = medians(rounds, &mut benches);
    let floor = medians.last().copied().filter(|_| has_floor);
    if let Some(floor) = floor {
        eprintln!("the answering stream itself: {} ns, subtracted", number(floor));
    }
    let time = |place: usize| {
        let Bench { skips_pongs, .. } = benches[place];
        let ns = (medians[place] - floor.unwrap_or(0.0)) / case.per_run as f64;
        Time { ns, skips_pongs }
    };
    places.into_iter().map(|place| place.map(time)).collect()
}

/// The fastest peer is bold.
fn row(case: &Case, times: &[Option<Time>]) -> Vec<String> {
    let best = fastest(times, |index| CODECS[index].style != Style::Ours);
    let mut row = vec![case.name.clone()];
    for (time, codec) in times.iter().zip(&CODECS) {
        row.push(match time {
            None => "–".into(),
            Some(time) => {
                let mut cell = number(time.ns);
                if codec.style != Style::Ours && Some(time.ns) == best {
                    cell = format!("**{cell}**");
                }
                if time.skips_pongs {
                    cell.push('†');
                }
                cell
            }
        });
    }
    row
}

fn fastest(times: &[Option<Time>], is_meant: impl Fn(usize) -> bool) -> Option<f64> {
    let times = times.iter().enumerate().filter(|&(index, _)| is_meant(index));
    times.filter_map(|(_, time)| time.map(|time| time.ns)).min_by(f64::total_cmp)
}

struct Ratio {
    name: &'static str,
    /// Which peers are meant.
    is_meant: fn(Style) -> bool,
    /// The column of ours that is compared with the fastest of them.
    ours: &'static str,
}

const RATIOS: [Ratio; 6] = [
    Ratio { name: "any ÷ core, lent", is_meant: is_peer, ours: "core, lent" },
    Ratio { name: "async ÷ core, lent", is_meant: is_async, ours: "core, lent" },
    Ratio { name: "any ÷ core, kept", is_meant: is_peer, ours: "core, kept" },
    Ratio { name: "async ÷ core, kept", is_meant: is_async, ours: "core, kept" },
    Ratio { name: "async ÷ tokio, lent", is_meant: is_async, ours: "tokio, lent" },
    Ratio { name: "async ÷ tokio, kept", is_meant: is_async, ours: "tokio, kept" },
];

fn is_peer(style: Style) -> bool {
    style != Style::Ours
}

fn is_async(style: Style) -> bool {
    style == Style::Async
}

fn ratio_row(case: &Case, times: &[Option<Time>]) -> Vec<String> {
    let ratio = |ratio: &Ratio| {
        let ours = fastest(times, |index| CODECS[index].name == ratio.ours)?;
        let theirs = fastest(times, |index| (ratio.is_meant)(CODECS[index].style))?;
        Some(format!("{:.2}", theirs / ours))
    };
    let cells = RATIOS.iter().map(|meant| ratio(meant).unwrap_or_else(|| "–".into()));
    std::iter::once(case.name.clone()).chain(cells).collect()
}

fn legend() {
    let of = |text| {
        let codecs = CODECS.iter().filter(|codec| codec.text == text && is_peer(codec.style));
        codecs.map(|codec| codec.name).collect::<Vec<_>>().join(", ")
    };
    println!(
        "Bold: the fastest peer. –: it has no such function. †: it answers only some of the pings."
    );
    println!("Text arrives as `&str` from {}; as bytes that were checked", of(Text::Str));
    println!(
        "from {}; as bytes that nobody checked from {}.",
        of(Text::Bytes),
        of(Text::Unchecked)
    );
    println!(
        "Lent: in the read block; kept: owned, and dropped at once, as the peers' messages are."
    );
    println!("What the stream needs to answer a client is subtracted.");
}
