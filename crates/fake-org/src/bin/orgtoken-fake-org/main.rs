//! The fake org as a program.

#![forbid(unsafe_code)]

mod args;
mod environment;
mod failure;

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, SystemTime};
use std::{fs, thread};

use clap::Parser;
use orgtoken_fake_org::{AppKey, FakeOrg, Scenario};

use args::Args;
use environment::Environment;
use failure::Failure;

fn main() -> ExitCode {
    match run(&Args::parse(), &mut io::stdout().lock()) {
        Ok(code) => code,
        Err(failure) => {
            // Nothing can be done if standard error is closed, too.
            let _ = failure.report(&mut io::stderr().lock());
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args, out: &mut impl Write) -> Result<ExitCode, Failure> {
    if args.scenarios {
        list_scenarios(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let org = start(args)?;
    if let (Some(file), Some(ca)) = (&args.https, org.ca_pem()) {
        fs::write(file, ca).map_err(|error| Failure::file("write", file, error))?;
    }
    let environment = Environment::new(args, &org);
    match args.command.split_first() {
        Some((program, rest)) => run_command(program, rest, &environment),
        None => {
            environment.print(args.print, &org, out)?;
            loop {
                // A signal ends the program.
                thread::park();
            }
        }
    }
}

fn start(args: &Args) -> Result<FakeOrg, Failure> {
    let mut builder = FakeOrg::builder()
        .certificate(certificate(args)?)
        .client_id(&args.client_id)
        .listen(args.listen)
        .tls(args.https.is_some())
        .app_kind(args.app)
        .role(args.act_as)
        .my_domain(&args.my_domain)
        .sandbox(args.sandbox)
        .strict_expiry(args.strict_expiry)
        .token_format(args.token_format)
        .token_lifetime(args.token_lifetime)
        .login_limit(args.login_limit)
        .api_limit(args.api_limit)
        .clock(skewed(args.clock_skew));
    for user in &args.user {
        builder = builder.user(user.clone());
    }
    for name in &args.host_name {
        builder = builder.host_name(name);
    }
    for audience in &args.audience {
        builder = builder.audience(audience);
    }
    for file in &args.object {
        let described = builder.object(&read(file)?);
        builder = described.map_err(|error| Failure::file("read", file, error))?;
    }
    Ok(builder.start()?)
}

fn certificate(args: &Args) -> Result<Vec<u8>, Failure> {
    let Some(file) = &args.new_key else {
        return args.cert.as_deref().map_or(Ok(Vec::new()), read);
    };
    let key = AppKey::generate();
    write_secret(file, key.secret()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::key_exists(file),
        _ => Failure::file("write", file, error),
    })?;
    Ok(key.certificate_pem().as_bytes().to_vec())
}

/// Creates a file that only its owner may read. Never overwrites a file, which may be a key.
fn write_secret(file: &Path, secret: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(secret.as_bytes())
}

fn run_command(
    program: &str,
    arguments: &[String],
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let mut command = Command::new(program);
    command.args(arguments).envs(environment.variables());
    let status = command.status().map_err(|error| Failure::file("run", program.as_ref(), error))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn list_scenarios(out: &mut impl Write) -> io::Result<()> {
    for it in Scenario::all() {
        writeln!(out, "{:26}{}\n{:26}{}", it.name(), it.answer(), "", it.meaning())?;
    }
    Ok(())
}

fn skewed(seconds: i64) -> impl Fn() -> SystemTime + Send + Sync + 'static {
    let skew = Duration::from_secs(seconds.unsigned_abs());
    move || if seconds < 0 { SystemTime::now() - skew } else { SystemTime::now() + skew }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| Failure::file("read", file, error))
}
