//! The fake org as a program.

#![forbid(unsafe_code)]

mod args;
mod environment;

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, SystemTime};
use std::{fs, thread};

use anyhow::{Context, Error, Result, anyhow};
use clap::Parser;
use orgtoken_fake_org::{AppKey, FakeOrg, Scenario};

use args::Args;
use environment::Environment;

fn main() -> ExitCode {
    match run(&Args::parse(), &mut io::stdout().lock()) {
        Ok(code) => code,
        Err(error) => {
            // Nothing can be done if standard error is closed, too.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args, out: &mut impl Write) -> Result<ExitCode> {
    if args.scenarios {
        list_scenarios(out).context(STDOUT)?;
        return Ok(ExitCode::SUCCESS);
    }
    let org = start(args)?;
    if let (Some(file), Some(ca)) = (&args.https, org.ca_pem()) {
        fs::write(file, ca).with_context(|| cannot("write", file))?;
    }
    let environment = Environment::new(args, &org);
    match args.command.split_first() {
        Some((program, rest)) => run_command(program, rest, &environment),
        None => {
            environment.print(args.print, &org, out).context(STDOUT)?;
            loop {
                // A signal ends the program.
                thread::park();
            }
        }
    }
}

fn start(args: &Args) -> Result<FakeOrg> {
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
        .token_lifetime(args.token_lifetime)
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
        builder = builder.object(&read(file)?).with_context(|| cannot("read", file))?;
    }
    builder.start().context("cannot start the org")
}

fn certificate(args: &Args) -> Result<Vec<u8>> {
    let Some(file) = &args.new_key else {
        return args.cert.as_deref().map_or(Ok(Vec::new()), read);
    };
    let key = AppKey::generate();
    write_secret(file, key.secret()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            anyhow!("`{}` exists: name a new file, or remove this one", file.display())
        }
        _ => Error::new(error).context(cannot("write", file)),
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

fn run_command(program: &str, arguments: &[String], environment: &Environment) -> Result<ExitCode> {
    let mut command = Command::new(program);
    command.args(arguments).envs(environment.variables());
    let status = command.status().with_context(|| format!("cannot run `{program}`"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn list_scenarios(out: &mut impl Write) -> io::Result<()> {
    for it in Scenario::all() {
        writeln!(out, "{:26}{}\n{:26}{}", it.name(), it.answer(), "", it.meaning())?;
    }
    Ok(())
}

fn skewed(seconds: i32) -> impl Fn() -> SystemTime + Send + Sync + 'static {
    let skew = Duration::from_secs(seconds.unsigned_abs().into());
    move || if seconds < 0 { SystemTime::now() - skew } else { SystemTime::now() + skew }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| cannot("read", file))
}

fn cannot(verb: &str, file: &Path) -> String {
    format!("cannot {verb} `{}`", file.display())
}

const STDOUT: &str = "cannot write to standard output";
