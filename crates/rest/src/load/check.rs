use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;

use super::cell::{Kind, quoted};
use super::describe::{Field, Schema};
use super::fault::{Fault, FaultKind, Place};
use super::id::has_prefix;
use super::read::{Data, ReadError, RecordFile, Row};
use crate::{Org, RestError};

/// What is done with each row.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// Creates a record.
    Create,
    /// Deletes the record of the row's `Id`; other columns are not used.
    Delete,
    /// Changes the record of the row's `Id`.
    Update,
    /// Changes the record that this external id finds, or creates one.
    Upsert(String),
}

impl Operation {
    /// `create`, `delete`, `update` or `upsert`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Update => "update",
            Self::Upsert(_) => "upsert",
        }
    }

    /// The column that every row must have a value in.
    fn key(&self) -> Option<&str> {
        match self {
            Self::Create => None,
            Self::Delete | Self::Update => Some(ID),
            Self::Upsert(key) => Some(key),
        }
    }
}

/// A record file of which every row can be sent.
#[derive(Debug)]
pub struct CheckedFile {
    pub(super) file: RecordFile,
    pub(super) plan: Plan,
    pub(super) rows: u64,
    pub(super) hash: [u8; 32],
    /// Where its calls go, by which a journal knows the org again.
    pub(super) org: String,
    ignored: Vec<String>,
}

impl CheckedFile {
    /// The number of rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The file.
    pub fn file(&self) -> &RecordFile {
        &self.file
    }

    /// The object, in Salesforce's spelling.
    pub fn object(&self) -> &str {
        &self.plan.schema.object.name
    }

    /// What is done with each row.
    pub fn operation(&self) -> &Operation {
        &self.plan.operation
    }

    /// Columns that are not sent: those whose name begins with `_`, and all but `Id` of a delete.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }
}

impl RecordFile {
    /// Reads every row and checks it against the description of the object, for which one call is
    /// made, and one for each relationship column.
    pub async fn check(
        self,
        org: &Org,
        object: &str,
        operation: Operation,
    ) -> Result<CheckedFile, CheckError> {
        // A file that cannot be read as a table or a list costs no call.
        let relationships = self.relationships()?;
        let schema = Schema::of(org, object, &relationships).await.map_err(Box::new)?;
        let org = org.url().await.map_err(Box::new)?;
        self.check_against(Plan { schema, operation }, org)
    }

    /// The relationships that its columns, or the fields of its first record, name.
    fn relationships(&self) -> Result<Vec<String>, CheckError> {
        let mut rows = self.rows()?;
        let header = rows.header().iter().filter_map(|name| name.split_once('.'));
        let mut names: Vec<_> = header.map(|(relationship, _)| relationship.to_owned()).collect();
        // What is wrong with the row is found, and counted, when all of them are read.
        if let Ok(Some(Row { data: Data::Members(members), .. })) = rows.next() {
            let nested = members.into_iter().filter(|(_, value)| value.get().starts_with('{'));
            names.extend(nested.map(|(name, _)| name).filter(|name| name != ATTRIBUTES));
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn check_against(self, plan: Plan, org: String) -> Result<CheckedFile, CheckError> {
        let hash = self.hash()?;
        let mut faults = Faults::default();
        let mut rows = self.rows()?;
        let mut columns = Columns::default();
        if self.layout.form == super::Form::Csv {
            columns.table = plan.table(rows.header(), self.layout.line, &mut faults);
        }
        plan.check_key(&mut faults);
        if self.layout.form == super::Form::Ids && plan.operation != Operation::Delete {
            let kind = FaultKind::NotWanted("a list of ids has no fields to write");
            faults.add(Fault::new(Place::default(), kind));
        }
        // Faults of the header would be found again in every row.
        if faults.total > 0 {
            return Err(faults.into());
        }
        let mut number = 0;
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                // After these the rest of the file is still read as it was meant.
                Err(ReadError::Fault(fault)) if is_of_one_row(&fault.kind) => {
                    faults.add(*fault);
                    continue;
                }
                Err(ReadError::Fault(fault)) => {
                    faults.add(*fault);
                    break;
                }
                Err(error) => return Err(error.into()),
            };
            number = row.number;
            if let Err(found) = plan.prepare(&mut columns, &row) {
                faults.extend(found);
            }
        }
        if faults.total > 0 {
            return Err(faults.into());
        }
        let ignored = columns.ignored(rows.header());
        Ok(CheckedFile { file: self, plan, rows: number, hash, org, ignored })
    }
}

