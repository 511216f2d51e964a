//! Protections that the process gives itself at its start, before it reads a secret.

use std::sync::{Arc, OnceLock};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The limit of core files that this process was started with.
static CORE: OnceLock<Rlimit> = OnceLock::new();

/// Leaves no core file, and lets no process of the same user look into the memory (Linux).
///
/// Only the soft limit is lowered: a hard one could not be raised again for the command of `exec`.
pub(crate) fn harden() -> Result<(), rustix::io::Errno> {
    let core = CORE.get_or_init(|| getrlimit(Resource::Core));
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: core.maximum })?;
    // A handler instead of the default: under `ulimit -f`, a write that is too long fails, and a
    // token that was granted is still printed. What is handled is the default again in children.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Gives a command that is about to take over the limit of core files that this process had. The
/// kernel itself makes it dumpable again.
pub(crate) fn restore_core_limit() {
    if let Some(core) = CORE.get() {
        // A soft limit can always be raised to the hard one.
        let _ = setrlimit(Resource::Core, *core);
    }
}
