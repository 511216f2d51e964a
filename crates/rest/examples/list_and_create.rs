//! Lists accounts and creates one.
//!
//! It reads the variables that `orgtoken-fake-org --print env` prints:
//!
//! ```sh
//! cargo run -p orgtoken-fake-org -- --new-key robot.key --user robot@acme.com \
//!   --https ca.pem -- cargo run -p orgtoken-rest --example list_and_create
//! ```

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::env;
use std::error::Error;
use std::fs;
use std::sync::Arc;

use orgtoken_assertion::SigningKey;
use orgtoken_client::{Login, LoginSource, Roots, Transport};
use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution};
use orgtoken_rest::{Org, TIMEOUTS};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    name: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let org = org()?;

    let saved = org.create("Account", &Account { name: "Acme AB".into() }).await?;
    println!("created {}", saved.id.unwrap_or_default());

    for account in org.query("SELECT Name FROM Account ORDER BY Name").rows::<Account>().await? {
        println!("{}", account.name);
    }
    Ok(())
}

/// Returns the org and the user that the environment names.
fn org() -> Result<Org, Box<dyn Error>> {
    // Salesforce hosts are known. Only a fake org has to be allowed.
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
