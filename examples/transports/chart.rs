//! The figures of a headless run as an SVG, on scales that do not depend on them.

use std::fmt::Write;

use crate::{
    client::Way,
    headless::{self, Row, SETTINGS},
    run::Figures,
    settings::Settings,
};

/// A bar's value, while there is one.
type Value = fn(&Figures) -> Option<f64>;

struct Panel {
    title: &'static str,
    unit: &'static str,
    /// Powers of ten, of the scale's ends.
    scale: (i32, i32),
    value: Value,
}

const PANELS: [Panel; 4] = [
    Panel {
        title: "Bytes for each event",
        unit: "both ways, headers included",
        scale: (1, 4),
        value: Figures::bytes_per_event,
    },
    Panel {
        title: "Requests",
        unit: "of one client, in all",
        scale: (-1, 4),
        value: |figures| Some(figures.requests_per_client()),
    },
    Panel {
        title: "Delay of an event",
        unit: "median, ms",
        scale: (-2, 3),
        value: |figures| Some(figures.tally.delays.quantile(0.5)?.as_secs_f64() * 1e3),
    },
    Panel {
        title: "Server's processor time",
        unit: "for each event, µs",
        scale: (0, 4),
        value: |figures| Some(figures.cpu_per_event()?.as_secs_f64() * 1e6),
    },
];

const WIDTH: f64 = 840.0;
const HEIGHT: f64 = 550.0;
const PANEL: (f64, f64) = (360.0, 150.0);
const BAR: f64 = 20.0;
const GROUP: f64 = 116.0;

/// Its colours follow the reader's scheme, on a ground of its own.
const STYLE: &str = "<style>
text{font:13px system-ui,sans-serif;fill:#1b2330}.s{font-size:11px;fill:#566175}.t{font-weight:600;font-size:15px}
.bg{fill:#fff;stroke:#d5dbe5}.g{stroke:#e3e8ef}.n{font-size:10px;text-anchor:middle}
.polling{fill:#c2570c}.long-polling{fill:#7a48c7}.streaming{fill:#0b7a70}.websocket{fill:#0b63ce}
@media (prefers-color-scheme:dark){text{fill:#e8edf5}.s{fill:#a3afc2}.bg{fill:#131a26;stroke:#2b3648}.g{stroke:#263042}
.polling{fill:#f79a58}.long-polling{fill:#b794f4}.streaming{fill:#45cbb8}.websocket{fill:#6cb0ff}}
</style>";

pub fn svg(rows: &[Row]) -> String {
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Polling, long polling, streaming and WebSocket compared">{STYLE}<rect class="bg" x=".5" y=".5" width="{}" height="{}" rx="10"/>"#,
        WIDTH - 1.0,
        HEIGHT - 1.0
    );
    for (number, way) in Way::DOWN.iter().enumerate() {
        let x = 40.0 + 130.0 * number as f64;
        let _ = write!(
            svg,
            r#"<rect class="{}" x="{x}" y="22" width="13" height="13" rx="3"/><text x="{}" y="33">{}</text>"#,
            way.slug(),
            x + 20.0,
            way.name()
        );
    }
    let Settings { payload_len, interval, clients, .. } = SETTINGS;
    let _ = write!(
        svg,
        r#"<text class="s" x="{}" y="{}" text-anchor="end">{clients} clients of each, {} s; {payload_len} bytes an event; a poll every {} s; logarithmic scales</text>"#,
        WIDTH - 40.0,
        HEIGHT - 14.0,
        headless::seconds(rows),
        interval.as_secs()
    );
    for (number, panel) in PANELS.iter().enumerate() {
        let (column, line) = ((number % 2) as f64, (number / 2) as f64);
        draw(&mut svg, panel, rows, 40.0 + column * 400.0, 100.0 + line * 245.0);
    }
    svg + "</svg>\n"
}

/// A panel whose plot has its upper left corner at `x` and `y`.
fn draw(svg: &mut String, panel: &Panel, rows: &[Row], x: f64, y: f64) {
    let Panel { title, unit, scale: (least, most), value } = panel;
    let _ = write!(
        svg,
        r#"<text class="t" x="{x}" y="{}">{title}</text><text class="s" x="{}" y="{}" text-anchor="end">{unit}</text>"#,
        y - 26.0,
        x + PANEL.0,
        y - 26.0
    );
    let height = |power: f64| {
        let share = (power - f64::from(*least)) / f64::from(most - least);
        PANEL.1 * share.clamp(0.0, 1.0)
    };
    for power in *least..=*most {
        let line = y + PANEL.1 - height(f64::from(power));
        let _ = write!(svg, r#"<path class="g" d="M{x} {line:.1}h{}"/>"#, PANEL.0);
    }
    for (group, row) in rows.iter().enumerate() {
        let left = x + 8.0 + GROUP * group as f64;
        let name = if row.rate == 1 { "event/s" } else { "events/s" };
        let _ = write!(
            svg,
            r#"<text class="s" x="{}" y="{}" text-anchor="middle">{} {name}</text>"#,
            left + 2.0 * (BAR + 6.0),
            y + PANEL.1 + 17.0,
            row.rate
        );
        for (bar, figures) in row.figures.iter().take(Way::DOWN.len()).enumerate() {
            let Some(value) = value(figures).filter(|value| *value > 0.0) else { continue };
            let (tall, left) = (height(value.log10()).max(1.0), left + (BAR + 6.0) * bar as f64);
            let top = y + PANEL.1 - tall;
            let _ = write!(
                svg,
                r#"<rect class="{}" x="{left}" y="{top:.1}" width="{BAR}" height="{tall:.1}" rx="2"/><text class="n" x="{}" y="{:.1}">{}</text>"#,
                figures.way.slug(),
                left + BAR / 2.0,
                top - 4.0,
                short(value)
            );
        }
    }
}

/// In three digits or so.
fn short(value: f64) -> String {
    match value {
        1000.0.. => format!("{:.1}k", value / 1000.0),
        10.0.. => format!("{value:.0}"),
        1.0.. if value.fract() == 0.0 => format!("{value:.0}"),
        1.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
