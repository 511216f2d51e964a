//! Numbered tokens.

use bytes::Bytes;
use http::Response;
use orgtoken_oauth::{AllowedHosts, Token};

use crate::{CachedToken, Timestamp};

/// A token that was granted just now.
pub(super) fn granted(number: u32) -> CachedToken {
    CachedToken::new(token(number), Timestamp::now())
}

/// The number of a token.
pub(super) fn number(cached: &CachedToken) -> u32 {
    cached.token().access_token().secret().rsplit('!').next().unwrap().parse().unwrap()
}

/// A token that is not cached yet.
pub(super) fn token(number: u32) -> Token {
    let body = format!(
        r#"{{"access_token":"00Dxx0000006JFr!{number}","token_type":"Bearer",
            "instance_url":"https://acme.my.salesforce.com"}}"#
    );
    let answer = Response::builder().header("content-type", "application/json");
    let answer = answer.body(Bytes::from(body)).unwrap();
    Token::from_http(&answer, Timestamp::now().wall, &AllowedHosts::none()).unwrap()
}
