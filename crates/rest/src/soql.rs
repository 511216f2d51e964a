//! The text of a query: comments, and lists that are longer than a query may be.

use std::borrow::Cow;

use indexmap::IndexMap;
use orgtoken_assertion::Diagnostic;

use crate::flatten::select::{Selected, is_one_of, is_path, quoted, tokens, top_level};
use crate::load::is_id;
use crate::path::encode;
use crate::query::MAX_PATH;

/// Returns a query without comments and without the `;` at its end, neither of which Salesforce
/// accepts. A comment is `/* … */`, or begins with `//` or `--` and ends with the line. Text in
/// quotes stays as it is.
///
/// ```
/// let soql = "SELECT Id -- all\nFROM Account WHERE Site = 'http://x';";
/// let plain = orgtoken_rest::without_comments(soql);
/// assert_eq!(plain, "SELECT Id  \nFROM Account WHERE Site = 'http://x'");
/// ```
pub fn without_comments(soql: &str) -> String {
    let mut plain = String::with_capacity(soql.len());
    let (mut rest, mut is_text) = (soql, false);
    while let Some(first) = rest.chars().next() {
        let comment = if rest.starts_with("//") || rest.starts_with("--") {
            Some(rest.find(['\n', '\r']).unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            // A comment that is never closed is left to Salesforce, which refuses it.
            rest.find("*/").map(|end| end + 2)
        } else {
            None
        };
        let length = comment.unwrap_or_else(|| match first {
            '\'' => quoted(rest),
            other => other.len_utf8(),
        });
        let (piece, after) = rest.split_at(length);
        plain.push_str(if comment.is_some() { " " } else { piece });
        is_text = first == '\'' || is_text && piece.trim().is_empty();
        rest = after;
    }
    let plain = plain.trim();
    let end = plain.strip_suffix(';').filter(|_| !is_text).unwrap_or(plain);
    end.trim_end().to_owned()
}

/// A query with a list of any length, which is written as `:NAME` after `IN`. The list is split over
/// several queries, whose results together are the result of the whole.
///
/// The results of the parts can be joined only if each record matches one value at most, whatever
/// the part. So the list is a condition of its own: `WHERE … AND FIELD IN :NAME`, without OR beside
/// it, and the query has no LIMIT, OFFSET, ORDER BY, GROUP BY or aggregate.
///
/// ```
/// use orgtoken_rest::ListQuery;
///
/// let query = ListQuery::parse("SELECT Id FROM Contact WHERE AccountId IN :ids", "ids")?;
/// let soql = query.split(["001xx0000000001", "it's"].map(str::to_owned), true)?;
/// assert_eq!(
///     soql,
///     ["SELECT Id FROM Contact WHERE AccountId IN ('001xx0000000001','it\\'s')"]
/// );
/// # Ok::<(), orgtoken_rest::ListError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ListQuery<'a> {
    field: &'a str,
    before: &'a str,
    after: &'a str,
}

impl<'a> ListQuery<'a> {
    /// Finds the list `:name` in a query without comments.
    ///
    /// # Errors
    /// The query does not contain the list once, or cannot be split.
    pub fn parse(soql: &'a str, name: &str) -> Result<Self, ListError> {
        let tokens = tokens(soql);
        let is_list = |at: &usize| {
            tokens[*at] == ":" && tokens.get(at + 1).is_some_and(|it| it.eq_ignore_ascii_case(name))
        };
        let mut found = (0..tokens.len()).filter(is_list);
        let at = match (found.next(), found.next()) {
            (Some(at), None) => at,
            (None, _) => return Err(ListError::Missing),
            (Some(_), Some(_)) => return Err(ListError::Twice),
        };
        check_condition(&tokens, at)?;
        check_clauses(soql, &tokens)?;
        let offset = |token: &str| token.as_ptr() as usize - soql.as_ptr() as usize;
        let end = offset(tokens[at + 1]) + tokens[at + 1].len();
        let (field, before) = (tokens[at - 2], &soql[..offset(tokens[at])]);
        Ok(Self { field, before, after: &soql[end..] })
    }

