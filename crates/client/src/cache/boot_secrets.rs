use std::path::Path;

use ring::digest::{Context, SHA256};
use zeroize::Zeroizing;

use super::folder::{Folder, FolderError};
use crate::clock::boot_id;

/// Secrets in files that only this user can read, and that are valid until the machine restarts.
///
/// Without one, deriving the secret again would need a signature or the passphrase.
pub(super) struct BootSecrets {
    folder: Folder,
}

impl BootSecrets {
    /// Opens a folder, and creates it if it does not exist.
    pub(super) fn open(folder: &Path) -> Result<Self, FolderError> {
        Ok(Self { folder: Folder::open(folder)? })
    }

    /// Returns the secret that was stored for `owner` since the machine started.
    pub(super) fn load(&self, owner: &[Vec<u8>]) -> Option<Zeroizing<Vec<u8>>> {
        let stored = self.folder.read(&name(owner)).ok().flatten()?;
        let secret = stored.strip_prefix(boot_id()?.as_bytes())?.strip_prefix(b"\n")?;
        (secret.len() == LEN).then(|| Zeroizing::new(secret.to_vec()))
    }

    /// Stores a secret for `owner`.
    pub(super) fn store(&self, owner: &[Vec<u8>], secret: &[u8; LEN]) -> Result<(), FolderError> {
        // Without a name for this start, an old secret would look like a new one.
        let Some(boot_id) = boot_id() else { return Ok(()) };
        let stored = Zeroizing::new([boot_id.as_bytes(), b"\n", secret].concat());
        self.folder.replace(&name(owner), &stored)
    }
}

/// A file name that does not reveal its owner.
fn name(owner: &[Vec<u8>]) -> String {
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

    fn named(kind: &str, name: &str) -> [Vec<u8>; 2] {
        [kind, name].map(|part| part.as_bytes().to_vec())
    }

    #[test]
    fn secret_is_read_by_its_owner_until_the_machine_restarts() {
        let owner = named("agent", "acme");
        let folder = tempfile::tempdir().unwrap();
        let secrets = BootSecrets::open(&folder.path().join("orgtoken")).unwrap();
        assert!(secrets.load(&owner).is_none());
        secrets.store(&owner, &[7; LEN]).unwrap();
        assert_eq!(secrets.load(&owner).unwrap().as_slice(), [7; LEN]);
        assert!(secrets.load(&named("agent", "other")).is_none());
        assert!(secrets.load(&named("agen", "tacme")).is_none());

        let path = folder.path().join("orgtoken").join(name(&owner));
        let text = std::fs::read(&path).unwrap();
        for (what, damaged) in [
            ("another start", [b"another", &text[7..]].concat()),
            ("cut off", text[..text.len() - 1].to_vec()),
            ("empty", Vec::new()),
        ] {
            std::fs::write(&path, damaged).unwrap();
            assert!(secrets.load(&owner).is_none(), "{what}");
        }
    }

    #[test]
    fn other_users_cannot_read_it() {
        let owner = named("agent", "acme");
        let folder = tempfile::tempdir().unwrap();
        let secrets = BootSecrets::open(&folder.path().join("orgtoken")).unwrap();
        secrets.store(&owner, &[7; LEN]).unwrap();
        let path = folder.path().join("orgtoken").join(name(&owner));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert!(!path.to_string_lossy().contains("acme"));
        // A file that others can read is a miss.
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(secrets.load(&owner).is_none());
    }
}
