use std::path::Path;

use ring::digest::{Context, SHA256};
use zeroize::Zeroizing;

use super::folder::{Folder, Unsafe};
use crate::clock::boot_id;

/// Secrets that are kept, readable by this user alone, until the machine starts anew.
///
/// They save the signature or the passphrase that they would otherwise cost each time.
#[derive(Debug)]
pub struct BootSecrets {
    folder: Folder,
}

impl BootSecrets {
    /// Opens a folder that does not outlive the machine's run, as `$XDG_RUNTIME_DIR` has it, and
    /// makes it if it is not there.
    pub fn open(folder: &Path) -> Result<Self, Unsafe> {
        Ok(Self { folder: Folder::open(folder)? })
    }

    /// The secret that was kept for `owner` since the machine was started.
    pub fn load(&self, owner: &[&[u8]]) -> Option<Zeroizing<Vec<u8>>> {
        let kept = self.folder.read(&name(owner)).ok().flatten()?;
        let secret = kept.strip_prefix(boot_id()?.as_bytes())?.strip_prefix(b"\n")?;
        (secret.len() == LEN).then(|| Zeroizing::new(secret.to_vec()))
    }

    /// Keeps a secret for `owner`.
    pub fn keep(&self, owner: &[&[u8]], secret: &[u8; LEN]) -> Result<(), Unsafe> {
        // A system that does not tell one start from the next keeps nothing.
        let Some(boot_id) = boot_id() else { return Ok(()) };
        let kept = Zeroizing::new([boot_id.as_bytes(), b"\n", secret].concat());
        self.folder.replace(&name(owner), &kept)
    }
}

/// A file's name that tells nothing about its owner.
fn name(owner: &[&[u8]]) -> String {
    let mut hash = Context::new(&SHA256);
    for part in owner {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let hash = hash.finish();
    let hex: String = hash.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}.seal")
}

const LEN: usize = 32;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const OWNER: &[&[u8]] = &[b"agent", b"acme"];

    #[test]
    fn a_secret_is_there_for_its_owner_until_the_machine_starts_anew() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = BootSecrets::open(&folder.path().join("orgtoken")).unwrap();
        assert!(secrets.load(OWNER).is_none());
        secrets.keep(OWNER, &[7; LEN]).unwrap();
        assert_eq!(secrets.load(OWNER).unwrap().as_slice(), [7; LEN]);
        assert!(secrets.load(&[b"agent", b"other"]).is_none());
        assert!(secrets.load(&[b"agen", b"tacme"]).is_none());

        let path = folder.path().join("orgtoken").join(name(OWNER));
        let text = std::fs::read(&path).unwrap();
        for (what, damaged) in [
            ("another start", [b"another", &text[7..]].concat()),
            ("cut off", text[..text.len() - 1].to_vec()),
            ("empty", Vec::new()),
        ] {
            std::fs::write(&path, damaged).unwrap();
            assert!(secrets.load(OWNER).is_none(), "{what}");
        }
    }

    #[test]
    fn d13_nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = BootSecrets::open(&folder.path().join("orgtoken")).unwrap();
        secrets.keep(OWNER, &[7; LEN]).unwrap();
        let path = folder.path().join("orgtoken").join(name(OWNER));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert!(!path.to_string_lossy().contains("acme"), "D14");
        // A file that others can read is a miss.
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(secrets.load(OWNER).is_none());
    }
}
