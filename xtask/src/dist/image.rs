//! The OCI image: a layer with the static program, without a daemon.
//!
//! See the [image format specification](https://github.com/opencontainers/image-spec).

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use xshell::{Shell, cmd};

/// Writes an image layout as a tar file, which `podman load` and `skopeo copy oci-archive:` read.
pub(super) fn image(sh: &Shell, stage: &Path, version: &str, file: &Path) -> Result<()> {
    let layout = stage.join("image");
    let blobs = layout.join("blobs/sha256");
    sh.create_dir(&blobs)?;

    let layer = stage.join("layer.tar");
    write_layer(sh, stage, &layer)?;
    let unpacked = digest(sh, &layer)?;
    cmd!(sh, "gzip --best --no-name {layer}").quiet().run()?;
    let layer = add(sh, &blobs, &stage.join("layer.tar.gz"), "layer.v1.tar+gzip")?;

    let seconds = format!("@{}", sh.var("SOURCE_DATE_EPOCH")?);
    let created = cmd!(sh, "date --utc --date={seconds} +%Y-%m-%dT%H:%M:%SZ").quiet().read()?;
    let labels = json!({
        "org.opencontainers.image.licenses": "MIT",
        "org.opencontainers.image.title": "orgtoken",
        "org.opencontainers.image.version": version,
    });
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "created": created,
        "config": {
            "User": "65532:65532",
            "Env": [
                "PATH=/usr/bin",
                "XDG_CACHE_HOME=/var/cache",
                "XDG_CONFIG_HOME=/etc",
                "XDG_RUNTIME_DIR=/run",
            ],
            "Entrypoint": ["/usr/bin/orgtoken"],
            "Cmd": ["serve"],
            "Labels": labels,
        },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{unpacked}")] },
        "history": [{ "created": created, "created_by": "cargo xtask dist" }],
    });
    let config = add_json(sh, stage, &blobs, &config, "config.v1+json")?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": [layer],
    });
    let mut manifest = add_json(sh, stage, &blobs, &manifest, "manifest.v1+json")?;
    manifest["annotations"] = json!({
        "io.containerd.image.name": format!("localhost/orgtoken:{version}"),
        "org.opencontainers.image.ref.name": version,
    });
    let index = json!({ "schemaVersion": 2, "manifests": [manifest] });
    sh.write_file(layout.join("index.json"), index.to_string())?;
    sh.write_file(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    let parts = ["blobs", "index.json", "oci-layout"];
    Ok(super::tar(sh)?.arg("--file").arg(file).arg("--directory").arg(layout).args(parts).run()?)
}

/// Writes the root folder. Only its own folders are writable for the user of the image.
fn write_layer(sh: &Shell, stage: &Path, layer: &Path) -> Result<()> {
    let root = stage.join("root");
    for folder in ["etc/orgtoken", "run/orgtoken", "tmp", "usr/bin", "var/cache/orgtoken"] {
        sh.create_dir(root.join(folder))?;
    }
    sh.write_file(root.join("etc/passwd"), "orgtoken:x:65532:65532::/nonexistent:/sbin/nologin\n")?;
    sh.write_file(root.join("etc/group"), "orgtoken:x:65532:\n")?;
    sh.copy_file(stage.join("usr/bin/orgtoken"), root.join("usr/bin/orgtoken"))?;
    let doc = root.join("usr/share/doc/orgtoken");
    sh.create_dir(&doc)?;
    for file in ["LICENSE", "THIRD-PARTY.txt"] {
        sh.copy_file(stage.join("usr/share/doc/orgtoken").join(file), doc.join(file))?;
    }
    let of_user = ["run/orgtoken", "var/cache/orgtoken"];
    let without = ["--exclude=run/orgtoken", "--exclude=var/cache/orgtoken"];
    let all = ["etc", "run", "tmp", "usr", "var"];
    super::tar(sh)?
        .arg("--file")
        .arg(layer)
        .arg("--directory")
        .arg(&root)
        .args(without)
        .args(all)
        .run()?;
    // The other folders belong to the user. `tar --append` knows the options of `--create`.
    let date = format!("--mtime=@{}", sh.var("SOURCE_DATE_EPOCH")?);
    let user = ["--owner=65532", "--group=65532", "--numeric-owner", "--format=ustar"];
    let alone = ["--mode=u=rwX,go=", "--no-recursion"];
    cmd!(
        sh,
        "tar --append {date} {user...} {alone...} --file {layer} --directory {root} {of_user...}"
    )
    .quiet()
    .run()?;
    Ok(())
}

fn add_json(sh: &Shell, stage: &Path, blobs: &Path, value: &Value, kind: &str) -> Result<Value> {
    let file = stage.join("blob.json");
    sh.write_file(&file, value.to_string())?;
    add(sh, blobs, &file, kind)
}

/// Adds a file to the blobs, and returns its descriptor.
fn add(sh: &Shell, blobs: &Path, file: &Path, kind: &str) -> Result<Value> {
    let digest = digest(sh, file)?;
    sh.copy_file(file, blobs.join(&digest))?;
    Ok(json!({
        "mediaType": format!("application/vnd.oci.image.{kind}"),
        "digest": format!("sha256:{digest}"),
        "size": file.metadata()?.len(),
    }))
}

fn digest(sh: &Shell, file: &Path) -> Result<String> {
    let line = cmd!(sh, "sha256sum {file}").quiet().read()?;
    line.split(' ').next().map(str::to_owned).context("sha256sum prints a sum")
}
