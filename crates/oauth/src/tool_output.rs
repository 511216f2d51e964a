//! Finds refusals and API errors in pasted text: JSON, logs, stack traces, output of curl.

#[cfg(test)]
mod tests;

use http::StatusCode;

use crate::catalogue::{self, Entry};
use crate::refusal::Refusal;
use crate::response::json;
use crate::text;

impl Refusal {
    /// Finds the refusal in the output of another tool, in a log, or in a response printed by `curl
    /// -i`. Returns `None` only for a blank text.
    ///
    /// ```
    /// use orgtoken_oauth::Refusal;
    ///
    /// let said = "SalesforceAuthenticationFailed: invalid_grant: user hasn't approved this consumer";
    /// let refusal = Refusal::from_text(said).expect("there is something in it");
    /// assert_eq!(refusal.advice().entry.id(), "user_not_approved");
    /// ```
    pub fn from_text(text: &str) -> Option<Self> {
        let text = plain(text);
        let (status, body) = split_head(&text);
        let refusal = if body.trim().is_empty() {
            status.map(Self::of_status)
        } else {
            best(from_json(body).or_else(|| from_form(body)), from_lines(body, status))
        };
        refusal.map(|refusal| refusal.with_status(status))
    }
}

/// Returns the beginning of a long text without colours, with JSON in a string unescaped.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars().take(LIMIT);
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => _ = letters.find(char::is_ascii_alphabetic),
            '\u{feff}' | '\r' => {}
            letter => plain.push(letter),
        }
    }
    let escapes = [
        ("\\\"", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        // U+2019 in UTF-8, read as Windows-1252.
        ("\u{e2}\u{20ac}\u{2122}", "'"),
    ];
    let plain = escapes.iter().fold(plain, |text, (escape, letter)| text.replace(escape, letter));
    let is_encoded =
        plain.contains("%20") && !plain.trim().contains(|c: char| c == '=' || c.is_whitespace());
    if is_encoded { decoded(&plain) } else { plain }
}

/// Decodes the value of a form.
fn decoded(text: &str) -> String {
    let pair = format!("x={text}");
    let value = form_urlencoded::parse(pair.as_bytes()).next();
    value.map_or_else(String::new, |(_, value)| value.into())
}

/// Returns the status of the last response that `curl -i` or `curl -v` printed, and the text after
/// its headers.
///
/// If line breaks were lost, so that no blank line ends the headers, all text after the status is
/// returned.
fn split_head(text: &str) -> (Option<StatusCode>, &str) {
    let answers = text.match_indices("HTTP/").filter_map(|(at, _)| {
        let is_start =
            text[..at].trim_end_matches(['<', ' ']).ends_with('\n') || text[..at].trim().is_empty();
        let (_, rest) = text[at..].split_once(' ')?;
        let (number, rest) = rest.split_at_checked(3)?;
        let status = number.parse().ok().filter(|_| is_start)?;
        let body = ["\n\n", "\n<\n", "\n< \n"].iter().find_map(|end| rest.split_once(end));
        Some((Some(status), body.map_or(rest, |(_, body)| body)))
    });
    answers.last().unwrap_or((None, text))
}

/// Returns the refusal of the fields, unless only the lines around them are in the catalogue.
fn best(fields: Option<Refusal>, lines: Option<Refusal>) -> Option<Refusal> {
    match (fields, lines) {
        (Some(fields), Some(lines)) if rank(&fields) < KNOWN && rank(&lines) >= KNOWN => {
            Some(lines)
        }
        (Some(fields), Some(lines))
            if fields.description().is_none() && fields.code() == lines.code() =>
        {
            Some(lines)
        }
        (fields, lines) => fields.or(lines),
    }
}

/// Reads the first JSON object with an error, wherever it begins in the text.
fn from_json(text: &str) -> Option<Refusal> {
    let mut objects = text.match_indices('{').filter_map(|(at, _)| json::first(&text[at..]));
    objects.find_map(|fields| {
        let mut codes = ["error", "errorCode"].into_iter().filter_map(|name| fields.text(name));
        let description = fields.text("error_description").or_else(|| fields.text("message"));
        match codes.find(|code| is_code(code)) {
            Some(code) => Some(Refusal::new(code, description)),
            None => from_lines(description?, None),
        }
    })
}

