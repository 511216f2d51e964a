//! The SELECT list of a query, from which its columns are read.

use super::Path;

/// The parts of a query that determine its columns.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Selected {
    /// The object of FROM.
    pub(crate) object: String,
    pub(crate) items: Vec<Item>,
    /// Whether the query is `SELECT COUNT()`, whose result is a number without records.
    pub(super) is_count: bool,
    /// Whether it has aggregate functions or GROUP BY.
    pub(crate) is_aggregate: bool,
}

/// One item of a SELECT list.
#[derive(Debug, PartialEq)]
pub(crate) enum Item {
    /// A field of the record or of a related record.
    Column(Path),
    /// The argument of `FIELDS()`: `ALL`, `STANDARD` or `CUSTOM`.
    Fields(String),
    /// A function with an unknown column name.
    Unknown,
}

impl Selected {
    pub(crate) fn of(soql: &str) -> Self {
        let tokens = tokens(soql);
        let Some(([], rest)) = split_at_word(&tokens, "SELECT") else { return Self::default() };
        let Some((list, from)) = split_at_word(rest, "FROM") else { return Self::default() };
        let items = items(list);
        if let [[count, "(", ")"]] = items.as_slice()
            && count.eq_ignore_ascii_case("COUNT")
        {
            return Self { is_count: true, is_aggregate: true, ..Self::default() };
        }
        let aliases = Aliases::of(from);
        let groups = split_at_word(from, "GROUP").and_then(|(_, rest)| rest.first());
        let is_aggregate = groups.is_some_and(|by| by.eq_ignore_ascii_case("BY"))
            || items.iter().any(|item| has_aggregate(item));
        let mut unnamed = 0;
        let columns = items.iter().flat_map(|item| {
            if is_aggregate { vec![aggregate(item, &mut unnamed)] } else { columns(item, &aliases) }
        });
        let object = from.first().map(|object| (*object).to_owned()).unwrap_or_default();
        Self { object, items: columns.collect(), is_count: false, is_aggregate }
    }
}

/// Returns a part of a query that Bulk API 2.0 does not support; `None` if it supports them all.
pub(crate) fn bulk_obstacle(soql: &str) -> Option<&'static str> {
    let tokens = tokens(soql);
    let ([], rest) = split_at_word(&tokens, "SELECT")? else { return None };
    let (list, from) = split_at_word(rest, "FROM")?;
    let items = items(list);
    let has = |found: fn(&&[&str]) -> bool| items.iter().any(found);
    let follows = |first: &str, second: &str| {
        let words: Vec<_> = top_level(from).map(|(_, word)| word).collect();
        words.windows(2).any(|pair| {
            pair[0].eq_ignore_ascii_case(first)
                && (second.is_empty() || pair[1].eq_ignore_ascii_case(second))
        })
    };
    if follows("GROUP", "BY") {
        Some("GROUP BY")
    } else if has(|item| has_aggregate(item)) {
        Some("aggregate functions such as COUNT()")
    } else if has(|item| item.first().is_some_and(|word| word.eq_ignore_ascii_case("TYPEOF"))) {
        Some("TYPEOF")
    } else if has(|item| item.first() == Some(&"(")) {
        Some("sub-queries in the SELECT list")
    } else if follows("OFFSET", "") {
        Some("OFFSET")
    } else {
        None
    }
}

/// Whether an item calls an aggregate function outside of a sub-query.
fn has_aggregate(item: &[&str]) -> bool {
    let calls = |pair: &[&str]| is_one_of(pair[0], &AGGREGATES) && pair[1] == "(";
    item.first() != Some(&"(") && item.windows(2).any(calls)
}

