//! Another HTTP client: `orgtoken-oauth` creates the request and reads the response, `ureq` sends
//! it. `orgtoken-client` is not used.
//!
//! For a real org, enable a TLS feature of ureq. The variables are those that `orgtoken-fake-org
//! --print env` prints.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::env;
use std::error::Error;
use std::fs;
use std::time::SystemTime;

use http::{Request, Response};
use orgtoken_assertion::{Claims, SigningKey, UnixTime};
use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution, Token, TokenRequest};

fn main() -> Result<(), Box<dyn Error>> {
    let allowed = AllowedHosts::parse(env::var("ORGTOKEN_ALLOW_HOSTS").iter().map(String::as_str))?;
    let instance = InstanceUrl::parse(&env::var("ORGTOKEN_INSTANCE_URL")?, &allowed)?;
    let resolution = Resolution::resolve(None, Some(&instance), None)?;
    let key = SigningKey::from_bytes(&fs::read(env::var("ORGTOKEN_PRIVATE_KEY_FILE")?)?)?;

    let (client_id, user) = (env::var("ORGTOKEN_CLIENT_ID")?, env::var("ORGTOKEN_USERNAME")?);
    let audience = resolution.audience().as_str();
    let claims =
        Claims::builder(now()?).issuer(client_id).subject(user).audience(audience).build()?;
    let request = TokenRequest::new(resolution.endpoint(), claims.sign(&key)?);

    let answer = carry(request.to_http().map(|body| body.to_vec()))?;
    let token = Token::from_http(&answer, now()?, &allowed)?;
    println!("a token for {}", token.instance_url().as_str());
    Ok(())
}

/// A refusal is a response as well. A redirect must not be followed with an assertion.
fn carry(request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, ureq::Error> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
    let (head, mut body) = ureq::Agent::new_with_config(config).run(request)?.into_parts();
    Ok(Response::from_parts(head, body.read_to_vec()?))
}

fn now() -> Result<UnixTime, Box<dyn Error>> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(UnixTime::since_epoch(since))
}