fn is_of_one_row(kind: &FaultKind) -> bool {
    matches!(kind, FaultKind::Width { .. } | FaultKind::Encoding { encoding: "UTF-8" })
}

/// What is to be done, and what the org says of the object.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) schema: Schema,
    pub(super) operation: Operation,
}

/// What the names of a file mean.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Of a table, in its order.
    table: Vec<Column>,
    /// Of JSON, by name.
    names: HashMap<String, Column>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Column {
    Field {
        name: String,
        kind: Kind,
    },
    /// The id of the record itself.
    Id,
    Ignored,
    /// `[Account]` of Salesforce Inspector: the object of the row, or of a related record.
    Marker {
        is_own: bool,
    },
    Related {
        relationship: String,
        field: String,
        kind: Kind,
    },
}

impl Columns {
    fn ignored(&self, header: &csv::StringRecord) -> Vec<String> {
        let of_table = self.table.iter().zip(header);
        let of_table = of_table.filter(|(column, _)| is_unsent(column)).map(|(_, name)| name);
        let of_names = self.names.iter().filter(|(_, column)| is_unsent(column));
        let mut ignored: Vec<_> =
            of_table.chain(of_names.map(|(name, _)| name.as_str())).map(str::to_owned).collect();
        ignored.sort();
        ignored
    }
}

fn is_unsent(column: &Column) -> bool {
    matches!(column, Column::Ignored | Column::Marker { .. })
}

/// A row as it is sent.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The record as JSON, without `attributes`: `"Name":"Acme"`.
    pub(super) fields: String,
    /// The id of the record, if the row has it.
    pub(super) id: Option<String>,
}

impl Plan {
    pub(super) fn columns(&self, header: &csv::StringRecord) -> Columns {
        let table = self.table(header, 1, &mut Faults::default());
        Columns { table, names: HashMap::new() }
    }

