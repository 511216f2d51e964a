//! Secrets in every place where something can be put, and none of them in any place where it must
//! not be.
//!
//! Every argument of the program, every variable, every name of a profile and of a record, every
//! file and standard input gets a private key, a passphrase, a token and an assertion in many
//! encodings. After each run, no 16 bytes of any of them may be in a stream, in a file outside the
//! cache, or in the arguments or the environment of a child, unless [`allowed`] says so.
//!
//! Arguments come from the program's grammar, variables and names from its tables: a new one is
//! covered at once. `cargo test` gives each place some of the encodings, `cargo xtask ci`
//! each encoding once (`CANARY=every`), with another command and other options each time; `cargo
//! xtask soak` runs all of them with all commands and options (`CANARY=full`).
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::print_stderr, reason = "the full product takes hours")]

mod allowed;
mod belongs;
mod debug;
mod forms;
mod home;
mod places;
mod secrets;
mod service;
mod signer;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use conformance::tools;

use allowed::{Allowed, allows};
use home::{Home, Modes};
use places::{Place, places};
use secrets::{Canary, Secret};

/// One run of the program.
struct Case<'a> {
    place: &'a Place,
    command: usize,
    canary: &'a Canary,
    mode: Modes,
}

#[test]
fn no_secret_is_shown_wherever_it_is_put() {
    if !tools::is_wanted(tools::MANY_PROCESSES) {
        return;
    }
    let secrets = Secret::all();
    let canaries: Vec<Canary> = secrets.iter().flat_map(Secret::canaries).collect();
    let places = places();
    let cases = cases(&places, &canaries);
    assert!(places.len() > 200, "only {} places were found", places.len());
    let next = AtomicUsize::new(0);
    let found = Mutex::new(BTreeSet::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from).max(2) {
            scope.spawn(|| {
                let home = Home::new(&secrets);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else { return };
                    if number.is_multiple_of(1000) {
                        eprintln!("{number} of {} runs", cases.len());
                    }
                    let shown = leaks(case, &home, &secrets);
                    shown.iter().for_each(|leak| eprintln!("{leak}"));
                    found.lock().unwrap().extend(shown);
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    let lines: Vec<_> = found.iter().map(String::as_str).collect();
    assert!(
        found.is_empty(),
        "{} leaks in {} runs:\n{}",
        lines.len(),
        cases.len(),
        lines.join("\n")
    );
}

/// The runs of the scope that `CANARY` names.
fn cases<'a>(places: &'a [Place], canaries: &'a [Canary]) -> Vec<Case<'a>> {
    let scope = std::env::var("CANARY").unwrap_or_default();
    let is_full = scope == "full";
    let step = if scope == "every" { 1 } else { SAMPLE };
    let mut cases = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let step = if is_full { 1 } else { step };
        for (number, canary) in canaries.iter().enumerate().skip(at % step).step_by(step) {
            let turn = at + number;
            for command in 0..place.commands.len() {
                for (which, mode) in Modes::ALL.into_iter().enumerate() {
                    let is_next = command == turn % place.commands.len()
                        && which == (turn / place.commands.len()) % Modes::ALL.len();
                    if is_full || is_next {
                        cases.push(Case { place, command, canary, mode });
                    }
                }
            }
        }
    }
    cases
}

/// Describes each secret that the run shows where it must not.
fn leaks(case: &Case<'_>, home: &Home, secrets: &[Secret]) -> Vec<String> {
    let command = &case.place.commands[case.command];
    let observed = home.put(case.place, command, case.canary, case.mode);
    let mut leaks = Vec::new();
    let names_file = |secret: &Secret| {
        let mut files = observed.parts.iter().filter_map(|(part, _)| part.strip_prefix("file "));
        files.any(|name| secret.is_in(name.as_bytes()))
    };
    for (part, bytes) in &observed.parts {
        for secret in secrets.iter().chain([home.token()]) {
            let is_own = secret.name == case.canary.secret;
            let place = case.place;
            let names_file = names_file(secret);
            let allowed = allows(&Allowed { command, place, part, secret, is_own, names_file });
            if !allowed && secret.is_in(bytes) {
                let shown = secret.excerpt(bytes);
                leaks.push(format!(
                    "{} `{}` ({}) in {}: {} shows {}: {shown}",
                    case.canary.secret,
                    case.canary.encoding,
                    case.mode.name(),
                    case.place.name(command),
                    part,
                    secret.name,
                ));
            }
        }
    }
    leaks
}

/// The short scope tries one of this number of encodings.
const SAMPLE: usize = 12;
