//! Prints the body of a token request: `standalone KEY CLIENT_ID USER | curl --data @- URL`.
#![forbid(unsafe_code)]

use std::error::Error;
use std::time::SystemTime;

use orgtoken_assertion::{AUDIENCE_PRODUCTION, Claims, SigningKey, UnixTime};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [key, client_id, user] = arguments.as_slice() else {
        return Err("usage: standalone KEY CLIENT_ID USER".into());
    };
    let key = SigningKey::from_bytes(&std::fs::read(key)?)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let now = UnixTime::since_epoch(now);
    let claims = Claims::builder(now).issuer(client_id).subject(user).audience(AUDIENCE_PRODUCTION).build()?;
    let assertion = claims.sign(&key)?;
    println!("grant_type={GRANT_TYPE}&assertion={}", assertion.secret());
    Ok(())
}

const GRANT_TYPE: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
