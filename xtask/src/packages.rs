//! `cargo xtask packages`: installs the files of `target/dist` in clean systems, and uses them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::{build, dist};

/// Tests the Debian package, the archive, the image and the RPM package that `cargo xtask dist` has
/// made.
pub(crate) fn packages(sh: &Shell) -> Result<()> {
    let user = cmd!(sh, "id -u").quiet().read()?;
    ensure!(user == "0", "only root can change into the root folder of another system");
    let files = build::target_folder(sh)?.join("dist");
    ensure!(sh.path_exists(files.join("SHA256SUMS")), "run `cargo xtask dist` first");
    {
        let _folder = sh.push_dir(&files);
        cmd!(sh, "sha256sum --check --quiet SHA256SUMS").run()?;
    }
    let folder = build::target_folder(sh)?.join("packages");
    sh.remove_path(&folder)?;
    sh.create_dir(&folder)?;
    let org = Org(build::programs(sh, &["orgtoken-fake-org"], "dev")?.join("orgtoken-fake-org"));

    println!("== the Debian package");
    let root = folder.join("debian");
    let suite =
        cmd!(sh, "sh -c").arg(". /etc/os-release; echo $VERSION_CODENAME").quiet().read()?;
    cmd!(sh, "mmdebstrap --quiet --variant=essential --include=passwd {suite} {root}").run()?;
    let first = find(sh, &files, ".deb")?;
    let newer = format!("{}+1", dist::version(sh)?);
    dist::deb(sh, &folder, &["--deb-version", &newer])?;
    let second = find(sh, &folder, ".deb")?;
    org.run(sh, "deb", &folder, &[&root, &first, &second])?;

    println!("== the archive");
    let busybox = PathBuf::from(cmd!(sh, "sh -c").arg("command -v busybox").quiet().read()?);
    let archive = find(sh, &files, ".tar.gz")?;
    org.run(sh, "tarball", &folder, &[&folder.join("busybox"), &busybox, &archive])?;

    println!("== the image");
    let root = folder.join("image");
    let mut arguments: Vec<PathBuf> = vec![root.clone()];
    arguments.extend(unpacked(sh, &find(sh, &files, ".oci.tar")?, &folder, &root)?);
    let arguments: Vec<_> = arguments.iter().map(PathBuf::as_path).collect();
    org.run(sh, "image", &folder, &arguments)?;

    println!("== the RPM package");
    let rpm = find(sh, &files, ".rpm")?;
    cmd!(sh, "rpm --checksig {rpm}").run()?;
    let list = cmd!(sh, "rpm --query --list --package {rpm}").quiet().read()?;
    for path in ["/usr/bin/orgtoken", "/usr/lib/systemd/system/orgtoken.service"] {
        ensure!(list.lines().any(|line| line == path), "{path} is not in the RPM package");
    }
    Ok(sh.remove_path(folder)?)
}

/// The program of the fake org.
struct Org(PathBuf);

impl Org {
    /// Runs a script of `tests/packages` with an org, whose variables it gets.
    fn run(&self, sh: &Shell, script: &str, folder: &Path, arguments: &[&Path]) -> Result<()> {
        let Self(org) = self;
        let key = folder.join(format!("{script}.key"));
        let ca = folder.join(format!("{script}.pem"));
        let script = format!("tests/packages/{script}.sh");
        let user = ["--user", "robot@acme.com"];
        // The file systems that the script mounts end with it.
        let org = cmd!(sh, "unshare --mount {org} --new-key {key} {user...} --https {ca}");
        Ok(org.arg("--").arg(script).args(arguments).run()?)
    }
}

fn find(sh: &Shell, folder: &Path, end: &str) -> Result<PathBuf> {
    let files = sh.read_dir(folder)?;
    let found = files.into_iter().find(|file| file.to_string_lossy().ends_with(end));
    found.with_context(|| format!("no {end} in {}", folder.display()))
}

/// Unpacks an image into `root`, like a container runtime, and returns its user, its variables,
/// `--` and its command.
fn unpacked(sh: &Shell, image: &Path, folder: &Path, root: &Path) -> Result<Vec<PathBuf>> {
    let layout = folder.join("layout");
    sh.create_dir(&layout)?;
    sh.create_dir(root)?;
    cmd!(sh, "tar --extract --file {image} --directory {layout}").quiet().run()?;
    let blob = |descriptor: &Value| -> Result<PathBuf> {
        let digest = descriptor["digest"].as_str().context("a descriptor has a digest")?;
        let digest = digest.strip_prefix("sha256:").context("digests are SHA-256")?;
        let path = layout.join("blobs/sha256").join(digest);
        let sum = cmd!(sh, "sha256sum {path}").quiet().read()?;
        ensure!(sum.starts_with(digest), "blob {digest} is damaged");
        ensure!(descriptor["size"] == path.metadata()?.len(), "blob {digest} has another size");
        Ok(path)
    };
    let json = |path: PathBuf| -> Result<Value> { Ok(serde_json::from_str(&sh.read_file(path)?)?) };

    let index = json(layout.join("index.json"))?;
    let manifest = json(blob(&index["manifests"][0])?)?;
    let image = json(blob(&manifest["config"])?)?;
    for layer in manifest["layers"].as_array().context("an image has layers")? {
        let layer = blob(layer)?;
        cmd!(sh, "tar --extract --gzip --numeric-owner --file {layer} --directory {root}")
            .quiet()
            .run()?;
    }
    let config = &image["config"];
    let mut words = vec![config["User"].as_str().context("the image has a user")?];
    ensure!(!words[0].starts_with('0'), "the image runs as root");
    for (name, before) in [("Env", None), ("Entrypoint", Some("--")), ("Cmd", None)] {
        words.extend(before);
        words.extend(config[name].as_array().into_iter().flatten().filter_map(Value::as_str));
    }
    Ok(words.into_iter().map(PathBuf::from).collect())
}
