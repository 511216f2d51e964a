use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Detects whether files have changed.
#[derive(Debug, Default)]
pub struct FileFingerprints(Vec<(PathBuf, Option<Fingerprint>)>);

/// Device, inode, size and `ctime`; `None` if the file does not exist.
type Fingerprint = (u64, u64, u64, (i64, i64));

impl FileFingerprints {
    /// Takes the fingerprints of `files` as they are now.
    pub fn of(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut fingerprints = Self::default();
        files.into_iter().for_each(|file| fingerprints.add(file));
        fingerprints
    }

    /// Takes the fingerprint of one more file. Call it before the file is read, so that no later change
    /// is missed.
    pub fn add(&mut self, file: PathBuf) {
        let now = fingerprint(&file);
        self.0.push((file, now));
    }

    /// Takes the fingerprints again, and returns whether a file has changed.
    pub fn have_changed(&mut self) -> bool {
        let mut changed = false;
        for (file, known) in &mut self.0 {
            let now = fingerprint(file);
            changed |= now != *known;
            *known = now;
        }
        changed
    }
}

fn fingerprint(file: &Path) -> Option<Fingerprint> {
    let found = fs::metadata(file).ok()?;
    Some((found.dev(), found.ino(), found.size(), (found.ctime(), found.ctime_nsec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_created_and_removed_files_are_detected() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, "one").unwrap();
        let mut fingerprints = FileFingerprints::of([file.clone()]);
        assert!(!fingerprints.have_changed());
        fs::write(&file, "other").unwrap();
        assert!(fingerprints.have_changed());
        assert!(!fingerprints.have_changed());
        fs::remove_file(&file).unwrap();
        assert!(fingerprints.have_changed());
        fs::write(&file, "again").unwrap();
        assert!(fingerprints.have_changed());
    }
}
