//! Records that a SOQL query finds, in the form that the next tool takes.

mod columns;
mod select;
mod sink;
mod table;

use std::io::{self, IsTerminal};
use std::path::Path;

use orgtoken_rest::{Org, Page, Query};
use sink::Sink;

use crate::args::Caller;
use crate::console::Console;
use crate::failure::Failure;
use crate::input::{Kind, read_text};
use crate::progress::Progress;
use crate::runtime::wait_for;
use crate::session::Session;

/// Run a SOQL query and print all its records
///
/// orgtoken query 'SELECT Id, Name, Owner.Name FROM Account ORDER BY Name'
/// orgtoken query --format csv - < accounts.soql > accounts.csv
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The query; `-` is standard input
    soql: String,
    /// The form to print; by default table on a terminal, csv elsewhere, json with --json
    #[arg(long, value_name = "FORM", value_enum)]
    format: Option<Format>,
    /// Stop after this many records
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// Ask the Tooling API
    #[arg(long, conflicts_with = "all_rows")]
    tooling: bool,
    /// Include deleted and archived records
    #[arg(long)]
    all_rows: bool,
    #[command(flatten)]
    caller: Caller,
}

/// How records are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people: columns of a terminal
    Table,
    /// For spreadsheets: RFC 4180, fields of related records as Account.Name
    Csv,
    /// A list of all records
    Json,
    /// One record on each line
    Ndjson,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let soql = soql(args)?;
    let session = Session::open(&args.caller, console)?;
    let org = session.org()?;
    let sink = Sink::new(args.format.unwrap_or_else(|| default(console)), &soql, console);
    wait_for(print(query(args, &org, &soql), args.limit, sink, console))
}

fn soql(args: &Args) -> Result<String, Failure> {
    if args.soql != "-" {
        return Ok(args.soql.clone());
    }
    Ok(read_text(Path::new("-"), Kind::Body)?.trim().to_owned())
}

fn default(console: &Console) -> Format {
    match (console.json(), io::stdout().is_terminal()) {
        (true, _) => Format::Json,
        (false, true) => Format::Table,
        (false, false) => Format::Csv,
    }
}

fn query(args: &Args, org: &Org, soql: &str) -> Query {
    let mut query = org.query(soql);
    if args.all_rows {
        query = query.all_rows();
    }
    if args.tooling {
        query = query.tooling();
    }
    match args.limit.and_then(|limit| u16::try_from(limit).ok()) {
        Some(limit) => query.page_size(limit),
        None => query,
    }
}

/// One page is held at a time, however many there are.
async fn print(
    mut query: Query,
    limit: Option<u64>,
    mut sink: Sink<'_>,
    console: &Console,
) -> Result<(), Failure> {
    let mut left = limit.unwrap_or(u64::MAX);
    let mut done = 0;
    let mut progress = Progress::new(console, io::stdout().is_terminal());
    while left > 0
        && let Some(Page { total_size, records, .. }) = query.next().await?
    {
        let records = sink.counted(records, total_size);
        let taken = records.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        sink.page(records.into_iter().take(taken).collect())?;
        (left, done) = (left - taken as u64, done + taken as u64);
        progress.at(done, Some(total_size.min(limit.unwrap_or(u64::MAX))), "records");
    }
    drop(progress);
    sink.end(done)
}
