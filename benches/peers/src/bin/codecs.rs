//! Compares the codecs: `cargo run --release --bin codecs [ROUNDS] [FILTER]` prints nanoseconds for a
//! message or a connection, of all cases whose name contains FILTER.

use fullduplex_peers::{
    codecs::{
        CODECS, Codec, Style, Text,
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
    let best = fastest(times, |index| is_peer(&CODECS[index]));
    let mut row = vec![case.name.clone()];
    for (time, codec) in times.iter().zip(&CODECS) {
        row.push(match time {
            None => "–".into(),
            Some(time) => {
                let mut cell = number(time.ns);
                if is_peer(codec) && Some(time.ns) == best {
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
    is_meant: fn(&Codec) -> bool,
    /// The column of ours that is compared with the fastest of them.
    ours: &'static str,
}

const RATIOS: [Ratio; 5] = [
    Ratio { name: "any ÷ core, lent", is_meant: is_peer, ours: "core, lent" },
    Ratio { name: "async ÷ core, lent", is_meant: is_async, ours: "core, lent" },
    Ratio { name: "owning ÷ core, kept", is_meant: is_owning, ours: "core, kept" },
    Ratio { name: "async ÷ tokio, lent", is_meant: is_async, ours: "tokio, lent" },
    Ratio {
        name: "async owning ÷ tokio, kept",
        is_meant: |codec| is_async(codec) && is_owning(codec),
        ours: "tokio, kept",
    },
];

fn is_peer(codec: &Codec) -> bool {
    codec.style != Style::Ours
}

fn is_async(codec: &Codec) -> bool {
    codec.style == Style::Async
}

/// A peer whose messages can be kept as they are.
fn is_owning(codec: &Codec) -> bool {
    is_peer(codec) && !codec.lends
}

fn ratio_row(case: &Case, times: &[Option<Time>]) -> Vec<String> {
    let ratio = |ratio: &Ratio| {
        let ours = fastest(times, |index| CODECS[index].name == ratio.ours)?;
        let theirs = fastest(times, |index| (ratio.is_meant)(&CODECS[index]))?;
        Some(format!("{:.2}", theirs / ours))
    };
    let cells = RATIOS.iter().map(|meant| ratio(meant).unwrap_or_else(|| "–".into()));
    std::iter::once(case.name.clone()).chain(cells).collect()
}

fn legend() {
    let peers = |is_meant: &dyn Fn(&Codec) -> bool| {
        let codecs = CODECS.iter().filter(|codec| is_peer(codec) && is_meant(codec));
        codecs.map(|codec| codec.name).collect::<Vec<_>>().join(", ")
    };
    let by = |text| peers(&|codec: &Codec| codec.text == text);
    println!(
        "- Bold: the fastest peer. –: it has no such function. †: only some pings are answered."
    );
    println!("- Text is given as `&str` by {}.", by(Text::Str));
    println!("- Text is given as bytes that were checked by {}.", by(Text::Bytes));
    println!("- Text is given as bytes that nobody checked by {}.", by(Text::Unchecked));
    println!("- Messages are lent by {}; the others' are owned, and", peers(&|codec| codec.lends));
    println!("  dropped at once.");
    println!("- A message that is sent and forgotten may be masked where it is.");
    println!("- Of a client's connecting, what the answering stream needs is subtracted.");
}