    /// The field before `IN`, such as `Account.Name`.
    pub fn field(&self) -> &'a str {
        self.field
    }

    /// Returns the queries for these values, each of which is in one query. Without values, there is
    /// nothing to query, and the result is empty.
    ///
    /// With `quotes` the values are put into quotes and escaped. Without, they are numbers, dates or
    /// other literals.
    ///
    /// # Errors
    /// A value without quotes is not a literal.
    pub fn split(
        &self,
        values: impl IntoIterator<Item = String>,
        quotes: bool,
    ) -> Result<Vec<String>, ListError> {
        let mut groups: IndexMap<String, Vec<String>> = IndexMap::new();
        for (value, number) in values.into_iter().zip(1..) {
            if !quotes && !is_literal(&value) {
                return Err(ListError::Literal { number });
            }
            let group = groups.entry(group(&value, quotes)).or_default();
            if !group.contains(&value) {
                group.push(value);
            }
        }
        let fixed = encode(self.before).len() + encode(self.after).len();
        let room = MAX_PATH.saturating_sub(fixed).max(MIN_ROOM);
        let (mut queries, mut list, mut length) = (Vec::new(), String::new(), 0);
        for group in groups.into_values() {
            let literal = |value: &String| if quotes { literal(value) } else { value.clone() };
            let piece = group.iter().map(literal).collect::<Vec<_>>().join(",");
            let needed = encode(&piece).len() + 1;
            if length + needed > room && !list.is_empty() {
                queries.push(self.with(&std::mem::take(&mut list)));
                length = 0;
            }
            list.push_str(if list.is_empty() { "" } else { "," });
            list.push_str(&piece);
            length += needed;
        }
        if !list.is_empty() {
            queries.push(self.with(&list));
        }
        Ok(queries)
    }

    fn with(&self, list: &str) -> String {
        format!("{}({list}){}", self.before, self.after)
    }
}

/// Checks that the list is a condition at the top of WHERE, joined by AND only.
fn check_condition(tokens: &[&str], at: usize) -> Result<(), ListError> {
    let before = |number: usize| at.checked_sub(number).map_or("", |at| tokens[at]);
    if before(1).eq_ignore_ascii_case("IN") && before(2).eq_ignore_ascii_case("NOT") {
        return Err(ListError::NotIn);
    }
    let is_condition = before(1).eq_ignore_ascii_case("IN")
        && is_path(before(2))
        && is_one_of(before(3), &["AND", "WHERE"]);
    let is_on_top = top_level(tokens).any(|(top, _)| top == at);
    let has_or = top_level(tokens).any(|(_, token)| token.eq_ignore_ascii_case("OR"));
    if is_condition && is_on_top && !has_or { Ok(()) } else { Err(ListError::Condition) }
}

/// Checks that the query has no clause that needs all records at once.
fn check_clauses(soql: &str, tokens: &[&str]) -> Result<(), ListError> {
    let clause = top_level(tokens).find_map(|(at, token)| {
        let next = tokens.get(at + 1).copied().unwrap_or_default();
        match token.to_ascii_uppercase().as_str() {
            "GROUP" if next.eq_ignore_ascii_case("BY") => Some("GROUP BY"),
            "LIMIT" if next.bytes().all(|byte| byte.is_ascii_digit()) => Some("LIMIT"),
            "OFFSET" if next.bytes().all(|byte| byte.is_ascii_digit()) => Some("OFFSET"),
            "ORDER" if next.eq_ignore_ascii_case("BY") => Some("ORDER BY"),
            _ => None,
        }
    });
    let aggregate = || Selected::of(soql).is_aggregate.then_some("an aggregate function");
    clause.or_else(aggregate).map_or(Ok(()), |clause| Err(ListError::Clause(clause)))
}

