//! Calls to the REST API, with the arguments of `gh api`.

mod call;
mod fields;

use std::path::PathBuf;

use call::{Call, Printer};
use fields::Field;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use orgtoken_oauth::redact;
use orgtoken_rest::RestError;

use crate::args::{Caller, header};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::login::resolved_login;
use crate::runtime::wait_for;

/// Call the REST API with an access token
///
/// The flags for fields, headers and method are those of `gh api`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Path below /services/data/vNN.N/, or from the root if it begins with /
    #[arg(value_parser = not_empty)]
    path: String,
    /// HTTP method [default: GET, or POST with fields or a body]
    #[arg(short = 'X', long, value_name = "METHOD", value_parser = method)]
    method: Option<Method>,
    /// Add a string to the JSON body, or to the query of a GET; KEY[SUBKEY] and KEY[] nest
    #[arg(short = 'f', long, value_name = "KEY=VALUE", value_parser = Field::parse)]
    raw_field: Vec<Field>,
    /// Like --raw-field, but convert true, false, null and numbers, and read @FILE
    #[arg(short = 'F', long, value_name = "KEY=VALUE", value_parser = Field::parse)]
    field: Vec<Field>,
    /// Add a header
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(HeaderName, HeaderValue)>,
    /// Send this file as the body; `-` is stdin
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Fetch all pages and print each
    #[arg(long)]
    paginate: bool,
    /// Do not print the response body
    #[arg(long)]
    silent: bool,
    /// Print status line and headers, and the body of a failed call too
    #[arg(short, long)]
    include: bool,
    #[command(flatten)]
    caller: Caller,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    // Errors in the arguments are reported before a login.
    let call = Call::read(args)?;
    let (org, version) = resolved_login::org(&args.caller, console)?;
    let printer = Printer { console, include: args.include, silent: args.silent };
    let made = if args.paginate {
        wait_for(call.make_page_by_page(&org, &printer))
    } else {
        wait_for(call.make(&org, &printer))
    };
    made.map_err(|failure| match args.hint(&failure, &version.to_string()) {
        Some(hint) => failure.with_hint(hint),
        None if args.only_reads() => failure,
        None => failure.of_change(),
    })
}

impl Args {
    /// Whether the call changes nothing at the org.
    pub(crate) fn only_reads(&self) -> bool {
        self.method().is_safe()
    }

    fn method(&self) -> Method {
        let default = if self.has_body() { Method::POST } else { Method::GET };
        self.method.clone().unwrap_or(default)
    }

    fn has_body(&self) -> bool {
        self.input.is_some() || !self.field.is_empty() || !self.raw_field.is_empty()
    }

    /// Returns the hint about a body, a path or a method that other programs understand differently.
    fn hint(&self, failure: &Failure, version: &str) -> Option<String> {
        let error = failure.error::<RestError>()?.api_error()?;
        let status = error.status();
        if !self.has_body() && error.problems().iter().any(|one| one.code == "JSON_PARSER_ERROR") {
            let hint = "the call has no body: add fields with `-f KEY=VALUE`, or a body with \
                        `--input FILE`";
            return Some(hint.to_owned());
        }
        if status == StatusCode::METHOD_NOT_ALLOWED && self.method.is_none() && self.has_body() {
            let hint = "fields and a body make the method POST: add `-X GET` to send the fields in \
                        the URL; `orgtoken query SOQL` runs a query";
            return Some(hint.to_owned());
        }
        let path = redact::request(&self.path);
        let is_shown = status == StatusCode::NOT_FOUND && !path.contains(redact::WITHHELD);
        match path.strip_prefix('/') {
            _ if !is_shown => None,
            Some(rest) if !rest.starts_with("services/") => Some(format!(
                "`/{rest}` begins at the root of the org; `orgtoken api {rest}` is below \
                 /services/data/{version}/"
            )),
            None if path.starts_with("services/") => {
                Some(format!("a path from the root begins with `/`: `orgtoken api /{path}`"))
            }
            _ => None,
        }
    }
}

/// Refuses an empty path, such as that of an unset variable: it would list the resources.
fn not_empty(path: &str) -> Result<String, &'static str> {
    if path.trim().is_empty() { Err("the value is empty") } else { Ok(path.to_owned()) }
}

/// Reads a method in any case.
fn method(text: &str) -> Result<Method, &'static str> {
    text.to_ascii_uppercase().parse().map_err(|_| "expected a method such as GET or PATCH")
}