/// Returns the columns of one item of a query without aggregates.
fn columns(item: &[&str], aliases: &Aliases) -> Vec<Item> {
    match item {
        ["(", sub_query @ ..] => vec![sub_query_column(sub_query)],
        [word, rest @ ..] if word.eq_ignore_ascii_case("TYPEOF") => type_of(rest, aliases),
        [field] if is_path(field) => vec![Item::Column(aliases.resolve(field))],
        [function, "(", which, ")"] if function.eq_ignore_ascii_case("FIELDS") => {
            vec![Item::Fields(which.to_ascii_uppercase())]
        }
        [function, "(", .., ")"] if is_one_of(function, &TRANSPARENT) => {
            // The column has the name of the field.
            let argument = item.iter().rfind(|word| is_path(word));
            vec![argument.map_or(Item::Unknown, |field| Item::Column(aliases.resolve(field)))]
        }
        [_, "(", .., ")", alias] if is_path(alias) => vec![Item::Column(vec![(*alias).to_owned()])],
        _ => vec![Item::Unknown],
    }
}

/// Returns the column of an item of a query with aggregates: its alias, the last name of its path,
/// or `expr0`, `expr1` and so on.
fn aggregate(item: &[&str], unnamed: &mut usize) -> Item {
    match item {
        [.., ")"] => {
            *unnamed += 1;
            Item::Column(vec![format!("expr{}", *unnamed - 1)])
        }
        [.., name] if is_path(name) => {
            let last = name.rsplit('.').next().unwrap_or_default();
            Item::Column(vec![last.to_owned()])
        }
        _ => Item::Unknown,
    }
}

/// Returns the column of a sub-query: `Contacts` for `(SELECT Id FROM a.Contacts)`.
fn sub_query_column(sub_query: &[&str]) -> Item {
    let relationship = split_at_word(sub_query, "FROM").and_then(|(_, from)| from.first());
    let last = relationship.and_then(|path| path.rsplit('.').next());
    last.map_or(Item::Unknown, |name| Item::Column(vec![name.to_owned()]))
}

/// Returns the fields of all branches of `What WHEN Account THEN Phone, Name ELSE Id END`.
fn type_of(words: &[&str], aliases: &Aliases) -> Vec<Item> {
    let Some((relationship, branches)) = words.split_first() else { return vec![Item::Unknown] };
    let (mut fields, mut is_field) = (Vec::new(), false);
    for word in branches {
        if is_one_of(word, &["WHEN", "END"]) {
            is_field = false;
        } else if is_one_of(word, &["THEN", "ELSE"]) {
            is_field = true;
        } else if is_field && is_path(word) {
            let mut path = aliases.resolve(relationship);
            path.extend(word.split('.').map(str::to_owned));
            fields.push(Item::Column(path));
        }
    }
    fields
}

/// The aliases of FROM for the object and for related records.
struct Aliases(Vec<(String, Path)>);

impl Aliases {
    /// Reads `Contact c, c.Account a`. The name of the object is an alias as well.
    fn of(from: &[&str]) -> Self {
        let end = from.iter().position(|word| is_one_of(word, &CLAUSES)).unwrap_or(from.len());
        let mut aliases = Self(Vec::new());
        for (at, entry) in from[..end].split(|word| *word == ",").enumerate() {
            let words: Vec<_> =
                entry.iter().filter(|word| !word.eq_ignore_ascii_case("AS")).collect();
            let Some(source) = words.first() else { continue };
            let path = if at == 0 { Path::new() } else { aliases.resolve(source) };
            if at == 0 {
                aliases.0.push(((*source).to_string(), Path::new()));
            }
            if let Some(alias) = words.get(1) {
                aliases.0.insert(0, ((*alias).to_string(), path));
            }
        }
        aliases
    }

    fn resolve(&self, path: &str) -> Path {
        let steps: Path = path.split('.').map(str::to_owned).collect();
        let (first, rest) = steps.split_first().expect("a split has a first part");
        let known = self.0.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(first));
        match known {
            Some((_, base)) if !rest.is_empty() => [base, rest].concat(),
            _ => steps,
        }
    }
}

