//! Calls to the REST API, with the arguments of `gh api`.

mod call;
mod fields;

use std::path::PathBuf;

use call::{Call, Printer};
use fields::Field;
use http::{HeaderName, HeaderValue, Method};

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
    /// Path from the root (/services/…), or below /services/data/vNN.N/
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
    let (org, _) = resolved_login::org(&args.caller, console)?;
    let printer = Printer { console, include: args.include, silent: args.silent };
    if args.paginate {
        wait_for(call.make_page_by_page(&org, &printer))
    } else {
        wait_for(call.make(&org, &printer))
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
