//! Reading and comparing numbers. A float cannot hold all digits of a long integer.

use std::cmp::Ordering;

use serde_json::Number;

/// Reads a number. Returns `None` for any other text.
pub(super) fn parse(text: &str) -> Option<Number> {
    let whole = text.parse().ok().and_then(Number::from_i128);
    whole.or_else(|| Number::from_f64(text.parse().ok()?))
}

/// Compares two numbers by all their digits. 7 and 7.0 are one number.
pub(super) fn compare(one: &Number, other: &Number) -> Ordering {
    let by_digits = whole(one).zip(whole(other)).map_or(Ordering::Equal, |(a, b)| a.cmp(&b));
    by_digits.then_with(|| one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal))
}

fn whole(number: &Number) -> Option<i128> {
    let float = || number.as_f64().filter(|float| float.fract() == 0.0);
    number.as_i128().or_else(|| Some(float()? as i128))
}
