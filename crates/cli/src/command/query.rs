//! The records of a SOQL query in several formats.

mod sink;
pub(super) mod table;

use std::io::{self, IsTerminal};
use std::path::Path;

use indicatif::ProgressBar;
use orgtoken_rest::{Org, Page, Query};
use sink::Sink;

use crate::args::{Caller, UsageError};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::{Kind, read};
use crate::io::progress;
use crate::io::text::counted;
use crate::login::resolved_login;
use crate::runtime::wait_for;

/// Run a SOQL query and print all its records
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Query; `-` is stdin
    soql: String,
    /// Output format [default: table on a terminal, else csv; json with --json]
    #[arg(long, alias = "output", value_name = "FORM", value_enum)]
    format: Option<Format>,
    /// Stop after this many records
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// Use the Tooling API
    #[arg(long, conflicts_with = "all_rows")]
    tooling: bool,
    /// Include deleted and archived records
    #[arg(long)]
    all_rows: bool,
    #[command(flatten)]
    caller: Caller,
}

/// The output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns
    Table,
    /// RFC 4180, fields of related records as Account.Name
    Csv,
    /// JSON array of all records
    Json,
    /// One JSON object on each line
    Ndjson,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let soql = soql(args)?;
    let (org, _) = resolved_login::org(&args.caller, console)?;
    let mut sink = Sink::new(args.format.unwrap_or_else(|| default(console)), &soql, console);
    let printed = wait_for(async {
        sink.ask_columns(&org, args.tooling).await;
        print(query(args, &org, &soql), args.limit, &mut sink, console).await
    });
    printed.map_err(|failure| match sink.printed() {
        None => failure,
        Some(n) => failure
            .with_note(format!("the output is incomplete: it ends after {}", counted(n, "record"))),
    })
}

fn soql(args: &Args) -> Result<String, Failure> {
    let soql = match args.soql.as_str() {
        "-" => decode(&read(Path::new("-"), Kind::Body)?)?.to_owned(),
        soql => soql.to_owned(),
    };
    if soql.trim().is_empty() {
        return Err(UsageError::value("SOQL", "the query is empty").into());
    }
    Ok(soql.trim().to_owned())
}

/// Reads the text of a query: UTF-8, with or without a byte order mark.
fn decode(bytes: &[u8]) -> Result<&str, Failure> {
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    match text {
        Ok(text) if !text.contains('\0') => Ok(text),
        text => {
            let is_utf16 = is_utf16 || text.is_ok();
            let found = if is_utf16 { "UTF-16" } else { "not UTF-8" };
            let what = format!("the query on standard input is {found}");
            Err(Failure::new("io.encoding", Some("save the query as UTF-8"), what))
        }
    }
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

/// Prints all pages. One page is in memory at a time.
async fn print(
    mut query: Query,
    limit: Option<u64>,
    sink: &mut Sink<'_>,
    console: &Console,
) -> Result<(), Failure> {
    let mut left = limit.unwrap_or(u64::MAX);
    let mut done = 0;
    // Rows on a terminal show the progress.
    let progress =
        if io::stdout().is_terminal() { ProgressBar::hidden() } else { progress::bar(console, 0) };
    while left > 0
        && let Some(Page { total_size, records, .. }) = query.next().await?
    {
        let records = sink.counted(records, total_size);
        let taken = records.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        sink.page(records.into_iter().take(taken).collect())?;
        (left, done) = (left - taken as u64, done + taken as u64);
        progress.set_length(total_size.min(limit.unwrap_or(u64::MAX)));
        progress.set_position(done);
    }
    drop(progress);
    sink.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_on_standard_input_is_utf_8_with_or_without_a_bom() {
        assert_eq!(decode(b"\xef\xbb\xbfSELECT Id").unwrap(), "SELECT Id");
        for (bytes, found) in [
            (b"\xff\xfeS\0E\0".as_slice(), "UTF-16"),
            (b"\xfe\xff\0S\0E", "UTF-16"),
            (b"S\0E\0", "UTF-16"),
            (b"SELECT \xe5", "not UTF-8"),
        ] {
            let error = decode(bytes).unwrap_err();
            assert_eq!(error.message(), format!("the query on standard input is {found}"));
        }
    }
}
