//! The records of a SOQL query in several formats.

mod bulk;
mod sink;
pub(super) mod table;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use orgtoken_rest::bulk::{JobDelimiter, check_query};
use orgtoken_rest::{ListQuery, Org, Page, Query, RestError, without_comments};
use sink::Sink;

use crate::args::{Caller, UsageError, api_name, delimiter};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::{Kind, read_text};
use crate::io::text::{counted, opened};
use crate::login::resolved_login;
use crate::runtime::wait_for;

/// Run a SOQL query and print all its records
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Query; `-` is stdin
    soql: String,
    /// Output format [default: table on a terminal, else csv; json with --json]
    #[arg(long, alias = "output", value_enum)]
    format: Option<Format>,
    /// Stop after this many records
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// Use the Tooling API
    #[arg(long, conflicts_with = "all_rows")]
    tooling: bool,
    /// Include deleted and archived records
    #[arg(long, visible_alias = "all")]
    all_rows: bool,
    /// Put the values of a file, one on each line, in place of `IN :NAME`
    #[arg(long, value_name = "NAME=FILE", value_parser = bind)]
    bind: Vec<(String, PathBuf)>,
    /// Do not put the values of --bind into quotes: numbers, dates
    #[arg(long, requires = "bind")]
    bind_raw: bool,
    /// Delimiter of CSV [default: ,]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Begin CSV with a byte order mark, for Excel
    #[arg(long)]
    bom: bool,
    /// Run the query as a job of Bulk API 2.0; prints CSV
    #[arg(long, help_heading = BULK)]
    bulk: bool,
    /// Write the records to this file, once all are there
    #[arg(long, value_name = "FILE", requires = "bulk", help_heading = BULK)]
    out: Option<PathBuf>,
    /// Abort the job when the command is interrupted
    #[arg(long, requires = "bulk", help_heading = BULK)]
    abort_on_interrupt: bool,
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
    if args.bulk {
        return bulk::run(args, console);
    }
    let (soql, format) = (soql(args)?, args.checked_format(console)?);
    if console.filters() && !matches!(format, Format::Json | Format::Ndjson) {
        return Err(UsageError::conflict("`--jq`", "this `--format`", "orgtoken query").into());
    }
    let queries = args.queries(&soql)?;
    let (org, _) = resolved_login::org(&args.caller, console)?;
    let mut sink = Sink::new(args, format, &soql, console);
    let printed = wait_for(async {
        sink.ask_columns(&org).await;
        print(args, &org, &queries, &mut sink, console).await
    });
    printed.map_err(|failure| match sink.printed() {
        None => with_hint(failure, &soql),
        Some(n) => failure
            .with_note(format!("the output is incomplete: it ends after {}", counted(n, "record"))),
    })
}

/// Replaces the hint about a query that Salesforce cannot parse, if a likely reason is known.
fn with_hint(failure: Failure, soql: &str) -> Failure {
    let answer = failure.error::<RestError>().and_then(RestError::api_error);
    if !answer.is_some_and(|answer| answer.is("MALFORMED_QUERY")) {
        return failure;
    }
    let mut words = soql.split_whitespace().map(str::to_ascii_uppercase);
    let hint = match (words.next().as_deref(), words.next().as_deref()) {
        (Some(_), None) => "this may be a file: `orgtoken query - < FILE` runs the query in it",
        (Some("FIND"), _) => "SOSL runs with `orgtoken api search -X GET -f q='FIND {Acme}'`",
        (_, Some("*")) => "name the fields, or write `FIELDS(ALL)` and `LIMIT 200`",
        _ if soql.contains('"') => {
            "write text in single quotes: `orgtoken query \"SELECT Id FROM Account WHERE Name = 'A'\"`"
        }
        _ => return failure,
    };
    failure.with_hint(hint)
}

impl Args {
    /// Returns the output format. Only CSV has a delimiter and a byte order mark.
    fn checked_format(&self, console: &Console) -> Result<Format, UsageError> {
        let flag = if self.bom { Some("`--bom`") } else { self.delimiter.map(|_| "`--delimiter`") };
        let default =
            || if flag.is_some() && !console.json() { Format::Csv } else { default(console) };
        let format = self.format.unwrap_or_else(default);
        match flag {
            Some(flag) if format != Format::Csv => {
                Err(UsageError::conflict(flag, "a format other than csv", "orgtoken query"))
            }
            _ => Ok(format),
        }
    }

