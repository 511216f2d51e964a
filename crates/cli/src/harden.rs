//! What the process gives up at its start, before it reads a secret.

use std::io::{self, Write as _};
use std::panic::{self, PanicHookInfo};

use rustix::process::{Resource, Rlimit, setrlimit};

/// Leaves no core file, lets no process of the same user look into the memory (Linux), and keeps
/// values out of what a panic says.
pub(crate) fn harden() -> Result<(), rustix::io::Errno> {
    panic::set_hook(Box::new(|panic| {
        // If standard error is gone, nobody is left to be told.
        let _ = writeln!(io::stderr(), "{}", bug(panic));
    }));
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// The payload may quote a value; the place is enough to find the bug.
fn bug(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
    format!("error: this is a bug in orgtoken{place}")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn d04_a_panic_tells_where_and_never_what() {
        let (this, before) = (thread::current().id(), panic::take_hook());
        let (sender, told) = mpsc::channel();
        // Other tests may panic meanwhile, and are heard.
        panic::set_hook(Box::new(move |panic| {
            let ours = thread::current().id() == this;
            if ours { sender.send(bug(panic)).expect("it is waited for") } else { before(panic) }
        }));
        let canary = "canary".to_owned();
        let panicked = panic::catch_unwind(|| panic!("{canary}")).is_err();
        drop(panic::take_hook());
        let told = told.recv().unwrap();
        assert!(panicked && told.starts_with("error: this is a bug in orgtoken at "), "{told}");
        assert!(told.contains("harden.rs:") && !told.contains("canary"), "{told}");
    }
}
