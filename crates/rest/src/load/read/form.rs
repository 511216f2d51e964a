use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use super::{At, Encoding, Form, Layout, ReadOptions};
use crate::load::fault::{CheckError, FaultKind};
use crate::load::id::is_id;

/// Detects the format of a file from its first bytes and, for a list of ids, from all of its lines.
pub(super) fn decide(file: &Arc<File>, options: ReadOptions) -> Result<Layout, CheckError> {
    let mut head = Vec::new();
    At::new(Arc::clone(file), 0).take(HEAD).read_to_end(&mut head)?;
    if let Some(what) = foreign(&head) {
        return Err(CheckError::nowhere(FaultKind::not_records(what)));
    }
    let mark = head.starts_with(MARK);
    let (mut start, mut line) = (if mark { MARK.len() } else { 0 }, 1);
    let first = head[start..].iter().find(|byte| !byte.is_ascii_whitespace());
    let Some(first) = first else { return Err(CheckError::nowhere(FaultKind::EMPTY)) };
    let encoding = if mark { Encoding::Utf8 } else { options.encoding };
    let mut layout =
        Layout { form: Form::Csv, delimiter: b',', encoding, mark, start: start as u64, line };
    layout.form = match options.form {
        Some(form) => form,
        None if b"[{".contains(first) => Form::Json,
        None if is_id_list(file, layout.start)? => Form::Ids,
        None => Form::Csv,
    };
    if layout.form != Form::Csv {
        return Ok(layout);
    }
    if *first == b'<' {
        return Err(CheckError::nowhere(FaultKind::not_records("HTML or XML")));
    }
    let separator = excel_separator(&head[start..]);
    if let Some((_, length)) = separator {
        (start, line) = (start + length, line + 1);
        (layout.start, layout.line) = (start as u64, line);
    }
    let named = options.delimiter.or_else(|| separator.map(|(delimiter, _)| delimiter));
    layout.delimiter = match named {
        Some(delimiter) => delimiter,
        None => delimiter_of(&head[start..])?,
    };
    Ok(layout)
}

/// Returns the name of a format that is neither CSV nor JSON, by its first bytes.
fn foreign(head: &[u8]) -> Option<&'static str> {
    let known = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature));
    known.map(|(_, what)| *what).or_else(|| head.contains(&0).then_some("binary data"))
}

/// Whether every line that is not blank is an id.
fn is_id_list(file: &Arc<File>, start: u64) -> io::Result<bool> {
    let mut lines = BufReader::new(At::new(Arc::clone(file), start));
    let (mut line, mut found) = (Vec::new(), false);
    loop {
        line.clear();
        // A longer line is not an id, so it is not read to its end.
        if (&mut lines).take(LONGEST_ID_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(found);
        }
        match str::from_utf8(line.trim_ascii()) {
            Ok("") => {}
            Ok(text) if is_id(text) => found = true,
            _ => return Ok(false),
        }
    }
}

/// Reads Excel's first line `sep=;` and returns the delimiter and the length of the line.
fn excel_separator(text: &[u8]) -> Option<(u8, usize)> {
    let rest = text.strip_prefix(b"sep=")?;
    match rest {
        [delimiter, b'\r', b'\n', ..] => Some((*delimiter, 7)),
        [delimiter, b'\n' | b'\r', ..] => Some((*delimiter, 6)),
        _ => None,
    }
}

/// Detects the delimiter from the header: `;` or a tab, if there is one of them and no comma.
fn delimiter_of(text: &[u8]) -> Result<u8, CheckError> {
    let (mut quoted, mut commas, mut semicolons, mut tabs) = (false, 0, 0, 0);
    for byte in text {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'\n' | b'\r' if commas + semicolons + tabs > 0 => break,
            b',' => commas += 1,
            b';' => semicolons += 1,
            b'\t' => tabs += 1,
            b'\n' | b'\r' => break,
            _ => {}
        }
    }
    match (commas, semicolons, tabs) {
        (0, 1.., 1..) => Err(CheckError::nowhere(FaultKind::DELIMITER)),
        (0, 1.., 0) => Ok(b';'),
        (0, 0, 1..) => Ok(b'\t'),
        _ => Ok(b','),
    }
}

