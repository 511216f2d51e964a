//! Texts that a reviewer has approved.

use std::path::Path;

use snapbox::assert::Action;
use snapbox::{Assert, Data};

/// Compares with a file in `snapshots/`; `SNAPSHOTS=overwrite` writes it for review.
pub(crate) fn reviewed(name: &str, text: String) {
    let action = match std::env::var("SNAPSHOTS").as_deref() {
        Ok("overwrite") => Action::Overwrite,
        _ => Action::Verify,
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/snapshots");
    let file = Path::new(folder).join(name);
    Assert::new().action(action).eq(text, Data::read_from(&file, None));
}
