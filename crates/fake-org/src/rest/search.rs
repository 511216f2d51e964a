//! `search` ([SOSL]) and `parameterizedSearch`.
//!
//! ```text
//! FIND {term} [IN ALL | NAME | EMAIL | PHONE FIELDS]
//! [RETURNING object [(fields [WHERE …] [ORDER BY …] [LIMIT number])] [, …]]
//! [LIMIT number]
//! ```
//!
//! A real org searches an index of words. This one looks at each text field, for all words of the
//! term, for one of those that `OR` separates, or for a phrase in quotes. `*` matches any letters,
//! and `?` matches one.
//!
//! [SOSL]: https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_sosl.htm

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::schema::{Field, Kind, ObjectType};
use super::soql::Prepared;
use super::store::Row;
use super::wildcard::{self, Part};
use super::{Answer, RestCall, RestError, ok};

/// A search before its queries are parsed.
struct Search<'a> {
    term: String,
    fields: Among,
    /// The objects, with what is in their parentheses. Empty for all objects.
    returning: Vec<(&'a str, &'a str)>,
    limit: usize,
}

/// The fields that are searched.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Among {
    All,
    Email,
    Name,
    Phone,
}

/// `GET search?q=FIND…`
pub(super) fn answer(call: &RestCall<'_>) -> Answer {
    call.only_get()?;
    let query = call.query();
    let text = query.first("q").unwrap_or_default();
    let search = Search::parse(text).ok_or_else(|| malformed(text))?;
    run(call, &search)
}

/// `GET parameterizedSearch?q=term&sobject=Account&Account.fields=Id,Name`, or POST with JSON.
pub(super) fn parameterized(call: &RestCall<'_>) -> Answer {
    // Other properties, such as `in` and `where`, would select other records.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        q: String,
        #[serde(default)]
        fields: Vec<String>,
        #[serde(default)]
        sobjects: Vec<Object>,
        #[serde(default, rename = "overallLimit")]
        limit: Option<usize>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Object {
        name: String,
        #[serde(default)]
        fields: Vec<String>,
        #[serde(default)]
        limit: Option<usize>,
    }
    let wanted = match call.method() {
        Method::POST => call.body()?,
        Method::GET => {
            let query = call.query();
            let object = |name: String| Object {
                fields: query.list(&format!("{name}.fields")),
                limit: query.first(&format!("{name}.limit")).and_then(|text| text.parse().ok()),
                name,
            };
            Wanted {
                q: query.first("q").unwrap_or_default().to_owned(),
                fields: query.list("fields"),
                sobjects: query.list("sobject").into_iter().map(object).collect(),
                limit: query.first("overallLimit").and_then(|text| text.parse().ok()),
            }
        }
        other => return Err(RestError::method(&other, "GET,POST")),
    };
    if wanted.q.is_empty() {
        return Err(malformed(""));
    }
    let clauses: Vec<_> = wanted
        .sobjects
        .iter()
        .map(|object| {
            let fields = if object.fields.is_empty() { &wanted.fields } else { &object.fields };
            let limit = object.limit.map(|limit| format!(" LIMIT {limit}")).unwrap_or_default();
            let fields = if fields.is_empty() { "Id".to_owned() } else { fields.join(",") };
            format!("{fields}{limit}")
        })
        .collect();
    let returning = wanted.sobjects.iter().zip(&clauses);
    let search = Search {
        term: wanted.q,
        fields: Among::All,
        returning: returning
            .map(|(object, clauses)| (object.name.as_str(), clauses.as_str()))
            .collect(),
        limit: wanted.limit.unwrap_or(MOST_RECORDS),
    };
    run(call, &search)
}

fn run(call: &RestCall<'_>, search: &Search<'_>) -> Answer {
    let state = call.org.state();
    let schema = call.schema(&state);
    let names: Vec<_> = schema.objects().map(|object| object.name.clone()).collect();
    let all = names.iter().map(|name| (name.as_str(), "Id"));
    let objects: Vec<_> =
        if search.returning.is_empty() { all.collect() } else { search.returning.clone() };
    let mut found = Vec::new();
    for (object, clauses) in objects {
        let (fields, rest) = split_fields(clauses);
        let query = format!("SELECT {fields} FROM {object} {rest}");
        let prepared = Prepared::new(&query, schema, call.today());
        let prepared =
            prepared.map_err(|error| RestError::new(400, error.code(), error.message(&query)))?;
        let is_match = |row: &Row<'_>| search.matches(prepared.object(), row);
        found.extend(prepared.run_among(&state.rest.records, &call.base, is_match));
    }
    found.truncate(search.limit);
    ok(&json!({ "searchRecords": found }))
}

/// Splits `Id, Name WHERE …` before the first clause.
fn split_fields(clauses: &str) -> (&str, &str) {
    let upper = clauses.to_ascii_uppercase();
    let starts =
        [" WHERE ", " ORDER ", " LIMIT ", " OFFSET "].iter().filter_map(|word| upper.find(word));
    let fields = starts.min().map_or((clauses, ""), |start| clauses.split_at(start));
    if fields.0.trim().is_empty() { ("Id", fields.1) } else { fields }
}

