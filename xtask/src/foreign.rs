//! `cargo xtask foreign`: other Salesforce clients on the fake org.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::build;

/// Runs each client on an org of its own.
pub(crate) fn foreign(sh: &Shell) -> Result<()> {
    let clients = Clients::new(sh, "dev")?;
    for (client, program, script) in [
        ("simple-salesforce", PYTHON, "simple_salesforce.test.py"),
        ("jsforce", "node", "jsforce.mjs"),
        ("the proxy", "sh", "proxy.sh"),
        ("sf", "node", "sf.mjs"),
    ] {
        let began = Instant::now();
        clients.run(program, script, &[])?;
        println!("{client}: passed in {} s", began.elapsed().as_secs());
    }
    Ok(())
}

/// Measures bulk jobs of this program, of simple-salesforce and of sf, with the same rows.
pub(crate) fn bench(sh: &Shell, rows: &str) -> Result<()> {
    let clients = Clients::new(sh, "release")?;
    for client in ["orgtoken", "simple-salesforce", "sf"] {
        clients.run(PYTHON, "bulk.bench.py", &[client, rows])?;
    }
    Ok(())
}

/// The clients, installed in a folder.
struct Clients {
    folder: PathBuf,
    programs: PathBuf,
    sources: PathBuf,
}

impl Clients {
    /// Installs the clients where they are not installed yet. With sf they are some 300 MB and take
    /// minutes, so that the pipeline leaves them out.
    fn new(sh: &Shell, profile: &str) -> Result<Self> {
        let sources = sh.current_dir().join("tests/foreign");
        let folder = build::target_folder(sh)?.join("foreign");
        fs::create_dir_all(&folder)?;
        let programs = build::programs(sh, &["orgtoken", "orgtoken-fake-org"], profile)?;
        let _folder = sh.push_dir(&folder);
        install(sh, &sources)?;
        Ok(Self { folder, programs, sources })
    }

    fn run(&self, program: &str, script: &str, arguments: &[&str]) -> Result<()> {
        // The org writes no key over another one.
        let _ = fs::remove_file(self.folder.join("robot.key"));
        let mut org = Command::new(self.programs.join("orgtoken-fake-org"));
        org.current_dir(&self.folder)
            // sf writes its logins and logs to the home folder.
            .env("HOME", self.folder.join("home"))
            // Python writes beside the modules that it imports.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("ORGTOKEN", self.programs.join("orgtoken"))
            .env("SF_DISABLE_AUTOUPDATE", "true")
            .env("SF_DISABLE_TELEMETRY", "true")
            .args(["--new-key", "robot.key", "--user", "robot@acme.com", "--https", "ca.pem", "--"])
            .args([Path::new(program), &self.sources.join(script)])
            .args(arguments);
        build::run(&mut org)
    }
}

fn install(sh: &Shell, sources: &Path) -> Result<()> {
    for tool in ["curl", "node", "npm", "python3"] {
        let version = cmd!(sh, "{tool} --version").quiet().read();
        version.with_context(|| format!("{tool} is missing"))?;
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

/// In the folder of the clients.
const PYTHON: &str = "python/bin/python";
