use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use orgtoken_assertion::UnixTime;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// Time since this machine was started, time in suspend included.
///
/// It never jumps, so in memory it alone decides whether a token still lives.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct BootTime(Duration);

impl BootTime {
    /// Asks the system; some 30 ns.
    pub fn now() -> Self {
        let time = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        Self(Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0)))
    }

    /// So much time since the start.
    pub const fn from_duration(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// How long the machine had been running.
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// Later by `duration`, or the end of time.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

/// One moment by both clocks, as it is kept on disk.
///
/// The wall clock may jump and the boot-time clock begins anew with each start, so both are kept,
/// and the earlier end wins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timestamp {
    /// By the wall clock.
    pub wall: UnixTime,
    /// By the boot-time clock.
    pub boot: BootTime,
}

impl Timestamp {
    /// Asks both clocks.
    pub fn now() -> Self {
        let wall = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        Self { wall: UnixTime::since_epoch(wall), boot: BootTime::now() }
    }
}

/// The name of this start of the machine, if the system gives it one: boot times are comparable
/// within one start only.
pub(crate) fn boot_id() -> Option<&'static str> {
    static BOOT_ID: LazyLock<Option<String>> = LazyLock::new(|| {
        let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(id.trim().to_owned())
    });
    BOOT_ID.as_deref()
}

/// Of an entry from a time to come that much is put down to clocks of different hosts.
pub(crate) const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60);
