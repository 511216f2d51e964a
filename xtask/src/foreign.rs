//! `cargo xtask foreign`: other Salesforce clients on the fake org.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::build;

/// Installs the clients where they are not installed yet, and runs each on an org of its own. With
/// `sf` they are some 300 MB and take minutes, so that the pipeline leaves them out.
pub(crate) fn foreign(sh: &Shell) -> Result<()> {
    let sources = sh.current_dir().join("tests/foreign");
    let folder = build::target_folder(sh)?.join("foreign");
    fs::create_dir_all(&folder)?;
    let programs = build::programs(sh, &["orgtoken", "orgtoken-fake-org"], "dev")?;
    {
        let _folder = sh.push_dir(&folder);
        install(sh, &sources)?;
    }
    let python = folder.join("python/bin/python");
    for (client, program, script) in [
        ("simple-salesforce", python.as_path(), "simple_salesforce.test.py"),
        ("jsforce", Path::new("node"), "jsforce.mjs"),
        ("the proxy", Path::new("sh"), "proxy.sh"),
        ("sf", Path::new("node"), "sf.mjs"),
    ] {
        let began = Instant::now();
        let key = folder.join("robot.key");
        // The org writes no key over another one.
        let _ = fs::remove_file(&key);
        let mut org = Command::new(programs.join("orgtoken-fake-org"));
        org.current_dir(&folder)
            // sf writes its logins and logs to the home folder.
            .env("HOME", folder.join("home"))
            .env("ORGTOKEN", programs.join("orgtoken"))
            .env("SF_DISABLE_AUTOUPDATE", "true")
            .env("SF_DISABLE_TELEMETRY", "true")
            .args(["--new-key", "robot.key", "--user", "robot@acme.com", "--https", "ca.pem", "--"])
            .arg(program)
            .arg(sources.join(script));
        build::run(&mut org)?;
        println!("{client}: passed in {} s", began.elapsed().as_secs());
    }
    Ok(())
}

fn install(sh: &Shell, sources: &Path) -> Result<()> {
    for (tool, flag) in [("node", "--version"), ("npm", "--version"), ("python3", "--version")] {
        cmd!(sh, "{tool} {flag}").quiet().read().with_context(|| format!("{tool} is missing"))?;
    }
    let npm = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
    let pip = ["install", "--quiet", "--requirement", "requirements.txt"];
    for (name, program, arguments) in
        [("package.json", "npm", npm), ("requirements.txt", "python/bin/pip", pip)]
    {
        let wanted = fs::read(sources.join(name))?;
        if sh.path_exists(name) && sh.read_binary_file(name)? == wanted {
            continue;
        }
        if !sh.path_exists("python") {
            cmd!(sh, "python3 -m venv python").run()?;
        }
        sh.write_file(name, &wanted)?;
        let installed = cmd!(sh, "{program} {arguments...}").run();
        if installed.is_err() {
            // The next run installs again.
            sh.remove_path(name)?;
        }
        installed?;
    }
    Ok(())
}