    /// Whether a user at a terminal may want to run the same query as a job.
    fn names_bulk(&self, soql: &str, format: Format) -> bool {
        io::stderr().is_terminal()
            && format == Format::Csv
            && self.delimiter.is_none_or(|byte| JobDelimiter::from_byte(byte).is_some())
            && self.bind.is_empty()
            && self.limit.is_none()
            && !self.tooling
            && check_query(soql).is_ok()
    }

    /// Returns the query, or those over which the list of `--bind` is split.
    fn queries(&self, soql: &str) -> Result<Vec<String>, Failure> {
        let [(name, file)] = self.bind.as_slice() else {
            // Other flags use the last value. Here that would ignore a list.
            return match self.bind.is_empty() {
                true => Ok(vec![soql.to_owned()]),
                false => {
                    Err(UsageError::conflict("a second `--bind`", "the first", "orgtoken query"))?
                }
            };
        };
        let query = ListQuery::parse(soql, name)?;
        let text = text(file)?;
        let mut values = text.lines().map(str::trim).filter(|value| !value.is_empty()).peekable();
        if values.peek().is_some_and(|first| is_header(first, query.field())) {
            let hint = "if it is a header, remove it, as in `sed 1d`; if it is a value, put it on a \
                        later line, or write `FIELD = 'VALUE'` in the query";
            let what = "the first line of the list of `--bind` is the name of a field: it may be a \
                        header";
            return Err(Failure::new("usage.list", Some(hint), what));
        }
        Ok(query.split(values.map(str::to_owned), !self.bind_raw)?)
    }
}

/// Whether the first line of a list is the name of its field, or `Id`: the header of a CSV file, or a
/// value. If the header is in quotes, the values are too, and would match no record.
fn is_header(line: &str, field: &str) -> bool {
    let name = line.trim_matches('"');
    let names = [field, field.rsplit('.').next().unwrap_or(field), "Id"];
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Reads `NAME=FILE`.
fn bind(text: &str) -> Result<(String, PathBuf), &'static str> {
    let (name, file) = text.split_once('=').ok_or(NO_BIND)?;
    match api_name(name) {
        Ok(name) if !file.is_empty() => Ok((name, file.into())),
        _ => Err(NO_BIND),
    }
}

fn soql(args: &Args) -> Result<String, Failure> {
    let soql = match args.soql.as_str() {
        "-" => without_comments(&text(Path::new("-"))?),
        soql => without_comments(soql),
    };
    if soql.is_empty() {
        return Err(UsageError::value("SOQL", "the query is empty").into());
    }
    Ok(soql)
}

/// Reads a text in UTF-8, with or without a byte order mark.
fn text(file: &Path) -> Result<String, Failure> {
    let text = read_text(file, Kind::Body)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    // English text in UTF-16 is also UTF-8.
    if text.contains('\0') {
        let what = format!("`{}` is UTF-16", opened(file));
        return Err(Failure::new("usage.file", Some("save it as UTF-8"), what));
    }
    Ok(text.to_owned())
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

/// Prints all pages of all queries. One page is in memory at a time.
async fn print(
    args: &Args,
    org: &Org,
    queries: &[String],
    sink: &mut Sink<'_>,
    console: &Console,
) -> Result<(), Failure> {
    let limit = args.limit.unwrap_or(u64::MAX);
    let (mut done, mut total) = (0, 0);
    let mut progress = console.progress_of_rows();
    for soql in queries {
        let (mut query, before) = (query(args, org, soql), done);
        while done < limit
            && let Some(Page { total_size, records, .. }) = query.next().await?
        {
            if done == 0 && total_size > MANY_RECORDS && args.names_bulk(soql, sink.format) {
                let records = counted(total_size, "record");
                console.remark(&format_args!("`--bulk` exports {records} with a few API calls"));
            }
            let mut records = sink.counted(records, total_size);
            records.truncate(usize::try_from(limit - done).unwrap_or(usize::MAX));
            (done, total) = (done + records.len() as u64, total.max(before + total_size));
            sink.page(records)?;
            progress.count(done, total.min(limit));
        }
    }
    drop(progress);
    sink.end()
}

/// The number of records above which Salesforce recommends Bulk API 2.0.
const MANY_RECORDS: u64 = 2_000;

const BULK: &str = "Bulk API 2.0";
const NO_BIND: &str = "expected NAME=FILE, for a query with `IN :NAME`";
