//! Execution of a query.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::filter::Test;
use super::order::Order;
use super::{Child, Column, Condition, Item, Query, Select, SoqlError, parser};
use crate::rest::schema::{Kind, ObjectType, Schema};
use crate::rest::store::{Records, Row, Stored};

/// A query with resolved names.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    object: &'a ObjectType,
    /// `None` for `COUNT()`.
    parts: Option<Vec<Part<'a>>>,
    condition: Option<Condition<Test>>,
    order: Vec<Order>,
    limit: Option<usize>,
}

/// An item of `SELECT`.
#[derive(Debug)]
pub(super) enum Part<'a> {
    Child(Child<'a>),
    Column(Column),
}

/// The result of a query.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    /// The number of matching records. Only `COUNT()` has more than `records`.
    pub(crate) total: usize,
    pub(crate) records: Vec<Value>,
}

/// The data that a query runs against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    records: &'a Records,
    with_deleted: bool,
    /// The start of links to records (`/services/data/v66.0`).
    base: &'a str,
}

impl<'a> Prepared<'a> {
    /// Parses a query and resolves its names.
    pub(crate) fn new(text: &str, schema: &'a Schema) -> Result<Self, SoqlError> {
        let query = parser::parse(text)?;
        let unknown = || SoqlError::no_object(query.object.at, &query.object.text);
        let object = schema.object(&query.object.text).ok_or_else(unknown)?;
        Self::of(query, object, schema)
    }

    /// Resolves a query of this object. A sub-query names a relationship in `FROM`.
    pub(super) fn of(
        query: Query,
        object: &'a ObjectType,
        schema: &'a Schema,
    ) -> Result<Self, SoqlError> {
        let Query { select, object: _, condition, order, limit } = query;
        let part = |item| match item {
            Item::Field(path) => Column::find(schema, object, &path).map(Part::Column),
            Item::Query(query) => Child::find(*query, schema, object).map(Part::Child),
        };
        let parts = match select {
            Select::Count => None,
            Select::Items(items) => {
                let parts = items.into_iter().map(part).collect::<Result<_, _>>()?;
                Some(without_repeats(parts)?)
            }
        };
        let condition = condition.map(|condition| condition.resolve(schema, object));
        let condition = condition.transpose()?;
        let order = order.iter().map(|key| Order::find(schema, object, key));
        let order = order.collect::<Result<_, _>>()?;
        Ok(Self { object, parts, condition, order, limit })
    }

    pub(crate) fn object(&self) -> &ObjectType {
        self.object
    }

    /// Returns the items of `SELECT`; none for `COUNT()`.
    pub(super) fn parts(&self) -> &[Part<'a>] {
        self.parts.as_deref().unwrap_or_default()
    }

    /// Runs the query. Links to records begin with `base` (`/services/data/v66.0`).
    pub(crate) fn run(&self, records: &Records, with_deleted: bool, base: &str) -> Found {
        let scope = Scope { records, with_deleted, base };
        if self.parts.is_none() {
            return Found { total: self.found(scope, |_| true).len(), records: Vec::new() };
        }
        let records = self.rows(scope, |_| true);
        Found { total: records.len(), records }
    }

    /// Returns the matching records as they are now.
    pub(crate) fn stored(&self, records: &Records, with_deleted: bool) -> Vec<Stored> {
        let found = self.found(Scope { records, with_deleted, base: "" }, |_| true);
        found.iter().map(Row::stored).collect()
    }

    /// Returns the fields of `SELECT`, without sub-queries.
    pub(crate) fn columns(&self) -> Vec<&Column> {
        self.parts().iter().filter_map(Part::column).collect()
    }

    /// Returns the reason why a bulk job cannot run the query.
    ///
    /// The two messages are those of real orgs. The one about `COUNT()` follows their form.
    pub(crate) fn bulk_refusal(&self) -> Option<&'static str> {
        if self.parts.is_none() {
            return Some("Aggregate functions not supported in Bulk Query");
        }
        if self.parts().iter().any(|part| matches!(part, Part::Child(_))) {
            return Some(
                "Aggregate Relationships not supported in Bulk V2 Query with CSV content type",
            );
        }
        let compound = |column: &&Column| matches!(column.kind(), Kind::Address | Kind::Location);
        self.columns()
            .iter()
            .any(compound)
            .then_some("Selecting compound data not supported in Bulk Query")
    }

    /// Returns the rows of matching records among those that `wanted` selects.
    pub(super) fn rows(&self, scope: Scope<'_>, wanted: impl Fn(&Row<'_>) -> bool) -> Vec<Value> {
        let found = self.found(scope, wanted);
        found.into_iter().map(|record| self.row(record, scope)).collect()
    }

    fn found<'b>(&self, scope: Scope<'b>, wanted: impl Fn(&Row<'_>) -> bool) -> Vec<Row<'b>> {
        let Scope { records, with_deleted, .. } = scope;
        let all = records.all(&self.object.name);
        let seen = all.filter(|record| with_deleted || !record.is_deleted());
        let holds = |record: &Row<'_>| match &self.condition {
            Some(condition) => condition.holds(records, record),
            None => true,
        };
        let mut found: Vec<_> = seen.filter(|record| wanted(record)).filter(holds).collect();
        if !self.order.is_empty() {
            found.sort_by(|one, other| {
                let mut keys = self.order.iter().map(|key| key.compare(records, one, other));
                keys.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
            });
        }
        found.truncate(self.limit.unwrap_or(usize::MAX));
        found
    }

    fn row(&self, record: Row<'_>, scope: Scope<'_>) -> Value {
        let mut row = labelled(record, &self.object.name, scope.base);
        for part in self.parts() {
            match part {
                Part::Child(child) => row[child.relationship] = child.below(record, scope),
                Part::Column(column) => put(&mut row, column, record, scope),
            }
        }
        row
    }
}

impl Part<'_> {
    fn column(&self) -> Option<&Column> {
        match self {
            Self::Child(_) => None,
            Self::Column(column) => Some(column),
        }
    }

    /// Returns the names that lead to it: `["Account", "Name"]`.
    pub(super) fn path(&self) -> Vec<&str> {
        match self {
            Self::Child(child) => vec![child.relationship],
            Self::Column(column) => column.path(),
        }
    }

    fn at(&self) -> usize {
        match self {
            Self::Child(child) => child.at,
            Self::Column(column) => column.at,
        }
    }
}

fn without_repeats(parts: Vec<Part<'_>>) -> Result<Vec<Part<'_>>, SoqlError> {
    for (place, part) in parts.iter().enumerate() {
        let path = part.path();
        if parts[..place].iter().any(|earlier| earlier.path() == path) {
            let name = path.last().copied().unwrap_or_default();
            let message = format!("duplicate field selected: {name}");
            return Err(SoqlError::malformed(part.at(), message));
        }
    }
    Ok(parts)
}

/// Adds a column to a row. A relationship without a record stays null.
fn put(row: &mut Value, column: &Column, record: Row<'_>, scope: Scope<'_>) {
    let mut place = row;
    let mut owner = record;
    for hop in &column.hops {
        place = &mut place[hop.relationship.as_str()];
        let Some((object, target)) = hop.follow(scope.records, owner) else { return };
        if place.is_null() {
            *place = labelled(target, object, scope.base);
        }
        owner = target;
    }
    place[column.field.name.as_str()] = owner.get(&column.field.name);
}

/// Returns a row with only the attributes that every record has.
fn labelled(record: Row<'_>, object: &str, base: &str) -> Value {
    let url = format!("{base}/sobjects/{object}/{}", record.id());
    json!({ "attributes": { "type": object, "url": url } })
}
