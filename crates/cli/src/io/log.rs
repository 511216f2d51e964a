//! Warnings on standard error, and with `-v` a line for each step.

use std::fmt;
use std::io::{self, Write};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

use crate::io::console::warning_line;
use crate::io::stderr;
use crate::io::text::printable;

/// Installs the logger. With `--json` there are no warnings, unless `-v` is given as well.
///
/// `RUST_LOG` is not read: the events of these crates hold no secret, those of others may.
pub(crate) fn start(verbose: u8, json: bool) {
    let level = match verbose {
        0 if json => return,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let lines = tracing_subscriber::fmt::layer().event_format(Line).with_writer(|| Stderr);
    let ours = Targets::new().with_target("orgtoken", level);
    // It fails only if there is a logger already.
    let _ = tracing::subscriber::set_global_default(
        tracing_subscriber::registry().with(lines.with_ansi(false)).with(ours),
    );
}

/// The message and the fields of an event, on one line.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut text = String::new();
        context.format_fields(Writer::new(&mut text), event)?;
        let is_warning = *event.metadata().level() == Level::WARN;
        if is_warning {
            writer.write_str(&warning_line(&text))
        } else {
            writeln!(writer, "{}", printable(&text))
        }
    }
}

struct Stderr;

impl Write for Stderr {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        stderr::write(lines);
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
