//! Tokens with a number, which no org issued.

use anyhow::{Context, Result};
use bytes::Bytes;
use http::Response;
use orgtoken_client::Timestamp;
use orgtoken_oauth::{AllowedHosts, Token};

/// Returns a token in the format of Salesforce, received now.
pub fn numbered(number: u64) -> Result<Token> {
    let body = format!(
        r#"{{"access_token":"{PREFIX}{number:020}","token_type":"Bearer","scope":"api id",
            "instance_url":"https://acme.my.salesforce.com"}}"#
    );
    let answer =
        Response::builder().header("content-type", "application/json").body(Bytes::from(body))?;
    Ok(Token::from_http(&answer, Timestamp::now().wall, &AllowedHosts::none())?)
}

/// Returns the number of a token of [`numbered`].
pub fn number_of(token: &Token) -> Result<u64> {
    let number = token.access_token().secret().strip_prefix(PREFIX);
    Ok(number.context("another token")?.parse()?)
}

const PREFIX: &str = "00Dxx0000006JFr!";