    /// What the columns of a table mean.
    fn table(&self, header: &csv::StringRecord, line: u64, faults: &mut Faults) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        let mut firsts: BTreeMap<String, usize> = BTreeMap::new();
        for (index, name) in header.iter().enumerate() {
            let place = || Place::line(line).in_column(index + 1, name);
            let column = self.column(name, true).unwrap_or_else(|kind| {
                faults.add(Fault::new(place(), kind));
                Column::Ignored
            });
            if column != Column::Ignored || !name.is_empty() {
                let first = *firsts.entry(self.target(&column, name)).or_insert(index);
                if first != index {
                    faults.add(Fault::new(place(), FaultKind::Duplicate { first: first + 1 }));
                }
            }
            columns.push(column);
        }
        if let Some(key) = self.operation.key()
            && !columns.iter().any(|column| self.is_key(column))
        {
            let kind = FaultKind::MissingColumn(key.to_owned());
            faults.add(Fault::new(Place::line(line), kind));
        }
        columns
    }

    /// The field that a column writes: `AccountId` for `AccountId` and for `Account.Key__c`.
    fn target(&self, column: &Column, name: &str) -> String {
        let field = match column {
            Column::Related { relationship, .. } => {
                self.schema.object.relationship(relationship).map(|field| field.name.as_str())
            }
            Column::Field { name, .. } => Some(name.as_str()),
            Column::Id | Column::Ignored | Column::Marker { .. } => None,
        };
        field.unwrap_or(name).to_ascii_lowercase()
    }

    fn is_key(&self, column: &Column) -> bool {
        match (self.operation.key(), column) {
            (Some(key), Column::Field { name, .. }) => key.eq_ignore_ascii_case(name),
            (Some(key), Column::Id) => key.eq_ignore_ascii_case(ID),
            _ => false,
        }
    }

    /// Whether the field of an upsert finds records.
    fn check_key(&self, faults: &mut Faults) {
        let Operation::Upsert(key) = &self.operation else { return };
        let place = Place::default().with_name(key);
        match self.schema.object.field(key) {
            Some(field) if field.is_key() || field.kind == "id" => {}
            Some(_) => faults.add(Fault::new(place, FaultKind::NotExternalId)),
            None => faults.add(Fault::new(place, self.unknown_field())),
        }
    }

    /// What a name means. API names begin with a letter: what begins with `_` is never a field.
    fn column(&self, name: &str, is_table: bool) -> Result<Column, FaultKind> {
        if name.trim().is_empty() {
            return Err(FaultKind::NoName);
        }
        if name.trim() != name {
            return Err(FaultKind::Spaced);
        }
        if name == "_" || name.eq_ignore_ascii_case(ATTRIBUTES) {
            return Ok(Column::Marker { is_own: true });
        }
        if name.starts_with('_') {
            return Ok(Column::Ignored);
        }
        if name.eq_ignore_ascii_case(ID) {
            return self.id_column();
        }
        if self.operation == Operation::Delete {
            return Ok(Column::Ignored);
        }
        if let Some((relationship, field)) = name.split_once('.').filter(|_| is_table) {
            return self.related(relationship, field);
        }
        let object = &self.schema.object;
        match object.field(name) {
            Some(field) if self.is_writable(field) => {
                let (name, kind) = (field.name.clone(), Kind::of(&field.kind));
                Ok(Column::Field { name, kind })
            }
            Some(_) => Err(FaultKind::NotWritable),
            None if is_table && object.relationship(name).is_some() => {
                Ok(Column::Marker { is_own: false })
            }
            None if name.contains(':') => Err(FaultKind::NotWanted(
                "columns of related records are written as Account.ExternalId__c",
            )),
            None => Err(self.unknown_field()),
        }
    }

    fn id_column(&self) -> Result<Column, FaultKind> {
        match &self.operation {
            Operation::Create => {
                Err(FaultKind::NotWanted("records are created without an id: remove the column"))
            }
            Operation::Upsert(key) if !key.eq_ignore_ascii_case(ID) => Err(FaultKind::NotWanted(
                "an upsert by an external id has no column Id: remove it, or update by Id",
            )),
            _ => Ok(Column::Id),
        }
    }

    fn related(&self, relationship: &str, field: &str) -> Result<Column, FaultKind> {
        let object = &self.schema.object;
        let Some(reference) = object.relationship(relationship) else {
            return Err(self.unknown_field());
        };
        if !self.is_writable(reference) {
            return Err(FaultKind::NotWritable);
        }
        let relationship =
            reference.relationship_name.clone().unwrap_or_else(|| relationship.to_owned());
        let parent = self.schema.parents.get(&relationship.to_ascii_lowercase());
        let Some(parent) = parent else {
            // Of several possible parents, or not described: the org decides.
            return Ok(Column::Related {
                relationship,
                field: field.to_owned(),
                kind: Kind::Other,
            });
        };
        match parent.field(field) {
            Some(found) if found.is_key() || found.kind == "id" => {
                let (field, kind) = (found.name.clone(), Kind::of(&found.kind));
                Ok(Column::Related { relationship, field, kind })
            }
            Some(_) => Err(FaultKind::NotExternalId),
            None => Err(FaultKind::NotField(parent.name.clone())),
        }
    }

    fn is_writable(&self, field: &Field) -> bool {
        match self.operation {
            Operation::Create => field.createable,
            Operation::Update => field.updateable,
            Operation::Delete | Operation::Upsert(_) => field.createable || field.updateable,
        }
    }

    fn unknown_field(&self) -> FaultKind {
        FaultKind::NotField(self.schema.object.name.clone())
    }

    /// Checks a row and writes it as it is sent.
    pub(super) fn prepare(&self, columns: &mut Columns, row: &Row) -> Result<Prepared, Vec<Fault>> {
        let mut sheet = Sheet { plan: self, row, text: String::new(), id: None, faults: vec![] };
        match &row.data {
            Data::Id(id) => sheet.id(Place::row(row.number, row.line), id),
            Data::Cells(cells) => {
                let names = columns.table.iter();
                for (index, (cell, column)) in cells.iter().zip(names).enumerate() {
                    sheet.cell(index, column, cell);
                }
            }
            Data::Members(members) => sheet.members(&mut columns.names, members),
        }
        if sheet.text.is_empty() && sheet.id.is_none() && sheet.faults.is_empty() {
            sheet.fault(Place::row(row.number, row.line), FaultKind::EmptyRow);
        }
        let Sheet { text, id, faults, .. } = sheet;
        if faults.is_empty() { Ok(Prepared { fields: text, id }) } else { Err(faults) }
    }
}

