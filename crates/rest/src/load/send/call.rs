use bytes::Bytes;
use http::Method;

use super::Load;
use crate::collections::{COLLECTIONS, upsert_path};
use crate::composite::http_headers;
use crate::load::Operation;
use crate::load::cell::quoted;
use crate::load::record::Prepared;
use crate::records::{UPDATE_ONLY_SINCE, key_path};
use crate::{RestError, SaveResult};

/// The call for one batch of rows.
impl Load<'_> {
    pub(super) async fn call(&self) -> Result<Vec<SaveResult>, RestError> {
        let object = self.checked.object();
        let all_or_none = self.org.record_options.all_or_none;
        let (method, path) = match &self.checked.plan.operation {
            Operation::Create => (Method::POST, COLLECTIONS.to_owned()),
            Operation::Update => (Method::PATCH, COLLECTIONS.to_owned()),
            Operation::Upsert(key) => (Method::PATCH, upsert_path(object, key)?),
            Operation::Delete => {
                let ids = self.batch.iter().filter_map(|(_, prepared)| prepared.id.as_deref());
                let ids = ids.collect::<Vec<_>>().join(",");
                (Method::DELETE, format!("{COLLECTIONS}?ids={ids}&allOrNone={all_or_none}"))
            }
            Operation::DeleteBy(key) | Operation::UpdateBy(key) => {
                return self.composite(object, key).await;
            }
        };
        let body = if method == Method::DELETE { Bytes::new() } else { self.body(object) };
        self.org.outcomes(method, &path, body, self.batch.len()).await
    }

    /// Returns the body. Values are sent as they are in the file, with every digit of a number.
    fn body(&self, object: &str) -> Bytes {
        let all_or_none = self.org.record_options.all_or_none;
        let mut body = format!(r#"{{"allOrNone":{all_or_none},"records":["#);
        for (index, (_, prepared)) in self.batch.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            body.extend([comma, r#"{"attributes":{"type":"#, &quoted(object), "},"]);
            body.extend([&prepared.fields, "}"]);
        }
        body.push_str("]}");
        body.into()
    }

    /// Sends each row as a subrequest, whose URL names the external id.
    async fn composite(&self, object: &str, key: &str) -> Result<Vec<SaveResult>, RestError> {
        let options = &self.org.record_options;
        let headers = http_headers(&options.to_headers()?);
        let headers = serde_json::to_string(&headers).expect("headers are JSON");
        let mut calls = Vec::new();
        for (at, (_, prepared)) in self.batch.iter().enumerate() {
            let call = self.subrequest(object, key, prepared)?;
            calls.push(format!(r#"{{{call},"referenceId":"r{at}","httpHeaders":{headers}}}"#));
        }
        let (number, calls) = (calls.len(), calls.join(","));
        let (version, all_or_none) = (UPDATE_ONLY_SINCE, options.all_or_none);
        let answers =
            self.org.composite_of("composite", version, &calls, number, all_or_none).await?;
        answers.into_iter().map(SaveResult::of_response).collect()
    }

    /// Returns method, URL and body of the call for one row.
    fn subrequest(
        &self,
        object: &str,
        key: &str,
        prepared: &Prepared,
    ) -> Result<String, RestError> {
        let value = prepared.key.as_deref().unwrap_or_default();
        if self.checked.plan.operation.is_delete() {
            let base = self.org.versioned_since(UPDATE_ONLY_SINCE);
            let url = quoted(&format!("{base}{}", key_path(object, key, value)?));
            return Ok(format!(r#""method":"DELETE","url":{url}"#));
        }
        let url = quoted(&self.org.update_by_path(object, key, value)?);
        let fields = &prepared.fields;
        Ok(format!(r#""method":"PATCH","url":{url},"body":{{{fields}}}"#))
    }
}
