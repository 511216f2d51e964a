//! `search` ([SOSL]) and `parameterizedSearch`.
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
use super::soql::{Among, Prepared, Query, Search};
use super::store::Row;
use super::wildcard::{self, Part};
use super::{Answer, RestCall, RestError, ok};

/// `GET search?q=FIND…`
pub(super) fn answer(call: &RestCall<'_>) -> Answer {
    call.only_get()?;
    let query = call.query();
    let text = query.first("q").unwrap_or_default();
    let (search, rest) = Search::parse(text).ok_or_else(|| malformed(text))?;
    run(call, search, rest)
}

/// `GET parameterizedSearch?q=term&sobject=Account&Account.fields=Id,Name`, or POST with JSON.
pub(super) fn parameterized(call: &RestCall<'_>) -> Answer {
    // Other properties, such as `in` and `where`, would select other records.
    #[derive(Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Wanted {
        q: String,
        fields: Vec<String>,
        sobjects: Vec<Object>,
        #[serde(rename = "overallLimit")]
        limit: Option<usize>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Object {
        name: String,
        fields: Vec<String>,
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
    let query = |object: &Object| {
        let fields = if object.fields.is_empty() { &wanted.fields } else { &object.fields };
        let fields = fields.iter().map(String::as_str);
        Query::new(&object.name, fields, object.limit)
    };
    let returning = wanted.sobjects.iter().map(query).collect();
    run(call, Search { term: wanted.q, among: Among::All, returning, limit: wanted.limit }, "")
}

/// Runs a search. The positions of its errors are in `text`.
fn run(call: &RestCall<'_>, mut search: Search, text: &str) -> Answer {
    let state = call.org.state();
    let schema = call.schema(&state);
    let mut queries = std::mem::take(&mut search.returning);
    if queries.is_empty() {
        queries = schema.objects().map(|object| Query::new(&object.name, ["Id"], None)).collect();
    }
    let mut found = Vec::new();
    for query in queries {
        let prepared = Prepared::resolve(query, schema, call.today());
        let prepared = prepared.map_err(|error| error.in_query(text))?;
        let is_match = |row: &Row<'_>| search.matches(prepared.object(), row);
        found.extend(prepared.run_among(&state.rest.records, &call.base, is_match));
    }
    found.truncate(search.limit.unwrap_or(MOST_RECORDS));
    ok(&json!({ "searchRecords": found }))
}

impl Search {
    /// Whether one of the fields has what is searched.
    fn matches(&self, object: &ObjectType, row: &Row<'_>) -> bool {
        let fields = object.fields.iter().filter(|field| self.searches(field));
        let texts: Vec<_> = fields
            .filter_map(|field| Some(row.get(&field.name).as_str()?.to_lowercase()))
            .collect();
        let term = self.term.to_lowercase();
        let any = |word: &str| texts.iter().any(|text| has(text, word));
        term.split(" or ").any(|words| {
            let mut words = split_words(words).into_iter().filter(|word| word != "and").peekable();
            words.peek().is_some() && words.all(|word| any(&word))
        })
    }

    fn searches(&self, field: &Field) -> bool {
        match self.among {
            Among::All => field.kind.is_text() && field.kind != Kind::Picklist,
            Among::Email => field.kind == Kind::Email,
            Among::Name => field.name.ends_with("Name"),
            Among::Phone => field.kind == Kind::Phone,
        }
    }
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
    use super::has;

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