/// Splits a query into names (with dots), quoted texts and single characters.
pub(crate) fn tokens(soql: &str) -> Vec<&str> {
    let (mut tokens, mut rest) = (Vec::new(), soql.trim_start());
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => quoted(rest),
            c if is_name(c) => rest.find(|c| !is_name(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// Returns the length of a quoted text, in which a backslash escapes a character.
pub(crate) fn quoted(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\'' if !is_escaped => return at + 1,
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    text.len()
}

/// Splits at the first such word outside of parentheses.
pub(crate) fn split_at_word<'a, 'b>(
    tokens: &'b [&'a str],
    word: &str,
) -> Option<(&'b [&'a str], &'b [&'a str])> {
    let at = top_level(tokens).find(|(_, token)| token.eq_ignore_ascii_case(word))?.0;
    Some((&tokens[..at], &tokens[at + 1..]))
}

/// Returns the tokens outside of parentheses with their indexes.
pub(crate) fn top_level<'a, 'b>(
    tokens: &'b [&'a str],
) -> impl Iterator<Item = (usize, &'a str)> + 'b {
    let mut depth = 0_usize;
    tokens.iter().enumerate().filter_map(move |(at, token)| {
        match *token {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth == 0 => return Some((at, *token)),
            _ => {}
        }
        None
    })
}

/// Splits a list at its commas, except those within a TYPEOF.
fn items<'a, 'b>(list: &'b [&'a str]) -> Vec<&'b [&'a str]> {
    let (mut items, mut start, mut is_type_of) = (Vec::new(), 0, false);
    for (at, token) in top_level(list) {
        if is_one_of(token, &["TYPEOF", "END"]) {
            is_type_of = token.eq_ignore_ascii_case("TYPEOF");
        } else if token == "," && !is_type_of {
            items.push(&list[start..at]);
            start = at + 1;
        }
    }
    items.push(&list[start..]);
    items
}

pub(crate) fn is_path(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic()) && !word.ends_with('.')
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

pub(crate) fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|other| other.eq_ignore_ascii_case(word))
}

const AGGREGATES: [&str; 7] = ["AVG", "COUNT", "COUNT_DISTINCT", "GROUPING", "MAX", "MIN", "SUM"];

/// Functions whose column has the name of the field.
const TRANSPARENT: [&str; 4] = ["convertCurrency", "convertTimezone", "FORMAT", "toLabel"];

