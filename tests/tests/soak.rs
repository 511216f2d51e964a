//! A short run of `cargo xtask soak`.

use std::process::Command;

#[test]
fn killed_writer_leaves_the_old_token_or_the_new_one() {
    let output = Command::new(env!("CARGO_BIN_EXE_soak")).args(["--kills", "50"]).output().unwrap();
    let (said, why) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{why}");
    assert!(said.contains("never another thing"), "{said}");
}
