use std::path::PathBuf;

use orgtoken_assertion::{UnixTime, Unverified};
use serde::Serialize;
use serde_json::Value;

use crate::clock;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::table::{Row, table};
use crate::io::text::rfc3339;

/// Show the header and claims of an assertion
///
/// The signature is not checked; see `orgtoken assertion verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File with the assertion; `-` is stdin
    #[arg(default_value = "-")]
    file: PathBuf,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let assertion = super::read(&args.file)?;
    let now = clock::now();
    let text = || table(rows(&assertion, now), console.look());
    Ok(console.result(&Shown::of(&assertion, now), text)?)
}

#[derive(Serialize)]
struct Shown {
    header: Value,
    claims: Value,
    expires_at: Option<String>,
    expired: Option<bool>,
}

impl Shown {
    fn of(assertion: &Unverified, now: UnixTime) -> Self {
        let claims = assertion.claims();
        Self {
            header: serde_json::from_str(assertion.header_json()).unwrap_or_default(),
            claims: serde_json::from_str(claims.json()).unwrap_or_default(),
            expires_at: claims.expires_at().and_then(rfc3339),
            expired: claims.expires_at().map(|end| end <= now),
        }
    }
}

fn rows(assertion: &Unverified, now: UnixTime) -> Vec<Row> {
    let claims = assertion.claims();
    let rows = [
        ("header", Some(assertion.header_json().to_owned())),
        ("issuer", claims.issuer().map(str::to_owned)),
        ("subject", claims.subject().map(str::to_owned)),
        ("audience", claims.audience().map(str::to_owned)),
        ("expires", claims.expires_at().map(|end| relative(end, now))),
        ("issued", claims.issued_at().map(|at| relative(at, now))),
        ("not before", claims.not_before().map(|at| relative(at, now))),
        ("token id", claims.token_id().map(str::to_owned)),
    ];
    let absent = |name: &str| required(name).then(|| "missing".to_owned());
    rows.into_iter()
        .filter_map(|(name, value)| Some(Row::new(name, &value.or_else(|| absent(name))?)))
        .collect()
}

/// Whether Salesforce requires the claim.
fn required(name: &str) -> bool {
    matches!(name, "issuer" | "subject" | "audience" | "expires")
}

fn relative(at: UnixTime, now: UnixTime) -> String {
    let time = rfc3339(at).unwrap_or_else(|| format!("{} s after 1970", at.as_secs()));
    let ahead = at.saturating_duration_since(now).as_secs();
    let behind = now.saturating_duration_since(at).as_secs();
    if at > now { format!("{time}, in {ahead} s") } else { format!("{time}, {behind} s ago") }
}
