//! What tasks wait for each other with. Under `--cfg shuttle` a scheduler that tries the orders in
//! which they may run takes its place.

#[cfg(shuttle)]
pub(super) use shuttle_tokio::{
    sync::{Mutex, OwnedMutexGuard},
    task::spawn,
};
#[cfg(not(shuttle))]
pub(super) use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    task::spawn,
};
