//! Output of the program: each file in `cmd/` is a reviewed case.
//!
//! After a change of words, `TRYCMD=overwrite cargo test -p orgtoken --test cmd` writes them;
//! review the difference before it is committed.

#[test]
fn cmd() {
    trycmd::TestCases::new()
        .env("HOME", "/nonexistent")
        .env("XDG_CONFIG_HOME", "")
        .env("COLUMNS", "100")
        .case("tests/cmd/*.toml");
}
