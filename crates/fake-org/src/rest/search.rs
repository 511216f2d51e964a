//! `search` ([SOSL]).
//!
//! A real org searches an index of words. This one looks at each text field, for all words of the
//! term, for one of those that `OR` separates, or for a phrase in quotes. `*` matches any letters,
//! and `?` matches one.
//!
//! [SOSL]: https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_sosl.htm

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
    let (mut search, rest) = Search::parse(text).ok_or_else(|| malformed(text))?;
    let state = call.org.state();
    let schema = call.schema(&state);
    let mut queries = std::mem::take(&mut search.returning);
    if queries.is_empty() {
        queries = schema.objects().map(|object| Query::of_ids(&object.name, 0)).collect();
    }
    let mut found = Vec::new();
    for query in queries {
        let prepared = Prepared::resolve(query, schema, call.today());
        let prepared = prepared.map_err(|error| error.in_query(rest))?;
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
