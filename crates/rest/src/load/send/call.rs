use bytes::Bytes;
use http::Method;

use super::Load;
use crate::collections::{COLLECTIONS, upsert_path};
use crate::load::Operation;
use crate::load::cell::quoted;
use crate::{RestError, SaveResult};

/// The call for one batch of rows.
impl Load<'_> {
    pub(super) async fn call(&self) -> Result<Vec<SaveResult>, RestError> {
        let object = self.checked.object();
        let (method, path) = match &self.checked.plan.operation {
            Operation::Create => (Method::POST, COLLECTIONS.to_owned()),
            Operation::Update => (Method::PATCH, COLLECTIONS.to_owned()),
            Operation::Upsert(key) => (Method::PATCH, upsert_path(object, key)?),
            Operation::Delete => {
                let ids = self.batch.iter().filter_map(|(_, prepared)| prepared.id.as_deref());
                let ids = ids.collect::<Vec<_>>().join(",");
                (Method::DELETE, format!("{COLLECTIONS}?ids={ids}&allOrNone=false"))
            }
        };
        let body = if method == Method::DELETE { Bytes::new() } else { self.body(object) };
        self.org.outcomes(method, &path, body, self.batch.len()).await
    }

    /// Returns the body. Values are sent as they are in the file, with every digit of a number.
    fn body(&self, object: &str) -> Bytes {
        let mut body = r#"{"allOrNone":false,"records":["#.to_owned();
        for (index, (_, prepared)) in self.batch.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            body.extend([comma, r#"{"attributes":{"type":"#, &quoted(object), "},"]);
            body.extend([&prepared.fields, "}"]);
        }
        body.push_str("]}");
        body.into()
    }
}
