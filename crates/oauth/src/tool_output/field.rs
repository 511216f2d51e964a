/// Returns the values of a field in JSON, in a Python, Ruby or Java map, in a form or in XML.
pub(super) fn fields(text: &str, name: &str) -> impl Iterator<Item = String> {
    text.match_indices(name).filter_map(move |(at, _)| {
        let whole = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let rest = &text[at + name.len()..];
        let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest).trim_start();
        let rest = SEPARATORS.iter().find_map(|separator| {
            rest.strip_prefix(separator).map(|value| (*separator, value.trim_start()))
        });
        rest.filter(|_| whole).and_then(|(separator, rest)| value(separator, rest))
    })
}

fn value(separator: &str, rest: &str) -> Option<String> {
    let quote = rest.chars().next()?;
    let text = match quote {
        '"' | '\'' => quoted(rest, quote),
        '{' | '[' => return None,
        _ => unquoted(separator, rest),
    };
    let text = text.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// Reads up to the same quote, unless a backslash precedes it.
fn quoted(rest: &str, quote: char) -> String {
    let mut text = String::new();
    let mut letters = rest[1..].chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => escape(&mut letters, &mut text),
            letter if letter == quote => break,
            letter => text.push(letter),
        }
    }
    text
}

fn escape(letters: &mut std::str::Chars<'_>, text: &mut String) {
    match letters.next() {
        Some('n' | 'r' | 't') => text.push(' '),
        Some('u') => {
            let digits: String = letters.by_ref().take(4).collect();
            let letter = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
            text.push(letter.unwrap_or('?'));
        }
        Some(other) => text.push(other),
        None => {}
    }
}

/// Reads up to the end of a value in that notation.
fn unquoted(separator: &str, rest: &str) -> String {
    let end = match separator {
        "=" => rest.find(['&', '}', '\n', '<']).into_iter().chain(rest.find(", error")).min(),
        ">" => rest.find('<'),
        _ => rest.find(['}', '\n', ',']),
    };
    let text = &rest[..end.unwrap_or(rest.len())];
    if separator == "=" && !text.contains(' ') {
        return decoded(text);
    }
    text.to_owned()
}

/// Decodes a value of a form.
pub(super) fn decoded(text: &str) -> String {
    let pair = format!("x={text}");
    form_urlencoded::parse(pair.as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into())
}

/// Longer ones first.
const SEPARATORS: &[&str] = &["=>", ":", "=", ">"];
