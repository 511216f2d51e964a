//! Randomness for jitter; nothing here is secret.

use ring::rand::{SecureRandom, SystemRandom};

/// At least 0 and less than 1. Without a random generator it is always the same, which costs
/// nothing but the spread.
pub(crate) fn fraction() -> f64 {
    let mut bytes = [0; 4];
    let _ = SystemRandom::new().fill(&mut bytes);
    f64::from(u32::from_be_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}
