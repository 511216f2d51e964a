//! Single records and record files.

mod fields;
mod load;
mod options;
mod single;

use std::path::PathBuf;

use clap::Subcommand;
use fields::Field;
use load::FileLoad;
use options::{Headers, Options};
use orgtoken_rest::load::{Encoding, Form, Operation};

use crate::args::{Caller, api_name, delimiter};
use crate::failure::Failure;
use crate::io::console::Console;

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
    /// Object, such as Account
    #[arg(value_parser = segment)]
    object: String,
    /// Id of the record, or FIELD/VALUE for an external id
    #[arg(value_parser = single::id_or_key)]
    id: String,
    /// Only these fields, comma-separated
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = segment)]
    fields: Vec<String>,
    #[command(flatten)]
    headers: Headers,
    #[command(flatten)]
    caller: Caller,
}

/// Create a record, or one for each row of a file
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// Object, such as Account
    #[arg(value_parser = segment)]
    object: String,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    common: Common,
}

/// Update a record, or one for each row of a file
///
/// A file needs a column Id, or that of --external-id. No record is created.
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
#[derive(Debug, clap::Args)]
pub(crate) struct Upsert {
    /// Object, such as Account
    #[arg(value_parser = segment)]
    object: String,
    /// External id field
    #[arg(value_parser = segment)]
    key: String,
    /// External id of the record; not with --from
    #[arg(required_unless_present = "from", value_parser = segment)]
    value: Option<String>,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    common: Common,
}

/// Delete a record, or one for each row of a file
///
/// A file needs a column Id, or that of --external-id, or has one id on each line.
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    which: Which,
    /// Delete the records of a file without a question; needed without a terminal
    #[arg(long)]
    yes: bool,
    /// Delete the records of a file for good, without the recycle bin
    #[arg(long, requires = "bulk")]
    hard_delete: bool,
    #[command(flatten)]
    common: Common,
}

/// An existing record, or the object of a record file.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Object, such as Account
    #[arg(value_parser = segment)]
    object: String,
    /// Id of the record, or FIELD/VALUE for an external id
    #[arg(required_unless_present = "from", value_parser = single::id_or_key)]
    id: Option<String>,
    /// Find the records of a file by this external id field, not by Id
    #[arg(long, value_name = "FIELD", requires = "from", value_parser = api_name)]
    external_id: Option<String>,
}

/// The fields of one record.
#[derive(Debug, clap::Args)]
pub(crate) struct Given {
    /// FIELD=TEXT, or FIELD:=JSON for numbers, true, false and null
    #[arg(value_name = "FIELD=VALUE", value_parser = Field::parse)]
    fields: Vec<Field>,
    /// Read the record from this JSON file; `-` is stdin
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
}

/// A record file and its outputs.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Record files")]
pub(crate) struct Rows {
    /// Read a record from each row of this file; `-` is stdin
    #[arg(long, value_name = "FILE")]
    from: Vec<PathBuf>,
    /// Format of the file [default: detected from its content]
    #[arg(long, value_enum, requires = "from")]
    format: Option<Format>,
    /// Delimiter of a CSV file [default: detected from its header]
    #[arg(long, value_name = "CHAR", value_parser = delimiter, requires = "from")]
    delimiter: Option<u8>,
    /// Encoding of the file [default: utf-8]
    #[arg(long, value_name = "ENCODING", value_enum, requires = "from")]
    encoding: Option<TextEncoding>,
    /// Check every row without sending any
    #[arg(long, requires = "from")]
    dry_run: bool,
    /// Write the rows that succeed and their ids to this file
    #[arg(long, value_name = "FILE", requires = "from")]
    success: Option<PathBuf>,
    /// Write the rows that fail to this file [default: a new one next to the input]
    #[arg(long, value_name = "FILE", requires = "from")]
    failed: Option<PathBuf>,
    /// Journal of the load [default: next to the input]
    #[arg(long, value_name = "FILE", requires = "from")]
    journal: Option<PathBuf>,
    /// Resume a load that ended early from its journal
    #[arg(long, requires = "from", conflicts_with = "dry_run")]
    resume: bool,
    /// Load the file by jobs of Bulk API 2.0
    #[arg(long, requires = "from", help_heading = "Bulk API 2.0")]
    bulk: bool,
    /// Abort the job in progress when the load is interrupted
    #[arg(long, requires = "bulk", help_heading = "Bulk API 2.0")]
    abort_on_interrupt: bool,
}

/// The forms of a record file.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Format {
    /// Header and rows; an empty cell leaves the field unchanged, #N/A empties it
    Csv,
    /// Array, {"records": […]}, or one object on each line
    #[value(alias("ndjson"))]
    Json,
    /// One id on each line
    Ids,
}

impl From<Format> for Form {
    fn from(format: Format) -> Self {
        match format {
            Format::Csv => Self::Csv,
            Format::Json => Self::Json,
            Format::Ids => Self::Ids,
        }
    }
}

/// The encodings of a record file.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum TextEncoding {
    #[value(name = "utf-8", alias("utf8"))]
    Utf8,
    /// CSV of Excel in Western Europe; includes Latin-1
    #[value(name = "windows-1252", aliases(["cp1252", "latin1", "iso-8859-1"]))]
    Windows1252,
}

impl From<TextEncoding> for Encoding {
    fn from(encoding: TextEncoding) -> Self {
        match encoding {
            TextEncoding::Utf8 => Self::Utf8,
            TextEncoding::Windows1252 => Self::Windows1252,
        }
    }
}

/// The arguments of all commands that change records.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    #[command(flatten)]
    rows: Rows,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    caller: Caller,
}

/// Reads a part of a path. An empty one, such as that of an unset variable, would name something
/// else.
fn segment(text: &str) -> Result<String, &'static str> {
    match text {
        "." | ".." => Err("a URL cannot contain it"),
        _ if text.trim().is_empty() => Err("the value is empty"),
        _ => Ok(text.to_owned()),
    }
}

impl Which {
    fn operation(&self, by_id: Operation, by_key: fn(String) -> Operation) -> Operation {
        self.external_id.clone().map_or(by_id, by_key)
    }
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<(), Failure> {
    let load = |operation, object, has_record, common| FileLoad {
        operation,
        object,
        has_record,
        common,
        asks: false,
        is_final: false,
        console,
    };
    match command {
        Command::Get(args) => single::get(args, console),
        Command::Create(args) if args.common.rows.from.is_empty() => single::create(args, console),
        Command::Create(args) => {
            load(Operation::Create, &args.object, !args.given.is_empty(), &args.common).run()
        }
        Command::Update(args) if args.common.rows.from.is_empty() => single::update(args, console),
        Command::Update(args) => {
            let Update { which, given, common } = &**args;
            let operation = which.operation(Operation::Update, Operation::UpdateBy);
            let has_record = which.id.is_some() || !given.is_empty();
            load(operation, &which.object, has_record, common).run()
        }
        Command::Upsert(args) if args.common.rows.from.is_empty() => single::upsert(args, console),
        Command::Upsert(args) => {
            let has_record = args.value.is_some() || !args.given.is_empty();
            load(Operation::Upsert(args.key.clone()), &args.object, has_record, &args.common).run()
        }
        Command::Delete(args) if args.common.rows.from.is_empty() => single::delete(args, console),
        Command::Delete(args) => {
            let operation = args.which.operation(Operation::Delete, Operation::DeleteBy);
            let has_record = args.which.id.is_some();
            let load = load(operation, &args.which.object, has_record, &args.common);
            FileLoad { asks: !args.yes, is_final: args.hard_delete, ..load }.run()
        }
    }
}
