//! Paths in a journal, which is JSON: text, or bytes if they are not UTF-8.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum StoredPath {
    Text(String),
    Bytes(Vec<u8>),
}

impl From<&Path> for StoredPath {
    fn from(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes(path.as_os_str().as_bytes().to_owned()),
        }
    }
}

impl From<StoredPath> for PathBuf {
    fn from(path: StoredPath) -> Self {
        match path {
            StoredPath::Text(text) => text.into(),
            StoredPath::Bytes(bytes) => OsString::from_vec(bytes).into(),
        }
    }
}

/// For `#[serde(with)]` at a path that may be missing.
pub(super) mod optional {
    use serde::{Deserializer, Serializer};

    use super::*;

    pub(in super::super) fn serialize<S: Serializer>(
        path: &Option<PathBuf>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        path.as_deref().map(StoredPath::from).serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<PathBuf>, D::Error> {
        Ok(Option::<StoredPath>::deserialize(from)?.map(PathBuf::from))
    }
}

/// For `#[serde(with)]` at files and their lengths.
pub(super) mod lengths {
    use serde::{Deserializer, Serializer};

    use super::*;

    pub(in super::super) fn serialize<S: Serializer>(
        files: &[(PathBuf, u64)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(files.iter().map(|(path, length)| (StoredPath::from(&**path), length)))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<(PathBuf, u64)>, D::Error> {
        let files = Vec::<(StoredPath, u64)>::deserialize(from)?;
        Ok(files.into_iter().map(|(path, length)| (path.into(), length)).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::super::State;
    use super::*;

    #[test]
    fn path_in_a_journal_need_not_be_utf_8() {
        for path in [b"/data/caf\xe9.csv".as_slice(), "/data/café.csv".as_bytes()] {
            let path = PathBuf::from(OsStr::from_bytes(path));
            let files = vec![(path.clone(), 5)];
            let state = State { not_sent_file: Some(path), files, ..State::default() };
            assert_eq!(State::read(&state.to_slot().unwrap()), Some(state));
        }
    }
}
