//! What a token endpoint, or whoever answers in its place, may say.

#![no_main]

use bytes::Bytes;
use http::Response;
use libfuzzer_sys::fuzz_target;
use orgtoken_assertion::UnixTime;
use orgtoken_oauth::{AllowedHosts, Token};

fuzz_target!(|input: (u16, &[u8])| {
    let (status, body) = input;
    let response = Response::builder()
        .status(200 + status % 400)
        .header("content-type", "application/json")
        .body(Bytes::copy_from_slice(body))
        .expect("the status is in range");
    let now = UnixTime::from_secs(1_700_000_000);
    if let Ok(token) = Token::from_http(&response, now, &AllowedHosts::none()) {
        assert!(!token.access_token().secret().is_empty());
    }
});
