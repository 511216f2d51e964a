//! Records, one by one or out of a file.

mod failed;
mod fields;
mod many;
mod one;
mod rows;

use std::path::PathBuf;

use clap::Subcommand;
use fields::Field;
use many::{Many, Work};

use crate::args::Caller;
use crate::console::Console;
use crate::failure::Failure;

/// Get, create, update, upsert and delete records
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Get(Box<Get>),
    Create(Box<Create>),
    Update(Box<Update>),
    Upsert(Box<Upsert>),
    Delete(Box<Delete>),
}

/// Print a record as JSON
#[derive(Debug, clap::Args)]
pub(crate) struct Get {
    /// The kind of record, such as Account
    #[arg(value_parser = segment)]
    object: String,
    /// The id of the record
    #[arg(value_parser = segment)]
    id: String,
    /// Only these fields, separated by commas
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    fields: Vec<String>,
    #[command(flatten)]
    caller: Caller,
}

/// Create a record, or one for each row of a file
///
/// orgtoken record create Account Name='Acme AB' NumberOfEmployees:=12
/// orgtoken record create Account --from accounts.csv
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Create {
    /// The kind of record, such as Account
    #[arg(value_parser = segment)]
    object: String,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    common: Common,
}

/// Update a record, or one for each row of a file that has a column Id
#[derive(Debug, clap::Args)]
pub(crate) struct Update {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    common: Common,
}

/// Update the record with this external id, or create it
///
/// orgtoken record upsert Account ExternalId__c 42 Name='Acme AB'
/// orgtoken record upsert Account ExternalId__c --from accounts.csv
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Upsert {
    /// The kind of record, such as Account
    #[arg(value_parser = segment)]
    object: String,
    /// The field that is the external id
    #[arg(value_parser = segment)]
    key: String,
    /// The external id of the record; with --from each row has its own
    #[arg(required_unless_present = "from", conflicts_with = "from", value_parser = segment)]
    value: Option<String>,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    common: Common,
}

/// Delete a record, or one for each row of a file that has a column Id
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    common: Common,
}

/// A record that is there, or as many as a file has rows.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// The kind of record, such as Account
    #[arg(value_parser = segment)]
    object: String,
    /// The id of the record
    #[arg(required_unless_present = "from", conflicts_with = "from", value_parser = segment)]
    id: Option<String>,
}

/// The fields of one record.
#[derive(Debug, clap::Args)]
pub(crate) struct Given {
    /// FIELD=TEXT, or FIELD:=JSON for numbers, true, false and null
    #[arg(value_name = "FIELD=VALUE", value_parser = Field::parse, conflicts_with = "from")]
    fields: Vec<Field>,
    /// Read the record from this JSON file; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    input: Option<PathBuf>,
}

/// Many records.
#[derive(Debug, clap::Args)]
pub(crate) struct Rows {
    /// Read many records from this file, CSV or NDJSON; `-` is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// The format of that file; by default guessed from its name or first character
    #[arg(long, value_name = "FORM", value_enum, requires = "from")]
    format: Option<rows::Format>,
    /// Write rows that failed here, with the reason; by default beside the file
    #[arg(long, value_name = "FILE", requires = "from")]
    failed: Option<PathBuf>,
}

/// What every command takes that changes records.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    #[command(flatten)]
    many: Rows,
    #[command(flatten)]
    caller: Caller,
}

/// A part of a path. An empty one, as of a variable that is not set, would name something else.
fn segment(text: &str) -> Result<String, &'static str> {
    match text {
        "." | ".." => Err("a URL cannot hold it; `record upsert --from` can"),
        _ if text.trim().is_empty() => Err("it is empty"),
        _ => Ok(text.to_owned()),
    }
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<(), Failure> {
    let many = |work, object, common| Many::asked_for(work, object, common, console);
    match command {
        Command::Get(args) => one::get(args, console),
        Command::Create(args) => many(Work::Create, &args.object, &args.common)
            .map_or_else(|| one::create(args, console), Many::run),
        Command::Update(args) => many(Work::Update, &args.which.object, &args.common)
            .map_or_else(|| one::update(args, console), Many::run),
        Command::Upsert(args) => many(Work::Upsert(&args.key), &args.object, &args.common)
            .map_or_else(|| one::upsert(args, console), Many::run),
        Command::Delete(args) => many(Work::Delete, &args.which.object, &args.common)
            .map_or_else(|| one::delete(args, console), Many::run),
    }
}
