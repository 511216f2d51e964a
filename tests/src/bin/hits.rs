//! The cost of a cached token in the library: nanoseconds and allocations, in one thread and in
//! two.
//!
//! It is a separate program because counting allocations makes them slower.
#![forbid(unsafe_code)]

use std::alloc::System;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use conformance::test_org::{CLIENT_ID, KEY, USER};
use conformance::tokens;
use orgtoken_assertion::SigningKey;
use orgtoken_client::cache::{Lease, MemoryCache, State, TokenCache};
use orgtoken_client::{CachedToken, Login, LoginSource, Timestamp, TokenSource, Transport};
use orgtoken_oauth::Resolution;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTING: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<ExitCode> {
    let source = source()?;
    let one = (0..ROUNDS).map(|_| nanoseconds(&source)).fold(f64::INFINITY, f64::min);
    let two = (0..ROUNDS).map(|_| by_two(&source)).fold(f64::INFINITY, f64::min);
    let counted = Region::new(COUNTING);
    hit(&source);
    let allocations = counted.change().allocations;

    let mut out = io::stdout().lock();
    writeln!(out, "a cached token, one thread         {one:>6.1} ns a hit (budget {BUDGET:.0})")?;
    writeln!(out, "a cached token, two threads        {two:>6.1} ns a hit in each")?;
    writeln!(out, "allocations in {HITS} hits        {allocations:>6} (budget 0)")?;
    let kept = one <= BUDGET && allocations == 0;
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns the time of one hit.
fn nanoseconds(source: &LoginSource) -> f64 {
    let began = Instant::now();
    hit(source);
    began.elapsed().as_nanos() as f64 / HITS as f64
}

/// Returns the time of one hit while another thread uses the same source.
fn by_two(source: &LoginSource) -> f64 {
    let start = Arc::new(Barrier::new(2));
    let other = thread::spawn({
        let (source, start) = (source.clone(), Arc::clone(&start));
        move || {
            start.wait();
            nanoseconds(&source)
        }
    });
    start.wait();
    let ours = nanoseconds(source);
    ours.max(other.join().unwrap_or(f64::INFINITY))
}

fn hit(source: &LoginSource) {
    for _ in 0..HITS {
        let held = black_box(source).cached(black_box(Duration::from_secs(60)));
        assert!(black_box(held).is_some(), "the token is good for minutes");
    }
}

/// Returns a source with a cached token that no org issued.
fn source() -> Result<LoginSource> {
    let key = SigningKey::from_bytes(KEY.secret().as_bytes())?;
    let login = Login::new(CLIENT_ID, USER, Arc::new(key), Resolution::resolve(None, None, None)?);
    let store = MemoryCache::default();
    let held = Some(Arc::new(CachedToken::new(tokens::numbered(1)?, Timestamp::now())));
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        store.save(&State { token: held, ..State::default() }, &Lease::NONE).await;
        let source = LoginSource::builder(login, Transport::builder().build())
            .cache(Box::new(store))
            .build();
        source.token(Duration::from_secs(60)).await.ok().context("no token")?;
        Ok(source)
    })
}

const HITS: u32 = 1_000_000;
const ROUNDS: usize = 9;
/// Nanoseconds.
const BUDGET: f64 = 60.0;
