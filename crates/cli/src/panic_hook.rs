//! The panic hook. It prints the location and not the payload, which may hold a secret.

use std::panic::{self, PanicHookInfo};

use crate::failure::Failure;

/// Reports panics like other errors.
pub(crate) fn install_panic_hook(json: bool) {
    panic::set_hook(Box::new(move |panic| failure(panic).print(json)));
}

/// Returns the report of a panic: its location.
fn failure(panic: &PanicHookInfo<'_>) -> Failure {
    let place = panic.location().map_or_else(String::new, |place| {
        format!(" at {}:{}:{}", without_builder(place.file()), place.line(), place.column())
    });
    Failure::new("bug", Some(HINT), format!("this is a bug in orgtoken{place}"))
}

/// Drops the folders of the machine that built the program, up to `tokio-1.54.1/src/lib.rs`.
fn without_builder(file: &str) -> &str {
    if !file.starts_with('/') {
        return file;
    }
    let source = file.rfind("/src/").unwrap_or(file.len());
    let from = file[..source].rfind('/').map_or(0, |slash| slash + 1);
    &file[from..]
}

const HINT: &str = "report it with this location and the output of `orgtoken --version`";

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::io::look::Look;

    /// Returns the report of a panic of this thread, in text and in JSON.
    fn capture(panicking: impl FnOnce() + panic::UnwindSafe) -> [String; 2] {
        let (this, before) = (thread::current().id(), panic::take_hook());
        let (sender, captured) = mpsc::channel();
        // Other tests may panic at the same time.
        panic::set_hook(Box::new(move |panic| {
            let ours = thread::current().id() == this;
            if ours {
                sender.send(reports(panic)).expect("the receiver waits")
            } else {
                before(panic)
            }
        }));
        assert!(panic::catch_unwind(panicking).is_err());
        drop(panic::take_hook());
        captured.recv().unwrap()
    }

    fn reports(panic: &PanicHookInfo<'_>) -> [String; 2] {
        [false, true]
            .map(|json| String::from_utf8(failure(panic).report(Look::PIPE, json)).unwrap())
    }

    #[test]
    fn panic_report_has_no_path_of_the_build_machine() {
        for (file, shown) in [
            ("crates/cli/src/run.rs", "crates/cli/src/run.rs"),
            ("/build/.cargo/registry/src/index/tokio-1.54.1/src/a/b.rs", "tokio-1.54.1/src/a/b.rs"),
            ("/rustc/0123/library/core/src/option.rs", "core/src/option.rs"),
            ("/build/build.rs", "build.rs"),
        ] {
            assert_eq!(without_builder(file), shown);
        }
    }

    #[test]
    fn panic_report_has_the_location_and_not_the_payload() {
        let canary = "canary".to_owned();
        let [text, json] = capture(|| panic!("{canary}"));
        assert!(text.starts_with("error: this is a bug in orgtoken at "), "{text}");
        assert!(
            json.starts_with(r#"{"error":{"code":"bug","message":"this is a bug in "#),
            "{json}"
        );
        assert!(json.contains(r#""exit":1"#), "{json}");
        for report in [text, json] {
            assert!(report.contains("panic_hook.rs:") && !report.contains("canary"), "{report}");
        }
    }
}
