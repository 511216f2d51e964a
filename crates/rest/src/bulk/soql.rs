use http::StatusCode;

use crate::flatten::select::{Item, Selected, bulk_obstacle};
use crate::{Org, RestError};

/// Returns an error for a query with [parts that Bulk API 2.0 does not support]: GROUP BY, OFFSET,
/// TYPEOF, aggregate functions and sub-queries in the SELECT list.
///
/// [parts that Bulk API 2.0 does not support]: https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm
pub fn check_query(soql: &str) -> Result<(), RestError> {
    let hint = "run the query without the Bulk API";
    match bulk_obstacle(soql) {
        Some(what) => Err(RestError::JobQuery { what: what.to_owned(), hint }),
        None => Ok(()),
    }
}

impl Org {
    /// Like [`check_query`], and returns an error for addresses and locations as well. To find them,
    /// one call describes the object.
    pub async fn check_bulk_query(&self, soql: &str) -> Result<(), RestError> {
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
            described => described?,
        };
        let compound = own.iter().filter_map(|name| object.field(name));
        let mut compound =
            compound.filter(|field| ["address", "location"].contains(&field.kind.as_str()));
        match compound.next() {
            Some(field) => Err(RestError::JobQuery {
                what: format!("the compound field `{}`", field.name),
                hint: "select its parts, such as BillingStreet and BillingCity",
            }),
            None => Ok(()),
        }
    }
}

fn is_unknown(error: &RestError) -> bool {
    error.api_error().is_some_and(|error| error.status() == StatusCode::NOT_FOUND)
}
