//! One call to the REST API, in the manner of `gh api`.

mod fields;

use std::path::PathBuf;

use bytes::Bytes;
use fields::Field;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use orgtoken_client::Timeouts;
use orgtoken_rest::{Org, TIMEOUTS, Usage};
use serde_json::Value;

use crate::args::{Login, Network, Tokens};
use crate::console::Console;
use crate::failure::Failure;
use crate::input::{Kind, read};
use crate::session::{Session, wait_for};
use crate::text::printable;

/// Call the REST API with an access token
///
/// List accounts:   orgtoken api query -f q='SELECT Id, Name FROM Account LIMIT 5' -X GET
/// Create one:      orgtoken api sobjects/Account -f Name='Acme AB'
/// Update it:       orgtoken api sobjects/Account/ID -X PATCH -F NumberOfEmployees=12
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// What to call: a path from the root (/services/…), or from /services/data/vNN.N/
    path: String,
    /// GET, or POST where there are fields or a body, unless told
    #[arg(short = 'X', long, value_name = "METHOD")]
    method: Option<Method>,
    /// Add a text to the JSON body, or to the query of a GET
    #[arg(short = 'f', long, value_name = "KEY=VALUE", value_parser = Field::parse)]
    raw_field: Vec<Field>,
    /// The same, but true, false, null and numbers are that, and @FILE is its text
    #[arg(short = 'F', long, value_name = "KEY=VALUE", value_parser = Field::parse)]
    field: Vec<Field>,
    /// Add a header
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(HeaderName, HeaderValue)>,
    /// Send this file as the body; `-` is standard input
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Print the status line and the headers of the answer, too
    #[arg(short, long)]
    include: bool,
    #[command(flatten)]
    login: Login,
    #[command(flatten)]
    tokens: Tokens,
    #[command(flatten)]
    network: Network,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    // What is wrong with the call itself is found before anyone logs in for it.
    let call = Call::read(args)?;
    let session = Session::open(&args.login, &args.network, &args.tokens, console)?;
    let transport = session.transport()?.with_timeouts(timeouts(&args.network));
    let version = session.api_version().major();
    let org = Org::new(transport, session.token()?, version);
    tracing::info!("{} {}", call.method, call.path);
    let answer = wait_for(org.request(call.method, &call.path, call.headers, call.body))?;
    if let Some(usage) = Usage::of(answer.headers()) {
        tracing::info!("API calls of the last 24 hours: {} of {}", usage.used, usage.allowed);
    }
    if args.include {
        console.data(head(&answer).as_bytes())?;
    }
    Ok(console.foreign(answer.body())?)
}

/// A call to make.
struct Call {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    fn read(args: &Args) -> Result<Self, Failure> {
        let fields = fields::object(&args.raw_field, &args.field)?;
        let body = match &args.input {
            Some(file) => Some(Bytes::from(read(file, Kind::Body)?.to_vec())),
            None => None,
        };
        let writes = body.is_some() || !fields.is_empty();
        let default = if writes { Method::POST } else { Method::GET };
        let method = args.method.clone().unwrap_or(default);
        let is_query = body.is_some() || method == Method::GET;
        let path = if is_query { fields::query(&args.path, &fields) } else { args.path.clone() };
        let body = match body {
            Some(body) => body,
            None if is_query || fields.is_empty() => Bytes::new(),
            None => Bytes::from(Value::Object(fields).to_string()),
        };
        Ok(Self { method, path, headers: args.header.iter().cloned().collect(), body })
    }
}

/// A call may take as long as Salesforce itself gives it.
fn timeouts(network: &Network) -> Timeouts {
    network.timeout.map_or(TIMEOUTS, |total| Timeouts { head: total, total, ..TIMEOUTS })
}

fn head(answer: &Response<Bytes>) -> String {
    let mut text = format!("{:?} {}\n", answer.version(), answer.status());
    for (name, value) in answer.headers() {
        text += &format!("{name}: {}\n", printable(&String::from_utf8_lossy(value.as_bytes())));
    }
    text.push('\n');
    text
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
