//! Process hardening, before the first secret is read.

use std::sync::{Arc, OnceLock};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The core file limit at the start of the process.
static CORE: OnceLock<Rlimit> = OnceLock::new();

/// Disables core files, and access to the memory by processes of the same user (Linux).
///
/// Only the soft limit is lowered. A hard limit could not be raised again for the command of `exec`.
pub(crate) fn harden() -> Result<(), rustix::io::Errno> {
    let core = CORE.get_or_init(|| getrlimit(Resource::Core));
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: core.maximum })?;
    // Without a handler, a write beyond `ulimit -f` would end the process, and a granted token
    // would be lost. Children get the default action again.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Restores the core file limit for the command that replaces this process. The kernel makes it
/// dumpable again.
pub(crate) fn restore_core_limit() {
    if let Some(core) = CORE.get() {
        // A soft limit can always be raised to the hard one.
        let _ = setrlimit(Resource::Core, *core);
    }
}
