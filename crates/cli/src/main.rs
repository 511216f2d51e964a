//! The program `orgtoken`.

#![forbid(unsafe_code)]

fn main() {}
