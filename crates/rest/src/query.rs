use std::collections::HashSet;
use std::mem;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use serde_json::value::RawValue;

use crate::composite::http_headers;
use crate::org::{MAX_BODY, from_json};
use crate::path::encode;
use crate::value::{Budget, MAX_VALUES};
use crate::{ApiError, Object, Org, RestError, Value};

impl Org {
    /// Returns a SOQL query, which [`Query::next`] runs page by page and [`Query::rows`] as a
    /// whole.
    ///
    /// ```no_run
    /// # async fn names(org: orgtoken_rest::Org) -> Result<(), orgtoken_rest::RestError> {
    /// let mut pages = org.query("SELECT Name FROM Account");
    /// while let Some(page) = pages.next().await? {
    ///     for record in &page.records {
    ///         println!("{}", record["Name"]);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn query(&self, soql: &str) -> Query {
        Query {
            org: self.clone(),
            resource: "query",
            soql: soql.to_owned(),
            page_size: None,
            next: Next::First,
            seen: HashSet::new(),
        }
    }
}

/// The pages of a query. One page is in memory at a time.
#[derive(Debug)]
#[must_use = "the query is sent by the first `next`"]
pub struct Query {
    org: Org,
    resource: &'static str,
    soql: String,
    page_size: Option<u16>,
    next: Next,
    /// The pages that were read, to detect a cycle.
    seen: HashSet<String>,
}

#[derive(Debug)]
enum Next {
    First,
    Further(String),
    Done,
}

impl Query {
    /// Includes deleted and archived records.
    pub fn all_rows(mut self) -> Self {
        self.resource = "queryAll";
        self
    }

    /// Sends the query to the Tooling API.
    pub fn tooling(mut self) -> Self {
        self.resource = "tooling/query";
        self
    }

    /// Sets the number of records of a page, from 200 to 2,000; default: 2,000. Salesforce may
    /// return more or fewer.
    pub fn page_size(mut self, records: u16) -> Self {
        self.page_size = Some(records.clamp(200, 2000));
        self
    }

    /// Returns the next page, or `None` after the last one.
    ///
    /// Results of sub-queries are complete: their further pages are read as well.
    pub async fn next(&mut self) -> Result<Option<Page>, RestError> {
        let path = match &self.next {
            Next::First => format!("{}?q={}", self.resource, encode(&self.soql)),
            Next::Further(path) => path.clone(),
            Next::Done => return Ok(None),
        };
        let mut limits = Limits { bytes: MAX_BODY, values: Budget::default() };
        let mut page = self.page(path, &mut limits).await?;
        self.complete(&mut page.records, MAX_SUB_QUERY_DEPTH, &mut limits).await?;
        self.next = page.further()?.map_or(Next::Done, |path| Next::Further(path.to_owned()));
        Ok(Some(page))
    }

    /// Reads the records of all pages as values of a type, such as [`Object`] or one of your own.
    /// All of them are in memory at once; for large results use [`Query::next`] and [`Page::rows`].
    ///
    /// ```no_run
    /// # async fn names(org: orgtoken_rest::Org) -> Result<(), orgtoken_rest::RestError> {
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "PascalCase")]
    /// struct Account {
    ///     name: String,
    /// }
    ///
    /// for account in org.query("SELECT Name FROM Account").rows::<Account>().await? {
    ///     println!("{}", account.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rows<T: DeserializeOwned>(mut self) -> Result<Vec<T>, RestError> {
        let mut rows = Vec::new();
        while let Some(page) = self.next().await? {
            rows.extend(page.rows()?);
        }
        Ok(rows)
    }

    /// Adds the further pages of sub-queries, on every level.
    async fn complete(
        &mut self,
        records: &mut [Object],
        depth: u8,
        limits: &mut Limits,
    ) -> Result<(), RestError> {
        for value in records.iter_mut().flat_map(Object::values_mut) {
            let Some(mut child) = Page::of_sub_query(value) else { continue };
            let depth = depth.checked_sub(1).ok_or(RestError::Loop)?;
            while let Some(path) = child.further()? {
                let more = self.page(path.to_owned(), limits).await?;
                child.records.extend(more.records);
                (child.done, child.next) = (more.done, more.next);
            }
            Box::pin(self.complete(&mut child.records, depth, limits)).await?;
            *value = child.into_value();
        }
        Ok(())
    }

    async fn page(&mut self, path: String, limits: &mut Limits) -> Result<Page, RestError> {
        if self.seen.contains(&path) {
            return Err(RestError::Loop);
        }
        let answer = self.get(&path).await?;
        let left = limits.bytes.checked_sub(answer.body().len());
        limits.bytes = left.ok_or(RestError::TooLarge { limit: MAX_BODY })?;
        self.seen.insert(path);
        Page::read(answer.body(), &mut limits.values)
    }

    /// Reads a page. A query that is too long for a URL goes into the body of a Composite request.
    async fn get(&self, path: &str) -> Result<Response<Bytes>, RestError> {
        if path.len() > MAX_PATH {
            return self.get_by_composite(path).await;
        }
        match self.org.request(Method::GET, path, self.headers(), Bytes::new()).await {
            // A long token leaves less space for the URL.
            Err(error) if is_too_long(&error) && !path.starts_with('/') => {
                self.get_by_composite(path).await
            }
            answer => answer,
        }
    }

    async fn get_by_composite(&self, path: &str) -> Result<Response<Bytes>, RestError> {
        let url = format!("{}{path}", self.org.versioned_since(0));
        let headers = http_headers(&self.headers());
        let call =
            json!({ "method": "GET", "url": url, "referenceId": "r0", "httpHeaders": headers });
        let is_tooling = self.resource.starts_with("tooling/");
        let resource = if is_tooling { "tooling/composite" } else { "composite" };
        let mut answers = self.org.composite_of(resource, 0, &call.to_string(), 1, false).await?;
        let answer = answers.pop().ok_or(RestError::Unexpected)?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let uri = url.split('?').next().unwrap_or_default().parse().unwrap_or_default();
        let error = ApiError::read(answer, "").of_call(&Method::GET, &uri);
        Err(RestError::Api(Box::new(error)))
    }

    fn headers(&self) -> HeaderMap {
        let size = self.page_size.map(|size| format!("batchSize={size}"));
        let size = size.and_then(|size| HeaderValue::try_from(size).ok());
        size.map(|size| (OPTIONS, size)).into_iter().collect()
    }
}