impl<'a> Search<'a> {
    /// Parses SOSL; `None` if it is malformed.
    fn parse(text: &'a str) -> Option<Self> {
        let rest = keyword(text, "FIND")?.strip_prefix('{')?;
        let (term, mut rest) = split_term(rest)?;
        let mut fields = Among::All;
        if let Some(after) = keyword(rest, "IN") {
            let kinds = [
                ("ALL", Among::All),
                ("EMAIL", Among::Email),
                ("NAME", Among::Name),
                ("PHONE", Among::Phone),
            ];
            let found = kinds.iter().find_map(|(word, kind)| Some((*kind, keyword(after, word)?)));
            let (kind, after) = found?;
            fields = kind;
            rest = keyword(after, "FIELDS")?;
        }
        let mut returning = Vec::new();
        if let Some(mut after) = keyword(rest, "RETURNING") {
            loop {
                let end = after.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
                let (name, tail) = after.split_at(end.unwrap_or(after.len()));
                if name.is_empty() {
                    return None;
                }
                let (clauses, tail) = match tail.trim_start().strip_prefix('(') {
                    Some(inner) => split_parentheses(inner)?,
                    None => ("Id", tail),
                };
                returning.push((name, clauses));
                match tail.trim_start().strip_prefix(',') {
                    Some(next) => after = next.trim_start(),
                    None => {
                        rest = tail.trim_start();
                        break;
                    }
                }
            }
        }
        let mut limit = MOST_RECORDS;
        if let Some(after) = keyword(rest, "LIMIT") {
            let end = after.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(after.len());
            limit = after[..end].parse().ok()?;
            rest = after[end..].trim_start();
        }
        rest.is_empty().then_some(Self { term, fields, returning, limit })
    }

    /// Whether one of the fields has what is searched.
    fn matches(&self, object: &ObjectType, row: &Row<'_>) -> bool {
        let fields = object.fields.iter().filter(|field| self.searches(field));
        let texts: Vec<_> = fields
            .filter_map(|field| Some(row.get(&field.name).as_str()?.to_lowercase()))
            .collect();
        let term = self.term.to_lowercase();
        let any = |word: &str| texts.iter().any(|text| has(text, word));
        term.split(" or ").any(|words| {
            let mut words = split_words(words).into_iter().filter(|word| word != "and");
            words.all(|word| any(&word))
        })
    }

    fn searches(&self, field: &Field) -> bool {
        match self.fields {
            Among::All => field.kind.is_text() && field.kind != Kind::Picklist,
            Among::Email => field.kind == Kind::Email,
            Among::Name => field.name.ends_with("Name"),
            Among::Phone => field.kind == Kind::Phone,
        }
    }
}

/// Removes a keyword and the space after it from the start.
fn keyword<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (start, rest) = text.trim_start().split_at_checked(word.len())?;
    let is_end = rest.chars().next().is_none_or(|letter| !letter.is_alphanumeric());
    (start.eq_ignore_ascii_case(word) && is_end).then(|| rest.trim_start())
}

/// Splits a term from what follows its closing brace, and removes its backslashes.
fn split_term(text: &str) -> Option<(String, &str)> {
    let mut term = String::new();
    let mut letters = text.char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '}' if term.trim().chars().count() < 2 => return None,
            '}' => return Some((term, text[place + 1..].trim_start())),
            '\\' => term.push(letters.next()?.1),
            _ => term.push(letter),
        }
    }
    None
}

/// Splits what is inside from what follows the closing parenthesis.
fn split_parentheses(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1;
    let mut quoted = false;
    let mut escaped = false;
    for (place, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..place], &text[place + 1..]));
        }
    }
    None
}

/// Splits words at spaces, and keeps phrases in quotes together.
fn split_words(text: &str) -> Vec<String> {
    let parts = text.split('"').enumerate();
    let words = parts.flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.filter(|word| !word.is_empty()).collect()
}

/// Whether a text has a word, perhaps with wildcards, or a phrase.
fn has(text: &str, word: &str) -> bool {
    if word.contains(' ') {
        return text.contains(word);
    }
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let mut words = words.chain(text.split_whitespace()).filter(|own| !own.is_empty());
    words.any(|own| wildcard::matches(own, word.chars().map(part)))
}

fn part(letter: char) -> Part {
    match letter {
        '*' => Part::Any,
        '?' => Part::One,
        letter => Part::Letter(letter),
    }
}

fn malformed(text: &str) -> RestError {
    let message = if text.trim().is_empty() {
        "SOSL statements cannot be empty or null"
    } else {
        "No search term found, or the search is malformed. The search term must be enclosed in \
         braces and have more than one character."
    };
    RestError::new(400, "MALFORMED_SEARCH", message)
}

const MOST_RECORDS: usize = 2000;

#[cfg(test)]
mod tests {
    use super::{Among, Search, has};

    #[test]
    fn search_is_split_into_its_clauses() {
        let text = r"find {A\{c*} in name fields returning Account(Id, Name WHERE Name = ')' LIMIT 2), Contact limit 5";
        let search = Search::parse(text).unwrap();
        assert_eq!((search.term.as_str(), search.fields, search.limit), ("A{c*", Among::Name, 5));
        assert_eq!(
            search.returning,
            [("Account", "Id, Name WHERE Name = ')' LIMIT 2"), ("Contact", "Id")]
        );
        for text in [
            "",
            "FIND Acme",
            "FIND {Acme",
            "FIND {A}",
            "FIND {Acme} RETURNING",
            "FIND {Acme} x",
            "SELECT Id FROM Account",
        ] {
            assert!(Search::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn words_phrases_and_wildcards() {
        for (text, word, found) in [
            ("acme rockets", "acme", true),
            ("acme rockets", "acm", false),
            ("acme rockets", "acm*", true),
            ("acme rockets", "*ets", true),
            ("acme rockets", "a?me", true),
            ("åsa", "?sa", true),
            ("acme", "a*c*e", true),
            ("acme", "acme?", false),
            ("acme rockets", "acme rock", true),
            ("robot@acme.com", "robot@acme.com", true),
            ("robot@acme.com", "acme", true),
        ] {
            assert_eq!(has(text, word), found, "{word} in {text}");
        }
        let (text, word) = ("a".repeat(1000), "*a".repeat(1000));
        assert!(has(&text, &word) && !has(&text, &format!("{word}b")), "many wildcards");
    }
}
