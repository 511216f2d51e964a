/// Whether a text has the shape of an id: 15 or 18 letters and digits.
pub(crate) fn is_id(text: &str) -> bool {
    [15, 18].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
