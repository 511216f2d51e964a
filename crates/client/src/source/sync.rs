//! The synchronization of tasks.
//!
//! With `--cfg orgtoken_shuttle`, [shuttle](https://docs.rs/shuttle) decides at each of these which
//! task continues: `cargo xtask schedules`.

#[cfg(orgtoken_shuttle)]
mod played;

#[cfg(orgtoken_shuttle)]
pub(super) use {
    played::{ArcSwapOption, spawn},
    shuttle::sync::{Mutex as StdMutex, atomic::AtomicU64},
    shuttle_tokio::runtime::Handle,
    shuttle_tokio::sync::{Mutex, OwnedMutexGuard},
};

#[cfg(not(orgtoken_shuttle))]
pub(super) use {
    arc_swap::ArcSwapOption,
    std::sync::{Mutex as StdMutex, atomic::AtomicU64},
    tokio::runtime::Handle,
    tokio::sync::{Mutex, OwnedMutexGuard},
    tokio::task::spawn,
};
