//! SIGINT, SIGTERM and SIGHUP during a command that must not end in the middle.

use std::fs;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::RuntimeError;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::prompt;
use crate::io::stderr;
use crate::io::text::printable;

/// The signals that end a command.
pub(crate) struct Interrupts {
    signals: Vec<Signal>,
    pending: bool,
}

impl Interrupts {
    /// Catches the signals, except those that the process ignores, such as SIGHUP under `nohup`.
    pub(crate) fn listen() -> Self {
        let ignored = ignored();
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let kinds = kinds.into_iter().filter(|kind| ignored >> (kind.as_raw_value() - 1) & 1 == 0);
        let listen = |kind| signal(kind).expect("these signals can be caught");
        Self { signals: kinds.map(listen).collect(), pending: false }
    }

    /// Whether a signal was received.
    pub(crate) fn is_pending(&mut self) -> bool {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        for signal in &mut self.signals {
            self.pending |= signal.poll_recv(&mut context).is_ready();
        }
        self.pending
    }

    /// Waits for a future, or drops it when a signal is received: then the result is `None`.
    pub(crate) async fn wait<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| {
            for signal in &mut self.signals {
                self.pending |= signal.poll_recv(context).is_ready();
            }
            if self.pending {
                return Poll::Ready(None);
            }
            work.as_mut().poll(context).map(Some)
        })
        .await
    }

    /// Waits for a call, or drops it when a signal is received. `what` is the message then.
    pub(crate) async fn run<T, E>(
        &mut self,
        call: impl Future<Output = Result<T, E>>,
        what: &'static str,
    ) -> Result<T, Failure>
    where
        Failure: From<E>,
    {
        Ok(self.wait(call).await.ok_or_else(|| interrupted(what))??)
    }

    /// Waits for a call. After a signal, the call has some time left to end, so that its outcome is
    /// known; a second signal drops it.
    pub(crate) async fn finish<T>(
        &mut self,
        call: impl Future<Output = T>,
        console: &Console,
    ) -> Option<T> {
        let mut call = pin!(call);
        if let Some(done) = self.wait(call.as_mut()).await {
            return Some(done);
        }
        console.remark(&format_args!(
            "stopping: waiting up to {} s for the last response; signal again to stop at once",
            GRACE.as_secs()
        ));
        self.pending = false;
        let waited = self.wait(timeout(GRACE, call)).await;
        self.pending = true;
        waited?.ok()
    }

    /// Asks a yes-or-no question on a thread of its own, so that a signal ends the wait. The answer
    /// is no without a terminal, and `None` after a signal.
    pub(crate) async fn confirm(&mut self, question: String) -> Result<Option<bool>, Failure> {
        let (sender, answered) = oneshot::channel();
        let asking = move || drop(sender.send(prompt::yes(&question, false)));
        thread::Builder::new().spawn(asking).map_err(RuntimeError)?;
        match self.wait(answered).await {
            Some(Ok(answer)) => Ok(Some(answer?)),
            Some(Err(_)) | None => {
                // No answer has ended the line of the question.
                stderr::write(b"\n");
                Ok(None)
            }
        }
    }

    /// Whether to abort a job after a signal: `always`, or if the user confirms it. A second signal
    /// means no.
    pub(crate) async fn aborts(&mut self, job: &str, always: bool) -> Result<bool, Failure> {
        self.pending = false;
        if always {
            return Ok(true);
        }
        let question = format!("Abort job {}? [y/N] ", printable(job));
        Ok(self.confirm(question).await?.unwrap_or(false))
    }
}

/// Returns the error of a command that was stopped by a signal or by the user.
pub(crate) fn interrupted(what: &'static str) -> Failure {
    Failure::new("interrupted", None::<&str>, format!("interrupted: {what}"))
}

/// Returns the signals that this process ignores since its start: bit 0 is signal 1. Empty if the
/// system does not report them.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

const GRACE: Duration = Duration::from_secs(10);
