//! [SOSL], whose clauses are those of SOQL.
//!
//! ```text
//! FIND {term} [IN ALL | NAME | EMAIL | PHONE FIELDS]
//! [RETURNING object [(fields [WHERE …] [ORDER BY …] [LIMIT number])] [, …]]
//! [LIMIT number]
//! ```
//!
//! [SOSL]: https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_sosl.htm

use super::parser::Parser;
use super::{Query, Result};

/// A search, whose names are not resolved yet.
pub(crate) struct Search {
    pub(crate) term: String,
    pub(crate) among: Among,
    /// Empty for all objects.
    pub(crate) returning: Vec<Query>,
    pub(crate) limit: Option<usize>,
}

/// The fields that are searched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Among {
    All,
    Email,
    Name,
    Phone,
}

impl Search {
    /// Parses SOSL, and returns it with the text after the term, where errors have their positions.
    /// `None` if it is malformed.
    pub(crate) fn parse(text: &str) -> Option<(Self, &str)> {
        let (find, rest) = text.trim_start().split_once('{')?;
        let (term, rest) =
            split_term(rest).filter(|_| find.trim_end().eq_ignore_ascii_case("FIND"))?;
        let search = Parser::new(rest).and_then(|mut parser| parser.search(term));
        search.ok().map(|search| (search, rest))
    }
}

impl Parser<'_> {
    fn search(&mut self, term: String) -> Result<Search> {
        let mut among = Among::All;
        if self.take("IN") {
            among = self.one_of(&AMONG)?;
            self.expect("FIELDS")?;
        }
        let returning = self.take("RETURNING").then(|| self.separated(",", Self::object));
        let returning = returning.transpose()?.unwrap_or_default();
        let limit = self.take("LIMIT").then(|| self.number()).transpose()?;
        self.end()?;
        Ok(Search { term, among, returning, limit })
    }

    /// Parses `Account` or `Account(Id, Name WHERE …)`.
    fn object(&mut self) -> Result<Query> {
        let object = self.name()?;
        if !self.take("(") {
            return Ok(Query::of_ids(&object.text, object.at));
        }
        let items = self.items()?;
        let query = self.clauses(items, object, None)?;
        self.expect(")")?;
        Ok(query)
    }
}

/// Splits a term from what follows its closing brace, and removes its backslashes.
fn split_term(text: &str) -> Option<(String, &str)> {
    let mut term = String::new();
    let mut letters = text.char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '}' if term.trim().chars().count() < 2 => return None,
            '}' => return Some((term, &text[place + 1..])),
            '\\' => term.push(letters.next()?.1),
            _ => term.push(letter),
        }
    }
    None
}

const AMONG: [(&str, Among); 4] =
    [("ALL", Among::All), ("EMAIL", Among::Email), ("NAME", Among::Name), ("PHONE", Among::Phone)];

#[cfg(test)]
mod tests {
    use super::{Among, Search};

    #[test]
    fn search_is_split_into_its_clauses() {
        let text = r"find {A\{c*} in name fields returning Account(Id, Name WHERE Name = ')' LIMIT 2), Contact limit 5";
        let (search, _) = Search::parse(text).unwrap();
        assert_eq!(
            (search.term.as_str(), search.among, search.limit),
            ("A{c*", Among::Name, Some(5))
        );
        let [account, contact] = &search.returning[..] else { panic!("two objects") };
        assert_eq!((account.select.len(), account.limit), (2, Some(2)));
        assert!(account.condition.is_some());
        assert_eq!((contact.select.len(), contact.limit), (1, None));
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
}
