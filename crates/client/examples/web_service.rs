//! A web service whose requests share one token.
//!
//! Any number of requests costs one login per token, which is renewed in the background before it
//! expires. Try it like `list_and_create` of `orgtoken-rest`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::env;
use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use orgtoken_assertion::SigningKey;
use orgtoken_client::{BootTime, Login, LoginSource, Roots, TokenSource, Transport};
use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let source: Arc<dyn TokenSource> = Arc::new(source()?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let source = Arc::clone(&source);
        // A client that disconnects affects no other.
        tokio::spawn(async move { drop(serve(stream, source.as_ref()).await) });
    }
}

/// The part of a web framework.
async fn serve(mut stream: TcpStream, source: &dyn TokenSource) -> std::io::Result<()> {
    let mut request = [0; 1024];
    let _ = stream.read(&mut request).await?;
    let (status, body) = handle(source).await;
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all((head + &body).as_bytes()).await
}

/// The use of the token: this example shows its remaining lifetime.
async fn handle(source: &dyn TokenSource) -> (&'static str, String) {
    match source.token(Duration::from_secs(60)).await {
        Ok(cached) => {
            let left = cached.time_left(BootTime::now()).as_secs();
            ("200 OK", format!("{}: {left} s\n", cached.token().instance_url().as_str()))
        }
        Err(error) => ("503 Service Unavailable", format!("{error}\n")),
    }
}

fn source() -> Result<LoginSource, Box<dyn Error>> {
    let allowed = AllowedHosts::parse(env::var("ORGTOKEN_ALLOW_HOSTS").iter().map(String::as_str))?;
    let instance = InstanceUrl::parse(&env::var("ORGTOKEN_INSTANCE_URL")?, &allowed)?;
    let resolution = Resolution::resolve(None, Some(&instance), None)?;
    let key = SigningKey::from_bytes(&fs::read(env::var("ORGTOKEN_PRIVATE_KEY_FILE")?)?)?;
    let (client_id, user) = (env::var("ORGTOKEN_CLIENT_ID")?, env::var("ORGTOKEN_USERNAME")?);
    let login = Login::new(client_id, user, Arc::new(key), resolution).allowed_hosts(allowed);
    let roots = Roots::Pem(fs::read(env::var("ORGTOKEN_CA_FILE")?)?);
    Ok(LoginSource::new(login, Transport::builder().roots(roots).build()))
}
