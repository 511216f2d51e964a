use super::*;
use crate::examples::EXAMPLES;
use crate::grammar::grammar;
use crate::io::look::Look;

fn each_command(visit: &mut dyn FnMut(&Command, &[String])) {
    fn walk(command: &Command, path: &mut Vec<String>, visit: &mut dyn FnMut(&Command, &[String])) {
        visit(command, path);
        for below in command.get_subcommands() {
            path.push(below.get_name().to_owned());
            walk(below, path, visit);
            path.pop();
        }
    }
    walk(&documented(grammar()), &mut Vec::new(), visit);
}

/// Returns the words of the `orgtoken` commands in a line of a shell.
fn commands(line: &str) -> Vec<Vec<String>> {
    // A command substitution is a command of its own.
    let line = match line.contains("(orgtoken") {
        true => line.replace("(orgtoken", " orgtoken").replace([')', '"'], " "),
        false => line.to_owned(),
    };
    let words = shlex::split(&line).expect("the line is valid in a shell");
    let is_end = |word: &String| ["|", ">", "<", "&&"].contains(&word.as_str());
    let starts = words.iter().enumerate().filter(|(_, word)| *word == "orgtoken").map(|(at, _)| at);
    starts
        .map(|at| words[at..].iter().take_while(|word| !is_end(word)).cloned().collect())
        .collect()
}

#[test]
fn each_command_has_examples_that_it_accepts() {
    let mut seen = 0;
    each_command(&mut |command, path| {
        let examples = examples(&path.join(" "));
        assert!(!examples.is_empty(), "`orgtoken {}` has no example", path.join(" "));
        seen += 1;
        for Example { line, .. } in examples {
            let commands = commands(line);
            assert!(!commands.is_empty(), "{line}");
            let is_own = |words: &Vec<String>| path.iter().zip(&words[1..]).all(|(a, b)| a == b);
            let is_own = commands.iter().any(is_own)
                || ["help", "settings pull"].contains(&&*path.join(" "));
            assert!(is_own, "{}: {line}", command.get_name());
            for words in commands {
                let parsed = grammar().try_get_matches_from(words);
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            }
        }
    });
    assert_eq!(seen, EXAMPLES.len(), "an example has no command");
}

#[test]
fn endings_fit_80_columns() {
    each_command(&mut |command, _| {
        for ending in [command.get_after_help(), command.get_after_long_help()] {
            let ending = ending.map(ToString::to_string).unwrap_or_default();
            for line in ending.lines() {
                assert!(line.chars().count() <= WIDTH, "{}: {line}", command.get_name());
            }
        }
    });
}

#[test]
fn short_help_has_no_login_flags_and_long_help_has_all() {
    let help = |flag: &str| {
        let words = ["orgtoken", "query", flag];
        documented(grammar()).try_get_matches_from(words).expect_err("help is an error").to_string()
    };
    let (short, long) = (help("-h"), help("--help"));
    assert!(short.contains("--tooling") && short.contains("orgtoken help login"), "{short}");
    for flag in ["--jwt-key-file", "--min-ttl", "--ca-file"] {
        assert!(!short.contains(flag) && long.contains(flag), "{flag}");
    }
    assert!(long.contains("Environment:") && long.contains("Read on:"), "{long}");
}

#[test]
fn topics_have_texts_and_known_commands() {
    let mut names: Vec<_> = TOPICS.iter().map(|topic| topic.name.as_str()).collect();
    each_command(&mut |_, path| {
        if let [name] = path {
            assert!(!names.contains(&name.as_str()), "{name} is a command and a topic");
        }
    });
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TOPICS.len());
    for topic in TOPICS.iter() {
        let text = topic.text(Look::PIPE.document());
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        for quoted in text.split('`').skip(1).step_by(2).filter(|it| it.starts_with("orgtoken ")) {
            let words = quoted.split_whitespace().skip(1);
            let words: Vec<_> =
                words.take_while(|word| word.bytes().all(|b| b.is_ascii_lowercase())).collect();
            let mut command = &grammar();
            for word in words {
                match command.find_subcommand(word) {
                    Some(below) => command = below,
                    None => break,
                }
            }
            assert_ne!(command.get_name(), "orgtoken", "{quoted}");
        }
    }
}

#[test]
fn each_setting_has_a_variable_with_a_meaning() {
    let rows = setting_variables();
    for setting in Setting::ALL {
        let names = setting.variables();
        assert!(rows.iter().any(|(name, _)| names.contains(name)), "{setting:?}");
    }
    assert!(rows.iter().any(|(_, meaning)| meaning.contains("SF_USERNAME")));
}
