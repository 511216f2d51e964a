//! `--jq`: a filter for JSON results.

use std::borrow::Cow;

use jaq_core::box_iter::box_once;
use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::native::{Filter as Named, Fun, v};
use jaq_core::{Compiler, Ctx, Native, RunPtr, Vars, compile};
use jaq_json::{Num, Val};
use orgtoken_assertion::Diagnostic;
use orgtoken_rest::Value;
use serde::de::IgnoredAny;

/// A compiled filter.
pub(crate) struct Jq(compile::Filter<Native<JustLut<Val>>>);

/// A result of a filter.
pub(crate) enum Output {
    /// A string, which is printed without quotes.
    Text(String),
    /// JSON on one line.
    Json(String),
}

impl Jq {
    /// Compiles an expression.
    pub(crate) fn compile(expression: &str) -> Result<Self, JqError> {
        let rows = load::parse(ROWS, |parser| parser.defs()).expect("the definitions are valid");
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(rows);
        let arena = Arena::default();
        let program = File { code: expression, path: () };
        let of_syntax = |errors: load::Errors<&str, ()>| {
            let (_, error) = errors.into_iter().next().expect("a failure has an error");
            JqError::of_syntax(expression, error)
        };
        let modules = Loader::new(defs).load(&arena, program).map_err(of_syntax)?;
        // `import "file" as $data` is not loaded, and running it would panic.
        load::import(&modules, |_| Err(String::new())).map_err(of_syntax)?;
        let filter = Compiler::default().with_funs(functions()).compile(modules);
        filter.map(Self).map_err(|errors| {
            let first = errors.into_iter().flat_map(|(_, errors)| errors).next();
            let (part, undefined) = first.expect("a failure has an error");
            JqError::at(expression, part, format!("undefined {}", undefined.as_str()))
        })
    }

    /// Filters a JSON document. Each output is computed when it is taken.
    pub(crate) fn outputs(
        &self,
        json: &[u8],
    ) -> Result<impl Iterator<Item = Result<Output, JqError>>, JqError> {
        let value: Value = serde_json::from_slice(json)
            .map_err(|error| JqError::NotJson { line: error.line(), column: error.column() })?;
        let context = Ctx::<JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        let results = self.0.id.run((context, to_jaq(value)));
        Ok(results.map_while(|result| match result.map_err(jaq_core::Exn::get_err) {
            Ok(value) => Some(Output::of(value)),
            Err(Ok(error)) => Some(Err(JqError::Failed(kind(&error.to_string())))),
            // The expression has called `halt` or `halt_error`.
            Err(Err(exception)) => match exception.get_halt() {
                Ok(0) => None,
                _ => Some(Err(JqError::Failed("it halted with an error"))),
            },
        }))
    }
}

impl Output {
    fn of(value: Val) -> Result<Self, JqError> {
        if let Val::TStr(text) = &value {
            return Ok(Self::Text(String::from_utf8_lossy(text).into_owned()));
        }
        if is_deeper(&value, MAX_DEPTH) {
            // Dropping it would overflow the stack, and so would writing it.
            std::mem::forget(value);
            return Err(JqError::Failed("its result is nested too deeply"));
        }
        let json = value.to_string();
        match serde_json::from_str::<IgnoredAny>(&json) {
            Ok(_) => Ok(Self::Json(json)),
            Err(_) => Err(JqError::Failed(
                "its result is not JSON: NaN, infinity, bytes, or a key that is not text",
            )),
        }
    }
}

fn is_deeper(value: &Val, levels: usize) -> bool {
    let below = |value| levels == 0 || is_deeper(value, levels - 1);
    match value {
        Val::Arr(items) => items.iter().any(below),
        Val::Obj(fields) => fields.values().any(below),
        _ => false,
    }
}

/// The functions of jq. Those that read the environment or write to standard error do nothing:
/// variables hold secrets, and the output of this program goes through its own streams.
fn functions() -> impl Iterator<Item = Fun<JustLut<Val>>> {
    let replaced = |name: &str| ["debug_empty", "env", "stderr_empty"].contains(&name);
    let all = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let nothing: [Named<RunPtr<JustLut<Val>>>; 3] = [
        ("debug_empty", v(0), |_| Box::new(std::iter::empty())),
        ("env", v(0), |_| box_once(Ok(Val::obj(jaq_json::Map::default())))),
        ("stderr_empty", v(0), |_| Box::new(std::iter::empty())),
    ];
    all.filter(move |(name, ..)| !replaced(name))
        .chain(nothing.into_iter().map(|named| jaq_core::native::run::<JustLut<Val>>(named)))
}

