//! Renewal before tokens expire.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::broker::Shared;

/// Checks every second for a token that is about to expire, until the broker ends.
pub(crate) async fn run(shared: Arc<Shared>, mut ending: watch::Receiver<bool>) {
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ending.wait_for(|ending| *ending) => return,
            _ = seconds.tick() => {}
        }
        for profile in shared.profiles.load().iter() {
            // A hanging login delays no other profile.
            let (shared, profile) = (Arc::clone(&shared), Arc::clone(profile));
            tokio::spawn(async move { shared.logged_in(profile.renew().await) });
        }
    }
}