/// The bytes that are searched for the header, which is shorter.
const HEAD: u64 = 64 << 10;
const LONGEST_ID_LINE: u64 = 64;
const MARK: &[u8] = b"\xef\xbb\xbf";
const SIGNATURES: [(&[u8], &str); 6] = [
    (b"PK\x03\x04", "an Excel workbook (.xlsx) or another ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls)"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip"),
];

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn decided(content: &[u8], options: ReadOptions) -> Result<Layout, String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        decide(&Arc::new(file), options).map_err(|error| error.to_string())
    }

    #[test]
    fn form_is_detected_from_the_content() {
        const IDS: &[u8] = b"001D000000IqhSL\r\n001D000000IqhSLIAZ\n\n";
        for (name, content, form, delimiter) in [
            ("array", b"[]".as_slice(), Form::Json, b','),
            ("object after blanks", b"\n {}", Form::Json, b','),
            ("mark", b"\xef\xbb\xbf[{}]", Form::Json, b','),
            ("ids", IDS, Form::Ids, b','),
            ("one line that is no id", b"001D000000IqhSL\nx\n", Form::Csv, b','),
            ("ids under a header", b"Id\n001D000000IqhSL\n", Form::Csv, b','),
            ("comma", b"Id,Name\n", Form::Csv, b','),
            ("semicolon", b"Id;Name\r\n1;2,5\r\n", Form::Csv, b';'),
            ("tab", b"Id\tName\n", Form::Csv, b'\t'),
            ("semicolon beside a comma", b"Id,Name;Site\n", Form::Csv, b','),
            ("comma in quotes", b"\"Id\";\"Na,me\"\n", Form::Csv, b';'),
            ("one column", b"Name\na;b\n", Form::Csv, b','),
            ("line of Excel", b"sep=;\r\nId,x\r\n", Form::Csv, b';'),
        ] {
            let layout = decided(content, ReadOptions::default()).unwrap();
            assert_eq!((layout.form, layout.delimiter), (form, delimiter), "{name}");
        }
        assert_eq!(decided(b"sep=;\r\nId\r\n", ReadOptions::default()).unwrap().line, 2);
    }

    #[test]
    fn other_formats_are_refused_by_name() {
        for (content, what) in [
            (b"PK\x03\x04rest".as_slice(), "an Excel workbook (.xlsx) or another ZIP archive"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls)"),
            (b"\xff\xfeI\0d\0", "UTF-16"),
            (b"\n<table><tr>", "HTML or XML"),
            (b"<?xml version=\"1.0\"?>", "HTML or XML"),
            (b"%PDF-1.7", "PDF"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"Id\n\0", "binary data"),
        ] {
            let error = decided(content, ReadOptions::default()).unwrap_err();
            assert_eq!(error, format!("the file is {what}, not CSV or JSON"));
        }
        for empty in [b"".as_slice(), b"\n \r\n", b"\xef\xbb\xbf"] {
            let error = decided(empty, ReadOptions::default()).unwrap_err();
            assert_eq!(error, "the file is empty");
        }
        let error = decided(b"Id;Name\tSite\n", ReadOptions::default()).unwrap_err();
        assert_eq!(error, "the header has both `;` and tabs");
    }

    #[test]
    fn options_override_the_rules_and_a_mark_overrides_the_encoding() {
        let encoding = Encoding::Windows1252;
        let options = ReadOptions { form: Some(Form::Csv), delimiter: Some(b'|'), encoding };
        let layout = decided(b"[|]\n", options).unwrap();
        assert_eq!((layout.form, layout.delimiter, layout.encoding), (Form::Csv, b'|', encoding));
        let layout = decided(b"\xef\xbb\xbfId|Name\n", options).unwrap();
        assert_eq!((layout.encoding, layout.start), (Encoding::Utf8, 3));
    }
}
