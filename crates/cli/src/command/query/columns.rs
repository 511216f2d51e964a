//! Records as rows: the fields of related records beside the record's own.

use orgtoken_rest::{Object, Value};

use super::select::Selected;

/// The columns that the rows have: `Account.Name` as `["Account", "Name"]`.
#[derive(Debug, Default)]
pub(super) struct Columns(Vec<Vec<String>>);

impl Columns {
    /// The columns of the first page, in the order of the query.
    pub(super) fn of(records: &[Object], selected: &Selected) -> Self {
        let mut columns = Self::default();
        if records.is_empty() && selected.complete {
            selected.paths.iter().for_each(|path| columns.add(steps(path)));
        }
        for record in records {
            columns.collect(record, &[], selected);
        }
        columns
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Account.Name`
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|steps| steps.join("."))
    }

    /// The texts of one row; nothing for a null.
    pub(super) fn row(&self, record: &Object) -> impl Iterator<Item = String> {
        self.0.iter().map(|steps| find(record, steps).map(text).unwrap_or_default())
    }

    /// Whether a record has a field that is in no column.
    pub(super) fn misses(&self, record: &Object) -> bool {
        let mut own = Self::default();
        own.collect(record, &[], &Selected::default());
        own.0.iter().any(|steps| {
            let known = |column: &Vec<String>| {
                column.len() >= steps.len() && same(&column[..steps.len()], steps)
            };
            find(record, steps).is_some_and(|value| !value.is_null()) && !self.0.iter().any(known)
        })
    }

    fn collect(&mut self, record: &Object, way: &[String], selected: &Selected) {
        for (name, value) in record.iter().filter(|(name, _)| *name != "attributes") {
            let here = [way, std::slice::from_ref(name)].concat();
            match value {
                Value::Object(related) if related.contains_key("attributes") => {
                    self.collect(related, &here, selected);
                }
                Value::Null => self.add_null(here, selected),
                _ => self.add(here),
            }
        }
    }

    /// A null may stand for a record: then the query says which of its fields were wanted.
    fn add_null(&mut self, way: Vec<String>, selected: &Selected) {
        let below = |path: &String| {
            let steps = steps(path);
            (steps.len() > way.len() && same(&steps[..way.len()], &way))
                .then(|| [&way[..], &steps[way.len()..]].concat())
        };
        let wanted: Vec<_> = selected.paths.iter().filter_map(below).collect();
        if wanted.is_empty() {
            return self.add(way);
        }
        wanted.into_iter().for_each(|steps| self.add(steps));
    }

    /// Salesforce's own spelling takes the place of what was typed.
    fn add(&mut self, steps: Vec<String>) {
        match self.0.iter_mut().find(|column| same(column, &steps)) {
            Some(column) => *column = steps,
            None => self.0.push(steps),
        }
    }
}

/// A record without the `attributes` of it and of what is within.
pub(super) fn plain(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(plain).collect(),
        Value::Object(object) => {
            let fields = object.into_iter().filter(|(name, _)| name != "attributes");
            Value::Object(fields.map(|(name, value)| (name, plain(value))).collect())
        }
        value => value,
    }
}

fn find<'a>(record: &'a Object, steps: &[String]) -> Option<&'a Value> {
    let (last, way) = steps.split_last()?;
    let mut owner = record;
    for step in way {
        owner = field(owner, step)?.as_object()?;
    }
    field(owner, last)
}

fn field<'a>(record: &'a Object, name: &str) -> Option<&'a Value> {
    let as_typed = || record.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    record.get(name).or_else(|| as_typed().map(|(_, value)| value))
}

/// A cell. What is neither text nor number, such as a sub-query, is JSON.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(object) if object.contains_key("records") => {
            plain(object["records"].clone()).to_string()
        }
        Value::Array(_) | Value::Object(_) => plain(value.clone()).to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_plain().into_owned(),
    }
}

fn steps(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

fn same(one: &[String], other: &[String]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| one.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn records(value: serde_json::Value) -> Vec<Object> {
        serde_json::from_value(value).unwrap()
    }

    fn table(soql: &str, rows: serde_json::Value) -> (String, Vec<String>) {
        let (rows, selected) = (records(rows), Selected::of(soql));
        let columns = Columns::of(&rows, &selected);
        let names = columns.names().collect::<Vec<_>>().join("|");
        let cells = |row| columns.row(row).collect::<Vec<_>>().join("|");
        (names, rows.iter().map(cells).collect())
    }

    #[test]
    fn related_fields_stand_beside_their_own() {
        let soql = "SELECT id, account.name, account.owner.name, Nick FROM Contact";
        let (names, rows) = table(
            soql,
            json!([
                { "attributes": {}, "Id": "1", "Account": null, "Nick": null },
                { "attributes": {}, "Id": "2", "Nick": 7, "Account":
                    { "attributes": {}, "Name": "Acme", "Owner": { "attributes": {}, "Name": "Robo" } } },
            ]),
        );
        assert_eq!(names, "Id|Account.Name|Account.Owner.Name|Nick");
        assert_eq!(rows, ["1|||", "2|Acme|Robo|7"]);
    }

    #[test]
    fn nobody_found_still_has_columns() {
        assert_eq!(table("SELECT Id, Owner.Name FROM Account", json!([])).0, "Id|Owner.Name");
        assert_eq!(table("SELECT MAX(Id) FROM Account", json!([])).0, "");
    }

    #[test]
    fn sub_queries_and_addresses_are_json() {
        let (names, rows) = table(
            "SELECT Id, (SELECT LastName FROM Contacts), BillingAddress FROM Account",
            json!([{ "attributes": {}, "Id": "1", "BillingAddress": { "city": "Lund" },
                "Contacts": { "totalSize": 1, "done": true, "records":
                    [{ "attributes": {}, "LastName": "Hopper" }] } }]),
        );
        assert_eq!(names, "Id|BillingAddress|Contacts");
        assert_eq!(rows, [r#"1|{"city":"Lund"}|[{"LastName":"Hopper"}]"#]);
    }

    #[test]
    fn csv_cells_are_plain_decimals_with_all_digits() {
        for (number, cell) in
            [("12345678901234567.89", "12345678901234567.89"), ("1E-7", "0.0000001")]
        {
            let records: Vec<Object> =
                serde_json::from_str(&format!(r#"[{{ "N": {number} }}]"#)).unwrap();
            let columns = Columns::of(&records, &Selected::default());
            assert_eq!(columns.row(&records[0]).collect::<Vec<_>>(), [cell]);
        }
    }

    #[test]
    fn a_field_that_comes_late_is_noticed() {
        let first = records(json!([{ "Id": "1", "What": null }]));
        let columns = Columns::of(&first, &Selected::default());
        let late = records(json!([{ "Id": "2", "What": { "attributes": {}, "Phone": "1" } }]));
        assert!(columns.misses(&late[0]) && !columns.misses(&first[0]));
    }
}