/// The words that can follow the objects of FROM.
const CLAUSES: [&str; 12] = [
    "ALL", "FOR", "GROUP", "HAVING", "LIMIT", "OFFSET", "ORDER", "TYPEOF", "UPDATE", "USING",
    "WHERE", "WITH",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn names(soql: &str) -> Vec<String> {
        let name = |item: Item| match item {
            Item::Column(path) => path.join("."),
            Item::Fields(which) => format!("{which} fields"),
            Item::Unknown => "?".to_owned(),
        };
        Selected::of(soql).items.into_iter().map(name).collect()
    }

    #[test]
    fn columns_are_read_from_the_query() {
        for (soql, columns) in [
            ("SELECT Id FROM Account", "Id"),
            ("select\n Id , Owner.Name\nfrom Account", "Id|Owner.Name"),
            ("SELECT FromDate__c, Id FROM X", "FromDate__c|Id"),
            ("SELECT c.Id, c.Account.Name FROM Contact c", "Id|Account.Name"),
            (
                "SELECT c.Id, a.Name, o.Alias FROM Contact AS c, c.Account a, a.Owner o WHERE c.X = 1",
                "Id|Account.Name|Account.Owner.Alias",
            ),
            ("SELECT Contact.Id, Contact.Account.Name FROM Contact LIMIT 1", "Id|Account.Name"),
            ("SELECT Id FROM Account USING SCOPE mine", "Id"),
            (
                "SELECT Id, (SELECT Id FROM Contacts WHERE Name LIKE '(%') FROM Account",
                "Id|Contacts",
            ),
            (
                "SELECT Id, (SELECT x.Id FROM a.Contacts x WHERE A = 'it\\'s ) FROM') FROM Account a",
                "Id|Contacts",
            ),
            (
                "SELECT TYPEOF What WHEN Account THEN Phone, Name WHEN Opportunity THEN Owner.Name \
              ELSE Id END, Subject FROM Event",
                "What.Phone|What.Name|What.Owner.Name|What.Id|Subject",
            ),
            (
                "SELECT toLabel(Status), toLabel(Account.Industry), FORMAT(Amount) FROM X",
                "Status|Account.Industry|Amount",
            ),
            ("SELECT FORMAT(convertCurrency(Amount)), FORMAT(Amount) shown FROM X", "Amount|shown"),
            ("SELECT COUNT(Id) FROM Account", "expr0"),
            ("SELECT MAX(Amount), MIN(Amount) least, COUNT(Id) FROM X", "expr0|least|expr1"),
            ("SELECT Account.Name, COUNT(Id) FROM Contact GROUP BY Account.Name", "Name|expr0"),
            (
                "SELECT CALENDAR_YEAR(CreatedDate), Name n, SUM(A) s FROM X GROUP BY Name",
                "expr0|n|s",
            ),
            ("SELECT CALENDAR_YEAR(convertTimezone(CreatedDate)) y FROM X GROUP BY Y", "y"),
            ("SELECT Name FROM Account GROUP BY ROLLUP(Name)", "Name"),
            ("SELECT Id, Max FROM Group", "Id|Max"),
            ("SELECT FIELDS(ALL), Owner.Name FROM Account LIMIT 1", "ALL fields|Owner.Name"),
            ("SELECT DISTANCE(L__c, GEOLOCATION(1,2), 'mi') FROM X", "?"),
            ("SELECT Id FROM X WHERE Id IN (SELECT A FROM B GROUP BY C)", "Id"),
            ("FIND {x}", ""),
            ("", ""),
            ("SELECT", ""),
            ("SELECT 'x", ""),
        ] {
            assert_eq!(names(soql).join("|"), columns, "{soql}");
        }
    }

    #[test]
    fn only_select_count_is_a_count() {
        for (soql, is_count) in [
            ("SELECT COUNT() FROM Account", true),
            ("select count ( ) from Account", true),
            ("SELECT COUNT(Id) FROM Account", false),
        ] {
            assert_eq!(Selected::of(soql).is_count, is_count, "{soql}");
        }
    }

    #[test]
    fn parts_that_bulk_jobs_do_not_support() {
        for (soql, obstacle) in [
            ("SELECT Id FROM Account", None),
            ("SELECT Id, Offset__c FROM Group LIMIT 5", None),
            ("SELECT Id FROM X WHERE Name = 'GROUP BY OFFSET 5' ORDER BY Name", None),
            ("SELECT Id FROM X WHERE Id IN (SELECT A FROM B)", None),
            ("SELECT toLabel(Status), FORMAT(Amount) FROM X", None),
            ("SELECT Name FROM Account GROUP BY Name", Some("GROUP BY")),
            ("select count() from Account", Some("aggregate functions such as COUNT()")),
            ("SELECT MAX(Amount) m FROM X", Some("aggregate functions such as COUNT()")),
            ("SELECT TYPEOF What WHEN Account THEN Id END FROM Event", Some("TYPEOF")),
            ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", {
                Some("sub-queries in the SELECT list")
            }),
            ("SELECT Id FROM Account LIMIT 5 OFFSET 5", Some("OFFSET")),
            ("", None),
        ] {
            assert_eq!(bulk_obstacle(soql), obstacle, "{soql}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(soql in "(SELECT |FROM |TYPEOF |END|[(),'.\\\\ a-zå]){0,40}") {
            Selected::of(&soql);
            bulk_obstacle(&soql);
        }
    }
}
