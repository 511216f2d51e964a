//! Whether the time of a signature tells what is signed (D23): a report, since a busy machine may
//! say anything.

use std::fmt;
use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use conformance::home::Home;
use conformance::welch::Sample;
use orgtoken_assertion::{RingSigner, Signer, SigningKey};
use ring::rand::{SecureRandom as _, SystemRandom};

/// Times signatures over one message and over others, in a random order.
pub(crate) fn measure(runs: usize) -> Result<[Timing; 2]> {
    let key =
        || -> Result<SigningKey> { Ok(SigningKey::from_bytes(Home::new()?.key().as_bytes())?) };
    Ok([Timing::of("rsa", runs, &key()?)?, Timing::of("ring", runs, &RingSigner::new(key()?))?])
}

/// What came of one back-end.
pub(crate) struct Timing {
    by: &'static str,
    runs: usize,
    t: f64,
}

impl Timing {
    fn of(by: &'static str, runs: usize, signer: &dyn Signer) -> Result<Self> {
        let random = SystemRandom::new();
        let (mut one, mut others) = (Sample::default(), Sample::default());
        let mut drawn = [0; MESSAGE + 1];
        for _ in 0..runs {
            random.fill(&mut drawn).map_err(|_| anyhow::anyhow!("no random numbers"))?;
            let [class, message @ ..] = &mut drawn;
            let sample = if *class % 2 == 0 { &mut one } else { &mut others };
            if *class % 2 == 0 {
                message.fill(0);
            }
            let began = Instant::now();
            black_box(signer.sign(message)?);
            sample.add(began.elapsed().as_secs_f64());
        }
        Ok(Self { by, runs, t: one.t(&others) })
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, runs, t } = self;
        let what =
            if t.abs() < SUSPICIOUS { "tells nothing" } else { "look at it on a quiet machine" };
        write!(
            f,
            "D23 time of {runs} signatures by {by}, one message beside others: t = {t:.1}, {what}"
        )
    }
}

const MESSAGE: usize = 256;
const SUSPICIOUS: f64 = 4.5;
