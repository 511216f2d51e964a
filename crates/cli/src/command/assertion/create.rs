use orgtoken_assertion::{Claims, ClaimsError, Lifetime};
use orgtoken_settings::Settings;
use serde_json::json;
use zeroize::Zeroizing;

use crate::args::{Login, duration};
use crate::clock;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::rfc3339;
use crate::login::context::Context;
use crate::login::signer::signer;

/// Create and print an assertion
///
/// Treat it as a secret: it can be exchanged for a token until it expires.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Lifetime of the assertion, at most 180s
    #[arg(long, value_name = "TIME", value_parser = lifetime, default_value = "150s")]
    lifetime: Lifetime,
    #[command(flatten)]
    login: Login,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let settings = Context { login: &args.login, route: None, console }.settings()?;
    let claims = claims(args, &settings)?;
    let assertion = claims.sign(signer(settings.into_key())?.as_ref())?;
    if console.json() {
        let expires_at = rfc3339(claims.expires_at());
        let document = json!({ "assertion": assertion.secret(), "expires_at": expires_at });
        return Ok(console.document(&document)?);
    }
    let text = Zeroizing::new(format!("{}\n", assertion.secret()));
    Ok(console.secret(&text, "the assertion")?)
}

fn claims(args: &Args, settings: &Settings) -> Result<Claims, ClaimsError> {
    Claims::builder(clock::now())
        .issuer(settings.client_id().as_str())
        .subject(settings.username().as_str())
        .audience(settings.resolution().audience().as_str())
        .lifetime(args.lifetime)
        .build()
}

fn lifetime(text: &str) -> Result<Lifetime, &'static str> {
    duration(text).and_then(|time| Lifetime::new(time).ok_or("expected between 1s and 180s"))
}
