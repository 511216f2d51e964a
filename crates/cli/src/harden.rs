//! What the process gives up at its start, before it reads a secret.

use std::panic;

use rustix::process::{Resource, Rlimit, setrlimit};

/// Leaves no core file, lets no process of the same user look into the memory (Linux), and keeps
/// values out of what a panic says.
pub(crate) fn harden() -> Result<(), rustix::io::Errno> {
    panic::set_hook(Box::new(|panic| {
        // The payload may quote a value; the place is enough to find the bug.
        let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("error: this is a bug in orgtoken{place}\n"),
        );
    }));
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}
