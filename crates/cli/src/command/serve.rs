//! Tokens for everything else on this machine.

mod catalogue;
mod listen;
mod stamp;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use orgtoken_broker::{Broker, Grant, Limits};
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::catalogue::Catalogue;
use crate::args::{Login, Network};
use crate::clock;
use crate::console::Console;
use crate::failure::Failure;
use crate::runtime;
use crate::text::rfc3339;

/// Hand out access tokens to the programs of this machine
///
/// Serves one login, or every profile of config.toml. Programs ask on a Unix socket that only this
/// user and root can reach (and those whom a profile's allow_users and allow_groups name), or on
/// the loopback with a bearer token. They never see the key.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Listen on this Unix socket; by default $XDG_RUNTIME_DIR/orgtoken/orgtoken.sock
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Listen on the loopback, such as 127.0.0.1:7523; on a Unix socket too if --socket is given
    #[arg(long, value_name = "ADDRESS", value_parser = listen::address)]
    listen: Option<SocketAddr>,
    /// The file with the bearer token for the loopback; created if it does not exist
    #[arg(long, value_name = "FILE")]
    bearer_file: Option<PathBuf>,
    /// Answer /onify/access-token on the loopback without a bearer token, for a private sidecar
    #[arg(long)]
    open_loopback: bool,
    /// The most connections at a time
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections)]
    max_connections: usize,
    /// The most connections of one user at a time
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections_per_user)]
    max_connections_per_user: usize,
    /// The most requests of one user per second; without it, cached tokens are not limited
    #[arg(long, value_name = "N")]
    max_rate: Option<u32>,
    /// Name profiles in /metrics, which anyone who reaches the service can read
    #[arg(long)]
    metrics_profiles: bool,
    /// Do not log each grant
    #[arg(long)]
    no_audit: bool,
    /// Keep tokens in memory only
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    login: Login,
    #[command(flatten)]
    network: Network,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    // Whatever is made from here on is nobody else's.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let catalogue = Catalogue::open(args, console)?;
    runtime::wait_for(serve(args, catalogue, console))
}

async fn serve(args: &Args, catalogue: Catalogue<'_>, console: &Console) -> Result<(), Failure> {
    let signals = Signals::listen();
    let broker = broker(args, &catalogue);
    // This thread takes no client: while settings are read anew, nobody waits.
    let workers: [_; WORKERS] = std::array::from_fn(|_| runtime::worker());
    for listener in listen::listeners(args, catalogue.profiles().are_shared(), console)? {
        for worker in &workers {
            let _there = worker.enter();
            tokio::spawn(broker.clone().serve(listener.try_clone()?));
        }
        console.remark(&format_args!("listening on {listener}"));
    }
    if args.open_loopback {
        console.warn(
            &"--open-loopback: every program that reaches the loopback here can have Onify's token",
        );
    }
    keep_up(&broker, catalogue, signals).await;
    console.remark(&"ending: requests under way are answered");
    broker.drain().await;
    Ok(())
}

/// Follows the settings, until somebody ends it.
async fn keep_up(broker: &Broker, mut catalogue: Catalogue<'_>, mut signals: Signals) {
    loop {
        if catalogue.is_degraded() {
            broker.degrade();
        }
        let is_asked = match signals.next().await {
            Event::End => return,
            Event::Reload => true,
            Event::Look => false,
        };
        if reload(&mut catalogue, is_asked) {
            broker.reload(catalogue.profiles());
        }
    }
}

/// On a thread that belongs to no runtime, since reading settings may need one of its own: the Hub
/// is asked over the network.
fn reload(catalogue: &mut Catalogue<'_>, is_asked: bool) -> bool {
    std::thread::scope(|scope| scope.spawn(|| catalogue.reload(is_asked)).join().unwrap_or(false))
}

fn broker(args: &Args, catalogue: &Catalogue<'_>) -> Broker {
    let mut limits = Limits::default();
    limits.connections = args.max_connections;
    limits.connections_per_user = args.max_connections_per_user;
    if let Some(rate) = args.max_rate {
        (limits.rate, limits.burst) = (rate, rate.saturating_mul(2));
        limits.counts_hits = true;
    }
    let broker = Broker::new(catalogue.profiles(), limits, clock::now);
    let broker = if args.metrics_profiles { broker.name_profiles() } else { broker };
    if args.no_audit { broker } else { broker.audit(write_down) }
}

/// A line on standard error, which a service manager keeps.
fn write_down(grant: &Grant) {
    let at = rfc3339(grant.at).unwrap_or_default();
    let _ = writeln!(io::stderr().lock(), "{at} {grant}");
}

/// What wakes the service up.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

enum Event {
    End,
    Reload,
    /// Time to look whether files have changed.
    Look,
}

impl Signals {
    fn listen() -> Self {
        let listen = |kind| signal(kind).expect("these signals can be caught");
        Self {
            terminate: listen(SignalKind::terminate()),
            interrupt: listen(SignalKind::interrupt()),
            hangup: listen(SignalKind::hangup()),
        }
    }

    async fn next(&mut self) -> Event {
        tokio::select! {
            _ = self.terminate.recv() => Event::End,
            _ = self.interrupt.recv() => Event::End,
            _ = self.hangup.recv() => Event::Reload,
            () = tokio::time::sleep(BETWEEN_LOOKS) => Event::Look,
        }
    }
}

/// One keeps up with an nginx worker; two leave none behind.
const WORKERS: usize = 2;
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);