/// Converts a value. Numbers keep their digits, as long as the expression does not calculate with
/// them.
fn to_jaq(value: Value) -> Val {
    match value {
        Value::Null => Val::Null,
        Value::Bool(value) => Val::Bool(value),
        Value::Number(number) => Val::Num(to_number(number.as_str())),
        Value::String(text) => text.into(),
        Value::Array(items) => items.into_iter().map(to_jaq).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name.into(), to_jaq(value)));
            Val::obj(fields.collect())
        }
    }
}

fn to_number(text: &str) -> Num {
    let is_integer = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    // `-0` is not an integer, since integers have no sign of zero. The longest integers would take
    // too long to convert.
    let integer = (is_integer && text != "-0" && text.len() <= MAX_INTEGER)
        .then(|| Num::from_str_radix(text, 10));
    integer.flatten().unwrap_or_else(|| Num::Dec(text.to_owned().into()))
}

/// An error of `--jq`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JqError {
    /// The message of jaq quotes the data.
    #[error("the jq expression failed: {0}")]
    Failed(&'static str),
    #[error("the result is not JSON (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    #[error("invalid jq expression at column {column}: {problem}")]
    Syntax { column: usize, problem: Cow<'static, str> },
}

impl JqError {
    fn of_syntax(expression: &str, error: load::Error<&str>) -> Self {
        let (part, expected) = match error {
            load::Error::Lex(errors) => errors
                .into_iter()
                .next()
                .map(|(expected, part)| (part, expected.as_str().to_owned())),
            load::Error::Parse(errors) => errors
                .into_iter()
                .next()
                .map(|(expected, part)| (part, expected.as_str().to_owned())),
            load::Error::Io(_) => {
                return Self::Syntax { column: 1, problem: "modules are not supported".into() };
            }
        }
        .expect("a failure has an error");
        Self::at(expression, part, format!("expected {expected}"))
    }

    /// `part` is a part of the expression.
    fn at(expression: &str, part: &str, problem: String) -> Self {
        let start = load::span(expression, part).start;
        let column = expression.get(..start).map_or(0, |before| before.chars().count()) + 1;
        Self::Syntax { column, problem: problem.into() }
    }
}

/// Returns the kind of an error, without the data in it.
fn kind(message: &str) -> &'static str {
    let kinds = [
        ("cannot index ", "it looks for a field or an item in a value that has none"),
        ("cannot calculate ", "it calculates with values that are no numbers"),
        ("cannot use ", "it uses a value of the wrong type"),
        ("invalid path expression ", "it changes a value that is not a part of the input"),
    ];
    let found = kinds.iter().find(|(start, _)| message.starts_with(start));
    found.map_or("it raised an error", |(_, kind)| kind)
}

impl Diagnostic for JqError {
    fn code(&self) -> &str {
        "usage.jq"
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(
            match self {
                // Running a command that changes records once more would change them twice.
                Self::Failed(_) => "correct the expression; the command itself was carried out",
                Self::NotJson { .. } => "leave out `--jq`; the command itself was carried out",
                Self::Syntax { .. } => "check the expression, such as `--jq '.records[].Name'`",
            }
            .into(),
        )
    }
}

/// Rows of tables, which the library lacks.
const ROWS: &str = r#"
def @csv: [.[] | if . == null then "" elif type == "string" then
  "\"" + (split("\"") | join("\"\"")) + "\"" elif type == "number" or type == "boolean" then tostring
  else error("no cell") end] | join(",");
def @tsv: [.[] | if . == null then "" elif type == "string" then split("\\") | join("\\\\")
  | split("\t") | join("\\t") | split("\n") | join("\\n") | split("\r") | join("\\r")
  elif type == "number" or type == "boolean" then tostring else error("no cell") end] | join("\t");
"#;

