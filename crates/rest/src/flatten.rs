//! Records as rows of a table, with fields of related records as columns.

pub(crate) mod select;

use select::{Item, Selected};

use crate::{FieldDescription, Number, Object, Org, RestError, Value};

/// The path of a value: `Account` and `Name` for `Account.Name`.
type Path = Vec<String>;

/// The columns of a query.
///
/// They are read from the text of the query and do not depend on the data: a missing related record
/// has its columns, too. Names are spelled as in the query. An alias of FROM is left out. TYPEOF
/// has a column for each field of each branch, an aggregate has its alias or `expr0`, and a
/// sub-query has one column.
///
/// ```
/// use orgtoken_rest::{Columns, Object};
///
/// let columns = Columns::from_query("SELECT c.Id, c.Account.Name FROM Contact c").unwrap();
/// assert_eq!(columns.names(), ["Id", "Account.Name"]);
///
/// let contact: Object = serde_json::from_str(r#"{ "Id": "003", "Account": null }"#)?;
/// assert_eq!(columns.row(&contact), ["003", ""]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns(Vec<Path>);

impl Columns {
    /// Reads the columns of a query. `None` if its text does not name all of them, such as
    /// `SELECT FIELDS(ALL)` (see [`Org::columns`]) or `SELECT COUNT()`, which has no records.
    pub fn from_query(soql: &str) -> Option<Self> {
        Self::of_items(Selected::of(soql).items, &[])
    }

    /// Returns the columns for the items of a query on an object with these fields. `None` if the
    /// fields are needed and `fields` is empty.
    fn of_items(items: Vec<Item>, fields: &[FieldDescription]) -> Option<Self> {
        let mut columns = Self::default();
        for item in items {
            match item {
                Item::Column(path) => columns.add(path),
                Item::Fields(_) if fields.is_empty() => return None,
                Item::Fields(which) => {
                    let fits = |field: &&FieldDescription| {
                        which == "ALL" || field.custom == (which == "CUSTOM")
                    };
                    fields.iter().filter(fits).for_each(|it| columns.add(vec![it.name.clone()]));
                }
                Item::Unknown => return None,
            }
        }
        (!columns.is_empty()).then_some(columns)
    }

    /// Returns the columns of a query whose text does not name all of them: the fields of these
    /// records are added.
    pub fn from_records(soql: &str, records: &[Object]) -> Self {
        let mut named = Self::default();
        for item in Selected::of(soql).items {
            if let Item::Column(path) = item {
                named.add(path);
            }
        }
        let mut columns = Self::default();
        records.iter().for_each(|record| columns.collect(record, &[], &named));
        named.0.into_iter().for_each(|path| columns.add(path));
        columns
    }

    /// Whether there are no columns.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the columns, such as `Account.Name`.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|path| path.join(".")).collect()
    }

    /// Returns the cells of a record: empty for null, plain decimals for numbers, JSON for results
    /// of sub-queries and for compound fields.
    pub fn row(&self, record: &Object) -> Vec<String> {
        self.0.iter().map(|path| find(record, path).map(cell).unwrap_or_default()).collect()
    }

    /// Returns the positions of the columns that have numbers in these records, and nothing else.
    pub fn numeric(&self, records: &[Object]) -> Vec<usize> {
        let is_numeric = |path: &Path| {
            let values = records.iter().filter_map(|record| find(record, path));
            let mut values = values.filter(|value| !value.is_null()).peekable();
            values.peek().is_some() && values.all(|value| value.as_number().is_some())
        };
        (0..self.0.len()).filter(|at| is_numeric(&self.0[*at])).collect()
    }

    /// Whether a record has a value for which there is no column.
    pub fn lacks(&self, record: &Object) -> bool {
        let mut own = Self::default();
        own.collect(record, &[], &Self::default());
        own.0.iter().any(|path| {
            let is_null = find(record, path).is_none_or(Value::is_null);
            !is_null && !self.0.iter().any(|column| is_below(column, path))
        })
    }

    /// Adds the fields of a record, and those of related records.
    fn collect(&mut self, record: &Object, above: &[String], named: &Self) {
        for (name, value) in record.iter().filter(|(name, _)| *name != "attributes") {
            let path = [above, std::slice::from_ref(name)].concat();
            match value {
                Value::Object(related) if related.contains_key("attributes") => {
                    self.collect(related, &path, named);
                }
                // A missing related record has the columns that the query names.
                Value::Null if named.0.iter().any(|it| is_below(it, &path)) => {
                    let below = named.0.iter().filter(|it| is_below(it, &path));
                    below.for_each(|path| self.add(path.clone()));
                }
                _ => self.add(path),
            }
        }
    }

    fn add(&mut self, path: Path) {
        if !self.0.iter().any(|column| column.len() == path.len() && is_below(column, &path)) {
            self.0.push(path);
        }
    }
}

impl Org {
    /// Returns the columns of a query. For `FIELDS()` this reads the description of the object,
    /// which is one call. `None` if the columns depend on the records.
    pub async fn columns(&self, soql: &str, tooling: bool) -> Result<Option<Columns>, RestError> {
        let Selected { object, items, .. } = Selected::of(soql);
        let mut fields = Vec::new();
        if items.iter().any(|item| matches!(item, Item::Fields(_))) {
            fields = self.describe_in(&object, tooling).await?.fields;
        }
        Ok(Columns::of_items(items, &fields))
    }
}

