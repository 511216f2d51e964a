#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../targets.rs"]
mod targets;

fuzz_target!(|input: &[u8]| drop(targets::run("rows", input)));