/// An expression can nest values more deeply than the stack allows.
const MAX_DEPTH: usize = 1000;

/// In digits.
const MAX_INTEGER: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(expression: &str, json: &str) -> Vec<String> {
        let jq = Jq::compile(expression).unwrap();
        let text = |output: Result<_, JqError>| match output {
            Ok(Output::Text(text)) => text,
            Ok(Output::Json(json)) => json,
            Err(error) => error.to_string(),
        };
        jq.outputs(json.as_bytes()).unwrap().map(text).collect()
    }

    #[test]
    fn numbers_keep_their_digits() {
        for number in [
            "12345678901234567890",
            "0.1000",
            "1e400",
            "1E-400",
            "-0",
            "-0.0",
            "1.0",
            "100000000000000000000000000000000.00000000000000001",
            &"9".repeat(2000),
        ] {
            let json = format!(r#"{{"a":[{number}]}}"#);
            assert_eq!(filtered(".a[0]", &json), [number]);
            assert_eq!(filtered(".", &json), [&*json]);
            assert_eq!(
                filtered("[.a[] | {b: .}] | tojson", &json),
                [format!(r#"[{{"b":{number}}}]"#)]
            );
        }
    }

    #[test]
    fn outputs_are_raw_strings_and_compact_json() {
        let json = r#"{"b":"x \"y\"\n","a":[1,null,{"c":true}]}"#;
        for (expression, expected) in [
            (".b", ["x \"y\"\n"].as_slice()),
            (".a[]", &["1", "null", r#"{"c":true}"#]),
            (".", &[json]),
            ("keys_unsorted | join(\",\")", &["b,a"]),
            ("[.a[] | select(type == \"number\")] | @csv", &["1"]),
            ("[\"a\\\"b\", null, 1.50, \"\", true] | @csv", &["\"a\"\"b\",,1.50,\"\",true"]),
            (r#"["a\t\\b\n", null, 1.50, ""] | @tsv"#, &["a\\t\\\\b\\n\t\t1.50\t"]),
            ("empty", &[]),
            ("1, halt, 2", &["1"]),
            (
                "1, .b.x",
                &[
                    "1",
                    "the jq expression failed: it looks for a field or an item in a value that has none",
                ],
            ),
            ("env, (\"x\" | stderr | debug)", &["{}", "x"]),
        ] {
            assert_eq!(filtered(expression, json), expected, "{expression}");
        }
    }

    #[test]
    fn errors_have_a_position_and_no_data() {
        for (expression, message) in [
            ("", "invalid jq expression at column 1: expected term"),
            (".a[", "invalid jq expression at column 4: expected closing bracket"),
            ("\"å\" | .a |", "invalid jq expression at column 11: expected term"),
            (".a | hunter2", "invalid jq expression at column 6: undefined filter"),
            ("$hunter2", "invalid jq expression at column 1: undefined variable"),
            (
                "import \"a\" as a; .",
                "invalid jq expression at column 1: modules are not supported",
            ),
            (
                "import \"a\" as $a; $a",
                "invalid jq expression at column 1: modules are not supported",
            ),
        ] {
            let error = Jq::compile(expression).map(|_| ()).unwrap_err();
            assert_eq!(error.to_string(), message, "{expression}");
        }
        let json = r#"{"a":"s3cr3t"}"#;
        for expression in [
            ".a.b",
            ".a - 1",
            ".a[]",
            "error(.a)",
            ".a | tonumber",
            "(.a | tostring) |= 1",
            ".a | halt_error",
            "halt(3)",
            "{(1): .a}",
            "[.a | tobytes]",
            "[nan]",
            "{a: infinite}",
            "reduce range(1000000) as $i (.a; [.])",
            "reduce range(1001) as $i (.a; {a: .})",
        ] {
            let jq = Jq::compile(expression).unwrap();
            let output = jq.outputs(json.as_bytes()).unwrap().next().unwrap();
            let error = output.map(|_| ()).unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with("the jq expression failed: it"), "{text}");
            assert!(!format!("{text} {error:?}").contains("s3cr3t"), "{expression}");
        }
        let error = Jq::compile(".").unwrap().outputs(b"<s3cr3t>").map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "the result is not JSON (line 1, column 1)");
    }
}
