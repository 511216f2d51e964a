#[cfg(not(orgtoken_shuttle))]
mod callers;
mod numbered;
#[cfg(orgtoken_shuttle)]
mod schedules;
