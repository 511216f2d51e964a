//! Execution of a query.

use std::slice::from_ref;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::group::Grouped;
use super::{Child, Column, Condition, Fields, Item, Name, Names, Operand, Order, Query, Result};
use super::{SoqlError, parser};
use crate::rest::schema::{Kind, ObjectType, Schema};
use crate::rest::store::{Records, Row, Stored};

/// A query with resolved names.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    object: &'a ObjectType,
    select: Selected<'a>,
    condition: Option<Condition<Column>>,
    order: Vec<Order<Column>>,
    limit: Option<usize>,
    offset: usize,
    /// Whether `FIELDS()` was used.
    with_fields: bool,
}

/// The resolved `SELECT` clause.
#[derive(Debug)]
enum Selected<'a> {
    /// `COUNT()`
    Count,
    Groups(Box<Grouped>),
    Parts(Vec<Part<'a>>),
}

/// An item of `SELECT`.
#[derive(Debug)]
pub(super) enum Part<'a> {
    Child(Box<Child<'a>>),
    Column(Box<Column>),
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
    pub(crate) fn new(text: &str, schema: &'a Schema, today: Date) -> Result<Self> {
        Self::resolve(parser::parse(text)?, schema, today)
    }

    /// Resolves the names of a query.
    pub(crate) fn resolve(query: Query, schema: &'a Schema, today: Date) -> Result<Self> {
        let unknown = || SoqlError::no_object(query.object.at, &query.object.text);
        let object = schema.object(&query.object.text).ok_or_else(unknown)?;
        Self::of(query, object, schema, today)
    }

    /// Resolves a query of this object. A sub-query names a relationship in `FROM`.
    pub(super) fn of(
        query: Query,
        object: &'a ObjectType,
        schema: &'a Schema,
        today: Date,
    ) -> Result<Self> {
        let Query { select, alias, condition, group, having, mut order, limit, offset, .. } = query;
        let alias = alias.as_ref().map(|alias| alias.text.as_str());
        let names = Names { schema, object, alias, today, keys: None };
        let with_fields = select.iter().any(|item| matches!(item, Item::Fields(..)));
        let select = if is_count(&select) && group.is_empty() {
            Selected::Count
        } else if !group.is_empty() || select.iter().any(is_aggregate) {
            let keys = std::mem::take(&mut order);
            let grouped = Grouped::find(names, select, &group, having, &keys)?;
            if grouped.is_one() && limit.is_some() {
                let message = "Non-grouped query that uses overall aggregate functions cannot also \
                               use LIMIT";
                return Err(SoqlError::malformed(0, message));
            }
            Selected::Groups(Box::new(grouped))
        } else {
            Selected::Parts(find_parts(names, select, limit)?)
        };
        let condition = condition.map(|condition| names.condition(condition)).transpose()?;
        let order = order.iter().map(|key| names.order(key)).collect::<Result<_>>()?;
        Ok(Self { object, select, condition, order, limit, offset, with_fields })
    }

    pub(crate) fn object(&self) -> &ObjectType {
        self.object
    }

    /// Whether the result has one row a group.
    pub(crate) fn is_aggregate(&self) -> bool {
        self.groups().is_some()
    }

    /// Returns the items of `SELECT`; none for `COUNT()`.
    pub(super) fn parts(&self) -> &[Part<'a>] {
        match &self.select {
            Selected::Parts(parts) => parts,
            Selected::Count | Selected::Groups(_) => &[],
        }
    }

    /// Returns the groups, if the query makes some.
    pub(super) fn groups(&self) -> Option<&Grouped> {
        match &self.select {
            Selected::Groups(grouped) => Some(grouped),
            Selected::Count | Selected::Parts(_) => None,
        }
    }

    /// Runs the query. Links to records begin with `base` (`/services/data/v66.0`).
    pub(crate) fn run(&self, records: &Records, with_deleted: bool, base: &str) -> Found {
        let scope = Scope { records, with_deleted, base };
        let records = match &self.select {
            Selected::Count => {
                let found = self.page(self.matching(scope, |_| true));
                return Found { total: found.len(), records: Vec::new() };
            }
            Selected::Groups(grouped) => {
                self.page(grouped.rows(records, self.matching(scope, |_| true)))
            }
            Selected::Parts(_) => self.rows(&self.found(scope, |_| true), scope),
        };
        Found { total: records.len(), records }
    }

    /// Runs the query on the records that `wanted` selects, and returns its rows.
    pub(crate) fn run_among(
        &self,
        records: &Records,
        base: &str,
        wanted: impl Fn(&Row<'_>) -> bool,
    ) -> Vec<Value> {
        let scope = Scope { records, with_deleted: false, base };
        self.rows(&self.found(scope, wanted), scope)
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
    /// The messages about sub-queries and compound data are those of real orgs. The others follow
    /// their form.
    pub(crate) fn bulk_refusal(&self) -> Option<&'static str> {
        if !matches!(self.select, Selected::Parts(_)) {
            return Some("Aggregate functions not supported in Bulk Query");
        }
        if self.parts().iter().any(|part| matches!(part, Part::Child(_))) {
            return Some(
                "Aggregate Relationships not supported in Bulk V2 Query with CSV content type",
            );
        }
        if self.offset > 0 {
            return Some("OFFSET not supported in Bulk Query");
        }
        if self.with_fields {
            return Some("FIELDS() not supported in Bulk Query");
        }
        let compound = |column: &&Column| matches!(column.kind(), Kind::Address | Kind::Location);
        self.columns()
            .iter()
            .any(compound)
            .then_some("Selecting compound data not supported in Bulk Query")
    }

    /// Returns the rows of these records.
    pub(super) fn rows(&self, found: &[Row<'_>], scope: Scope<'_>) -> Vec<Value> {
        let row = |record: &Row<'_>| labelled(*record, &self.object.name, scope.base);
        let mut rows: Vec<_> = found.iter().map(row).collect();
        for part in self.parts() {
            match part {
                Part::Child(child) => {
                    for (row, children) in rows.iter_mut().zip(child.below(found, scope)) {
                        row[child.relationship] = children;
                    }
                }
                Part::Column(column) => {
                    for (row, record) in rows.iter_mut().zip(found) {
                        put(row, column, *record, scope);
                    }
                }
            }
        }
        rows
    }

    /// Returns the part of the result that `LIMIT` and `OFFSET` select.
    pub(super) fn page<T>(&self, rows: Vec<T>) -> Vec<T> {
        let rows = rows.into_iter().skip(self.offset);
        rows.take(self.limit.unwrap_or(usize::MAX)).collect()
    }

    /// Returns the records of the result.
    fn found<'b>(&self, scope: Scope<'b>, wanted: impl Fn(&Row<'_>) -> bool) -> Vec<Row<'b>> {
        self.page(self.sorted(scope, wanted))
    }

    /// Returns the records for which the condition holds, in the order of the result.
    pub(super) fn sorted<'b>(
        &self,
        scope: Scope<'b>,
        wanted: impl Fn(&Row<'_>) -> bool,
    ) -> Vec<Row<'b>> {
        let mut found = self.matching(scope, wanted);
        found.sort_by(|one, other| {
            Order::compare(&self.order, scope.records, from_ref(one), from_ref(other))
        });
        found
    }

    /// Returns the records for which the condition holds.
    fn matching<'b>(&self, scope: Scope<'b>, wanted: impl Fn(&Row<'_>) -> bool) -> Vec<Row<'b>> {
        let Scope { records, with_deleted, .. } = scope;
        let all = records.all(&self.object.name);
        let seen = all.filter(|record| with_deleted || !record.is_deleted());
        let condition = self.condition.as_ref();
        let holds = |row: &Row<'_>| condition.is_none_or(|it| it.holds(records, from_ref(row)));
        seen.filter(|record| wanted(record)).filter(holds).collect()
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

/// Whether this is `COUNT()` alone, which is answered by a number and no rows.
fn is_count(items: &[Item]) -> bool {
    let [Item::Operand(Operand::Aggregate { field: None, .. }, None)] = items else { return false };
    true
}

fn is_aggregate(item: &Item) -> bool {
    matches!(item, Item::Operand(Operand::Aggregate { .. }, _))
}

/// Resolves the items of a `SELECT` without aggregates.
fn find_parts<'a>(
    names: Names<'a, '_>,
    items: Vec<Item>,
    limit: Option<usize>,
) -> Result<Vec<Part<'a>>> {
    let mut parts = Vec::new();
    for item in items {
        match item {
            Item::Operand(_, Some(alias)) => {
                return Err(SoqlError::unexpected(alias.at, &alias.text));
            }
            Item::Operand(Operand::Field(path), None) => {
                parts.push(Part::Column(Box::new(names.column(&path)?)));
            }
            // A query with an aggregate has groups.
            Item::Operand(Operand::Aggregate { at, .. }, None) => {
                return Err(SoqlError::unexpected(at, "("));
            }
            Item::Fields(kind, place) => {
                parts.extend(all_fields(names.object, kind, &place, limit)?);
            }
            Item::Query(query) => parts.push(Part::Child(Box::new(Child::find(*query, names)?))),
        }
    }
    without_repeats(parts)
}

/// Returns the fields of `FIELDS()`.
fn all_fields<'a>(
    object: &'a ObjectType,
    kind: Fields,
    place: &Name,
    limit: Option<usize>,
) -> Result<impl Iterator<Item = Part<'a>>> {
    if kind != Fields::Standard && limit.is_none_or(|limit| limit > MOST_WITH_FIELDS) {
        let message = "The SOQL FIELDS function must have a LIMIT of at most 200";
        return Err(SoqlError::malformed(place.at, message));
    }
    let at = place.at;
    let wanted = object.fields.iter().filter(move |field| match kind {
        Fields::All => true,
        Fields::Custom => field.name.ends_with("__c"),
        Fields::Standard => !field.name.ends_with("__c"),
    });
    Ok(wanted.map(move |field| {
        Part::Column(Box::new(Column { hops: Vec::new(), field: field.clone(), at }))
    }))
}

const MOST_WITH_FIELDS: usize = 200;

fn without_repeats(parts: Vec<Part<'_>>) -> Result<Vec<Part<'_>>> {
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
