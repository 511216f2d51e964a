//! The look of a stream: whether it shows colours, and how wide its lines are.

use std::io;
use std::os::fd::AsFd;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use rustix::termios::tcgetwinsize;
use textwrap::WordSplitter;

/// The colours and the width of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    has_color: bool,
    /// In columns; `None` without a terminal, where lines are not wrapped.
    width: Option<usize>,
}

impl Look {
    pub(crate) fn stdout() -> Self {
        Self::of(&io::stdout())
    }

    pub(crate) fn stderr() -> Self {
        Self::of(&io::stderr())
    }

    /// Colours follow `--color`, `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR` and `TERM`.
    fn of(stream: &(impl RawStream + AsFd)) -> Self {
        let width = stream.is_terminal().then(|| {
            let size = tcgetwinsize(stream).map_or(0, |size| usize::from(size.ws_col));
            if size == 0 { UNKNOWN_WIDTH } else { size.max(MIN_WIDTH) }
        });
        Self { has_color: AutoStream::choice(stream) != ColorChoice::Never, width }
    }

    /// The width for tables; `None` without a terminal.
    pub(crate) fn width(self) -> Option<usize> {
        self.width
    }

    pub(crate) fn has_color(self) -> bool {
        self.has_color
    }

    /// The same look for a document to read, which has lines of at most [`LINE_WIDTH`] columns even
    /// without a terminal.
    pub(crate) fn document(self) -> Self {
        Self { width: Some(self.width.map_or(LINE_WIDTH, |width| width.min(LINE_WIDTH))), ..self }
    }

    /// Colours a text. Text from outside has to be made `printable` before.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.has_color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Wraps text at the width of the terminal, or at [`LINE_WIDTH`]. `first` is the prefix of the
    /// first line, `rest` of the others. A longer word is not broken, since it may be a URL, and
    /// neither is a command in backticks.
    pub(crate) fn wrapped(self, first: &str, rest: &str, text: &str) -> String {
        let Some(width) = self.width else { return format!("{first}{text}\n") };
        let options = textwrap::Options::new(width.min(LINE_WIDTH));
        let options = options.initial_indent(first).subsequent_indent(rest);
        let options = options.break_words(false).word_splitter(WordSplitter::NoHyphenation);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        textwrap::fill(&joined(&text), options).replace(JOINT, " ") + "\n"
    }

    /// Wraps each line of a message. Lines that begin with two blanks, such as commands, stay.
    pub(crate) fn wrapped_lines(self, text: &str) -> String {
        let wrap = |line: &str| {
            if line.starts_with("  ") { format!("{line}\n") } else { self.wrapped("", "", line) }
        };
        text.split('\n').map(wrap).collect()
    }
}

/// A command to copy. It is not wrapped: a shell would run the parts.
pub(crate) fn command(look: Look, label: &str, command: &str) -> String {
    format!("{} {command}\n", look.paint(HINT, label))
}

/// Sets what `--color` asks for.
pub(crate) fn choose_color(choice: clap::ColorChoice) {
    match choice {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    }
    .write_global();
}

/// Joins the words between backticks, so that they stay on one line.
fn joined(text: &str) -> String {
    let parts: Vec<_> = text.split('`').collect();
    let is_complete = parts.len() % 2 == 1;
    let joined = parts.iter().enumerate().map(|(at, part)| match at % 2 {
        1 if is_complete => part.replace(' ', JOINT),
        _ => (*part).to_owned(),
    });
    joined.collect::<Vec<_>>().join("`")
}

/// A failure, and the mark of a failed check.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// A warning, and the mark of a check with a warning.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// The mark of a check that succeeded.
pub(crate) const OK: Style = AnsiColor::Green.on_default().bold();
/// The next step.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();
/// A heading.
pub(crate) const HEADING: Style = Style::new().bold();

/// Long lines are hard to read on a wide terminal, too. Help has the same width.
const LINE_WIDTH: usize = 100;

/// The width of a terminal that does not know its own, such as a serial console.
const UNKNOWN_WIDTH: usize = 80;

/// No text fits into fewer columns.
const MIN_WIDTH: usize = 20;

/// A private character of one column, for which `textwrap` does not break a line.
const JOINT: &str = "\u{e000}";

#[cfg(test)]
impl Look {
    /// A pipe.
    pub(crate) const PIPE: Self = Self { has_color: false, width: None };

    /// A terminal without colours.
    pub(crate) const fn terminal(width: usize) -> Self {
        Self { has_color: false, width: Some(width) }
    }

    pub(crate) const fn with_color(self) -> Self {
        Self { has_color: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_wrapped_and_indented() {
        let look = Look::PIPE.document();
        let text = look.wrapped("1. ", "   ", &"word ".repeat(30));
        assert_eq!(text.lines().map(str::len).collect::<Vec<_>>(), [97, 57]);
        assert!(text.lines().nth(1).unwrap().starts_with("   word"));
        let url = "x".repeat(120);
        assert_eq!(look.wrapped("- ", "  ", &url), format!("- {url}\n"));
    }

    #[test]
    fn text_is_as_wide_as_the_terminal_and_not_wrapped_without_one() {
        let words = "word ".repeat(40);
        let longest = |look: Look| look.wrapped("", "", words.trim()).lines().map(str::len).max();
        for (look, expected) in [
            (Look::terminal(40), 39),
            (Look::terminal(80), 79),
            (Look::terminal(200), 99),
            (Look::PIPE, 199),
        ] {
            assert_eq!(longest(look), Some(expected), "{look:?}");
        }
    }

    #[test]
    fn command_in_backticks_stays_on_one_line() {
        let text = Look::terminal(30).wrapped(
            "hint: ",
            "      ",
            "to begin, run `orgtoken setup -P acme` on it",
        );
        assert_eq!(text, "hint: to begin, run\n      `orgtoken setup -P acme`\n      on it\n");
        let open = Look::terminal(20).wrapped("", "", "a ` alone joins no words at all");
        assert_eq!(open, "a ` alone joins no\nwords at all\n");
    }

    #[test]
    fn colour_takes_no_width() {
        let look = Look { has_color: true, width: Some(30) };
        let prefix = look.paint(ERROR, "error:") + " ";
        assert_eq!(prefix, "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m ");
        let text = look.wrapped(&prefix, "  ", "some words that fit on 2 lines");
        assert_eq!(text.lines().count(), 2, "{text}");
        assert_eq!(look.wrapped(&prefix, "", "words that fit on 1 line").lines().count(), 2);
    }

    #[test]
    fn indented_lines_of_a_message_are_not_wrapped() {
        let text = Look::terminal(20)
            .wrapped_lines("some words to wrap\n  orgtoken setup -P acme --wait\n");
        assert_eq!(text, "some words to wrap\n  orgtoken setup -P acme --wait\n\n");
    }
}
