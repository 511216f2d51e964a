use std::io::BufRead;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_with::{As, Map, Same};

use super::{MAX_RECORD, from_io};
use crate::load::fault::{CheckError, Fault, FaultKind, Place};

/// A reader of the records of a JSON file, in an array or one after another.
///
/// One record is in memory at a time. This reader finds its end; `serde_json` reads it.
pub(super) struct Objects<R> {
    from: R,
    container: Container,
    line: u64,
    column: u64,
}

#[derive(Clone, Copy)]
enum Container {
    Start,
    /// In an array; `depth` objects are around it.
    Array {
        depth: usize,
        first: bool,
    },
    /// One object after another.
    Lines,
    End,
}

/// The members of an object in their order. The values are the text of the file, with every digit.
#[derive(Deserialize)]
pub(in crate::load) struct Members(
    #[serde(with = "As::<Map<Same, Same>>")] pub(in crate::load) Vec<(String, Box<RawValue>)>,
);

impl<R: BufRead> Objects<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, container: Container::Start, line: 1, column: 1 }
    }

    /// Returns the next object and the line on which it begins.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Members)>, CheckError> {
        let (mut text, container) = (Vec::new(), self.container);
        let found = match container {
            Container::Start => self.start(&mut text)?,
            Container::Array { depth, first } => self.element(&mut text, depth, first)?,
            Container::Lines if self.peek_letter()?.is_some() => {
                self.object(&mut text, "something other than an object follows an object")?
            }
            Container::Lines | Container::End => None,
        };
        let Some((line, column)) = found else { return Ok(None) };
        let text = String::from_utf8(text).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let breaks = valid.iter().filter(|byte| **byte == b'\n').count();
            let kind = FaultKind::encoding("UTF-8");
            Fault::new(Place::line(line + breaks as u64), kind)
        })?;
        let members = serde_json::from_str(&text).map_err(|error| {
            let line_in_text = error.line().max(1) as u64;
            let before = if line_in_text == 1 { column - 1 } else { 0 };
            let column = usize::try_from(before).unwrap_or(0) + error.column();
            let place = Place { column: Some(column), ..Place::line(line + line_in_text - 1) };
            Fault::new(place, FaultKind::json("the object is not valid JSON"))
        })?;
        Ok(Some((line, members)))
    }

    fn start(&mut self, text: &mut Vec<u8>) -> Result<Option<(u64, u64)>, CheckError> {
        let depth = match self.peek_letter()? {
            Some(b'[') => 0,
            Some(b'{') => {
                let place = (self.line, self.column);
                self.container = Container::Lines;
                match self.object_or_container(text, 0)? {
                    Some(depth) => depth,
                    None => return Ok(Some(place)),
                }
            }
            Some(_) => return Err(self.fault("the file does not begin with an object or an array")),
            None => return Ok(None),
        };
        self.bump()?;
        text.clear();
        self.element(text, depth, true)
    }

    /// Reads an element of the array, or the end of the array.
    fn element(
        &mut self,
        text: &mut Vec<u8>,
        depth: usize,
        first: bool,
    ) -> Result<Option<(u64, u64)>, CheckError> {
        match self.peek_letter()? {
            Some(b']') => return self.leave(depth).map(|()| None),
            Some(b',') if !first => drop(self.bump()?),
            _ if first => {}
            _ => return Err(self.fault("`,` or `]` is missing after an object")),
        }
        self.container = Container::Array { depth, first: false };
        self.object(text, "an element of the array is not an object")
    }

    /// Copies an object and returns its place, or the fault of something else.
    fn object(
        &mut self,
        text: &mut Vec<u8>,
        otherwise: &'static str,
    ) -> Result<Option<(u64, u64)>, CheckError> {
        if self.peek_letter()? != Some(b'{') {
            return Err(self.fault(otherwise));
        }
        let place = (self.line, self.column);
        self.value(text)?;
        Ok(Some(place))
    }

    /// Reads the rest of the objects around the array and ignores it.
    fn leave(&mut self, depth: usize) -> Result<(), CheckError> {
        self.bump()?;
        for _ in 0..depth {
            while self.peek_letter()? == Some(b',') {
                self.bump()?;
                if self.member_name()? == b"\"records\"" {
                    return Err(self.fault("duplicate name `records`"));
                }
                self.value(&mut Vec::new())?;
            }
            if self.peek_letter()? != Some(b'}') {
                return Err(self.fault("`}` is missing"));
            }
            self.bump()?;
        }
        if self.peek_letter()?.is_some() {
            return Err(self.fault("something follows the array"));
        }
        self.container = Container::End;
        Ok(())
    }

    /// Copies an object, or stops before the array of `{"records": […]}`, which may be the `result`
    /// of `sf --json`. Returns the number of objects around the array.
    fn object_or_container(
        &mut self,
        text: &mut Vec<u8>,
        depth: usize,
    ) -> Result<Option<usize>, CheckError> {
        text.extend(self.bump()?);
        if self.peek_letter()? == Some(b'}') {
            text.extend(self.bump()?);
            return Ok(None);
        }
        loop {
            let name = self.member_name()?;
            text.extend_from_slice(&name);
            text.push(b':');
            match (name.as_slice(), self.peek_letter()?) {
                (b"\"records\"", Some(b'[')) => return Ok(Some(depth + 1)),
                (b"\"result\"", Some(b'{')) if depth == 0 => {
                    let found = self.object_or_container(text, depth + 1)?;
                    if found.is_some() {
                        return Ok(found);
                    }
                }
                _ => self.value(text)?,
            }
            let after = self.peek_letter()?;
            text.extend(self.bump()?);
            match after {
                Some(b',') => {}
                Some(b'}') => return Ok(None),
                _ => return Err(self.fault("`,` or `}` is missing in an object")),
            }
        }
    }

    /// Reads a name in quotes and the colon after it.
    fn member_name(&mut self) -> Result<Vec<u8>, CheckError> {
        let mut name = Vec::new();
        if self.peek_letter()? != Some(b'"') {
            return Err(self.fault("a name in quotes is missing in an object"));
        }
        self.value(&mut name)?;
        if self.peek_letter()? != Some(b':') {
            return Err(self.fault("`:` is missing after a name"));
        }
        self.bump()?;
        Ok(name)
    }

    /// Copies one value. Brackets and quotes show its end.
    fn value(&mut self, text: &mut Vec<u8>) -> Result<(), CheckError> {
        let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
        self.peek_letter()?;
        let start = text.len();
        loop {
            let Some(byte) = self.peek()? else {
                let ended = depth == 0 && !quoted && text.len() > start;
                return if ended { Ok(()) } else { Err(self.fault("the file ends in a value")) };
            };
            let is_outside = depth == 0 && !quoted;
            if is_outside && text.len() > start && b",]}: \t\r\n".contains(&byte) {
                return Ok(());
            }
            if text.len() - start > MAX_RECORD {
                return Err(self.fault("a record is longer than 32 MiB"));
            }
            text.extend(self.bump()?);
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => {
                    quoted = !quoted;
                    if !quoted && depth == 0 {
                        return Ok(());
                    }
                }
                _ if quoted => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
    }

    /// Returns the next byte that is not a blank.
    fn peek_letter(&mut self) -> Result<Option<u8>, CheckError> {
        while let Some(byte) = self.peek()? {
            if !b" \t\r\n".contains(&byte) {
                return Ok(Some(byte));
            }
            self.bump()?;
        }
        Ok(None)
    }

    fn peek(&mut self) -> Result<Option<u8>, CheckError> {
        Ok(self.from.fill_buf().map_err(from_io)?.first().copied())
    }

    fn bump(&mut self) -> Result<Option<u8>, CheckError> {
        let Some(byte) = self.peek()? else { return Ok(None) };
        self.from.consume(1);
        if byte == b'\n' {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        Ok(Some(byte))
    }

    fn fault(&self, what: &'static str) -> CheckError {
        let column = usize::try_from(self.column).ok();
        let place = Place { column, ..Place::line(self.line) };
        Fault::new(place, FaultKind::json(what)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<(u64, String)>, String> {
        let (mut objects, mut found) = (Objects::new(text.as_bytes()), Vec::new());
        loop {
            match objects.next() {
                Ok(Some((line, Members(members)))) => {
                    let member =
                        |(name, value): &(String, Box<RawValue>)| format!("{name}={}", value.get());
                    let members: Vec<_> = members.iter().map(member).collect();
                    found.push((line, members.join(" ")));
                }
                Ok(None) => return Ok(found),
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    #[test]
    fn records_are_found_in_every_container() {
        let two = |lines: [u64; 2]| {
            vec![(lines[0], "a=1".to_owned()), (lines[1], "a=\"}]\\\"{\"".to_owned())]
        };
        for (name, text, expected) in [
            ("array", r#"[{"a":1},{"a":"}]\"{"}]"#, two([1, 1])),
            ("pretty array", "[\n  {\n    \"a\": 1\n  },\n  {\"a\":\"}]\\\"{\"}\n]\n", two([2, 5])),
            ("lines", "{\"a\":1}\r\n\r\n{\"a\":\"}]\\\"{\"}", two([1, 3])),
            ("pretty lines", "{\n\"a\":1\n}\n{\"a\":\"}]\\\"{\"}\n", two([1, 4])),
            (
                "records",
                r#"{"totalSize":2,"x":{"records":[1]},"records":[{"a":1},{"a":"}]\"{"}],"done":true}"#,
                two([1, 1]),
            ),
            (
                "result of sf",
                r#"{"status":0,"result":{"records":[{"a":1},{"a":"}]\"{"}],"done":true},"warnings":[]}"#,
                two([1, 1]),
            ),
            ("empty array", "[ ]", vec![]),
            ("no records", r#"{"records":[]}"#, vec![]),
            (
                "digits",
                r#"{"a":12345678901234567.890}"#,
                vec![(1, "a=12345678901234567.890".into())],
            ),
            ("one empty object", "{}", vec![(1, String::new())]),
        ] {
            assert_eq!(all(text), Ok(expected), "{name}");
        }
    }

    #[test]
    fn other_json_is_refused_with_its_position() {
        for (text, fault) in [
            ("[1]", "line 1, column 2: an element of the array is not an object"),
            ("[{}\n{}]", "line 2, column 1: `,` or `]` is missing after an object"),
            ("[{},]", "line 1, column 5: an element of the array is not an object"),
            ("[{}", "line 1, column 4: `,` or `]` is missing after an object"),
            ("[{}] x", "line 1, column 6: something follows the array"),
            ("{}\n7", "line 2, column 1: something other than an object follows an object"),
            ("{\"a\":1", "line 1, column 7: `,` or `}` is missing in an object"),
            ("{}\n{\"a\":", "line 2, column 6: the file ends in a value"),
            ("{a:1}", "line 1, column 2: a name in quotes is missing in an object"),
            ("{}\n{\"a\":tru}", "line 2, column 9: the object is not valid JSON"),
            ("[{\"a\":1,}]", "line 1, column 9: the object is not valid JSON"),
            ("{\"records\":[{}]", "line 1, column 16: `}` is missing"),
            ("{\"records\":[{}],\"records\":[{}]}", "line 1, column 27: duplicate name `records`"),
        ] {
            assert_eq!(all(text), Err(fault.to_owned()), "{text}");
        }
    }
}
