//! A subscriber of `tracing`'s that writes down what it is told.

use std::{
    fmt::{self, Write},
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::with_default,
};

/// What was told, a line each: `WARN request:websocket{role="server"}` is a span that began, in
/// another one; `DEBUG request:websocket: close sent code=1000` an event in it.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) told: Arc<Mutex<Told>>,
    pub(crate) most: Level,
    pub(crate) has_spans: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) lines: Vec<String>,
    /// The path of each span, by its number less one.
    spans: Vec<String>,
    entered: Vec<usize>,
}

impl Told {
    fn path(&self) -> &str {
        self.entered.last().map_or("", |span| &self.spans[*span])
    }
}

/// The fields as text; the message first, as it is.
#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0.insert_str(0, &format!("{value:?}"));
        } else {
            write!(self.0, " {}={value:?}", field.name()).unwrap();
        }
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= &self.most && (self.has_spans || metadata.is_event())
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        let mut told = self.told.lock().unwrap();
        let colon = if told.path().is_empty() { "" } else { ":" };
        let path = format!("{}{colon}{}", told.path(), span.metadata().name());
        let line = format!("{} {path}{{{}}}", span.metadata().level(), fields.0.trim());
        told.lines.push(line);
        told.spans.push(path);
        Id::from_u64(told.spans.len() as u64)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        assert!(event.is_contextual());
        assert_eq!(event.metadata().target(), "fullduplex");
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut told = self.told.lock().unwrap();
        let line = format!("{} {}: {}", event.metadata().level(), told.path(), fields.0);
        told.lines.push(line);
    }
    fn enter(&self, span: &Id) {
        self.told.lock().unwrap().entered.push(span.into_u64() as usize - 1);
    }
    fn exit(&self, _: &Id) {
        self.told.lock().unwrap().entered.pop();
    }
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { told: Arc::default(), most: Level::TRACE, has_spans: true }
    }

    /// What `act` has told.
    pub(crate) fn of(self, act: impl FnOnce()) -> Vec<String> {
        with_default(self.clone(), act);
        let told = self.told.lock().unwrap();
        assert!(told.entered.is_empty());
        told.lines.clone()
    }
}
