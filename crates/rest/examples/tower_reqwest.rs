//! Calls the REST API with reqwest and a tower layer that adds the token.
//!
//! It reads the variables that `orgtoken-fake-org --print env` prints:
//!
//! ```sh
//! cargo run -p orgtoken-fake-org -- --new-key robot.key --user robot@acme.com \
//!   -- cargo run -p orgtoken-rest --features tower --example tower_reqwest
//! ```

#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::env;
use std::error::Error;
use std::fs;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use orgtoken_assertion::SigningKey;
use orgtoken_client::{Login, LoginSource, Transport};
use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution};
use orgtoken_rest::AuthorizeLayer;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let instance = env::var("ORGTOKEN_INSTANCE_URL")?;
    let source = login(&instance)?;

    // A redirect would take the token along.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let send = service_fn(move |request: Request<Bytes>| {
        let client = client.clone();
        async move {
            let response = client.execute(request.try_into()?).await?;
            Ok::<_, reqwest::Error>(http::Response::<reqwest::Body>::from(response))
        }
    });
    let mut client = ServiceBuilder::new().layer(AuthorizeLayer::new(source)).service(send);

    let url = format!("{instance}/services/data/v65.0/query?q=SELECT+Name+FROM+Account");
    let request = Request::get(url).body(Bytes::new())?;
    let response = client.ready().await?.call(request).await?;
    println!("{}", response.status());
    let body = response.into_body().collect().await?.to_bytes();
    println!("{}", String::from_utf8_lossy(&body));

    // No token leaves the org.
    let request = Request::get("https://example.com/").body(Bytes::new())?;
    if let Err(error) = client.ready().await?.call(request).await {
        println!("{error}");
    }
    Ok(())
}

/// Returns the source of tokens for the user that the environment names.
fn login(instance: &str) -> Result<LoginSource, Box<dyn Error + Send + Sync>> {
    // Salesforce hosts are known. Only a fake org has to be allowed.
    let allowed = AllowedHosts::parse(env::var("ORGTOKEN_ALLOW_HOSTS").iter().map(String::as_str))?;
    let instance = InstanceUrl::parse(instance, &allowed)?;
    let resolution = Resolution::resolve(None, Some(&instance), None)?;
    let key = SigningKey::from_bytes(&fs::read(env::var("ORGTOKEN_PRIVATE_KEY_FILE")?)?)?;
    let (client_id, user) = (env::var("ORGTOKEN_CLIENT_ID")?, env::var("ORGTOKEN_USERNAME")?);
    let login = Login::new(client_id, user, Arc::new(key), resolution).allowed_hosts(allowed);
    Ok(LoginSource::new(login, Transport::builder().build()))
}
