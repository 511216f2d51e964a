//! What the codes of orgtoken's own errors mean, for whoever has nothing but the code: the error
//! itself knows file, line and value.

mod key;
mod machine;
mod settings;
mod signed;
mod way;

use serde_json::{Value, json};

use crate::failure::exit_of;
use crate::text::sentence;

/// What is known about one code.
#[derive(Debug)]
pub(super) struct OwnCode {
    code: &'static str,
    /// In words that hold for every error of this code.
    meaning: &'static str,
    /// What to do first.
    next: &'static str,
}

impl OwnCode {
    /// The one of this code, if errors have it.
    pub(super) fn by_code(code: &str) -> Option<&'static Self> {
        all().find(|own| own.code == code)
    }

    pub(super) fn text(&self) -> String {
        let Self { code, meaning, next } = self;
        let (meaning, next, exit) = (sentence(meaning), sentence(next), exit_of(code));
        format!(
            "{code}\n{meaning}\n\nWhat to do\n  1. {next}\n\n\
             An error of orgtoken, with exit code {exit}. Its message says what it is about.\n"
        )
    }

    /// With the members that an explained refusal has, as far as they mean anything here.
    pub(super) fn document(&self) -> Value {
        let Self { code, meaning, next } = self;
        json!({
            "code": code,
            "title": code,
            "exact": true,
            "meaning": meaning,
            "first": next,
            "causes": [],
            "fix": { "external_client_app": [next], "connected_app": [next] },
            "exit": exit_of(code),
        })
    }
}

fn all() -> impl Iterator<Item = &'static OwnCode> {
    [key::CODES, machine::CODES, settings::CODES, signed::CODES, way::CODES].into_iter().flatten()
}

#[cfg(test)]
mod tests;
