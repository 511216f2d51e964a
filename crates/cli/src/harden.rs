//! What the process gives up at its start, before it reads a secret.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Leaves no core file, and lets no process of the same user look into the memory (Linux).
pub(crate) fn harden() -> Result<(), rustix::io::Errno> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}
