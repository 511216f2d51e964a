//! What a query selects, as far as its text says so.
//!
//! The answer alone does not: of a related record that is not there, it has a null and no fields.

/// The fields that stand between SELECT and FROM, as they were typed.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Selected {
    /// `Account.Name`; and of a sub-query, the relationship it is about.
    pub(super) paths: Vec<String>,
    /// Whether there is nothing else: no function, no alias, no TYPEOF.
    pub(super) complete: bool,
    /// `SELECT COUNT()`, which finds a number and no records.
    pub(super) count: bool,
}

impl Selected {
    pub(super) fn of(soql: &str) -> Self {
        let Some(list) = select_list(soql) else { return Self::default() };
        let items = split(list);
        let compact = |item: &str| item.split_whitespace().collect::<String>();
        if let [item] = items.as_slice()
            && compact(item).eq_ignore_ascii_case("COUNT()")
        {
            return Self { count: true, ..Self::default() };
        }
        let paths: Vec<_> = items.iter().filter_map(|item| path(item)).collect();
        Self { complete: paths.len() == items.len(), paths, count: false }
    }
}

/// A plain field, or the relationship of a sub-query.
fn path(item: &str) -> Option<String> {
    let item = item.trim();
    if let Some(inner) = item.strip_prefix('(') {
        let (_, from) = split_at_word(inner, "FROM")?;
        return from.split(|c: char| !is_name(c)).find(|word| !word.is_empty()).map(str::to_owned);
    }
    let plain = !item.is_empty() && item.chars().all(|c| is_name(c) || c == '.');
    plain.then(|| item.to_owned())
}

fn select_list(soql: &str) -> Option<&str> {
    let soql = soql.trim_start();
    let rest = soql.get(..6).filter(|word| word.eq_ignore_ascii_case("SELECT"))?;
    Some(split_at_word(&soql[rest.len()..], "FROM")?.0)
}

/// At a word that stands in no parentheses.
fn split_at_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let mut depth = 0_u32;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let here = text.get(at..at + word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word));
        if depth == 0 && here && !is_name(before) && !text[at + word.len()..].starts_with(is_name) {
            return Some((&text[..at], &text[at + word.len()..]));
        }
        before = c;
    }
    None
}

fn split(list: &str) -> Vec<&str> {
    let (mut items, mut depth, mut start) = (Vec::new(), 0_u32, 0);
    for (at, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&list[start..]);
    items
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_as_they_were_typed() {
        for (soql, paths, complete) in [
            ("SELECT Id FROM Account", vec!["Id"], true),
            ("select\n Id , Owner.Name\nfrom Account", vec!["Id", "Owner.Name"], true),
            ("SELECT FromDate__c, Id FROM X", vec!["FromDate__c", "Id"], true),
            ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", vec!["Id", "Contacts"], true),
            ("SELECT COUNT(Id) n, Name FROM Account GROUP BY Name", vec!["Name"], false),
            ("SELECT TYPEOF What WHEN Account THEN Phone END FROM Event", vec![], false),
            ("SELECT FIELDS(ALL) FROM Account", vec![], false),
            ("FIND {x}", vec![], false),
            ("", vec![], false),
        ] {
            let selected = Selected::of(soql);
            assert_eq!(
                (selected.paths, selected.complete),
                (paths.iter().map(|p| (*p).to_owned()).collect(), complete),
                "{soql}"
            );
        }
        assert!(Selected::of("SELECT count( ) FROM Account").count);
        assert!(!Selected::of("SELECT COUNT(Id) FROM Account").count);
    }
}
