//! The commands in the pages of `docs` run as they are shown, and print what is shown.
//!
//! In blocks of the kinds `console` and `sh` every command runs, in one shell for each page. The
//! user has an org at `acme.my.salesforce.com`, which is reached through a proxy, and an administrator
//! who uploads each new certificate. Lines with the prompt `#` are for root: only their arguments
//! are checked, like those of commands in sentences.

mod arguments;
mod page;
mod session;

use std::fs;
use std::path::{Path, PathBuf};

use conformance::test_org::MY_DOMAIN;
use conformance::tools;

use page::Page;
use session::Session;

/// One test for each page, so that they run at the same time.
macro_rules! pages {
    ($($test:ident $path:literal,)*) => {
        $(#[test] fn $test() { run($path); })*
        const PAGES: &[&str] = &[$($path),*];
    };
}

pages! {
    ci "how-to/ci.md",
    keys "how-to/keys.md",
    onify "how-to/onify.md",
    proxies "how-to/proxies.md",
    proxy "how-to/proxy.md",
    records "how-to/records.md",
    rotation "how-to/rotation.md",
    serve "how-to/serve.md",
    setup "how-to/setup.md",
    testing "how-to/testing.md",
    bulk "reference/bulk.md",
    doctor "reference/doctor.md",
    queries "reference/queries.md",
    record_files "reference/record-files.md",
    tutorial "tutorial.md",
}

/// Tools that pages use, on the machine of the user or in the stand-ins.
const TOOLS: [&str; 3] = ["curl", "jq", "openssl"];
const KEY_TOOLS: [&str; 5] = ["jq", "openssl", "pkcs11-tool", "softhsm2-util", "ssh-agent"];

/// Runs the commands of a page, and compares their output.
fn run(path: &str) {
    let needed = if path == "how-to/keys.md" { &KEY_TOOLS[..] } else { &TOOLS[..] };
    if !needed.iter().all(|tool| tools::has(tool)) {
        return;
    }
    let page = Page::read(path);
    let mut session = Session::start(path);
    for step in &page.steps {
        let output = session.run(&step.command, step.shown.len().max(1));
        if let Err(why) = step.check(&output) {
            panic!("docs/{path}:{}: {why}\n$ {}\n{}", step.line, step.command, output.text);
        }
    }
}

#[test]
fn every_page_with_commands_is_tested() {
    for path in all_pages() {
        let is_tested = PAGES.contains(&path.as_str());
        let has_commands = !Page::read(&path).steps.is_empty();
        assert_eq!(has_commands, is_tested, "docs/{path}");
    }
}

#[test]
fn commands_in_sentences_exist() {
    let grammar = orgtoken::grammar();
    let pages = all_pages().into_iter().map(|path| format!("docs/{path}"));
    let others = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned);
    for path in pages.chain(others) {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        for (line, command) in arguments::commands(&text) {
            if let Err(why) = arguments::check(&grammar, &command) {
                panic!("{path}:{line}: {why}: {command}");
            }
        }
    }
}

/// Returns the pages, relative to `docs`.
fn all_pages() -> Vec<String> {
    let docs = root().join("docs");
    let mut found = Vec::new();
    let mut folders = vec![docs.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                found.push(path.strip_prefix(&docs).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).to_owned()
}
