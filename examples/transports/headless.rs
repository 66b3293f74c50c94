//! All transports at fixed rates, without a browser: what the table prints and the chart draws.

use std::{fmt::Write, time::Duration};

use tokio::{sync::watch, time::sleep};

use crate::{
    client::Way,
    run::{Bench, Figures},
    settings::Settings,
};

/// Events a second.
pub const RATES: [u32; 3] = [1, 10, 100];
pub const SETTINGS: Settings =
    Settings { rate: 1.0, payload_len: 64, interval: Duration::from_secs(1), clients: 10 };

/// What was measured at one rate, in the order of [`Way::ALL`].
pub struct Row {
    pub rate: u32,
    pub figures: Vec<Figures>,
}

/// Runs each rate for so many seconds.
pub async fn measure(bench: &Bench, settings: &watch::Sender<Settings>, seconds: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for rate in RATES {
        let of_rate = Settings { rate: f64::from(rate), ..SETTINGS };
        settings.send_replace(of_rate);
        let run = bench.run(of_rate).await;
        sleep(Duration::from_secs(seconds)).await;
        rows.push(Row { rate, figures: run.figures() });
    }
    rows
}

pub fn table(rows: &[Row]) -> String {
    let Settings { payload_len, interval, clients, .. } = SETTINGS;
    let mut table = format!(
        "{clients} clients of each for {} s; {payload_len} bytes an event; a poll every {} s; \
         of one client:\n",
        seconds(rows),
        interval.as_secs()
    );
    for Row { rate, figures } in rows {
        let rate = if *rate == 1 { "1 event/s".into() } else { format!("{rate} events/s") };
        heading(&mut table, &rate);
        let (down, up) = figures.split_at(Way::DOWN.len());
        for figures in down {
            line(&mut table, figures);
        }
        heading(&mut table, "  client to server");
        for figures in up {
            line(&mut table, figures);
        }
    }
    table
}

/// How long each rate was measured.
pub fn seconds(rows: &[Row]) -> u64 {
    rows.first().and_then(|row| row.figures.first()).map_or(0, |of| of.time.as_secs())
}

fn heading(table: &mut String, name: &str) {
    let _ = writeln!(
        table,
        "\n{name:<20}{:>9}{:>14}{:>13}{:>9}{:>9}{:>10}{:>10}{:>14}",
        "per s", "requests", "bytes each", "up", "down", "p50 ms", "p99 ms", "CPU µs each"
    );
}

fn line(table: &mut String, figures: &Figures) {
    let Figures { way, clients, time, tally, usage } = figures;
    let per_second = tally.events as f64 / *clients as f64 / time.as_secs_f64();
    let each =
        |bytes: u64| shown((tally.events > 0).then(|| bytes as f64 / tally.events as f64), 1);
    let millis =
        |share| shown(tally.delays.quantile(share).map(|delay| delay.as_secs_f64() * 1e3), 2);
    let cpu = figures
        .cpu_per_event()
        .map_or_else(|| "not measured".into(), |cpu| shown(Some(cpu.as_secs_f64() * 1e6), 1));
    let _ = writeln!(
        table,
        "{:<20}{per_second:>9.2}{:>14.1}{:>13}{:>9}{:>9}{:>10}{:>10}{cpu:>14}",
        format!("  {}", way.name()),
        figures.requests_per_client(),
        shown(figures.bytes_per_event(), 1),
        each(usage.bytes_in),
        each(usage.bytes_out),
        millis(0.5),
        millis(0.99),
    );
}

fn shown(number: Option<f64>, digits: usize) -> String {
    number.map_or_else(|| "-".into(), |number| format!("{number:.digits$}"))
}
