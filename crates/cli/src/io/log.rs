//! Warnings on standard error, and with `-v` a line for each step.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::io::stderr;
use crate::io::text::printable;

/// Starts telling what went wrong on the side, and steps where someone asked for them. A script that
/// asked for JSON is told neither unless it asked for both. `RUST_LOG` has no say: what is told here was
/// chosen so that it holds no secret.
pub(crate) fn start(verbose: u8, json: bool) {
    let level = match verbose {
        0 if json => return,
        0 => Level::WARN,
        1 => Level::INFO,
        _ => Level::DEBUG,
    };
    // Only a second call could fail, and there is none.
    let _ = tracing::subscriber::set_global_default(Steps { level });
}

/// Writes the events of our own crates, up to a level. Spans say nothing.
struct Steps {
    level: Level,
}

impl Subscriber for Steps {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && *metadata.level() <= self.level
            && metadata.target().starts_with("orgtoken")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let is_warning = *event.metadata().level() == Level::WARN;
        let mut line = Line(if is_warning { "warning: " } else { "" }.to_owned());
        event.record(&mut line);
        stderr::write(format!("{}\n", printable(&line.0)).as_bytes());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message, then `name=value` for each field.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}
