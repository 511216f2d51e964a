//! The objects of the org and their fields.

use std::io::{self, IsTerminal};

use bytes::Bytes;
use http::{HeaderMap, Method};
use orgtoken_oauth::redact;
use orgtoken_rest::{FieldDescription, ObjectDescription, Org};

use super::query::table::{csv, table};
use crate::args::{Caller, UsageError, api_name};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::{counted, is_id, nearest};
use crate::login::resolved_login;
use crate::runtime::wait_for;

/// List the objects of the org, or the fields of one
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Object, such as Account [default: a list of all objects]
    #[arg(value_parser = api_name)]
    object: Option<String>,
    /// Output format [default: table on a terminal, else csv; json with --json]
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    caller: Caller,
}

/// The output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Aligned columns
    Table,
    /// RFC 4180
    Csv,
    /// Document of Salesforce, with all properties
    Json,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let default = match (console.json(), io::stdout().is_terminal()) {
        (true, _) => Format::Json,
        (false, true) => Format::Table,
        (false, false) => Format::Csv,
    };
    let format = args.format.unwrap_or(default);
    if console.filters() && format != Format::Json {
        return Err(UsageError::conflict("`--jq`", "this `--format`", "orgtoken describe").into());
    }
    let (org, _) = resolved_login::org(&args.caller, console)?;
    wait_for(async {
        let object = args.object.as_deref();
        let printed = match format {
            Format::Json => print_document(&org, object, console).await,
            Format::Csv | Format::Table => print_rows(&org, object, format, console).await,
        };
        match (printed, object) {
            (Err(failure), Some(object)) => Err(not_found(&org, object, None, failure).await),
            (printed, _) => printed,
        }
    })
}

/// Prints the document of Salesforce.
async fn print_document(org: &Org, object: Option<&str>, console: &Console) -> Result<(), Failure> {
    let path = match object {
        Some(object) => format!("sobjects/{object}/describe"),
        None => "sobjects".to_owned(),
    };
    let answer = org.request(Method::GET, &path, HeaderMap::new(), Bytes::new()).await?;
    console.json_data(answer.body())?;
    console.json_data(b"\n")?;
    Ok(console.end_json()?)
}

async fn print_rows(
    org: &Org,
    object: Option<&str>,
    format: Format,
    console: &Console,
) -> Result<(), Failure> {
    let (head, rows, what) = match object {
        Some(object) => {
            let fields = org.describe(object).await?.fields;
            (&FIELD_COLUMNS, fields.iter().map(field_row).collect::<Vec<_>>(), "field")
        }
        None => (&OBJECT_COLUMNS, org.objects().await?.iter().map(object_row).collect(), "object"),
    };
    let (head, number) = (head.map(str::to_owned).to_vec(), rows.len() as u64);
    if format == Format::Table {
        console.text(&table(head, rows, &[], console.look()))?;
        console.remark(&counted(number, what));
        return Ok(());
    }
    Ok(console.data(&csv([head].into_iter().chain(rows), b','))?)
}

fn object_row(object: &ObjectDescription) -> Vec<String> {
    let can = [
        (object.queryable, "query"),
        (object.createable, "create"),
        (object.updateable, "update"),
        (object.deletable, "delete"),
    ];
    let can: Vec<_> = can.into_iter().filter(|(can, _)| *can).map(|(_, what)| what).collect();
    let prefix = object.key_prefix.clone().unwrap_or_default();
    vec![object.name.clone(), object.label.clone(), prefix, can.join(" ")]
}

fn field_row(field: &FieldDescription) -> Vec<String> {
    let writable = match (field.createable, field.updateable) {
        (true, true) => "",
        (true, false) => "create only",
        (false, true) => "update only",
        (false, false) => "read only",
    };
    let notes = [
        (field.is_required(), "required"),
        (field.external_id, "external id"),
        (field.unique, "unique"),
        (!writable.is_empty(), writable),
    ];
    let notes: Vec<_> = notes.into_iter().filter(|(is, _)| *is).map(|(_, note)| note).collect();
    vec![field.name.clone(), field.label.clone(), kind(field), notes.join(", ")]
}

/// Returns the type of a field with its size: `string(255)`, `currency(18,2)`, `reference(User)`.
fn kind(field: &FieldDescription) -> String {
    let kind = &field.kind;
    match kind.as_str() {
        "reference" => format!("{kind}({})", field.reference_to.join(", ")),
        "currency" | "double" | "percent" if field.precision > 0 => {
            format!("{kind}({},{})", field.precision, field.scale)
        }
        "string" | "textarea" | "encryptedstring" if field.length > 0 => {
            format!("{kind}({})", field.length)
        }
        _ => kind.clone(),
    }
}

/// Replaces the hint of an error about a missing path: names the object if the org does not have it,
/// with a close name, or else the missing record. Both have the same error, so the objects are listed
/// first.
pub(crate) async fn not_found(
    org: &Org,
    object: &str,
    key: Option<&str>,
    failure: Failure,
) -> Failure {
    if failure.code() != "api.not_found" {
        return failure;
    }
    let Ok(objects) = org.objects().await else { return failure };
    let is_object = |it: &&ObjectDescription| it.name.eq_ignore_ascii_case(object);
    match (objects.iter().find(is_object), key) {
        (None, _) => failure.with_hint(unknown_object(&objects, object)),
        (Some(_), None) => failure,
        (Some(object), Some(key)) => failure.with_hint(missing_record(&objects, object, key)),
    }
}

fn unknown_object(objects: &[ObjectDescription], object: &str) -> String {
    let shown = redact::name(object);
    let guess = nearest(object, objects.iter().map(|it| it.name.as_str()));
    let guess = guess.map(|name| format!("; a similar one is `{name}`")).unwrap_or_default();
    format!(
        "the org has no object `{shown}`, or this user cannot see it{guess}; `orgtoken describe` \
         lists the objects"
    )
}

/// `key` is an id, or FIELD/VALUE.
fn missing_record(objects: &[ObjectDescription], object: &ObjectDescription, key: &str) -> String {
    let name = &object.name;
    if let Some((field, _)) = key.split_once('/') {
        return format!(
            "no {name} has this external id, or `{field}` is not an external id; `orgtoken describe \
             {name}` shows which fields are"
        );
    }
    if !is_id(key) {
        return "an id has 15 or 18 letters and digits; FIELD/VALUE finds a record by an external id"
            .to_owned();
    }
    let prefix = &key[..3];
    let has_prefix = |it: &&ObjectDescription| it.key_prefix.as_deref() == Some(prefix);
    match objects.iter().find(has_prefix) {
        Some(other) if other.name != object.name => {
            format!("ids that begin with `{prefix}` are those of {}, not of {name}", other.name)
        }
        _ => format!(
            "no {name} has this id, or this user cannot see it; `orgtoken query 'SELECT Id FROM \
             {name}'` prints the ids"
        ),
    }
}

const FIELD_COLUMNS: [&str; 4] = ["Field", "Label", "Type", "Notes"];
const OBJECT_COLUMNS: [&str; 4] = ["Object", "Label", "Prefix", "Can"];
