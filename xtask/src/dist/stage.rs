//! The files of the packages, in the folders where they are installed.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;
use xshell::{Shell, cmd};

use super::licences;

/// Puts the files into `target/stage`, where `crates/cli/Cargo.toml` looks for them, and returns
/// that folder. `usr` is a tree for every Linux system; `units` has the units of packages.
pub(super) fn stage(sh: &Shell, program: &Path, sbom: &Value) -> Result<PathBuf> {
    let stage = sh.current_dir().join("target/stage");
    sh.remove_path(&stage)?;
    let usr = |name: &str| stage.join("usr").join(name);
    sh.create_dir(usr("bin"))?;
    sh.copy_file(program, usr("bin/orgtoken"))?;

    let man = usr("share/man/man1");
    cmd!(sh, "{program} man --dir {man}").quiet().run()?;
    for (shell, file) in COMPLETIONS {
        let script = cmd!(sh, "{program} completions {shell}").quiet().read()?;
        sh.write_file(usr("share").join(file), script + "\n")?;
    }

    let doc = usr("share/doc/orgtoken");
    sh.create_dir(&doc)?;
    for file in ["CHANGELOG.md", "LICENSE", "README.md"] {
        sh.copy_file(file, doc.join(file))?;
    }
    sh.write_file(doc.join("THIRD-PARTY.txt"), licences::notices(sh, sbom)?)?;

    for unit in ["orgtoken.service", "orgtoken.socket"] {
        let text = sh.read_file(format!("docs/systemd/{unit}"))?;
        // The tree for every system is for /usr/local, like the units in the documentation.
        sh.write_file(usr("lib/systemd/system").join(unit), &text)?;
        sh.write_file(stage.join("units").join(unit), text.replace("/usr/local/bin", "/usr/bin"))?;
    }
    Ok(stage)
}

const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "bash-completion/completions/orgtoken"),
    ("fish", "fish/vendor_completions.d/orgtoken.fish"),
    ("zsh", "zsh/site-functions/_orgtoken"),
];
