//! The error of a row, in `sf__Error`.

use crate::rest::RestError;

/// Returns `CODE:message:Field --`, the format of the platform.
pub(super) fn text(error: &RestError) -> String {
    let problem = error.to_problem();
    let part = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    let fields = problem["fields"].as_array().into_iter().flatten();
    let fields: Vec<_> = fields.filter_map(|field| field.as_str()).collect();
    let fields = if fields.is_empty() { String::new() } else { format!("{} ", fields.join(",")) };
    format!("{}:{}:{fields}--", part("statusCode"), part("message"))
}
