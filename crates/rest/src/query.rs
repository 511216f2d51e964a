use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;

use crate::path::encode;
use crate::{Object, Org, RestError, Value};

impl Org {
    /// Runs a SOQL query, whose records come page by page.
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
        let (soql, page_size) = (soql.to_owned(), None);
        Query { org: self.clone(), resource: "query", soql, page_size, next: Next::First }
    }
}

/// A query under way. One page of it is held at a time.
#[derive(Debug)]
#[must_use = "nothing is asked before the first `next`"]
pub struct Query {
    org: Org,
    resource: &'static str,
    soql: String,
    page_size: Option<u16>,
    next: Next,
}

#[derive(Debug)]
enum Next {
    First,
    Further(String),
    Done,
}

impl Query {
    /// Finds records that were deleted or archived, too.
    pub fn all_rows(mut self) -> Self {
        self.resource = "queryAll";
        self
    }

    /// Asks the Tooling API.
    pub fn tooling(mut self) -> Self {
        self.resource = "tooling/query";
        self
    }

    /// How many records a page is to have, 2,000 unless told. Salesforce takes 200 to 2,000, as a
    /// wish.
    pub fn page_size(mut self, records: u16) -> Self {
        self.page_size = Some(records.clamp(200, 2000));
        self
    }

    /// The next page, or `None` after the last one.
    ///
    /// What a sub-query found is whole: where it has pages of its own, they are got too.
    pub async fn next(&mut self) -> Result<Option<Page>, RestError> {
        let path = match &self.next {
            Next::First => format!("{}?q={}", self.resource, encode(&self.soql)),
            Next::Further(path) => path.clone(),
            Next::Done => return Ok(None),
        };
        let mut page = self.page(&path).await?;
        self.complete(&mut page.records).await?;
        self.next = page.further()?.map_or(Next::Done, |path| Next::Further(path.to_owned()));
        Ok(Some(page))
    }

    /// Adds to the results of sub-queries, on every level, what is not in them yet.
    async fn complete(&self, records: &mut [Object]) -> Result<(), RestError> {
        for value in
            records.iter_mut().flat_map(Object::values_mut).filter(|value| is_result(value))
        {
            let mut child: Page = value.to().map_err(|error| RestError::answer(&error))?;
            while let Some(path) = child.further()? {
                let more = self.page(path).await?;
                child.records.extend(more.records);
                (child.done, child.next) = (more.done, more.next);
            }
            Box::pin(self.complete(&mut child.records)).await?;
            let Page { total_size, records, .. } = child;
            let records: Vec<_> = records.into_iter().map(Value::Object).collect();
            *value = Value::Object(Object::from_iter([
                ("totalSize".to_owned(), Value::from(total_size)),
                ("done".to_owned(), Value::from(true)),
                ("records".to_owned(), Value::from(records)),
            ]));
        }
        Ok(())
    }

    async fn page(&self, path: &str) -> Result<Page, RestError> {
        self.org.json(Method::GET, path, self.headers(), Bytes::new()).await
    }

    fn headers(&self) -> HeaderMap {
        let size = self.page_size.map(|size| format!("batchSize={size}"));
        let size = size.and_then(|size| HeaderValue::try_from(size).ok());
        size.map(|size| (OPTIONS, size)).into_iter().collect()
    }
}

/// Some of the records that a query finds.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// How many records there are on all pages together.
    pub total_size: u64,
    /// Whether it is the last page.
    #[serde(default = "yes")]
    pub done: bool,
    /// The records of this page, their fields in the order of the query.
    #[serde(default)]
    pub records: Vec<Object>,
    #[serde(default, rename = "nextRecordsUrl")]
    next: Option<String>,
}

impl Page {
    /// Where the next page is. Another host gets no token, so this is a path alone.
    fn further(&self) -> Result<Option<&str>, RestError> {
        match &self.next {
            Some(path) if !self.done && path.starts_with('/') => Ok(Some(path)),
            Some(_) if !self.done => Err(RestError::Page),
            _ => Ok(None),
        }
    }
}

/// Whether a value is what a sub-query found, and not a field of the record.
fn is_result(value: &Value) -> bool {
    let (size, done) = (value["totalSize"].as_number(), value["done"].as_bool());
    size.is_some() && done.is_some() && value["records"].as_array().is_some()
}

fn yes() -> bool {
    true
}

const OPTIONS: HeaderName = HeaderName::from_static("sforce-query-options");