/// Reads the parameters of a URL or a form.
fn from_form(text: &str) -> Option<Refusal> {
    let form = text.split_whitespace().find(|word| word.contains("error="))?;
    let form = form.rsplit(['?', '#']).next().unwrap_or(form);
    let fields = || form_urlencoded::parse(form.as_bytes());
    let field = |name| fields().find(|(known, _)| known == name).map(|(_, value)| value);
    Some(Refusal::new(&field("error")?, field("error_description").as_deref()))
}

/// Returns the refusal of the most specific line. A tool that tries several hosts prints the
/// refusal of each one, and those about the audience are the least specific: they result from
/// trying.
fn from_lines(text: &str, status: Option<StatusCode>) -> Option<Refusal> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(from_line);
    let best = lines.rev().max_by_key(rank)?;
    // A terminal may have broken the line in the middle of a description.
    let whole = from_line(text);
    let is_better = rank(&best) < KNOWN && rank(&whole) > rank(&best);
    // The error code may be on another line.
    let has_code = best.code().is_empty()
        && !whole.code().is_empty()
        && whole.advice().entry == best.advice().entry;
    let best = if is_better || has_code { whole } else { best };
    let says_more = !best.code().is_empty() || best.advice().entry.code == MAINTENANCE;
    let by_status = status.filter(|status| catalogue::by_status(*status).is_some() && !says_more);
    by_status.map_or(Some(best), |status| Some(Refusal::of_status(status)))
}

fn rank(refusal: &Refusal) -> u8 {
    let advice = refusal.advice();
    match (advice.exact, refusal.code()) {
        (true, _) if catalogue::says_little(advice.entry) => KNOWN,
        (true, _) if refusal.is_about_audience() => 3,
        (true, _) => 4,
        (false, code) if catalogue::api_error(code, "").is_some() => 4,
        (false, "") => 0,
        (false, _) => 1,
    }
}

/// The rank of a refusal that is in the catalogue, however unspecific it is.
const KNOWN: u8 = 2;

/// Returns the description of Salesforce in the line, or a known code with the text after it, or a
/// fault by the words of another tool, or the line as it is.
fn from_line(line: &str) -> Refusal {
    let line = &text::single_line(line);
    let mut words = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let code = words.find(|word| is_known(word)).unwrap_or_default();
    let is_api_error = catalogue::api_error(code, "").is_some();
    if let Some((entry, description)) = catalogue::find_in_line(line).filter(|_| !is_api_error) {
        return Refusal::known(entry, code, description);
    }
    let rest = line.split_once(code).map_or("", |(_, rest)| unwrapped(rest));
    let description = strip_context(if code.is_empty() { line } else { rest });
    match catalogue::of_network(code).or_else(|| from_tool(line).filter(|_| code.is_empty())) {
        Some(entry) => Refusal::known(entry, code, description),
        None => Refusal::new(code, Some(description)),
    }
}

/// Returns the entry of a local or network fault, by words that have no other meaning.
fn from_tool(line: &str) -> Option<&'static Entry> {
    let line = line.to_ascii_lowercase();
    let says = |words: &str| {
        line.match_indices(words).any(|(start, _)| {
            let inside = |end: bool, neighbour: Option<char>| {
                let edge = if end { words.chars().next_back() } else { words.chars().next() };
                [edge, neighbour].iter().all(|c| c.is_some_and(|c| c.is_ascii_alphanumeric()))
            };
            !inside(false, line[..start].chars().next_back())
                && !inside(true, line[start + words.len()..].chars().next())
        })
    };
    catalogue::by_words(says)
}

/// Strips what separates a code from its description, and the brackets around both.
fn unwrapped(rest: &str) -> &str {
    rest.trim_start_matches(|c: char| !c.is_alphanumeric())
        .trim_end_matches(['"', '\'', '}', ']', ')'])
}

/// `[audience=… login=…]`, which the official command line appends.
fn strip_context(line: &str) -> &str {
    line.split(" [audience=").next().unwrap_or(line).trim_end()
}

fn is_known(word: &str) -> bool {
    let listed = || catalogue::entries().any(|entry| entry.codes.contains(&word));
    word.contains(|c: char| c.is_ascii_alphabetic())
        && (listed() || catalogue::api_error(word, "").is_some())
}

/// A code is one word; anything else in its place is a sentence.
fn is_code(text: &str) -> bool {
    (3..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        && !text.bytes().all(|byte| byte.is_ascii_digit())
}

/// In characters: longer than any useful input.
const LIMIT: usize = 64 * 1024;
const MAINTENANCE: &str = "unavailable.maintenance";
