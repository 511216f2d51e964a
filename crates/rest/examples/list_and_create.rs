//! Lists accounts and creates one.
//!
//! Where the org is stands in the variables that `orgtoken-fake-org --print env` prints:
//!
//! ```sh
//! cargo run -p orgtoken-fake-org -- --new-key robot.key --user robot@acme.com \
//!   --https ca.pem -- cargo run -p orgtoken-rest --example list_and_create
//! ```

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::env;
use std::error::Error;
use std::fs;
use std::sync::Arc;

use orgtoken_assertion::SigningKey;
use orgtoken_client::{Login, LoginSource, Roots, Transport};
use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution};
use orgtoken_rest::{Org, TIMEOUTS};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let org = org()?;

    let saved = org.create("Account", &json!({ "Name": "Acme AB" })).await?;
    println!("created {}", saved.id.unwrap_or_default());

    let mut pages = org.query("SELECT Name FROM Account ORDER BY Name");
    while let Some(page) = pages.next().await? {
        for record in &page.records {
            println!("{}", record["Name"].as_str().unwrap_or_default());
        }
    }
    Ok(())
}

/// The org of the environment, for one user.
fn org() -> Result<Org, Box<dyn Error>> {
    // Only loopback needs to be allowed: every Salesforce host is known.
    let allowed = AllowedHosts::parse(env::var("ORGTOKEN_ALLOW_HOSTS").iter().map(String::as_str))?;
    let instance = InstanceUrl::parse(&env::var("ORGTOKEN_INSTANCE_URL")?, &allowed)?;
    let resolution = Resolution::resolve(None, Some(&instance), None)?;
    let key = SigningKey::from_bytes(&fs::read(env::var("ORGTOKEN_PRIVATE_KEY_FILE")?)?)?;
    let (client_id, user) = (env::var("ORGTOKEN_CLIENT_ID")?, env::var("ORGTOKEN_USERNAME")?);
    let login = Login::new(client_id, user, Arc::new(key), resolution).allowed_hosts(allowed);

    let roots = Roots::Pem(fs::read(env::var("ORGTOKEN_CA_FILE")?)?);
    let transport = Transport::builder().roots(roots).build();
    let source = LoginSource::new(login, transport.clone());
    Ok(Org::new(transport.with_timeouts(TIMEOUTS), source, 65))
}
