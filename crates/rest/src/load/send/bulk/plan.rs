use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;

use crate::bulk::JobOperation;
use crate::load::check::{CheckedFile, Operation};
use crate::load::columns::{ATTRIBUTES, Column, Plan};
use crate::load::fault::{CheckError, Fault, FaultKind, Faults, Place};
use crate::load::read::Form;
use crate::load::record::Prepared;

/// The jobs of a load by the Bulk API: their operation, the columns of their CSV and their size.
#[derive(Clone, Debug)]
pub struct BulkPlan {
    operation: JobOperation,
    header: Vec<String>,
    /// The indexes of the columns by their names in lower case.
    indexes: HashMap<String, usize>,
    pub(super) max_rows: u64,
}

impl CheckedFile {
    /// Returns the plan of a load by the Bulk API. Deleted records skip the recycle bin if
    /// `hard_delete`.
    ///
    /// JSON is read once more, to find the names of all its fields and the values that CSV cannot
    /// express: objects, lists, and the text `#N/A`, which empties a field.
    pub fn bulk_plan(&self, hard_delete: bool) -> Result<BulkPlan, CheckError> {
        let operation = match &self.plan.operation {
            Operation::Create => JobOperation::Insert,
            Operation::Update => JobOperation::Update,
            Operation::Upsert(key) => {
                let field = self.plan.schema.object.field(key);
                JobOperation::Upsert(field.map_or_else(|| key.clone(), |field| field.name.clone()))
            }
            Operation::Delete if hard_delete => JobOperation::HardDelete,
            Operation::Delete => JobOperation::Delete,
            Operation::DeleteBy(_) | Operation::UpdateBy(_) => {
                let what = "the Bulk API updates and deletes records by Id only";
                return Err(CheckError::nowhere(FaultKind::not_wanted(what)));
            }
        };
        let mut plan = BulkPlan {
            operation,
            header: Vec::new(),
            indexes: HashMap::new(),
            max_rows: MAX_JOB_ROWS,
        };
        let mut rows = self.file.rows()?;
        match self.file.layout.form {
            Form::Csv | Form::Ids => {
                let columns = self.plan.columns(rows.header()).table;
                let is_sent = |it: &&Column| !matches!(it, Column::Ignored | Column::Marker { .. });
                columns.iter().filter(is_sent).for_each(|column| plan.add(&column.name()));
            }
            Form::Json => {
                let mut columns = self.plan.columns(rows.header());
                let mut faults = Faults::default();
                while let Some(row) = rows.next()? {
                    // Every row was valid. If the file has changed since, the load finds it out.
                    let Ok(prepared) = self.plan.prepare(&mut columns, &row) else { continue };
                    let place = |name: &str| Place::row(row.number, row.line).with_name(name);
                    for (name, cell) in cells(&self.plan, &prepared) {
                        plan.add(&name);
                        if let Err(kind) = cell {
                            faults.add(Fault::new(place(&name), kind));
                        }
                    }
                }
                if !faults.is_empty() {
                    return Err(faults.into());
                }
            }
        }
        Ok(plan)
    }
}

impl BulkPlan {
    /// The operation of the jobs.
    pub fn operation(&self) -> &JobOperation {
        &self.operation
    }

    /// Sets the number of rows of a job, 1 to 500,000; default: 500,000.
    #[must_use]
    pub fn max_rows(mut self, rows: u64) -> Self {
        self.max_rows = rows.clamp(1, MAX_JOB_ROWS);
        self
    }

    /// The names of the columns.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// Returns the cells of a row. A field that the row lacks has an empty cell, which leaves it
    /// unchanged.
    pub(super) fn row(&self, plan: &Plan, prepared: &Prepared) -> Option<Vec<String>> {
        let mut row = vec![String::new(); self.header.len()];
        for (name, cell) in cells(plan, prepared) {
            row[*self.indexes.get(&name.to_ascii_lowercase())?] = cell.ok()?;
        }
        Some(row)
    }

    fn add(&mut self, name: &str) {
        let index = self.header.len();
        if *self.indexes.entry(name.to_ascii_lowercase()).or_insert(index) == index {
            self.header.push(name.to_owned());
        }
    }
}

type Cell = (String, Result<String, FaultKind>);

/// Returns the names of the fields of a record and their cells.
fn cells(plan: &Plan, prepared: &Prepared) -> Vec<Cell> {
    let json = format!("{{{}}}", prepared.fields);
    let fields: BTreeMap<String, &RawValue> =
        serde_json::from_str(&json).expect("a prepared record is JSON");
    let key = plan.operation.external_id();
    let is_key = |name: &str| key.is_some_and(|key| key.eq_ignore_ascii_case(name));
    let cells = fields.into_iter().map(|(name, value)| {
        if value.get().starts_with('{')
            && let Some(cell) = related(plan, &name, value)
        {
            return cell;
        }
        let cell = match cell(value) {
            // Salesforce trims text, so this empties the field in the REST API. A job may take the cell
            // for an empty one, which leaves the field unchanged.
            Ok(text) if is_blank(&text) && !is_key(&name) => Ok(NULL.to_owned()),
            cell => cell,
        };
        (name, cell)
    });
    cells.collect()
}

/// Returns the cell of a related record with its external id; `None` if the value is something
/// else.
fn related(plan: &Plan, relationship: &str, value: &RawValue) -> Option<Cell> {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(value.get()).ok()?;
    let mut keys = members.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(ATTRIBUTES));
    let (Some((field, value)), None) = (keys.next(), keys.next()) else { return None };
    let column = plan.related(relationship, field).ok()?;
    // The documentation does not say whether `#N/A` in such a column empties the relationship.
    let cell = match cell(value) {
        Ok(cell) if cell == NULL => Err(FaultKind::not_wanted(
            "a relationship cannot be emptied by its external id: use the field of its id",
        )),
        cell => cell,
    };
    Some((column.name(), cell))
}

fn cell(value: &RawValue) -> Result<String, FaultKind> {
    match value.get() {
        "null" | "\"\"" => Ok(NULL.to_owned()),
        raw if raw.starts_with('"') => {
            let text: String = serde_json::from_str(raw).map_err(|_| FaultKind::NOT_TEXT)?;
            if text == NULL {
                let what = "the Bulk API empties a field with this text";
                return Err(FaultKind::not_wanted(what));
            }
            Ok(text)
        }
        raw if raw.starts_with(['{', '[']) => {
            Err(FaultKind::not_wanted("the Bulk API has no objects and lists as values"))
        }
        raw => Ok(raw.to_owned()),
    }
}

fn is_blank(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte <= b' ')
}

/// The cell that empties a field.
const NULL: &str = "#N/A";

/// The rows of one job. Their outcomes are matched in memory.
const MAX_JOB_ROWS: u64 = 500_000;
