//! A token at hand, in a program that keeps running.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use conformance::stage::Stage;
use orgtoken_client::{LoginSource, TokenSource};

use crate::Row;

pub(crate) fn measure() -> Result<Vec<Row>> {
    let stage = Stage::new()?;
    let source = LoginSource::new(stage.login(stage.settings()?)?, stage.transport());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(source.token(MINUTE)).ok().context("no token")?;

    let alone = hits(&source);
    let together = std::thread::scope(|scope| {
        let other = scope.spawn(|| hits(&source));
        let ours = hits(&source);
        other.join().map(|theirs| ours.max(theirs))
    });
    let together = together.ok().context("a thread panicked")?;
    Ok(vec![
        Row::nanoseconds("a cached token in the library", alone, 60.0),
        Row::nanoseconds("the same, on each of two threads", together, 60.0),
    ])
}

/// Nanoseconds per hit.
fn hits(source: &LoginSource) -> f64 {
    let began = Instant::now();
    for _ in 0..HITS {
        black_box(source.cached(MINUTE));
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(HITS)
}

const HITS: u32 = 2_000_000;
const MINUTE: Duration = Duration::from_secs(60);