/// Returns a text that is the same for all values that may match the same record. They go into one
/// query, so that no record is found twice: Salesforce ignores the case of text, an id has 15 or 18
/// characters, and a number has several notations.
fn group(value: &str, quotes: bool) -> String {
    match value.parse::<f64>() {
        _ if is_id(value) => value[..15].to_ascii_lowercase(),
        Ok(number) if !quotes => number.to_string(),
        _ => value.trim_end().to_lowercase(),
    }
}

fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Whether a value is a number, a date, a date literal or a word, and not a part of a query.
fn is_literal(value: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.:_".contains(&byte);
    !value.is_empty() && !value.contains("--") && value.bytes().all(fits)
}

/// A query cannot be combined with a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// The query has LIMIT, OFFSET, ORDER BY, GROUP BY or an aggregate.
    #[error("{0} cannot be used with a list, which is split over several queries")]
    Clause(&'static str),
    /// The list is in parentheses, beside OR, or not after IN.
    #[error("the list is not a condition of its own")]
    Condition,
    /// A value without quotes is not a literal.
    #[error("value {number} of the list is not a number, a date or another literal")]
    Literal {
        /// The number of the value, counted from 1.
        number: u64,
    },
    /// The query has no such list.
    #[error("the query does not contain the list")]
    Missing,
    /// The list is after NOT IN.
    #[error("NOT IN cannot be used with a list, which is split over several queries")]
    NotIn,
    /// The query has the list more than once.
    #[error("the query contains the list more than once")]
    Twice,
}

impl Diagnostic for ListError {
    fn code(&self) -> &str {
        "usage.list"
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        let hint = match self {
            Self::Clause(_) => "sort, count and limit the records after the query",
            Self::Condition | Self::Missing | Self::Twice => {
                "write `WHERE FIELD IN :NAME`, with AND between this condition and others"
            }
            Self::Literal { .. } => "text needs quotes",
            Self::NotIn => "query all records, and leave out those of the list afterwards",
        };
        Some(hint.into())
    }
}

