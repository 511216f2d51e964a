use std::borrow::Cow;

use http::StatusCode;
use orgtoken_assertion::Diagnostic;

use crate::flatten::select::{Item, Selected, bulk_obstacle};
use crate::{Org, RestError};

/// The error of a query that Bulk API 2.0 does not carry out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BulkQueryError {
    /// The query has a part that Bulk API 2.0 does not support.
    #[error("Bulk API 2.0 does not support {0}")]
    Unsupported(&'static str),
    /// The query selects an address or a location as a whole.
    #[error("Bulk API 2.0 does not support the compound field `{field}`")]
    Compound {
        /// The field, as the org spells it.
        field: String,
    },
    /// The object could not be described.
    #[error(transparent)]
    Describe(#[from] Box<RestError>),
}

impl Diagnostic for BulkQueryError {
    fn code(&self) -> &str {
        match self {
            Self::Unsupported(_) | Self::Compound { .. } => "usage.bulk",
            Self::Describe(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Unsupported(_) => Some("run the query without the Bulk API".into()),
            Self::Compound { .. } => {
                Some("select its parts, such as BillingStreet and BillingCity".into())
            }
            Self::Describe(error) => error.hint(),
        }
    }
}

/// Returns an error for a query with [parts that Bulk API 2.0 does not support]: GROUP BY, OFFSET,
/// TYPEOF, aggregate functions and sub-queries in the SELECT list.
///
/// [parts that Bulk API 2.0 does not support]: https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm
pub fn check_query(soql: &str) -> Result<(), BulkQueryError> {
    bulk_obstacle(soql).map_or(Ok(()), |what| Err(BulkQueryError::Unsupported(what)))
}

impl Org {
    /// Like [`check_query`], and returns an error for addresses and locations as well. To find them,
    /// one call describes the object.
    pub async fn check_bulk_query(&self, soql: &str) -> Result<(), BulkQueryError> {
        check_query(soql)?;
        let selected = Selected::of(soql);
        let own = selected.items.iter().filter_map(|item| match item {
            Item::Column(path) => Some(path.as_slice()),
            _ => None,
        });
        let own: Vec<_> =
            own.filter_map(|path| if let [field] = path { Some(field) } else { None }).collect();
        // Without FROM the query is invalid, and Salesforce says how.
        if own.is_empty() || selected.object.is_empty() {
            return Ok(());
        }
        let object = match self.describe(&selected.object).await {
            // Salesforce reports that for the query, too.
            Err(error) if is_unknown(&error) => return Ok(()),
            described => described.map_err(Box::new)?,
        };
        let compound = own.iter().filter_map(|name| object.field(name));
        let mut compound =
            compound.filter(|field| ["address", "location"].contains(&field.kind.as_str()));
        match compound.next() {
            Some(field) => Err(BulkQueryError::Compound { field: field.name.clone() }),
            None => Ok(()),
        }
    }
}

fn is_unknown(error: &RestError) -> bool {
    error.api_error().is_some_and(|error| error.status() == StatusCode::NOT_FOUND)
}