/// Whether a query is `SELECT COUNT()`: its result is a number, [`Page::total_size`], without
/// records.
///
/// [`Page::total_size`]: crate::Page::total_size
pub fn is_count(soql: &str) -> bool {
    Selected::of(soql).is_count
}

/// A value without the `attributes` of records, on every level.
pub fn without_attributes(value: Value) -> Value {
    cleaned(value, |number| number)
}

fn cleaned(value: Value, number: fn(Number) -> Number) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| cleaned(item, number)).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(name, _)| name != "attributes");
            Value::Object(fields.map(|(name, value)| (name, cleaned(value, number))).collect())
        }
        Value::Number(value) => Value::Number(number(value)),
        value => value,
    }
}

fn find<'a>(record: &'a Object, path: &[String]) -> Option<&'a Value> {
    let (last, above) = path.split_last()?;
    let owner = above.iter().try_fold(record, |owner, name| field(owner, name)?.as_object())?;
    field(owner, last)
}

/// Finds a field. Salesforce uses its own spelling of names, not that of the query.
fn field<'a>(record: &'a Object, name: &str) -> Option<&'a Value> {
    let by_spelling = || record.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    record.get(name).or_else(|| by_spelling().map(|(_, value)| value))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_plain().into_owned(),
        Value::String(text) => text.clone(),
        Value::Object(object) if object.contains_key("records") => json_cell(&object["records"]),
        Value::Array(_) | Value::Object(_) => json_cell(value),
    }
}

fn json_cell(value: &Value) -> String {
    cleaned(value.clone(), Number::into_plain).to_string()
}

/// Whether `path` is `above` or a field below it. Salesforce ignores case.
fn is_below(path: &[String], above: &[String]) -> bool {
    path.len() >= above.len()
        && path.iter().zip(above).all(|(one, other)| one.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(json: &str) -> Vec<Object> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn columns_do_not_depend_on_the_data() {
        let soql = "SELECT c.Id, c.account.name, Nick FROM Contact c";
        let columns = Columns::from_query(soql).unwrap();
        assert_eq!(columns.names(), ["Id", "account.name", "Nick"]);
        let records = records(
            r#"[{ "attributes": {}, "Id": "1", "Account": null, "Nick": null },
                { "attributes": {}, "Id": "2", "Nick": 7,
                  "Account": { "attributes": {}, "Name": "Acme" } }]"#,
        );
        assert_eq!(columns.row(&records[0]), ["1", "", ""]);
        assert_eq!(columns.row(&records[1]), ["2", "Acme", "7"]);
        assert!(!records.iter().any(|record| columns.lacks(record)));
    }

    #[test]
    fn branches_of_typeof_share_a_column_of_the_same_name() {
        let soql = "SELECT TYPEOF What WHEN Account THEN Phone, Name ELSE Name END FROM Event";
        let columns = Columns::from_query(soql).unwrap();
        assert_eq!(columns.names(), ["What.Phone", "What.Name"]);
        let records =
            records(r#"[{ "What": null }, { "What": { "attributes": {}, "Name": "x" } }]"#);
        assert_eq!(columns.row(&records[0]), ["", ""]);
        assert_eq!(columns.row(&records[1]), ["", "x"]);
    }

    #[test]
    fn sub_queries_and_addresses_are_json() {
        let soql = "SELECT Id, (SELECT LastName FROM Contacts), BillingAddress FROM Account";
        let columns = Columns::from_query(soql).unwrap();
        assert_eq!(columns.names(), ["Id", "Contacts", "BillingAddress"]);
        let records = records(
            r#"[{ "Id": "1", "BillingAddress": { "city": "Lund", "latitude": 1E-7 },
                "Contacts": { "totalSize": 1, "done": true, "records":
                    [{ "attributes": {}, "LastName": "Hopper" }] } }]"#,
        );
        assert_eq!(
            columns.row(&records[0]),
            ["1", r#"[{"LastName":"Hopper"}]"#, r#"{"city":"Lund","latitude":0.0000001}"#]
        );
    }

    #[test]
    fn cells_are_plain_decimals_with_all_digits() {
        let columns = Columns::from_query("SELECT A, B, C FROM X").unwrap();
        let records = records(r#"[{ "A": 12345678901234567.89, "B": 1E-7, "C": -0.0 }]"#);
        assert_eq!(columns.row(&records[0]), ["12345678901234567.89", "0.0000001", "-0.0"]);
    }

    #[test]
    fn unknown_fields_are_taken_from_the_records() {
        let soql = "SELECT FIELDS(ALL), Owner.Name FROM Account LIMIT 200";
        assert_eq!(Columns::from_query(soql), None);
        let records = records(r#"[{ "Id": "1", "Name": null, "Owner": null }]"#);
        assert_eq!(Columns::from_records(soql, &records).names(), ["Id", "Name", "Owner.Name"]);
    }

    #[test]
    fn value_without_a_column_is_noticed() {
        let columns = Columns::from_records("", &records(r#"[{ "Id": "1", "What": null }]"#));
        let late = records(
            r#"[{ "Id": "2", "What": { "attributes": {}, "Phone": "1" } },
                { "Id": "2", "New": 1 }, { "Id": "2", "New": null }]"#,
        );
        assert_eq!(
            late.iter().map(|it| columns.lacks(it)).collect::<Vec<_>>(),
            [true, true, false]
        );
    }
}