/// The space for a list in a query that is already long. Such a query goes into a body.
const MIN_ROOM: usize = 4_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_the_last_semicolon_are_removed_outside_of_quotes() {
        for (soql, plain) in [
            ("SELECT Id FROM A;", "SELECT Id FROM A"),
            ("SELECT Id FROM A ;\n", "SELECT Id FROM A"),
            ("// all\nSELECT Id FROM A", "SELECT Id FROM A"),
            ("SELECT Id -- the id\r\nFROM A -- end", "SELECT Id  \r\nFROM A"),
            ("SELECT/**/Id FROM A/* ; */", "SELECT Id FROM A"),
            ("SELECT Id FROM A; // done", "SELECT Id FROM A"),
            ("SELECT Id FROM A WHERE B = '--;/*'", "SELECT Id FROM A WHERE B = '--;/*'"),
            (
                "SELECT Id FROM A WHERE B = 'it\\'s // c'",
                "SELECT Id FROM A WHERE B = 'it\\'s // c'",
            ),
            ("SELECT Id FROM A WHERE B = 'x;", "SELECT Id FROM A WHERE B = 'x;"),
            ("SELECT Id /* FROM A", "SELECT Id /* FROM A"),
            ("SELECT Id FROM A WHERE B < -1", "SELECT Id FROM A WHERE B < -1"),
            ("-- nothing", ""),
        ] {
            assert_eq!(without_comments(soql), plain, "{soql}");
        }
    }

    #[test]
    fn list_is_a_condition_joined_by_and() {
        use ListError::{Clause, Condition, Missing, NotIn, Twice};
        for (soql, expected) in [
            ("SELECT Id FROM A WHERE B IN :ids", Ok(())),
            ("select Id from A where C = 1 and B.D in :IDS and (E = 2 or F = 3)", Ok(())),
            ("SELECT Id, (SELECT Id FROM Cs LIMIT 1) FROM A WHERE B IN :ids", Ok(())),
            ("SELECT Id FROM A WHERE B = LAST_N_DAYS:3 AND Limit__c IN :ids", Ok(())),
            ("SELECT Id FROM A WHERE B IN :other", Err(Missing)),
            ("SELECT Id FROM A WHERE B = ':ids'", Err(Missing)),
            ("SELECT Id FROM A WHERE B IN :ids AND C IN :ids", Err(Twice)),
            ("SELECT Id FROM A WHERE B NOT IN :ids", Err(NotIn)),
            ("SELECT Id FROM A WHERE B = :ids", Err(Condition)),
            ("SELECT Id FROM A WHERE B IN :ids OR C = 1", Err(Condition)),
            ("SELECT Id FROM A WHERE NOT B IN :ids", Err(Condition)),
            ("SELECT Id FROM A WHERE (B IN :ids)", Err(Condition)),
            ("SELECT Id FROM A WHERE B IN (:ids)", Err(Condition)),
            ("SELECT Id FROM A WHERE B IN (SELECT C FROM D WHERE E IN :ids)", Err(Condition)),
            ("SELECT Id FROM A WHERE B IN :ids LIMIT 5", Err(Clause("LIMIT"))),
            ("SELECT Id FROM A WHERE B IN :ids OFFSET 5", Err(Clause("OFFSET"))),
            ("SELECT Id FROM A WHERE B IN :ids ORDER BY C", Err(Clause("ORDER BY"))),
            ("SELECT B FROM A WHERE B IN :ids GROUP BY B", Err(Clause("GROUP BY"))),
            ("SELECT COUNT() FROM A WHERE B IN :ids", Err(Clause("an aggregate function"))),
            ("SELECT MAX(C) FROM A WHERE B IN :ids", Err(Clause("an aggregate function"))),
        ] {
            assert_eq!(ListQuery::parse(soql, "ids").map(drop), expected, "{soql}");
        }
    }

    fn split(values: &[&str], quotes: bool) -> Result<Vec<String>, ListError> {
        let query = ListQuery::parse("SELECT Id FROM A WHERE B IN :x AND C = 1", "x").unwrap();
        query.split(values.iter().map(|it| (*it).to_owned()), quotes)
    }

    #[test]
    fn values_are_quoted_and_listed_once() {
        let one = |list: &str| Ok(vec![format!("SELECT Id FROM A WHERE B IN ({list}) AND C = 1")]);
        assert_eq!(split(&["a'b", "c\\d", "a'b"], true), one("'a\\'b','c\\\\d'"));
        assert_eq!(split(&["1", "2026-12-31", "TODAY"], false), one("1,2026-12-31,TODAY"));
        assert_eq!(split(&[], true), Ok(vec![]));
        for value in ["", "1) OR (1", "'a'", "1--2", "a b"] {
            assert_eq!(
                split(&["1", value], false),
                Err(ListError::Literal { number: 2 }),
                "{value}"
            );
        }
    }

    #[test]
    fn long_list_is_split_and_values_of_one_record_stay_together() {
        let id = |number: usize| format!("001xx{number:010}");
        let mut values: Vec<_> = (0..5000).map(id).collect();
        values.extend(["ACME".to_owned(), "acme".to_owned()]);
        let query = ListQuery::parse("SELECT Id FROM A WHERE B IN :x", "x").unwrap();
        let queries = query.split(values.clone(), true).unwrap();
        assert!(queries.len() > 5 && queries.len() < 20, "{}", queries.len());
        assert!(queries.iter().all(|soql| encode(soql).len() <= MAX_PATH));
        for value in values {
            let in_query = |soql: &&String| soql.contains(&format!("'{value}'"));
            assert_eq!(queries.iter().filter(in_query).count(), 1, "{value}");
        }
        // The first value of a group decides its place: `acme` is next to `ACME`.
        let mut values: Vec<_> = (0..2000).map(id).collect();
        values.insert(0, "ACME".to_owned());
        values.push("acme".to_owned());
        let queries = query.split(values, true).unwrap();
        assert!(queries[0].contains("('ACME','acme',"), "{}", &queries[0][..60]);
    }
}
