//! Refusals as other tools print them.

mod field;
#[cfg(test)]
mod tests;

use http::StatusCode;

use self::field::fields;
use crate::catalogue;
use crate::refusal::Refusal;

impl Refusal {
    /// Finds the refusal in the output of another tool, in a log, or in an answer as `curl -i`
    /// prints it. `None` only if there is nothing in it at all.
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
            status.map(|status| Self::new(status.as_str(), status.canonical_reason()))
        } else {
            best(from_fields(body), from_lines(body, status))
        };
        refusal.map(|refusal| refusal.with_status(status))
    }
}

/// The head of a long text, without colours, and JSON in a string as JSON.
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
    let escapes =
        [("\\\"", "\""), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&apos;", "'")];
    let plain = escapes.iter().fold(plain, |text, (escape, letter)| text.replace(escape, letter));
    let is_encoded =
        plain.contains("%20") && !plain.trim().contains(|c: char| c == '=' || c.is_whitespace());
    if is_encoded { field::decoded(&plain) } else { plain }
}

/// The last status line of `curl -i` or `curl -v`, and what follows the head.
fn split_head(text: &str) -> (Option<StatusCode>, &str) {
    let mut found = (None, text);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = line.trim_start_matches(['<', ' ']);
        if let Some(status) = start.strip_prefix("HTTP/").and_then(status) {
            let rest = &text[at..];
            let body = ["\n\n", "\n<\n", "\n< \n"].iter().find_map(|end| rest.split_once(end));
            found = (Some(status), body.map_or("", |(_, body)| body));
        }
        at += line.len();
    }
    found
}

fn status(line: &str) -> Option<StatusCode> {
    line.split_whitespace().nth(1)?.parse().ok()
}

/// What the fields say, unless only the lines around them say what is known.
fn best(fields: Option<Refusal>, lines: Option<Refusal>) -> Option<Refusal> {
    match (fields, lines) {
        (Some(fields), Some(lines)) if rank(&fields) < KNOWN && rank(&lines) >= KNOWN => {
            Some(lines)
        }
        (fields, lines) => fields.or(lines),
    }
}

/// `error` and `error_description`, `errorCode` and `message`, in whatever notation.
fn from_fields(text: &str) -> Option<Refusal> {
    let field = |name| fields(text, name).next();
    let description = || field("error_description").or_else(|| field("message"));
    // `Client error: …` is a sentence, and the field comes after it.
    let code = ["error", "errorCode"]
        .iter()
        .find_map(|name| fields(text, name).find(|code| is_code(code)));
    if let Some(code) = code {
        return Some(Refusal::new(&code, description().as_deref()));
    }
    from_lines(&description()?, None)
}

/// The line that says most. A tool that tries many hosts prints a refusal of each, and those over
/// the audience say least: they come of its trying.
fn from_lines(text: &str, status: Option<StatusCode>) -> Option<Refusal> {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(from_line);
    let best = lines.rev().max_by_key(rank)?;
    // A terminal may have broken the line in the middle of what is looked for.
    let whole = from_line(&joined);
    let best = if rank(&best) < KNOWN && rank(&whole) > rank(&best) { whole } else { best };
    let says_more =
        !best.code().is_empty() || best.advice().entry.code == "unavailable.maintenance";
    let by_status = status.map(|status| Refusal::new(status.as_str(), status.canonical_reason()));
    by_status.filter(|refusal| refusal.advice().exact && !says_more).or(Some(best))
}

fn rank(refusal: &Refusal) -> u8 {
    let advice = refusal.advice();
    match (advice.exact, refusal.code()) {
        (true, _) if catalogue::says_little(advice.entry) => KNOWN,
        (true, _) if refusal.is_about_audience() => 3,
        (true, _) => 4,
        (false, "") => 0,
        (false, _) => 1,
    }
}

/// The rank of what the catalogue knows, however little that is.
const KNOWN: u8 = 2;

/// A known code somewhere in the line, and what follows it; or the line as it is.
fn from_line(line: &str) -> Refusal {
    let mut words = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let Some(code) = words.find(|word| is_known(word)) else {
        return Refusal::new("", Some(strip_context(strip_prefix(line))));
    };
    let rest = line.split_once(code).map_or("", |(_, rest)| unwrapped(rest));
    let says = |text| catalogue::find(code, text).exact;
    let said_before = rest.is_empty() || !says(rest) && catalogue::find("", line).exact;
    let description = if said_before { line } else { rest };
    Refusal::new(code, Some(strip_context(description)).filter(|text| *text != code))
}

/// Without what stands between a code and its description, or closes the brackets around both.
fn unwrapped(rest: &str) -> &str {
    rest.trim_start_matches(|c: char| !c.is_alphanumeric())
        .trim_end_matches(['"', '\'', '}', ']', ')'])
}

/// `[audience=… login=…]`, which the official command line appends.
fn strip_context(line: &str) -> &str {
    line.split(" [audience=").next().unwrap_or(line).trim_end()
}

/// The shortest end of the line, after a colon, that still says what the whole line says.
fn strip_prefix(line: &str) -> &str {
    let whole = catalogue::find("", line);
    let mut ends = line.rmatch_indices(": ").take(8).map(|(at, colon)| &line[at + colon.len()..]);
    let short = ends.find(|end| catalogue::find("", end) == whole);
    short.filter(|_| whole.exact).unwrap_or(line)
}

fn is_known(word: &str) -> bool {
    let listed = || catalogue::entries().any(|entry| entry.codes.contains(&word));
    word.contains(|c: char| c.is_ascii_alphabetic()) && listed()
}

/// A code is one word; anything else in its place is a sentence.
fn is_code(text: &str) -> bool {
    (3..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        && !text.bytes().all(|byte| byte.is_ascii_digit())
}

/// In characters: nobody pastes more on purpose.
const LIMIT: usize = 64 * 1024;
