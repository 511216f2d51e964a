//! Detects changed files.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The state of some files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamps(Vec<(PathBuf, Option<Stamp>)>);

/// Device, inode, size and `ctime`; `None` if the file does not exist.
type Stamp = (u64, u64, u64, (i64, i64));

impl Stamps {
    pub(crate) fn of(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(
            files
                .into_iter()
                .map(|file| (stamp(&file), file))
                .map(|(at, file)| (file, at))
                .collect(),
        )
    }

    /// Looks again, and returns whether a file has changed.
    pub(crate) fn have_changed(&mut self) -> bool {
        let mut changed = false;
        for (file, known) in &mut self.0 {
            let now = stamp(file);
            changed |= now != *known;
            *known = now;
        }
        changed
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    let found = fs::metadata(file).ok()?;
    Some((found.dev(), found.ino(), found.size(), (found.ctime(), found.ctime_nsec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_content_and_a_missing_file_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, "one").unwrap();
        let mut stamps = Stamps::of([file.clone()]);
        assert!(!stamps.have_changed());
        fs::write(&file, "other").unwrap();
        assert!(stamps.have_changed());
        assert!(!stamps.have_changed());
        fs::remove_file(&file).unwrap();
        assert!(stamps.have_changed());
        fs::write(&file, "again").unwrap();
        assert!(stamps.have_changed());
    }
}
