//! Options that Salesforce applies to the records of a command.

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use orgtoken_rest::{AssignmentRule, RecordOptions};

use crate::args::header;
use crate::io::text::is_id;

/// Options of the calls that change records.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Salesforce options")]
pub(crate) struct Options {
    #[command(flatten)]
    headers: Headers,
    /// Assignment rule for accounts, cases and leads [default: the active one]
    #[arg(long, value_name = "ID|off|default", value_parser = assignment_rule)]
    assignment_rule: Option<AssignmentRule>,
    /// Save records although a duplicate rule raises an alert
    #[arg(long)]
    allow_duplicates: bool,
    /// Roll back all rows of a call if one of them fails
    #[arg(long, requires = "from")]
    pub(super) all_or_none: bool,
    /// Rows in a call, up to 200, or 25 with --external-id [default: the maximum]
    #[arg(long, value_name = "NUMBER", requires = "from")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=200))]
    pub(super) batch_size: Option<u8>,
}

/// Headers of the calls.
#[derive(Debug, clap::Args)]
pub(crate) struct Headers {
    /// Add a header to each call that reads or changes records
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = record_header)]
    header: Vec<(HeaderName, HeaderValue)>,
}

impl Options {
    /// Returns the flag of an option that the jobs of the Bulk API do not have, if one is given.
    pub(super) fn not_for_jobs(&self) -> Option<&'static str> {
        [
            (self.all_or_none, "`--all-or-none`"),
            (self.allow_duplicates, "`--allow-duplicates`"),
            (self.batch_size.is_some(), "`--batch-size`"),
            (!self.headers.header.is_empty(), "`--header`"),
        ]
        .into_iter()
        .find_map(|(is_given, flag)| is_given.then_some(flag))
    }

    pub(super) fn to_record_options(&self) -> RecordOptions {
        let mut options = self.headers.to_record_options();
        options.all_or_none = self.all_or_none;
        options.allow_duplicates = self.allow_duplicates;
        options.assignment_rule = self.assignment_rule.clone();
        options
    }
}

impl Headers {
    pub(super) fn to_record_options(&self) -> RecordOptions {
        let mut options = RecordOptions::default();
        options.headers = self.header.iter().cloned().collect();
        options
    }
}

/// Reads a header, except those that describe the bodies.
fn record_header(text: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
    let (name, value) = header(text)?;
    match [ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE].contains(&name) {
        true => Err("orgtoken sets this header"),
        false => Ok((name, value)),
    }
}

fn assignment_rule(text: &str) -> Result<AssignmentRule, &'static str> {
    match text {
        "default" => Ok(AssignmentRule::Default),
        "off" => Ok(AssignmentRule::Off),
        id if is_id(id) => Ok(AssignmentRule::Id(id.to_owned())),
        _ => Err("expected the id of an assignment rule, `off` or `default`"),
    }
}
