//! No file over 400 lines before its tests, no function over 50, no README over 140.

use super::Source;

pub(super) fn check(sources: &[Source], problems: &mut Vec<String>) {
    for source in sources {
        let lines = source.code().lines().count();
        if source.path == "README.md" && lines > README {
            problems.push(format!(
                "README.md: {lines} lines; people read {README}: move what is more to docs/"
            ));
        }
        if !source.is_rust() || source.is_test() {
            continue;
        }
        if lines > FILE {
            problems.push(format!(
                "{}: {lines} lines before its tests: split it at {FILE} by its nouns",
                source.path
            ));
        }
        for function in functions(source.code()) {
            if function.lines > FUNCTION {
                let Function { line, name, lines } = function;
                problems.push(format!(
                    "{}:{line}: `{name}` has {lines} lines, none may have over {FUNCTION}: \
                     name its parts",
                    source.path
                ));
            }
        }
    }
}

struct Function<'a> {
    line: usize,
    name: &'a str,
    lines: usize,
}

/// Every function by its layout, which rustfmt keeps: it ends at the first `}` in the column where
/// it began.
fn functions(code: &str) -> Vec<Function<'_>> {
    let lines: Vec<&str> = code.lines().collect();
    let mut functions = Vec::new();
    for (at, &line) in lines.iter().enumerate() {
        let Some(name) = name(line) else { continue };
        if line.ends_with(['}', ';']) {
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = lines[at..].iter().position(|line| line.strip_prefix(indent) == Some("}"));
        functions.push(Function { line: at + 1, name, lines: end.map_or(0, |end| end + 1) });
    }
    functions
}

/// The name of the function that begins in this line.
fn name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let known = |word: &str| matches!(word, "pub" | "const" | "async") || word.starts_with("pub(");
    if !before.split_whitespace().all(known) {
        return None;
    }
    after.split(['(', '<']).next()
}

const FILE: usize = 400;
const FUNCTION: usize = 50;
const README: usize = 140;

#[cfg(test)]
mod tests {
    use super::super::problems_of;
    use super::*;

    #[test]
    fn a_long_function_is_named_with_its_place() {
        let body = "        work();\n".repeat(49);
        let text = format!("impl A {{\n    pub(crate) fn long(&self) {{\n{body}    }}\n}}\n");
        let problems = problems_of(check, "crates/a/src/a.rs", &text);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("crates/a/src/a.rs:2: `long` has 51 lines"));
    }

    #[test]
    fn fifty_lines_are_fine_and_so_are_tests_of_any_length() {
        let fifty = format!("fn a() {{\n{}}}\n", "    work();\n".repeat(48));
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    // long\n".repeat(500));
        assert!(problems_of(check, "crates/a/src/a.rs", &(fifty + &tests)).is_empty());
        assert!(problems_of(check, "crates/a/src/a/tests.rs", &"\n".repeat(500)).is_empty());
    }

    #[test]
    fn a_long_file_and_a_long_readme_are_told_to_split() {
        assert_eq!(problems_of(check, "crates/a/src/a.rs", &"\n".repeat(401)).len(), 1);
        assert_eq!(problems_of(check, "README.md", &"\n".repeat(141)).len(), 1);
    }
}