/// One row on its way to JSON.
struct Sheet<'a> {
    plan: &'a Plan,
    row: &'a Row,
    text: String,
    id: Option<String>,
    faults: Vec<Fault>,
}

impl Sheet<'_> {
    fn fault(&mut self, place: Place, kind: FaultKind) {
        self.faults.push(Fault::new(place, kind));
    }

    fn put(&mut self, name: &str, json: &str) {
        let comma = if self.text.is_empty() { "" } else { "," };
        self.text.extend([comma, &quoted(name), ":", json]);
    }

    fn id(&mut self, place: Place, id: &str) {
        let object = &self.plan.schema.object;
        let fits = match &object.key_prefix {
            Some(prefix) => has_prefix(id, prefix),
            None => has_prefix(id, ""),
        };
        match fits {
            Some(true) => {
                self.put(ID, &quoted(id));
                self.id = Some(id.to_owned());
            }
            Some(false) => self.fault(place, FaultKind::OtherObject(object.name.clone())),
            None if id.is_empty() => self.fault(place, FaultKind::EmptyValue),
            None => self.fault(place, FaultKind::NotId),
        }
    }

    fn cell(&mut self, index: usize, column: &Column, cell: &str) {
        let place = |sheet: &Self| {
            let name = match column {
                Column::Field { name, .. } => name.clone(),
                Column::Related { relationship, field, .. } => format!("{relationship}.{field}"),
                Column::Id => ID.to_owned(),
                Column::Ignored | Column::Marker { .. } => "_".to_owned(),
            };
            Place::row(sheet.row.number, sheet.row.line).in_column(index + 1, &name)
        };
        match column {
            Column::Ignored => {}
            Column::Id => self.id(place(self), cell),
            Column::Marker { is_own } => {
                let object = cell.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                let own = &self.plan.schema.object.name;
                let fits = match (object, is_own) {
                    (Some(object), true) => object.eq_ignore_ascii_case(own),
                    (Some(_), false) => true,
                    (None, _) => cell.is_empty(),
                };
                if !fits {
                    self.fault(place(self), FaultKind::OtherObject(own.clone()));
                }
            }
            Column::Field { .. } | Column::Related { .. } if cell.is_empty() => {
                if self.plan.is_key(column) {
                    self.fault(place(self), FaultKind::EmptyValue);
                }
            }
            Column::Field { name, .. } if cell == NULL => {
                if self.plan.is_key(column) {
                    self.fault(place(self), FaultKind::EmptyValue);
                } else {
                    self.put(name, "null");
                }
            }
            Column::Field { name, kind } => match kind.json_of(cell) {
                Ok(json) => self.put(name, &json),
                Err(kind) => self.fault(place(self), kind),
            },
            Column::Related { .. } if cell == NULL => {
                let what = "a relationship cannot be emptied this way: use the column of its id";
                self.fault(place(self), FaultKind::NotWanted(what));
            }
            Column::Related { relationship, field, kind } => match kind.json_of(cell) {
                Ok(json) => self.put(relationship, &format!("{{{}:{json}}}", quoted(field))),
                Err(kind) => self.fault(place(self), kind),
            },
        }
    }

    fn members(
        &mut self,
        known: &mut HashMap<String, Column>,
        members: &[(String, Box<RawValue>)],
    ) {
        let mut has_key = false;
        for (index, (name, value)) in members.iter().enumerate() {
            let place = Place::row(self.row.number, self.row.line).with_name(name);
            let is_twin = |(other, _): &(String, _)| other.eq_ignore_ascii_case(name);
            if members[..index].iter().any(is_twin) {
                self.fault(place, FaultKind::DuplicateName);
                continue;
            }
            if value.get().starts_with('{') && self.nested(&place, name, value) {
                continue;
            }
            let column = match known.get(name) {
                Some(column) => Ok(column.clone()),
                None => self.plan.column(name, false),
            };
            match column {
                Ok(column) => {
                    has_key |= self.plan.is_key(&column);
                    self.member(place, &column, value);
                    known.entry(name.clone()).or_insert(column);
                }
                Err(kind) => self.fault(place, kind),
            }
        }
        if let Some(key) = self.plan.operation.key().filter(|_| !has_key) {
            let place = Place::row(self.row.number, self.row.line).with_name(key);
            self.fault(place, FaultKind::EmptyValue);
        }
    }

    fn member(&mut self, place: Place, column: &Column, value: &RawValue) {
        let is_empty = matches!(value.get(), "null" | "\"\"");
        match column {
            Column::Id => {
                let id: Option<String> = serde_json::from_str(value.get()).ok();
                self.id(place, id.as_deref().unwrap_or_default());
            }
            Column::Field { .. } if is_empty && self.plan.is_key(column) => {
                self.fault(place, FaultKind::EmptyValue);
            }
            Column::Field { name, kind } => match kind.json_of_value(value) {
                Ok(json) => self.put(name, &json),
                Err(kind) => self.fault(place, kind),
            },
            Column::Ignored | Column::Marker { .. } | Column::Related { .. } => {}
        }
    }

    /// Handles `attributes`, and a related record by its external id; `false` if it is neither.
    fn nested(&mut self, place: &Place, name: &str, value: &RawValue) -> bool {
        if name.eq_ignore_ascii_case(ATTRIBUTES) {
            #[derive(serde::Deserialize)]
            struct Attributes {
                #[serde(rename = "type")]
                object: Option<String>,
            }
            let own = &self.plan.schema.object.name;
            let found = serde_json::from_str::<Attributes>(value.get()).ok();
            let other = found.and_then(|it| it.object).filter(|it| !it.eq_ignore_ascii_case(own));
            if other.is_some() {
                self.fault(place.clone(), FaultKind::OtherObject(own.clone()));
            }
            return true;
        }
        if self.plan.operation == Operation::Delete {
            return true;
        }
        let Some(reference) = self.plan.schema.object.relationship(name) else { return false };
        let relationship = reference.relationship_name.clone().unwrap_or_else(|| name.to_owned());
        let members: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(value.get()).unwrap_or_default();
        let mut keys = members.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(ATTRIBUTES));
        let (Some((field, _)), None) = (keys.next(), keys.next()) else {
            let what = "a related record is named by one field, its external id";
            self.fault(place.clone(), FaultKind::NotWanted(what));
            return true;
        };
        match self.plan.related(&relationship, field) {
            Ok(_) => self.put(&relationship, value.get()),
            Err(kind) => {
                let name = format!("{name}.{field}");
                self.fault(place.clone().with_name(&name), kind);
            }
        }
        true
    }
}

