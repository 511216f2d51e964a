//! Kills a writer of the cache at random moments: `soak [--kills N]` [default: 1000].
//!
//! The writer prints the number of a token before and after it writes the token. After the kill,
//! the cache must contain the last written token or the one that was being written.
#![forbid(unsafe_code)]

use std::io::{self, BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use conformance::tokens;
use orgtoken_client::cache::{CacheFolder, FileCache, LoginId, SealingKey, State, TokenCache};
use orgtoken_client::{CachedToken, Timestamp};
use orgtoken_oauth::AllowedHosts;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => soak(1000),
        ["--kills", number] => soak(number.parse()?),
        ["--write", folder, from] => write(Path::new(folder), from.parse()?),
        _ => bail!("the only argument of soak is `--kills N`"),
    }
}

fn soak(kills: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path().join("cache");
    let (mut old, mut new, mut last) = (0, 0, 0);
    for kill in 0..kills {
        let mut writer = writer(&folder, last + 1)?;
        sleep(Duration::from_micros(2_000 + getrandom::u64()? % 6_000));
        let (begun, ended) = killed(&mut writer)?;
        let found = kept(&folder)?;
        match found {
            None if last == 0 && ended == 0 => continue,
            None => bail!("after kill {kill} there is no token: {last}, {begun}, {ended}"),
            Some(found) if found == ended.max(last) => old += 1,
            Some(found) if found == begun => new += 1,
            Some(found) => bail!("after kill {kill} there is token {found}: {begun}, {ended}"),
        }
        last = found.unwrap_or_default();
    }
    let left = std::fs::read_dir(&folder)?.count();
    let cleared = CacheFolder::open(&folder)?.clear()?;
    ensure!(cleared == 1, "there were {cleared} states");
    writeln!(
        io::stdout().lock(),
        "{kills} kills, {last} tokens: {old} times the old one, {new} times the new one, never \
         another thing; {left} files were left, locks and unfinished ones"
    )?;
    Ok(())
}

fn writer(folder: &Path, from: u64) -> Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--write").arg(folder).arg(from.to_string());
    command.stdout(Stdio::piped()).spawn().context("cannot start the writer")
}

/// Kills the writer, and returns the last token that it began to write and the last that it wrote.
fn killed(writer: &mut Child) -> Result<(u64, u64)> {
    writer.kill()?;
    let said = BufReader::new(writer.stdout.take().context("its output is piped")?);
    let (mut begun, mut ended) = (0, 0);
    for line in said.lines() {
        match line?.split_once(' ') {
            Some(("begin", number)) => begun = number.parse().unwrap_or(begun),
            Some(("end", number)) => ended = number.parse().unwrap_or(ended),
            _ => {}
        }
    }
    writer.wait()?;
    Ok((begun, ended))
}

/// Writes one token after the other until it is killed.
fn write(folder: &Path, from: u64) -> Result<()> {
    let store = store(folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        for number in from.. {
            let held = CachedToken::new(tokens::numbered(number)?, Timestamp::now());
            let state = State { token: Some(Arc::new(held)), ..State::default() };
            let lease = store.lease(Duration::from_secs(25)).await;
            writeln!(io::stdout().lock(), "begin {number}")?;
            store.save(&state, &lease).await;
            writeln!(io::stdout().lock(), "end {number}")?;
        }
        Ok(())
    })
}

/// Returns the number of the cached token. A file that cannot be opened is an error.
fn kept(folder: &Path) -> Result<Option<u64>> {
    if !folder.exists() {
        return Ok(None);
    }
    let store = store(folder)?;
    let held = store.peek().token;
    let is_there = CacheFolder::open(folder)?.states(&[(key(), AllowedHosts::none())])?.count > 0;
    ensure!(held.is_some() || !is_there, "the file is torn");
    held.map(|held| tokens::number_of(held.token())).transpose()
}

fn store(folder: &Path) -> Result<FileCache> {
    let who = LoginId {
        client_id: "3MVG9".to_owned(),
        endpoint: "https://acme.my.salesforce.com/services/oauth2/token".to_owned(),
        username: "robot@acme.com".to_owned(),
    };
    Ok(CacheFolder::open(folder)?.entry(who, Arc::new(key()), AllowedHosts::none()))
}

fn key() -> SealingKey {
    SealingKey::derive(b"only for this test")
}
