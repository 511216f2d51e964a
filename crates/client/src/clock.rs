use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use orgtoken_assertion::UnixTime;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// The time since this machine started, including suspend.
///
/// It never jumps, so in memory it alone decides whether a token is valid.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct BootTime(Duration);

impl BootTime {
    /// Reads the clock, in about 30 ns.
    pub fn now() -> Self {
        let time = clock_gettime(CLOCK);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        Self(Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0)))
    }

    /// The given time since the start.
    pub const fn from_duration(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// The time since the start.
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// The time since then.
    pub(crate) fn elapsed(self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }

    /// Adds `duration`, up to the maximum.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

/// The same instant by both clocks, as it is stored on disk.
///
/// The wall clock may jump, and the boot clock restarts with the machine. The earlier expiry wins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timestamp {
    /// The wall clock.
    pub wall: UnixTime,
    /// The boot clock.
    pub boot: BootTime,
}

impl Timestamp {
    /// Reads both clocks.
    pub fn now() -> Self {
        let wall = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        Self { wall: UnixTime::since_epoch(wall), boot: BootTime::now() }
    }
}

/// The id of this start of the machine, if the system has one. Boot times are comparable within one
/// start only.
pub(crate) fn boot_id() -> Option<&'static str> {
    static BOOT_ID: LazyLock<Option<String>> = LazyLock::new(|| {
        let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(id.trim().to_owned())
    });
    BOOT_ID.as_deref()
}

#[cfg(not(target_vendor = "apple"))]
const CLOCK: ClockId = ClockId::Boottime;

/// The monotonic clock of macOS includes suspend.
#[cfg(target_vendor = "apple")]
const CLOCK: ClockId = ClockId::Monotonic;

/// The largest distance of an entry in the future that the clocks of different hosts explain.
pub(crate) const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60);
