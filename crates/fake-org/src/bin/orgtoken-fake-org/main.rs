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
use orgtoken_fake_org::{FakeOrg, Scenario};

use args::Args;
use environment::Environment;
use failure::Failure;

fn main() -> ExitCode {
    match run(&Args::parse(), &mut io::stdout().lock()) {
        Ok(code) => code,
        Err(failure) => {
            // If standard error is gone as well, nobody is left to be told.
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
                // Until a signal ends the program.
                thread::park();
            }
        }
    }
}

fn start(args: &Args) -> Result<FakeOrg, Failure> {
    let certificate = args.cert.as_deref().map(read).transpose()?.unwrap_or_default();
    let mut builder = FakeOrg::builder()
        .certificate(certificate)
        .client_id(&args.client_id)
        .listen(args.listen)
        .tls(args.https.is_some())
        .app_kind(args.app.into())
        .role(args.plays.into())
        .my_domain(&args.my_domain)
        .sandbox(args.sandbox)
        .strict_expiry(args.strict_expiry)
        .token_format(args.token_format.into())
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
        writeln!(out, "{:26}{}", it.name(), it.meaning())?;
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
