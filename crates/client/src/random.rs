//! Randomness for jitter; nothing here is secret.

use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

/// Returns a random number. Without a random generator it is constant, which only costs the spread.
pub(crate) fn number() -> u64 {
    let mut bytes = [0; 8];
    let _ = SystemRandom::new().fill(&mut bytes);
    u64::from_be_bytes(bytes)
}

/// Returns a random part of `whole`.
pub(crate) fn part_of(whole: Duration) -> Duration {
    whole.mul_f64(number() as f64 / u64::MAX as f64)
}
