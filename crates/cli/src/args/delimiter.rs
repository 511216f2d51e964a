/// Reads the delimiter of a CSV file: one ASCII character, or `tab`.
pub(crate) fn delimiter(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii_punctuation() && *byte != b'"' || *byte == b'\t' => Ok(*byte),
        _ => Err("expected a character such as `;` or `|`, or `tab`"),
    }
}