/// The first faults of a file, and how many there are.
#[derive(Debug, Default)]
struct Faults {
    first: Vec<Fault>,
    total: u64,
}

impl Faults {
    fn add(&mut self, fault: Fault) {
        self.total += 1;
        if self.first.len() < MOST_FAULTS {
            self.first.push(fault);
        }
    }

    fn extend(&mut self, faults: Vec<Fault>) {
        for fault in faults {
            self.add(fault);
        }
    }
}

/// Why nothing of a file is sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The org did not describe the object.
    #[error(transparent)]
    Describe(#[from] Box<RestError>),
    /// The file has faults.
    #[error("{}", first(faults, *total))]
    Faults {
        /// The first of them, at least one.
        faults: Vec<Fault>,
        /// How many there are.
        total: u64,
    },
    /// The system says no.
    #[error("cannot read the record file")]
    Io(#[from] std::io::Error),
}

impl CheckError {
    /// A short name that stays the same.
    pub fn code(&self) -> &str {
        match self {
            Self::Describe(error) => error.code(),
            Self::Faults { .. } => Fault::CODE,
            Self::Io(_) => "io.read",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Describe(error) => error.hint(),
            Self::Faults { faults, .. } => faults.first().and_then(Fault::hint),
            Self::Io(_) => Some("check who may read the file".into()),
        }
    }
}

fn first(faults: &[Fault], total: u64) -> String {
    match faults {
        [one] if total == 1 => one.to_string(),
        _ if total > faults.len() as u64 => {
            format!("{total} faults in the record file; these are the first {}", faults.len())
        }
        _ => format!("{total} faults in the record file"),
    }
}

impl From<Faults> for CheckError {
    fn from(faults: Faults) -> Self {
        Self::Faults { faults: faults.first, total: faults.total }
    }
}

impl From<ReadError> for CheckError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Fault(fault) => Self::Faults { faults: vec![*fault], total: 1 },
            ReadError::Io(error) | ReadError::Spool(error) => Self::Io(error),
        }
    }
}

