//! Errors of the REST API: a list of one or more, under one status.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::reply::{self, Reply};

/// An error of a call, with the code and message of the platform.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RestError {
    status: u16,
    code: String,
    message: String,
    fields: Option<Vec<String>>,
}

impl RestError {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), fields: None }
    }

    /// Adds the fields that caused the error.
    pub(crate) fn with_fields(
        mut self,
        fields: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.fields = Some(fields.into_iter().map(Into::into).collect());
        self
    }

    pub(crate) fn into_reply(self) -> Reply {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut error = json!({ "message": self.message, "errorCode": self.code });
        if let Some(fields) = self.fields {
            error["fields"] = Value::from(fields);
        }
        reply::json(status, &json!([error]))
    }

    /// Returns an entry of the `errors` of a record in a collection.
    pub(super) fn to_problem(&self) -> Value {
        let fields = self.fields.clone().unwrap_or_default();
        json!({ "statusCode": self.code, "message": self.message, "fields": fields })
    }

    /// Returns `CODE:message:Field --`, the `sf__Error` of a row of a bulk job. The documentation
    /// does not show how several fields are separated.
    pub(super) fn to_row_error(&self) -> String {
        let fields = self.fields.as_deref().unwrap_or_default().join(",");
        let blank = if fields.is_empty() { "" } else { " " };
        format!("{}:{}:{fields}{blank}--", self.code, self.message)
    }

    pub(super) fn code(&self) -> &str {
        &self.code
    }

    pub(super) fn invalid_session() -> Self {
        Self::new(401, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    pub(super) fn request_limit() -> Self {
        Self::new(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    pub(super) fn method(method: &Method, allowed: &str) -> Self {
        let message = format!("HTTP Method '{method}' not allowed. Allowed are {allowed}");
        Self::new(405, "METHOD_NOT_ALLOWED", message)
    }

    pub(super) fn no_column(field: &str, object: &str) -> Self {
        let message = format!("No such column '{field}' on sobject of type {object}");
        Self::new(400, "INVALID_FIELD", message)
    }

    pub(super) fn read_only(fields: Vec<String>) -> Self {
        let message = format!(
            "Unable to create/update fields: {}. Please check the security settings of this field \
             and verify that it is read/write for your profile or permission set.",
            fields.join(", ")
        );
        Self::new(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message).with_fields(fields)
    }

    pub(super) fn missing(fields: Vec<String>) -> Self {
        let message = format!("Required fields are missing: [{}]", fields.join(", "));
        Self::new(400, "REQUIRED_FIELD_MISSING", message).with_fields(fields)
    }

    pub(super) fn cross_reference() -> Self {
        Self::new(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
            .with_fields(Vec::<String>::new())
    }

    /// Refuses a record with both the id and the external id of a related record.
    pub(super) fn two_references(relationship: &str, field: &str) -> Self {
        let message = format!(
            "Cannot specify both an external ID reference {relationship} and a salesforce id, {field}"
        );
        Self::new(400, "INVALID_FIELD", message)
    }

    /// Refuses the value of an external id that several records have.
    pub(super) fn ambiguous(field: &str, ids: &[String]) -> Self {
        let ids = ids.join(", ");
        let message = format!("{field}: more than one record found for external id field: [{ids}]");
        Self::new(400, "DUPLICATE_EXTERNAL_ID", message)
    }

    pub(super) fn deleted() -> Self {
        Self::new(404, "ENTITY_IS_DELETED", "entity is deleted").with_fields(Vec::<String>::new())
    }
}
