//! What the program keeps in its memory, and that it needs little of it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use conformance::cases::Cases;
use conformance::home::RECORD;
use conformance::memory::Search;
use conformance::program::{Ran, in_64_mib};
use conformance::stage::Stage;
use serde_json::Value;

pub(crate) fn run(cases: &mut Cases) -> Result<()> {
    let stage = Stage::new()?;
    // The process is closed to everybody else.
    if fs::metadata("/proc/self")?.uid() == 0 {
        cases.case("D8 D9 a login in progress holds no text of the key", || text_of_key(&stage));
        cases.case("D10 D24 a service that has a new token holds the old one no more", || {
            old_token(&stage)
        });
    }
    // Every other case of these programs has 64 MiB, too: see `Home::orgtoken`.
    cases.case("B40 a program that wants more than 64 MiB ends", || {
        let greedy = Ran::of(&mut in_64_mib(Command::new("tail").arg("/dev/zero")), "")?;
        ensure!(greedy.exit == 1 && greedy.stderr.contains("memory"), "{}", greedy.stderr);
        Ok(())
    });
    cases.case("B40 64 MiB are enough for settings of any length", || long_settings(&stage));
    cases.case("B40 64 MiB are enough for a service with 64 clients", || served(&stage));
    Ok(())
}

fn text_of_key(stage: &Stage) -> Result<()> {
    let mut search = Search::new();
    search.add_key(stage.home.key())?;
    let hold = stage.org.hold("/services/oauth2/token");
    let mut command = stage.home.command(&["token", "--no-cache"])?;
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    hold.wait(1);
    let found = search.of(child.id());
    hold.release();
    ensure!(child.wait()?.success(), "it has not ended well");
    let found = found?;
    ensure!(found.contains_key("p") && found.contains_key("q"), "no key: {found:?}");
    ensure!(!found.contains_key("PEM"), "the text of the key: {found:?}");
    Ok(())
}

fn old_token(stage: &Stage) -> Result<()> {
    let mut command = stage.home.command(&["serve"])?;
    command.env("ORGTOKEN_TOKEN_LIFETIME", "2s");
    let service = Service::start(command, stage.home.path())?;
    let old = service.token()?;
    let mut search = Search::new();
    search.add("old token", old.as_bytes())?;
    let found = search.of(service.child.id())?;
    ensure!(!found.is_empty(), "it is not where it must be");

    within(PATIENCE, "there is no new token", || Ok(service.token()? != old))?;
    within(PATIENCE, "the old token is still there", || {
        Ok(search.of(service.child.id())?.is_empty())
    })
}

fn within(time: Duration, late: &str, done: impl Fn() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    while !done()? {
        ensure!(begun.elapsed() < time, "{late}");
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn long_settings(stage: &Stage) -> Result<()> {
    let record = fs::read_to_string(stage.home.path().join(RECORD))?;
    stage.home.write("long.json", record + &" ".repeat(10 << 20))?;
    let mut check = stage.home.command_without_flags(&["settings", "check", "-s", "long.json"])?;
    let refused = Ran::of(&mut in_64_mib(check.arg("--json")), "")?;
    ensure!(refused.error()?["code"] == "settings.too_large", "{}", refused.stderr);
    Ok(())
}

fn served(stage: &Stage) -> Result<()> {
    // Whoever comes back at once may find its last seat still taken.
    let serve = stage.home.command(&["serve", "--max-connections-per-user", "128"])?;
    let service = Service::start(in_64_mib(&serve), stage.home.path())?;
    let one = service.token()?;
    thread::scope(|scope| {
        let client = || (0..3).try_for_each(|_| ensure_same(&one, &service.token()?));
        let clients: Vec<_> = (0..64).map(|_| scope.spawn(client)).collect();
        clients.into_iter().try_for_each(|client| client.join().expect("it panics nowhere"))
    })
}

fn ensure_same(one: &str, other: &str) -> Result<()> {
    ensure!(one == other, "there are two tokens");
    Ok(())
}

/// `orgtoken serve`, for as long as this is.
struct Service {
    child: Child,
    socket: PathBuf,
}

impl Service {
    fn start(mut command: Command, home: &Path) -> Result<Self> {
        let socket = home.join("run/orgtoken/orgtoken.sock");
        fs::create_dir_all(home.join("run"))?;
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let said = BufReader::new(child.stderr.take().context("its errors are piped")?);
        let service = Self { child, socket };
        for line in said.lines() {
            if line?.contains("listening on") {
                return Ok(service);
            }
        }
        bail!("it does not listen")
    }

    fn token(&self) -> Result<String> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.write_all(
            b"POST /v1/token HTTP/1.1\r\nHost: localhost\r\nX-Orgtoken-Request: 1\r\n\
              Connection: close\r\nContent-Length: 0\r\n\r\n",
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        ensure!(head.starts_with("HTTP/1.1 200 "), "{head}");
        let body: Value = serde_json::from_str(body)?;
        Ok(body["access_token"].as_str().context("no token")?.to_owned())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself, which its clients have noticed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Many times as long as it takes.
const PATIENCE: Duration = Duration::from_secs(30);