const ID: &str = "Id";
const ATTRIBUTES: &str = "attributes";

/// Empties a field: as other loaders of Salesforce write it.
const NULL: &str = "#N/A";

const MOST_FAULTS: usize = 20;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use serde_json::json;

    use super::super::describe::Described;
    use super::*;
    use crate::load::ReadOptions;

    fn described(name: &str, prefix: Option<&str>, fields: &[(&str, &str)]) -> Described {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, kind)| {
                let is_read_only = name.ends_with("Date");
                json!({
                    "name": name, "type": kind, "createable": !is_read_only,
                    "updateable": !is_read_only, "externalId": name.starts_with("Key"),
                    "relationshipName": name.strip_suffix("Id"), "referenceTo": ["Account"],
                })
            })
            .collect();
        let described = json!({ "name": name, "keyPrefix": prefix, "fields": fields });
        serde_json::from_value(described).unwrap()
    }

    fn plan(operation: Operation) -> Plan {
        let object = described(
            "Contact",
            Some("003"),
            &[
                ("Id", "id"),
                ("Name", "string"),
                ("Amount", "currency"),
                ("Count", "int"),
                ("Active", "boolean"),
                ("Born", "date"),
                ("CreatedDate", "datetime"),
                ("AccountId", "reference"),
                ("Key__c", "string"),
            ],
        );
        let parent = described("Account", Some("001"), &[("Name", "string"), ("Key__c", "string")]);
        let parents = BTreeMap::from_iter([("account".to_owned(), parent)]);
        Plan { schema: Schema { object, parents }, operation }
    }

    fn checked(operation: Operation, content: &str) -> Result<CheckedFile, Vec<String>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let texts = |error: CheckError| match error {
            CheckError::Faults { faults, .. } => faults.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        };
        let file = RecordFile::from_file(file, ReadOptions::default())
            .map_err(|error| vec![error.to_string()])?;
        file.check_against(plan(operation), String::new()).map_err(texts)
    }

    /// The records of a file as they are sent.
    fn sent(operation: Operation, content: &str) -> Vec<String> {
        let checked = checked(operation, content).unwrap();
        let mut rows = checked.file.rows().unwrap();
        let mut columns = checked.plan.columns(rows.header());
        let mut sent = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            sent.push(checked.plan.prepare(&mut columns, &row).unwrap().fields);
        }
        sent
    }

    const ID_1: &str = "003xx0000000001AAA";

    fn upsert() -> Operation {
        Operation::Upsert("key__c".to_owned())
    }

    #[test]
    fn header_faults_are_found_before_any_row() {
        use Operation::{Create, Delete, Update};
        let duplicate = "the same field is in column 1 already";
        for (operation, content, fault) in [
            (Create, " Name \nx\n", "line 1, column 1 (` Name `): the name has blanks around it"),
            (Create, "Name,\nx,\n", "line 1, column 2 (``): the column has no name"),
            (Create, "Name,NAME\nx,y\n", &format!("line 1, column 2 (`NAME`): {duplicate}")),
            (
                Create,
                "AccountId,Account.Key__c\n,x\n",
                &format!("line 1, column 2 (`Account.Key__c`): {duplicate}"),
            ),
            (Create, "Nam\nx\n", "line 1, column 1 (`Nam`): `Contact` has no such field"),
            (
                Create,
                "Name|Count\nx|1\n",
                "line 1, column 1 (`Name|Count`): `Contact` has no such field",
            ),
            (
                Create,
                "CreatedDate\nx\n",
                "line 1, column 1 (`CreatedDate`): the field cannot be written",
            ),
            (
                Create,
                "Id,Name\n,x\n",
                "line 1, column 1 (`Id`): records are created without an id: remove the column",
            ),
            (
                Create,
                "Account:Account:Key__c\nx\n",
                "line 1, column 1 (`Account:Account:Key__c`): columns of related records are \
                 written as Account.ExternalId__c",
            ),
            (
                Create,
                "Account.Name\nx\n",
                "line 1, column 1 (`Account.Name`): the field is not an external id",
            ),
            (
                Create,
                "Account.Nam\nx\n",
                "line 1, column 1 (`Account.Nam`): `Account` has no such field",
            ),
            (
                Create,
                "Owner.Key__c\nx\n",
                "line 1, column 1 (`Owner.Key__c`): `Contact` has no such field",
            ),
            (Update, "Name\nx\n", "line 1: the column `Id` is missing"),
            (Delete, "Name\nx\n", "line 1: the column `Id` is missing"),
            (upsert(), "Name\nx\n", "line 1: the column `key__c` is missing"),
            (
                Operation::Upsert("Name".into()),
                "Name\nx\n",
                "field `Name`: the field is not an external id",
            ),
            (
                Operation::Upsert("Nam".into()),
                "Name\nx\n",
                "field `Nam`: `Contact` has no such field",
            ),
            (Update, ID_1, "a list of ids has no fields to write"),
        ] {
            let found = checked(operation, content).map(drop).unwrap_err();
            assert!(found.contains(&fault.to_owned()), "{content}: {found:?}");
        }
    }

    #[test]
    fn row_faults_name_row_and_column() {
        use Operation::{Create, Delete, Update};
        let other = "a record of another object, not of `Contact`";
        for (operation, content, fault) in [
            (Create, "Name,Count\nx,1\ny\n", "line 3, row 2: 1 cells, but the header has 2"),
            (Create, "Name,Count\nx,1\ny,1,2\n", "line 3, row 2: 3 cells, but the header has 2"),
            (Create, "Name,Count\n\"x\ny\",1\n,\n", "line 4, row 2: the row is empty"),
            (Create, "Name;Amount\nx;1,5\n", "line 2, row 1, column 2 (`Amount`): not a number"),
            (Create, "Count\n5.0\n", "line 2, row 1, column 1 (`Count`): not a whole number"),
            (Create, "Active\nWAHR\n", "line 2, row 1, column 1 (`Active`): not true or false"),
            (Create, "Born\n31.12.2026\n", "line 2, row 1, column 1 (`Born`): not a date"),
            (Create, "AccountId\nAcme\n", "line 2, row 1, column 1 (`AccountId`): not a record id"),
            (
                Create,
                "Account.Key__c\n#N/A\n",
                "line 2, row 1, column 1 (`Account.Key__c`): a relationship cannot be emptied this \
                 way: use the column of its id",
            ),
            (
                Create,
                "_,Name\n[Contact],x\n[Lead],y\n",
                &format!("line 3, row 2, column 1 (`_`): {other}"),
            ),
            (Update, "Id,Name\n,x\n", "line 2, row 1, column 1 (`Id`): the value is missing"),
            (Update, "Id,Name\nx,x\n", "line 2, row 1, column 1 (`Id`): not a record id"),
            (
                Delete,
                "Id\n001xx0000000001AAA\n",
                &format!("line 2, row 1, column 1 (`Id`): {other}"),
            ),
            (Delete, "001xx0000000001AAA\n", &format!("line 1, row 1: {other}")),
            (
                upsert(),
                "Key__c\n\"\"\n",
                "line 2, row 1, column 1 (`Key__c`): the value is missing",
            ),
            (
                upsert(),
                "Key__c\n#N/A\n",
                "line 2, row 1, column 1 (`Key__c`): the value is missing",
            ),
            (Create, "[{\"Nam\":1}]", "line 1, row 1, field `Nam`: `Contact` has no such field"),
            (
                Create,
                "[{\"Name\":1}]",
                "line 1, row 1, field `Name`: the field takes text in quotes",
            ),
            (
                Create,
                "{\"Name\":\"a\",\"name\":\"b\"}",
                "line 1, row 1, field `name`: the name is there twice",
            ),
            (
                Create,
                "{\"attributes\":{\"type\":\"Lead\"},\"Name\":\"a\"}",
                &format!("line 1, row 1, field `attributes`: {other}"),
            ),
            (
                Create,
                "{\"Account\":{\"Name\":\"a\"}}",
                "line 1, row 1, field `Account.Name`: the field is not an external id",
            ),
            (
                Create,
                "{\"Account\":{\"Name\":\"a\",\"Id\":\"b\"}}",
                "line 1, row 1, field `Account`: a related record is named by one field, its \
                 external id",
            ),
            (Update, "{\"Name\":\"a\"}", "line 1, row 1, field `Id`: the value is missing"),
            (Create, "{}", "line 1, row 1: the row is empty"),
        ] {
            let found = checked(operation, content).map(drop).unwrap_err();
            assert_eq!(found, [fault], "{content}");
        }
    }

    #[test]
    fn every_fault_is_counted_and_the_first_are_listed() {
        let content = format!("Count\n{}", "x\n".repeat(50));
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let file = RecordFile::from_file(file, ReadOptions::default()).unwrap();
        let error = file.check_against(plan(Operation::Create), String::new()).unwrap_err();
        assert_eq!(error.to_string(), "50 faults in the record file; these are the first 20");
        let CheckError::Faults { faults, .. } = error else { panic!("{error}") };
        assert_eq!(faults.len(), MOST_FAULTS);
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_found_in_every_row() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"Name,Count\nx,1\nM\xfcller,1\ny,\xff\n").unwrap();
        let file = RecordFile::from_file(file, ReadOptions::default()).unwrap();
        let error = file.check_against(plan(Operation::Create), String::new()).unwrap_err();
        let CheckError::Faults { faults, .. } = error else { panic!("{error}") };
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            faults,
            ["line 3, row 2, column 1: not UTF-8", "line 4, row 3, column 2: not UTF-8"]
        );
    }

    #[test]
    fn cells_are_sent_in_the_type_of_their_field() {
        let content = "NAME,Amount,Count,Active,Born,Account.key__c,_note\r\n\
                       \"Acme \"\"X\"\"\",12345678901234567.89,7,TRUE,2026-12-31,k1,old\r\n\
                       #N/A,,#N/A,0,,,\r\n";
        assert_eq!(
            sent(Operation::Create, content),
            [
                r#""Name":"Acme \"X\"","Amount":12345678901234567.89,"Count":7,"Active":true,"Born":"2026-12-31","Account":{"Key__c":"k1"}"#,
                r#""Name":null,"Count":null,"Active":false"#,
            ]
        );
    }

    #[test]
    fn json_is_sent_as_it_was_written() {
        let content = r#"[{"attributes":{"type":"Contact","url":"/x"},"name":"\u00e4",
            "Amount":1.50,"Account":{"Key__c":"k1"},"_error":"old"}]"#;
        assert_eq!(
            sent(Operation::Create, content),
            [r#""Name":"\u00e4","Amount":1.50,"Account":{"Key__c":"k1"}"#]
        );
    }

    #[test]
    fn file_of_bare_ids_or_with_other_columns_deletes() {
        let expected = [format!("\"Id\":\"{ID_1}\"")];
        for content in [
            format!("{ID_1}\n"),
            format!("\n{ID_1}\r\n"),
            format!("Id\n{ID_1}\n"),
            format!("Name,ID,CreatedDate\nx,{ID_1},y\n"),
            format!("[{{\"Id\":\"{ID_1}\",\"Name\":5}}]"),
        ] {
            assert_eq!(sent(Operation::Delete, &content), expected, "{content}");
        }
    }

    #[test]
    fn object_without_a_key_prefix_takes_every_id() {
        let mut plan = plan(Operation::Delete);
        plan.schema.object.key_prefix = None;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"001xx0000000001AAA\n").unwrap();
        let file = RecordFile::from_file(file, ReadOptions::default()).unwrap();
        assert_eq!(file.check_against(plan, String::new()).unwrap().rows(), 1);
    }
}
