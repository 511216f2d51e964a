//! Uses each library once, from a new key to a record: `stranger` prints one line for each.
#![forbid(unsafe_code)]

use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use orgtoken_assertion::{Claims, PublicKey, SigningKey, UnixTime};
use orgtoken_broker::{Broker, Listener, Profile, Profiles};
use orgtoken_client::{Login, LoginSource, Roots, TokenSource, Transport};
use orgtoken_doctor::{Diagnosis, Evidence, Target};
use orgtoken_fake_org::{FakeOrg, User};
use orgtoken_keygen::{Certificate, KeyPair, KeySize, Subject, Validity};
use orgtoken_oauth::Refusal;
use orgtoken_rest::{Org, TIMEOUTS};
use orgtoken_settings::{Layer, Loader, Setting, Settings};
use orgtoken_signer::CommandSigner;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;

    let mut rng = getrandom::SysRng;
    let pair = KeyPair::generate(&mut rng, KeySize::Bits2048)?;
    let subject = Subject::parse("stranger")?;
    let certificate = Certificate::self_signed(&pair, &subject, Validity::starting(now()), &mut rng)?;
    let private_key = pair.private_key_pem();
    println!("keygen: a certificate for {} days", certificate.days_left(now()));

    let key = SigningKey::from_bytes(private_key.secret().as_bytes())?;
    let claims = Claims::builder(now()).issuer(CLIENT_ID).subject(USER);
    let claims = claims.audience("https://login.salesforce.com").build()?;
    println!("assertion: {} parts", claims.sign(&key)?.secret().split('.').count());

    let key_file = folder.path().join("app.key");
    fs::write(&key_file, private_key.secret())?;
    let public_key = PublicKey::from_bytes(certificate.to_pem().as_bytes())?;
    let command = format!("openssl dgst -sha256 -sign {}", key_file.display());
    let signed = claims.sign(&CommandSigner::shell(&command, public_key))?;
    println!("signer: {} parts", signed.secret().split('.').count());

    let server = FakeOrg::builder().tls(true).certificate(certificate.to_pem()).client_id(CLIENT_ID);
    let server = server.user(User::new(USER)).start()?;
    println!("fake-org: {} logins", server.logins());

    let settings = settings(&server, private_key.secret())?;
    println!("settings: user {}", settings.username());

    let ca = server.ca_pem().ok_or("the org has a certificate")?;
    let transport = Transport::builder().roots(Roots::Pem(ca.into())).build();
    let login = Login::new(CLIENT_ID, USER, Arc::new(key), settings.resolution().clone())
        .allowed_hosts(settings.allowed_hosts().clone());
    let source: Arc<dyn TokenSource> =
        Arc::new(LoginSource::new(login.clone(), transport.clone()));
    source.token(Duration::from_secs(60)).await?;
    println!("client: {} login", server.logins());

    let org = Org::new(transport.clone().with_timeouts(TIMEOUTS), Arc::clone(&source), 65);
    org.create("Account", &json!({ "Name": "Acme AB" })).await?;
    let rows: Vec<Value> = org.query("SELECT Name FROM Account").rows().await?;
    println!("rest: {} record", rows.len());

    let socket = folder.path().join("token.sock");
    let profile = Profile::new("acme", source);
    let profiles = Profiles::new([Arc::new(profile)], Some("acme"));
    let broker = Broker::builder(profiles, now).build();
    tokio::spawn(broker.clone().serve(Listener::unix(&socket)?));
    let mut client = UnixStream::connect(&socket).await?;
    client.write_all(REQUEST.as_bytes()).await?;
    let mut response = String::new();
    client.read_to_string(&mut response).await?;
    println!("broker: {}", response.lines().next().unwrap_or_default());

    let mut diagnosis = Diagnosis::new(now, |_| ());
    let target = Target::new(&settings, Evidence::default());
    diagnosis.check_offline(&settings, &target);
    let report = diagnosis.check_online(target, &login, &transport).await;
    let failure = report.first_failure().map_or("none", |failure| failure.check.name());
    println!("doctor: first failure: {failure}");

    let refusal = r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#;
    let refusal = Refusal::from_text(refusal).ok_or("a refusal")?;
    println!("oauth: {}", refusal.advice().entry.code);
    Ok(())
}

fn settings(server: &FakeOrg, private_key: &str) -> Result<Settings, Box<dyn Error>> {
    let record = json!({ "value": {
        "Username": USER,
        "ClientId": CLIENT_ID,
        "PrivateKey": private_key,
        "InstanceUrl": server.url(),
        "InstanceAPIVersion": "v65.0",
    }});
    let mut flags = Layer::flags();
    flags.set_list(Setting::AllowHosts, "--allow-host", vec![server.address().to_owned()]);
    let record = Layer::from_record(record.to_string().as_bytes(), "salesforce.json", None);
    Ok(Loader::new([flags, record]).check()?)
}

fn now() -> UnixTime {
    UnixTime::since_epoch(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default())
}

const CLIENT_ID: &str = "3MVG9stranger";
const USER: &str = "stranger@acme.com";
const REQUEST: &str = "POST /v1/token HTTP/1.1\r\nHost: localhost\r\nX-Orgtoken-Request: 1\r\n\
     Connection: close\r\nContent-Length: 0\r\n\r\n";
