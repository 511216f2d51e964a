//! `serve`: the local token service.

mod bearer;
mod check;
mod listen;
mod loader;

use std::collections::BTreeSet;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use orgtoken_broker::{AuditLine, Broker, Limits, Listener, Reloader};
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use self::bearer::{BearerArg, BearerFiles};
use self::listen::ListenAddress;
use self::loader::Loader;
use crate::args::{Login, Network};
use crate::clock;
use crate::environment::config_file;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::new_file::refuse_secret;
use crate::io::stderr;
use crate::io::text::{printable, rfc3339};
use crate::runtime;

/// Run the local token service
///
/// Serves one login, or every profile of config.toml. Programs connect to a Unix socket, which is
/// open to this user, to root, and to allow_users and allow_groups of a profile; or to a loopback
/// address with a bearer token. They never see the private key.
///
/// It also forwards API calls: /proxy/PROFILE/services/data/… goes to the org of the profile with
/// the token added. allow_methods and allow_paths of the profile say which calls; by default they
/// only read data. ADDRESS=PROFILE serves the calls of one profile at the root, and no token.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Unix socket [default: $XDG_RUNTIME_DIR/orgtoken/orgtoken.sock]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Loopback address instead of a socket: 127.0.0.1:7523[=PROFILE]
    #[arg(long, value_name = "ADDRESS", value_parser = listen::address)]
    listen: Vec<ListenAddress>,
    /// File with the bearer token, created if it is missing
    ///
    /// PROFILE=FILE is for --listen ADDRESS=PROFILE only, so that the token of one caller does not
    /// open the profile of another.
    #[arg(long, value_name = "[PROFILE=]FILE")]
    #[arg(value_parser = OsStringValueParser::new().map(BearerArg::parse))]
    bearer_file: Vec<BearerArg>,
    /// Need no bearer token for /onify/access-token and API calls
    #[arg(long)]
    open_loopback: bool,
    /// Forward API calls, and give out no token
    #[arg(long)]
    proxy_only: bool,
    /// Maximum number of connections
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections)]
    max_connections: usize,
    /// Maximum number of connections per user
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections_per_user)]
    max_connections_per_user: usize,
    /// Maximum requests per second and user
    #[arg(long, value_name = "N")]
    max_rate: Option<u32>,
    /// Name profiles in /metrics, which every client can read
    #[arg(long)]
    metrics_profiles: bool,
    /// Ask a running service for its health instead
    ///
    /// The result is `ok` or `degraded`. --socket or --listen names the service. The exit code is 0
    /// if the service responds, as probes of container platforms expect it.
    #[arg(long)]
    check: bool,
    /// Do not log each grant
    #[arg(long)]
    no_audit: bool,
    /// Cache tokens in memory only
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    login: Login,
    #[command(flatten)]
    network: Network,
}

impl Args {
    /// Whether no service is run, but asked for its health.
    pub(crate) fn only_checks(&self) -> bool {
        self.check
    }
}

pub(crate) fn run(args: Args, console: &Console) -> Result<(), Failure> {
    if args.check {
        return check::check(&args, console);
    }
    args.socket.as_deref().map_or(Ok(()), refuse_secret)?;
    // New files are for this user alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let inherited = listen::inherited()?;
    stderr::write_in_background().map_err(no_resources)?;
    let (args, console) = (Arc::new(args), *console);
    let loader = Loader::new(Arc::clone(&args), console)?;
    let profiles = Reloader::open(loader, config_file())?;
    let workers = [runtime::worker()?, runtime::worker()?];
    let [hangup, mut terminate, mut interrupt] = signals(&workers[0]).map_err(no_resources)?;
    let is_shared = profiles.profiles().are_shared();
    listen::check_profiles(&args, &profiles.profiles())?;
    let on_tcp = listen::served_on_tcp(&args, &inherited);
    let bearers = BearerFiles::of(&args, on_tcp.clone())?;
    let listeners = {
        let _inside = workers[0].enter();
        listen::listeners(&args, inherited, &bearers, is_shared, console)?
    };
    bearers.open(console)?;
    let broker = broker(&args, &profiles);
    let watcher = SettingsWatcher { broker: broker.clone(), profiles, bearers, is_shared, console };
    let runtime = workers[0].clone();
    // A thread of its own, since settings may take long to read, and a shutdown must not wait.
    let watch = move || watcher.watch(&runtime, hangup);
    thread::Builder::new().name("settings".into()).spawn(watch).map_err(no_resources)?;

    for listener in listeners {
        serve(&broker, listener, &workers, console)?;
    }
    if args.open_loopback {
        console.warn(&format_args!("--open-loopback: {}", opened(&args, &on_tcp)));
    }
    workers[0].block_on(async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    });
    console.remark(&"shutting down; finishing open requests");
    workers[0].block_on(broker.drain());
    Ok(())
}

