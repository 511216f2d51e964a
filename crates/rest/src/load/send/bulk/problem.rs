use crate::Problem;
use crate::error::api::legible;

/// Reads the column `sf__Error`: `DUPLICATE_VALUE:duplicate value found:Key__c --`.
pub(super) fn problem_of(error: &str) -> Problem {
    let said = &legible(error.trim(), "");
    let is_code = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let Some((code, rest)) = said.split_once(':').filter(|(code, _)| is_code(code)) else {
        return Problem { message: said.to_owned(), ..Problem::default() };
    };
    let rest = rest.strip_suffix("--").unwrap_or(rest).trim_end();
    let is_field = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte))
    };
    let (message, fields) = rest.rsplit_once(':').unwrap_or((rest, ""));
    let fields: Vec<_> = fields.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    if !fields.iter().all(|field| is_field(field)) {
        return Problem { code: code.to_owned(), message: rest.to_owned(), fields: Vec::new() };
    }
    let fields = fields.into_iter().map(str::to_owned).collect();
    Problem { code: code.to_owned(), message: message.trim().to_owned(), fields }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_of_a_row_has_code_message_and_fields() {
        for (text, code, message, fields) in [
            (
                "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [Name]",
                "Name",
            ),
            (
                "DUPLICATE_VALUE:duplicate value found: <unknown> duplicates value on record with \
                 id: <unknown>:--",
                "DUPLICATE_VALUE",
                "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
                "",
            ),
            (
                "FIELD_CUSTOM_VALIDATION_EXCEPTION:too long: really:A__c,B__c --",
                "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                "too long: really",
                "A__c|B__c",
            ),
            ("UNKNOWN_EXCEPTION:see http://x y", "UNKNOWN_EXCEPTION", "see http://x y", ""),
            ("something else: happened", "", "something else: happened", ""),
            ("", "", "", ""),
        ] {
            let problem = problem_of(text);
            assert_eq!((&*problem.code, &*problem.message), (code, message), "{text}");
            assert_eq!(problem.fields.join("|"), fields, "{text}");
        }
    }
}
