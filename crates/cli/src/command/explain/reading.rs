use serde_json::Value;

/// Code and description, out of whatever somebody has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) code: String,
    pub(super) description: String,
}

impl Reading {
    /// JSON wherever it stands in the text, as `curl -i` has it below the headers; else the words
    /// themselves, as tools print them: `invalid_grant: user hasn't approved this consumer`.
    pub(super) fn of(text: &str) -> Self {
        json(text).and_then(|value| Self::of_json(&value)).unwrap_or_else(|| Self::of_words(text))
    }

    fn of_json(value: &Value) -> Option<Self> {
        let object = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        let text = |names: [&str; 2]| names.iter().find_map(|&name| object.get(name)?.as_str());
        let code = text(["error", "errorCode"])?.to_owned();
        let description = text(["error_description", "message"]).unwrap_or_default().to_owned();
        Some(Self { code, description })
    }

    fn of_words(text: &str) -> Self {
        let is_code = |word: &&str| word.contains('_') && !word.contains(['/', '.', '@']);
        let trimmed = |word| str::trim_matches(word, |c: char| !c.is_ascii_alphanumeric());
        let code = text.split_whitespace().map(trimmed).find(is_code).unwrap_or_default();
        Self { code: code.to_owned(), description: text.to_owned() }
    }
}

fn json(text: &str) -> Option<Value> {
    let start = text.find(['{', '['])?;
    let end = text.rfind(['}', ']'])?;
    serde_json::from_str(text.get(start..=end)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_as_people_have_them() {
        let approval = "user hasn't approved this consumer";
        for (name, text, code, description) in [
            (
                "JSON",
                r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#,
                "invalid_grant",
                approval,
            ),
            (
                "curl -i",
                "HTTP/1.1 400 Bad Request\nDate: x\n\n{\"error\":\"invalid_grant\",\
                 \"error_description\":\"user hasn't approved this consumer\"}\n",
                "invalid_grant",
                approval,
            ),
            (
                "list",
                r#"[{"errorCode":"INVALID_SESSION_ID","message":"Session expired"}]"#,
                "INVALID_SESSION_ID",
                "Session expired",
            ),
            ("words alone", approval, "", approval),
            (
                "sf",
                "Error (1): invalid_grant: user hasn't approved this consumer",
                "invalid_grant",
                "Error (1): invalid_grant: user hasn't approved this consumer",
            ),
        ] {
            let reading = Reading::of(text);
            assert_eq!((&*reading.code, &*reading.description), (code, description), "{name}");
        }
    }
}
