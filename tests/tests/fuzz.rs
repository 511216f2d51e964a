//! The corpora of the fuzz targets, and mutations of them, on the stable compiler.
//!
//! The mutations are the same in every run. `ORGTOKEN_FUZZ_SECONDS` mutates each corpus for
//! that long; `ORGTOKEN_FUZZ_TARGET` names the one target to run.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../../fuzz/targets.rs"]
mod targets;

use targets::TARGETS;

#[test]
fn parsers_survive_mutated_corpora_and_echo_no_secret() {
    let budget = env::var("ORGTOKEN_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let only = env::var("ORGTOKEN_FUZZ_TARGET").ok();
    assert!(only.iter().all(|only| TARGETS.iter().any(|(name, _)| name == only)), "no such target");
    let is_wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    for (name, _) in TARGETS.iter().filter(|(name, _)| is_wanted(name)) {
        let seeds = corpus(name);
        assert!(!seeds.is_empty(), "{name} has a corpus");
        for seed in &seeds {
            run(name, seed, &seeds);
        }
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let began = Instant::now();
        let mut runs = 0_u64;
        let is_within_budget = |runs| match budget.map(Duration::from_secs) {
            Some(budget) => began.elapsed() < budget,
            None => runs < RUNS,
        };
        while is_within_budget(runs) {
            let mut input = seeds[random.below(seeds.len())].clone();
            for _ in 0..=random.below(4) {
                mutate(&mut input, &seeds, &mut random);
            }
            run(name, &input, &seeds);
            runs += 1;
        }
        if budget.is_some() {
            let _ = writeln!(io::stdout(), "{name}: {runs} runs in {:?}", began.elapsed());
        }
    }
}

fn run(name: &str, input: &[u8], seeds: &[Vec<u8>]) {
    let said = targets::run(name, input);
    if !is_canary_in_place(input, seeds) {
        return;
    }
    for window in CANARY.as_bytes().windows(WINDOW) {
        let window = str::from_utf8(window).expect("ASCII");
        let text = String::from_utf8_lossy(input);
        assert!(!said.contains(window), "{name} echoes the canary of: {text}");
    }
}

/// Whether the canary is only where a seed has it, and whole. A mutation may move a piece of it
/// into a text that is meant to be shown, where it looks like any other word.
fn is_canary_in_place(input: &[u8], seeds: &[Vec<u8>]) -> bool {
    let has = |text: &[u8], part: &[u8]| text.windows(part.len()).any(|window| window == part);
    let canary = CANARY.as_bytes();
    let is_in_place = |start: usize| {
        let with_context = &input[start.saturating_sub(CONTEXT)..start + canary.len()];
        seeds.iter().any(|seed| has(seed, with_context))
    };
    let wholes = input.windows(canary.len()).enumerate().filter(|(_, window)| *window == canary);
    let in_place: Vec<usize> = wholes.map(|(at, _)| at).filter(|at| is_in_place(*at)).collect();
    let pieces = input.windows(WINDOW).enumerate().filter(|(_, window)| has(canary, window));
    let is_whole =
        |at| in_place.iter().any(|start| (*start..=start + canary.len() - WINDOW).contains(&at));
    // Two pieces may also become one, where a reader drops what a mutation put between them.
    !in_place.is_empty() && pieces.map(|(at, _)| at).all(is_whole)
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("each target has a corpus")
        .map(|entry| entry.expect("the folder is readable").path())
        .collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("the file is readable")).collect()
}

fn mutate(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(32)).min(input.len());
    match random.below(7) {
        0 => drop(input.drain(at..end)),
        1 => input.truncate(at),
        2 => {
            let copy = input[at..end].to_vec();
            input.splice(at..at, copy);
        }
        3 => {
            let token = TOKENS[random.below(TOKENS.len())];
            input.splice(at..at, token.iter().copied());
        }
        4 => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            input.splice(at..end, other[from..].iter().copied());
        }
        _ => {
            if let Some(byte) = input.get_mut(at) {
                *byte = (random.next() & 0xff) as u8;
            }
        }
    }
}

/// xorshift64: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Is in the corpora instead of a secret.
const CANARY: &str = "Kq7CanaryZx3Lm9CanaryWv5Tb1CanaryHd8";

/// In bytes: the piece of a secret that would be a leak, and what is before it.
const WINDOW: usize = 16;
const CONTEXT: usize = 32;

const RUNS: u64 = 1_000;

/// Pieces that mean something to one of the parsers.
const TOKENS: [&[u8]; 16] = [
    b"\"",
    b"{",
    b"[",
    b"\\u0000",
    b"\\n",
    b"-----BEGIN ",
    b"-----",
    b"\r\n",
    b"\xef\xbb\xbf",
    b"\0",
    b"://",
    b"@",
    b"=",
    b",",
    b"MII",
    b"\xff",
];
