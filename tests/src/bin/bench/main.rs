//! Measures each budget and its reference in one run: `bench [--runs N]`.
//!
//! A program and its reference run in turn. The ratio is the median of the pairs because a busy
//! machine slows both runs of a pair.
#![forbid(unsafe_code)]

mod processes;
mod service;
mod signing;
mod size;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runs = match arguments.as_slice() {
        [] => 200,
        ["--runs", number] => number.parse()?,
        _ => bail!("the only argument of bench is `--runs N`"),
    };

    let mut rows = processes::measure(runs)?;
    rows.extend(signing::measure(runs)?);
    rows.extend(service::measure(runs)?);
    rows.extend(size::measure()?);
    let mut out = io::stdout().lock();
    writeln!(out, "{:<44} {:>10} {:>10} {:>8} {:>8}", "", "ours", "beside", "ratio", "budget")?;
    for row in &rows {
        writeln!(out, "{row}")?;
    }
    let kept = rows.iter().all(Row::is_kept);
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One line of the table.
pub(crate) struct Row {
    what: &'static str,
    ours: Quantity,
    beside: Option<Quantity>,
    /// The ratio of the two, or our value.
    held: f64,
    budget: f64,
}

#[derive(Clone, Copy)]
pub(crate) enum Quantity {
    Time(Duration),
    Megabytes(f64),
}

impl Row {
    /// Compares times that were measured in turn.
    pub(crate) fn ratio(
        what: &'static str,
        ours: &[Duration],
        beside: &[Duration],
        budget: f64,
    ) -> Self {
        let pairs = ours.iter().zip(beside);
        let held = median(pairs.map(|(our, their)| our.as_secs_f64() / their.as_secs_f64()));
        let [ours, beside] =
            [ours, beside].map(|times| Quantity::Time(median(times.iter().copied())));
        Self { what, ours, beside: Some(beside), held, budget }
    }

    pub(crate) fn megabytes(what: &'static str, ours: f64, budget: f64) -> Self {
        Self { what, ours: Quantity::Megabytes(ours), beside: None, held: ours, budget }
    }

    fn is_kept(&self) -> bool {
        self.held <= self.budget
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let beside = self.beside.map(|beside| beside.to_string()).unwrap_or_default();
        let ratio = self.beside.map(|_| format!("{:.2}", self.held)).unwrap_or_default();
        let budget = self.budget;
        write!(
            f,
            "{:<44} {:>10} {beside:>10} {ratio:>8} {budget:>8.2}",
            self.what,
            self.ours.to_string()
        )?;
        f.write_str(if self.is_kept() { "" } else { "  OVER" })
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Time(time) if time.as_micros() < 1000 => write!(f, "{} µs", time.as_micros()),
            Self::Time(time) => write!(f, "{:.2} ms", time.as_secs_f64() * 1e3),
            Self::Megabytes(number) => write!(f, "{number:.2} MB"),
        }
    }
}

fn median<T: Copy + PartialOrd>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(|one, other| one.partial_cmp(other).expect("times are numbers"));
    values[values.len() / 2]
}
