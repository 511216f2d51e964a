use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use super::Load;
use crate::load::Operation;
use crate::load::cell::quoted;
use crate::path::segment;
use crate::{RestError, Saved};

/// The rows in flight as one call.
impl Load<'_> {
    pub(super) async fn call(&self) -> Result<Vec<Saved>, RestError> {
        let object = self.checked.object();
        let collection = "composite/sobjects";
        let (method, path) = match &self.checked.plan.operation {
            Operation::Create => (Method::POST, collection.to_owned()),
            Operation::Update => (Method::PATCH, collection.to_owned()),
            Operation::Upsert(key) => (
                Method::PATCH,
                format!(
                    "{collection}/{}/{}",
                    segment("object", object)?,
                    segment("external id field", key)?
                ),
            ),
            Operation::Delete => {
                let ids = self.batch.iter().filter_map(|(_, prepared)| prepared.id.as_deref());
                let ids = ids.collect::<Vec<_>>().join(",");
                (Method::DELETE, format!("{collection}?ids={ids}&allOrNone=false"))
            }
        };
        let body = if method == Method::DELETE { Bytes::new() } else { self.body(object) };
        let answer = self.org.request(method, &path, HeaderMap::new(), body).await?;
        let saved: Vec<Saved> =
            serde_json::from_slice(answer.body()).map_err(|error| RestError::answer(&error))?;
        // Without one outcome for each row nobody could tell which is whose.
        if saved.len() == self.batch.len() { Ok(saved) } else { Err(RestError::Unexpected) }
    }

    /// The values as they were written: every digit of a number is sent.
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

/// Whether a call that failed as a whole has surely changed nothing.
pub(super) fn is_undone(error: &RestError) -> bool {
    match error {
        RestError::Failed(failure) => {
            !error.is_transient() && failure.status() != StatusCode::REQUEST_TIMEOUT
        }
        RestError::Path
        | RestError::Segment { .. }
        | RestError::Token(_)
        | RestError::TooMany { .. } => true,
        RestError::Transport(error) => error.is_unsent(),
        _ => false,
    }
}