/// Returns the effect of `--open-loopback`.
fn opened(args: &Args, on_tcp: &BTreeSet<Option<String>>) -> &'static str {
    if on_tcp.is_empty() {
        "no effect, since the service does not listen on TCP"
    } else if args.proxy_only || !on_tcp.contains(&None) {
        "every program on this machine can make the API calls that the profile allows"
    } else {
        "every program on this machine can get the token of each profile from /onify/access-token, \
            and make the API calls that the default profile allows"
    }
}

fn serve(
    broker: &Broker,
    listener: Listener,
    workers: &[Handle],
    console: Console,
) -> Result<(), Failure> {
    let address = printable(&listener.to_string());
    for worker in workers {
        let _inside = worker.enter();
        tokio::spawn(broker.clone().serve(listener.try_clone()?));
    }
    console.remark(&format_args!("listening on {address}"));
    Ok(())
}

fn broker(args: &Args, profiles: &Reloader<Loader>) -> Broker {
    let mut limits = Limits::default();
    limits.connections = args.max_connections;
    limits.connections_per_user = args.max_connections_per_user;
    if let Some(rate) = args.max_rate {
        (limits.rate, limits.burst) = (rate, rate.saturating_mul(2));
        limits.counts_hits = true;
    }
    let builder = Broker::builder(profiles.profiles(), clock::now).limits(limits);
    let builder = if args.metrics_profiles { builder.name_profiles() } else { builder };
    let builder = if args.no_audit { builder } else { builder.audit(log) };
    let broker = builder.build();
    broker.set_degraded(profiles.degraded());
    broker
}

/// Writes an audit line to standard error.
fn log(line: &AuditLine) -> bool {
    let at = rfc3339(line.at).unwrap_or_default();
    stderr::write(format!("{at} {line}\n").as_bytes())
}

/// Watches the settings, and updates the broker.
struct SettingsWatcher {
    broker: Broker,
    profiles: Reloader<Loader>,
    bearers: BearerFiles,
    /// Whether the socket was opened for other users.
    is_shared: bool,
    console: Console,
}

impl SettingsWatcher {
    fn watch(mut self, runtime: &Handle, mut hangup: Signal) {
        loop {
            let next = async { timeout(POLL_INTERVAL, hangup.recv()).await };
            let is_forced = runtime.block_on(next).is_ok();
            // The panic hook reports a panic. The next check may succeed.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| self.check(is_forced)));
        }
    }

    fn check(&mut self, is_forced: bool) {
        self.bearers.reload(is_forced, self.console);
        if self.profiles.reload(is_forced) {
            let profiles = self.profiles.profiles();
            if profiles.are_shared() && !self.is_shared {
                self.is_shared = true;
                self.console.warn(
                    &"a profile allows other users, but the socket is open only to its owner; \
                        restart the service",
                );
            }
            self.broker.reload(profiles);
        }
        self.broker.set_degraded(self.profiles.degraded());
    }
}

/// Returns the signals that reload the settings and that end the service.
fn signals(runtime: &Handle) -> io::Result<[Signal; 3]> {
    let _inside = runtime.enter();
    let [hangup, terminate, interrupt] =
        [SignalKind::hangup(), SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    Ok([hangup?, terminate?, interrupt?])
}

fn no_resources(error: io::Error) -> Failure {
    Failure::from(runtime::RuntimeError(error))
}

const POLL_INTERVAL: Duration = Duration::from_secs(2);
