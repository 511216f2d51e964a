//! A call and the output of its response, or of several pages.

use std::collections::HashSet;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Response};
use orgtoken_oauth::redact;
use orgtoken_rest::{Body, Org, RestError, Usage, Value, next_page};

use super::{Args, fields};
use crate::args::UsageError;
use crate::failure::Failure;
use crate::io::console::{Console, OutputError};
use crate::io::input::{Kind, read};
use crate::io::text::printable;

/// A call to make.
pub(super) struct Call {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    pub(super) fn read(args: &Args) -> Result<Self, Failure> {
        let fields = fields::object(&args.raw_field, &args.field)?;
        let body = match &args.input {
            Some(file) => Some(Bytes::from(read(file, Kind::Body)?.to_vec())),
            None => None,
        };
        let method = args.method();
        if args.paginate && method != Method::GET {
            let with = "a method other than GET";
            return Err(UsageError::conflict("`--paginate`", with, "orgtoken api").into());
        }
        let is_query = body.is_some() || method == Method::GET;
        let path = if is_query { fields::query(&args.path, &fields) } else { args.path.clone() };
        let body = match body {
            Some(body) => body,
            None if is_query || fields.is_empty() => Bytes::new(),
            None => Bytes::from(Value::Object(fields).to_string()),
        };
        Ok(Self { method, path, headers: args.header.iter().cloned().collect(), body })
    }

    /// Makes the call and prints the response in pieces, whatever its length.
    pub(super) async fn make(self, org: &Org, printer: &Printer<'_>) -> Result<(), Failure> {
        self.log();
        let only_reads = self.method.is_safe();
        let (method, headers) = (self.method, self.headers);
        let answer = printer.answered(org.send(method, &self.path, headers, self.body).await)?;
        printer.answer(answer).await.map_err(|failure| match only_reads {
            true => failure,
            false => failure.with_note("the call was made"),
        })
    }

    /// Makes the calls for all pages. One page is in memory at a time.
    pub(super) async fn make_page_by_page(
        mut self,
        org: &Org,
        printer: &Printer<'_>,
    ) -> Result<(), Failure> {
        let mut seen = HashSet::new();
        while seen.insert(self.path.clone()) {
            let printed = self.print_page(seen.len() == 1, org, printer).await;
            let is_cut = seen.len() > 1 && !printer.silent;
            let next = printed.map_err(|failure| match is_cut {
                true => failure.with_note(INCOMPLETE),
                false => failure,
            })?;
            let Some(next) = next else { return Ok(()) };
            self.path = next;
        }
        Err(Failure::from(RestError::Loop).with_note(INCOMPLETE))
    }

    /// Prints a page and returns the path of the next one.
    async fn print_page(
        &self,
        is_first: bool,
        org: &Org,
        printer: &Printer<'_>,
    ) -> Result<Option<String>, Failure> {
        self.log();
        let (method, headers, body) =
            (self.method.clone(), self.headers.clone(), self.body.clone());
        let page = printer.answered(org.request(method, &self.path, headers, body).await)?;
        printer.head(&page)?;
        // Each page of a Bulk API job is CSV with a header.
        let is_csv = page.headers().contains_key("sforce-locator");
        let body = page.body();
        let rows = if is_csv && !is_first { without_header(body) } else { body };
        printer.piece(rows, is_json(&page))?;
        // Each page is a document.
        printer.end(rows, true)?;
        Ok(next_page(&self.path, &page))
    }

    fn log(&self) {
        let method = redact::variable(self.method.as_str());
        tracing::info!("{method} {}", redact::request(&self.path));
    }
}

/// The options of the output.
pub(super) struct Printer<'a> {
    pub(super) console: &'a Console,
    pub(super) include: bool,
    pub(super) silent: bool,
}

impl Printer<'_> {
    /// Logs the API usage, or prints the response to a failed call.
    fn answered<T>(&self, answer: Result<Response<T>, RestError>) -> Result<Response<T>, Failure> {
        let answer = answer.inspect_err(|error| self.failed(error))?;
        if let Some(usage) = Usage::from_headers(answer.headers()) {
            tracing::info!("API calls of the last 24 hours: {} of {}", usage.used, usage.allowed);
        }
        Ok(answer)
    }

    fn head<T>(&self, answer: &Response<T>) -> Result<(), OutputError> {
        if !self.include {
            return Ok(());
        }
        let mut text = format!("{:?} {}\n", answer.version(), answer.status());
        for (name, value) in answer.headers() {
            text += &format!("{name}: {}\n", printable(&String::from_utf8_lossy(value.as_bytes())));
        }
        text.push('\n');
        self.console.data(text.as_bytes())
    }

    /// Prints the response to a failed call, with `--include`.
    fn failed(&self, error: &RestError) {
        let Some(failure) = error.api_error().filter(|_| self.include) else { return };
        let answer = failure.response();
        // The error is reported even if the response cannot be printed.
        let _ = self
            .head(answer)
            .and_then(|()| self.piece(answer.body(), is_json(answer)))
            .and_then(|()| self.end(answer.body(), false));
    }

    async fn answer(&self, answer: Response<Body>) -> Result<(), Failure> {
        self.head(&answer)?;
        let is_json = is_json(&answer);
        let mut body = answer.into_body();
        let mut last = Bytes::new();
        loop {
            match body.piece().await {
                Ok(Some(piece)) => {
                    self.piece(&piece, is_json)?;
                    last = piece;
                }
                Ok(None) => return Ok(self.end(&last, false)?),
                // A filter prints nothing before the end.
                Err(error) if self.silent || last.is_empty() || self.console.filters() => {
                    return Err(error.into());
                }
                Err(error) => return Err(Failure::from(error).with_note(INCOMPLETE)),
            }
        }
    }

    fn piece(&self, piece: &[u8], is_json: bool) -> Result<(), OutputError> {
        match is_json || self.console.filters() {
            _ if self.silent => Ok(()),
            true => self.console.json_data(piece),
            false => self.console.data(piece),
        }
    }

    /// Ends a body. The line of its last piece is ended on a terminal, and that of a page always.
    fn end(&self, last: &[u8], is_page: bool) -> Result<(), OutputError> {
        match last.is_empty() || last.ends_with(b"\n") {
            _ if self.silent => Ok(()),
            _ if self.console.filters() => self.console.end_json(),
            true => Ok(()),
            false if is_page => self.console.data(b"\n"),
            false => self.console.end_line(),
        }
    }
}

fn is_json<T>(answer: &Response<T>) -> bool {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"))
}

/// Returns the rows below the header, whose names contain no line break.
fn without_header(page: &[u8]) -> &[u8] {
    let end = page.iter().position(|byte| *byte == b'\n');
    &page[end.map_or(page.len(), |end| end + 1)..]
}

const INCOMPLETE: &str = "the output is incomplete";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_page_is_printed_without_its_header() {
        for (page, rows) in
            [("Id\n1\n2\n", "1\n2\n"), ("Id\r\n1\r\n", "1\r\n"), ("Id\n", ""), ("Id", ""), ("", "")]
        {
            assert_eq!(without_header(page.as_bytes()), rows.as_bytes());
        }
    }
}
