//! Renewal before tokens expire.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::Profile;
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
            // A hanging login delays no other profile, and gets no second task.
            if profile.begin_renewal() {
                tokio::spawn(renew(Arc::clone(&shared), Arc::clone(profile)));
            }
        }
    }
}

async fn renew(shared: Arc<Shared>, profile: Arc<Profile>) {
    let is_new = profile.renew().await;
    shared.logged_in(is_new);
    profile.end_renewal();
}
