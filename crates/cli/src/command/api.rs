//! One call to the REST API, in the manner of `gh api`.

mod fields;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fields::Field;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use orgtoken_client::{HeldToken, LoginSource, Timeouts, TokenSource};
use orgtoken_rest::{Org, RestError, TIMEOUTS, Usage};
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
    #[arg(short = 'X', long, value_name = "METHOD", value_parser = method)]
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
    let (transport, version) = (session.transport()?, session.api_version().major());
    let source = session.source(transport.clone())?;
    let transport = transport.with_timeouts(timeouts(&args.network));
    let org = |token: &HeldToken| Org::new(transport.clone(), Arc::clone(token.token()), version);
    let answer = wait_for(call.make(&source, args.tokens.min_ttl, org))?;
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

    /// Makes the call, and once more with a new token if the first had ended before its time: a
    /// kept one may have been revoked.
    async fn make(
        &self,
        source: &LoginSource,
        min_ttl: Duration,
        org: impl Fn(&HeldToken) -> Org,
    ) -> Result<Response<Bytes>, Failure> {
        let token = source.token(min_ttl).await?;
        match self.make_at(&org(&token)).await {
            Err(error) if error.is_session_end() => {
                tracing::info!("the token has ended: a new one is got");
                source.invalidate(&token);
                let token = source.token(min_ttl).await?;
                Ok(self.make_at(&org(&token)).await?)
            }
            answer => Ok(answer?),
        }
    }

    async fn make_at(&self, org: &Org) -> Result<Response<Bytes>, RestError> {
        tracing::info!("{} {}", self.method, self.path);
        let (method, headers) = (self.method.clone(), self.headers.clone());
        org.request(method, &self.path, headers, self.body.clone()).await
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
