//! A call, made once or for each of several pages, and what is printed of its answers.

use std::collections::HashSet;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::response::Parts;
use http::{HeaderMap, Method, Response};
use orgtoken_oauth::redact;
use orgtoken_rest::{Body, Org, RestError, Usage, Value};
use serde::Deserialize;

use super::{Args, fields};
use crate::args::UsageError;
use crate::console::Console;
use crate::failure::Failure;
use crate::input::{Kind, read};
use crate::text::printable;

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
        let writes = body.is_some() || !fields.is_empty();
        let default = if writes { Method::POST } else { Method::GET };
        let method = args.method.clone().unwrap_or(default);
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

    /// Prints the answer as it comes, however long it is.
    pub(super) async fn make(self, org: &Org, printer: &Printer<'_>) -> Result<(), Failure> {
        let (head, body) = self.send(org, printer).await?.into_parts();
        printer.head(&head)?;
        printer.body(body).await
    }

    /// Follows the pages, one at a time in memory.
    pub(super) async fn make_page_by_page(
        self,
        org: &Org,
        printer: &Printer<'_>,
    ) -> Result<(), Failure> {
        let mut seen = HashSet::from([self.path.clone()]);
        let ended = self.print_pages(&mut seen, org, printer).await;
        let is_first = seen.len() == 1 || printer.silent;
        ended.map_err(|failure| if is_first { failure } else { failure.with_note(INCOMPLETE) })
    }

    /// Prints pages, and adds to those that were seen.
    async fn print_pages(
        mut self,
        seen: &mut HashSet<String>,
        org: &Org,
        printer: &Printer<'_>,
    ) -> Result<(), Failure> {
        loop {
            let (head, body) = self.send(org, printer).await?.into_parts();
            let page = body.whole(MAX_PAGE).await?;
            printer.head(&head)?;
            let is_first = seen.len() == 1;
            // The pages of a Bulk API job are CSV, and each has the header.
            let next = match locator(&head) {
                Some(locator) => {
                    printer.page(if is_first { &page } else { without_header(&page) })?;
                    locator.map(|locator| with_locator(&self.path, locator))
                }
                None => {
                    printer.page(&page)?;
                    serde_json::from_slice::<Links>(&page).ok().and_then(Links::next)
                }
            };
            let Some(next) = next else { return Ok(()) };
            if !seen.insert(next.clone()) {
                return Err(Failure::from(RestError::Loop).with_note(INCOMPLETE));
            }
            self.path = next;
        }
    }

    async fn send(&self, org: &Org, printer: &Printer<'_>) -> Result<Response<Body>, Failure> {
        let method = redact::variable(self.method.as_str());
        tracing::info!("{method} {}", redact::request(&self.path));
        let (method, headers) = (self.method.clone(), self.headers.clone());
        let answer = org.send(method, &self.path, headers, self.body.clone()).await;
        let answer = answer.inspect_err(|error| printer.failed(error))?;
        if let Some(usage) = Usage::of(answer.headers()) {
            tracing::info!("API calls of the last 24 hours: {} of {}", usage.used, usage.allowed);
        }
        Ok(answer)
    }
}

/// What is printed, and where.
pub(super) struct Printer<'a> {
    pub(super) console: &'a Console,
    pub(super) include: bool,
    pub(super) silent: bool,
}

impl Printer<'_> {
    fn head(&self, head: &Parts) -> Result<(), Failure> {
        if !self.include {
            return Ok(());
        }
        let mut text = format!("{:?} {}\n", head.version, head.status);
        for (name, value) in &head.headers {
            text += &format!("{name}: {}\n", printable(&String::from_utf8_lossy(value.as_bytes())));
        }
        text.push('\n');
        Ok(self.console.data(text.as_bytes())?)
    }

    /// The answer to a call that failed, for whoever wants to see all of it.
    fn failed(&self, error: &RestError) {
        let Some(failure) = error.api_error().filter(|_| self.include) else { return };
        let (head, body) = failure.answer().clone().into_parts();
        // That the call failed is told even if nobody reads the answer.
        let _ = self.head(&head).and_then(|()| match self.silent {
            true => Ok(()),
            false => Ok(self.console.foreign(&body)?),
        });
    }

    async fn body(&self, mut body: Body) -> Result<(), Failure> {
        let mut last = Bytes::new();
        loop {
            let piece = match body.piece().await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(error) if self.silent || last.is_empty() => return Err(error.into()),
                Err(error) => return Err(Failure::from(error).with_note(INCOMPLETE)),
            };
            if !self.silent {
                self.console.data(&last)?;
            }
            last = piece;
        }
        if self.silent { Ok(()) } else { Ok(self.console.foreign(&last)?) }
    }

    /// A page and a line break, so that each is a document of its own.
    fn page(&self, page: &[u8]) -> Result<(), Failure> {
        if self.silent || page.is_empty() {
            return Ok(());
        }
        self.console.data(page)?;
        if page.ends_with(b"\n") { Ok(()) } else { Ok(self.console.data(b"\n")?) }
    }
}

/// The `Sforce-Locator` of a page of a job's results, if the answer is one; `null` is the last page.
fn locator(head: &Parts) -> Option<Option<&str>> {
    let locator = head.headers.get("sforce-locator")?.to_str().ok()?;
    Some(Some(locator).filter(|locator| !locator.is_empty() && *locator != "null"))
}

fn with_locator(path: &str, locator: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "locator");
    let mut pairs = Serializer::new(String::new());
    pairs.extend_pairs(kept).append_pair("locator", locator);
    format!("{path}?{}", pairs.finish())
}

/// The rows below the header, whose names hold no line break.
fn without_header(page: &[u8]) -> &[u8] {
    let end = page.iter().position(|byte| *byte == b'\n');
    &page[end.map_or(page.len(), |end| end + 1)..]
}

/// Where the next page is, by the names that the platform's resources have for it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Links {
    next_page_url: Option<String>,
    next_records_url: Option<String>,
}

impl Links {
    fn next(self) -> Option<String> {
        self.next_records_url.or(self.next_page_url)
    }
}

const INCOMPLETE: &str = "the output is incomplete";

/// Pages are made to be held: 2,000 records, or 2,000 rows of a list.
const MAX_PAGE: usize = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locator_leads_to_the_next_page_of_a_job() {
        for (path, expected) in [
            ("jobs/query/750/results", "jobs/query/750/results?locator=MTAw"),
            (
                "jobs/query/750/results?maxRecords=5",
                "jobs/query/750/results?maxRecords=5&locator=MTAw",
            ),
            ("x?locator=old&maxRecords=5", "x?maxRecords=5&locator=MTAw"),
        ] {
            assert_eq!(with_locator(path, "MTAw"), expected);
        }
        for (page, rows) in
            [("Id\n1\n2\n", "1\n2\n"), ("Id\r\n1\r\n", "1\r\n"), ("Id\n", ""), ("Id", ""), ("", "")]
        {
            assert_eq!(without_header(page.as_bytes()), rows.as_bytes());
        }
    }
}
