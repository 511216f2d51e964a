/// Reads the API name of an object or a field.
pub(crate) fn api_name(text: &str) -> Result<String, &'static str> {
    let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match is_name && !text.is_empty() {
        true => Ok(text.to_owned()),
        false => Err("expected an API name, such as Account or ExternalId__c"),
    }
}
