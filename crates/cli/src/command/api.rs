//! One call to the REST API, in the manner of `gh api`.

mod call;
mod fields;

use std::path::PathBuf;

use call::{Call, Printer};
use fields::Field;
use http::{HeaderName, HeaderValue, Method};

use crate::args::Caller;
use crate::console::Console;
use crate::failure::Failure;
use crate::runtime::wait_for;
use crate::session;

/// Call the REST API with an access token
///
/// List accounts:   orgtoken api query -f q='SELECT Id, Name FROM Account LIMIT 5' -X GET
/// Create one:      orgtoken api sobjects/Account -f Name='Acme AB'
/// Update it:       orgtoken api sobjects/Account/ID -X PATCH -F NumberOfEmployees=12
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// What to call: a path from the root (/services/…), or from /services/data/vNN.N/
    #[arg(value_parser = not_empty)]
    path: String,
    /// The HTTP method; by default GET, or POST if there are fields or a body
    #[arg(short = 'X', long, value_name = "METHOD", value_parser = method)]
    method: Option<Method>,
    /// Add a string to the JSON body, or to the query of a GET; KEY[SUBKEY] and KEY[] nest
    #[arg(short = 'f', long, value_name = "KEY=VALUE", value_parser = Field::parse)]
    raw_field: Vec<Field>,
    /// The same, but true, false, null and numbers keep their type, and @FILE is read
    #[arg(short = 'F', long, value_name = "KEY=VALUE", value_parser = Field::parse)]
    field: Vec<Field>,
    /// Add a header
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(HeaderName, HeaderValue)>,
    /// Send this file as the body; `-` is standard input
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Fetch all pages of the answer, and print each
    #[arg(long)]
    paginate: bool,
    /// Do not print the body of the answer
    #[arg(long)]
    silent: bool,
    /// Print the status line and the headers as well; of a failed call, the whole answer
    #[arg(short, long)]
    include: bool,
    #[command(flatten)]
    caller: Caller,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    // What is wrong with the call itself is found before anyone logs in for it.
    let call = Call::read(args)?;
    let (org, _) = session::org(&args.caller, console)?;
    let printer = Printer { console, include: args.include, silent: args.silent };
    if args.paginate {
        wait_for(call.make_page_by_page(&org, &printer))
    } else {
        wait_for(call.make(&org, &printer))
    }
}

/// A path that is empty, as that of a variable which is not set, would list the resources.
fn not_empty(path: &str) -> Result<String, &'static str> {
    if path.trim().is_empty() { Err("it is empty") } else { Ok(path.to_owned()) }
}

/// Methods are upper case, whatever was typed.
fn method(text: &str) -> Result<Method, &'static str> {
    text.to_ascii_uppercase().parse().map_err(|_| "a method is a word such as GET or PATCH")
}

/// Reads `Name: value`. The token is ours to send, not the command line's.
fn header(text: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
    let (name, value) = text.split_once(':').ok_or("a header is NAME: VALUE")?;
    let name = HeaderName::try_from(name.trim()).map_err(|_| "this is no name of a header")?;
    if name == http::header::AUTHORIZATION {
        return Err("orgtoken sends the token itself");
    }
    let value = HeaderValue::try_from(value.trim()).map_err(|_| "this is no value of a header")?;
    Ok((name, value))
}
