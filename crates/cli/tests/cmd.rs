//! The program's words, case by case: each file in `cmd/` is a situation, reviewed by a person.

#[test]
fn cmd() {
    trycmd::TestCases::new().case("tests/cmd/*.toml");
}