/// The memory that a page may use, with all pages of its sub-queries.
struct Limits {
    bytes: usize,
    values: Budget,
}

/// One page of the records that a query finds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The number of records on all pages; 0 if Salesforce does not know it, as for external
    /// objects.
    pub total_size: u64,
    /// Whether this is the last page.
    pub done: bool,
    /// The records of this page. Their fields are in the order of the query.
    pub records: Vec<Object>,
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    total_size: i64,
    done: bool,
    #[serde(borrow)]
    records: Option<&'a RawValue>,
    next_records_url: Option<String>,
}

impl Page {
    /// Reads the records as values of a type.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, RestError> {
        let row = |record: &Object| serde_json::from_str(&serde_json::to_string(record)?);
        self.records.iter().map(row).collect::<Result<_, _>>().map_err(RestError::Row)
    }

    fn read(json: &[u8], budget: &mut Budget) -> Result<Self, RestError> {
        let answer: Answer<'_> = from_json(json)?;
        let records = answer.records.map_or("[]", RawValue::get);
        let records = Value::read(records, budget).map_err(|error| match budget.is_spent() {
            true => RestError::TooManyValues { limit: MAX_VALUES },
            false => RestError::invalid_json(&error),
        })?;
        Ok(Self {
            total_size: u64::try_from(answer.total_size).unwrap_or_default(),
            done: answer.done,
            records: objects(records)?,
            next: answer.next_records_url,
        })
    }

    /// Takes the result of a sub-query out of a record; `None` if the value is something else.
    fn of_sub_query(value: &mut Value) -> Option<Self> {
        let total_size = value["totalSize"].as_number()?.as_str().parse().ok()?;
        let done = value["done"].as_bool()?;
        let next = value["nextRecordsUrl"].as_str().map(str::to_owned);
        let records = value.as_object_mut()?.get_mut("records")?;
        if !records.as_array()?.iter().all(|record| record.as_object().is_some()) {
            return None;
        }
        let records = objects(mem::take(records)).ok()?;
        Some(Self { total_size, done, records, next })
    }

    fn into_value(self) -> Value {
        Value::Object(Object::from_iter([
            ("totalSize".to_owned(), self.total_size.into()),
            ("done".to_owned(), true.into()),
            ("records".to_owned(), self.records.into_iter().map(Value::Object).collect()),
        ]))
    }

    /// The path of the next page. A whole URL is refused, since another host must not receive the
    /// token. A page that is neither the last nor names the next one is refused, too: records would
    /// be lost.
    fn further(&self) -> Result<Option<&str>, RestError> {
        match &self.next {
            _ if self.done => Ok(None),
            Some(path) if path.starts_with('/') => Ok(Some(path)),
            _ => Err(RestError::Page),
        }
    }
}

/// Whether the URL was too long for the server.
fn is_too_long(error: &RestError) -> bool {
    let too_long = [StatusCode::URI_TOO_LONG, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE];
    error.api_error().is_some_and(|error| too_long.contains(&error.status()))
}

fn objects(records: Value) -> Result<Vec<Object>, RestError> {
    let Value::Array(records) = records else { return Err(RestError::Unexpected) };
    let object = |record| match record {
        Value::Object(record) => Ok(record),
        _ => Err(RestError::Unexpected),
    };
    records.into_iter().map(object).collect()
}

/// The longest path of a query. URL and headers together may have [16,384 bytes], and a token up to
/// some 2,000.
///
/// [16,384 bytes]: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_query.htm
pub(crate) const MAX_PATH: usize = 12_000;

/// Salesforce nests queries five levels deep.
const MAX_SUB_QUERY_DEPTH: u8 = 5;

const OPTIONS: HeaderName = HeaderName::from_static("sforce-query-options");

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// A page with a piece replaced, so that nearly valid pages are read as well.
        #[test]
        fn no_page_panics_or_is_quoted_in_its_error(
            cut in 0_usize..200,
            length in 0_usize..20,
            piece in "[\\[\\]{}\",:\\\\a-z0-9.-]{0,12}",
        ) {
            let mut page = PAGE.as_bytes().to_vec();
            let at = cut.min(page.len());
            page.splice(at..(at + length).min(page.len()), piece.bytes());
            match Page::read(&page, &mut Budget::default()) {
                Ok(mut page) => {
                    let _ = page.further();
                    for value in page.records.iter_mut().flat_map(|record| record.values_mut()) {
                        let _ = Page::of_sub_query(value);
                    }
                }
                Err(error) => {
                    let said = format!("{error} {error:?}");
                    proptest::prop_assert!(!said.contains("canary"), "{said}");
                }
            }
        }
    }

    const PAGE: &str = r#"{"totalSize":2,"done":false,"nextRecordsUrl":"/services/data/v60.0/query/01g-2","records":[{"Name":"canary","N":1.50,"Contacts":{"totalSize":1,"done":true,"records":[{"Id":"canary"}]}}]}"#;
}
