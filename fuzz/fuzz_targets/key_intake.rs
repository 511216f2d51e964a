//! Keys, as whoever pastes them has them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use orgtoken_assertion::{KeyError, PublicKey, Signer, SigningKey};

fuzz_target!(|input: &[u8]| {
    match SigningKey::from_bytes(input) {
        Ok(key) => assert!((2048..=4096).contains(&key.public_key().bits())),
        Err(error) => assert_silent(input, &error),
    }
    if let Err(error) = PublicKey::from_pem_or_der(input) {
        assert_silent(input, &error);
    }
});

/// Sixteen characters of the input in an error would be a leak.
fn assert_silent(input: &[u8], error: &KeyError) {
    let said = format!("{error} {error:?}");
    let is_word = |window: &&[u8]| window.iter().all(u8::is_ascii_alphanumeric);
    for window in input.windows(16).filter(is_word) {
        let word = String::from_utf8_lossy(window);
        assert!(!said.contains(&*word), "the error repeats the input");
    }
}
