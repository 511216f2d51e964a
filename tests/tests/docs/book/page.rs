//! The commands of a page, and the output that it shows.

use super::session::Output;

/// The steps of a page, in their order.
pub(super) struct Page {
    pub(super) steps: Vec<Step>,
}

/// A command, and the lines that follow it.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) command: String,
    /// In it `…` is any text, and a line of its own any number of lines. Nothing is compared if a
    /// page shows no output.
    pub(super) shown: Vec<String>,
}

impl Page {
    /// Reads a page of `docs`.
    pub(super) fn read(path: &str) -> Self {
        Self::parse(&std::fs::read_to_string(super::root().join("docs").join(path)).unwrap())
    }

    fn parse(text: &str) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        let mut block = None;
        let mut indent = "";
        for (line, text) in (1..).zip(text.lines()) {
            // A block in a list is indented.
            if block.is_none() {
                indent = &text[..text.len() - text.trim_start().len()];
            }
            let text = text.strip_prefix(indent).unwrap_or(text);
            match (text.trim().strip_prefix("```"), block) {
                (Some(_), Some(_)) => block = None,
                (Some(kind), None) => {
                    block = Some((kind.split(' ').next().unwrap_or_default(), line))
                }
                (None, Some(("console", start))) => add_line(&mut steps, line, start, text),
                (None, Some(("sh", start))) => add_script_line(&mut steps, line, start, text),
                _ => {}
            }
        }
        for step in &mut steps {
            while step.shown.last().is_some_and(String::is_empty) {
                step.shown.pop();
            }
        }
        Self { steps }
    }
}

/// Adds a line of a block with prompts. Lines before the first prompt belong to no command.
fn add_line(steps: &mut Vec<Step>, line: usize, start: usize, text: &str) {
    if let Some(command) = text.strip_prefix("$ ") {
        steps.push(Step { line, command: command.to_owned(), shown: Vec::new() });
        return;
    }
    let Some(step) = steps.last_mut().filter(|step| step.line > start) else { return };
    match text.strip_prefix("> ") {
        Some(more) if step.shown.is_empty() => step.command += &format!("\n{more}"),
        _ if text.is_empty() && step.shown.is_empty() => {}
        _ => step.shown.push(text.to_owned()),
    }
}

/// Adds a line of a block without prompts. The whole block is one command.
fn add_script_line(steps: &mut Vec<Step>, line: usize, start: usize, text: &str) {
    match steps.last_mut().filter(|step| step.line > start) {
        Some(step) => step.command += &format!("\n{text}"),
        // The first command that fails ends the shell.
        None => {
            let command = format!("set -e; {text}");
            steps.push(Step { line, command, shown: Vec::new() });
        }
    }
}

impl Step {
    /// Compares the output. A command fails exactly if the page shows an error.
    pub(super) fn check(&self, output: &Output) -> Result<(), String> {
        let fails =
            self.shown.iter().any(|line| line.starts_with("error: ") || line.starts_with("FAIL"));
        match (output.code, fails) {
            (0, true) => return Err("succeeds, and the page shows an error".to_owned()),
            (0, false) | (1.., true) => {}
            (code, _) => return Err(format!("exit code {code}")),
        }
        let shown: Vec<&str> = self.shown.iter().map(String::as_str).collect();
        let printed: Vec<&str> = output.text.trim_end().lines().collect();
        if shown.is_empty() || matches(&shown, &printed) {
            return Ok(());
        }
        Err(format!("the page shows:\n{}\n\nthe command prints:", shown.join("\n")))
    }
}

fn matches(shown: &[&str], printed: &[&str]) -> bool {
    match shown {
        [] => printed.is_empty(),
        [ANY] => true,
        [ANY, rest @ ..] => (0..=printed.len()).any(|skip| matches(rest, &printed[skip..])),
        [line, rest @ ..] => {
            printed.first().is_some_and(|first| is_like(line, first))
                && matches(rest, &printed[1..])
        }
    }
}

/// Whether a line is like the shown one, in which `…` is any text.
fn is_like(shown: &str, line: &str) -> bool {
    let mut parts = shown.split(ANY);
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let at = if parts.peek().is_some() { rest.find(part) } else { rest.rfind(part) };
        let Some(at) = at else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

const ANY: &str = "…";

#[test]
fn commands_and_output_of_blocks_are_found() {
    let text = "a\n```console\n$ one \\\n> two\nout …\n\n$ three\n```\n```sh openssl\nfour\nfive\n```\n```toml\nx = 1\n```\n";
    let page = Page::parse(text);
    let commands: Vec<_> = page.steps.iter().map(|step| (step.line, &*step.command)).collect();
    assert_eq!(commands, [(3, "one \\\ntwo"), (7, "three"), (10, "set -e; four\nfive")]);
    for (printed, code, is_good) in [
        ("out put\n", 0, true),
        ("in\n", 0, false),
        ("out put\nmore\n", 0, false),
        ("out put\n", 1, false),
    ] {
        let checked = page.steps[0].check(&Output { text: printed.to_owned(), code });
        assert_eq!(checked.is_ok(), is_good, "{printed:?} {checked:?}");
    }
}
