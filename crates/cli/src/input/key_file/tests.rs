use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn key(folder: &Path, mode: u32) -> PathBuf {
    let path = folder.join(format!("key-{mode:o}.pem"));
    fs::write(&path, "key").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a74_a_key_that_others_can_read_is_refused_with_the_command_that_helps() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [0o644, 0o640, 0o604, 0o622] {
        let path = key(folder.path(), mode);
        let error = read_key(&path).unwrap_err();
        assert_eq!(error.code(), "key.permissions", "{mode:o}");
        let said = error.to_string();
        assert!(said.ends_with(&format!("is open to other users (mode {mode:04o})")), "{said}");
        let remedy = format!("run: chmod 600 {}", path.display());
        assert_eq!(error.hint().as_deref(), Some(remedy.as_str()));
    }
    for mode in [0o600, 0o400] {
        let (bytes, warning) = read_key(&key(folder.path(), mode)).unwrap();
        assert_eq!((bytes.as_slice(), warning.is_none()), (b"key".as_slice(), true), "{mode:o}");
    }
}

#[test]
fn a74_a_folder_in_which_everyone_may_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = key(folder.path(), 0o600);
    for (name, mode, refused) in [("open", 0o777, true), ("sticky as /tmp", 0o1777, false)] {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(read_key(&path).is_err(), refused, "{name}");
    }
}

#[test]
fn a74_the_owner_decides() {
    let folder = tempfile::tempdir().unwrap();
    let path = key(folder.path(), 0o600);
    let metadata = path.metadata().unwrap();
    let me = metadata.uid();
    assert_eq!(fault(&path, &metadata, me), None);
    let foreign = (me != ROOT).then_some(KeyFileFault::Foreign);
    assert_eq!(fault(&path, &metadata, me + 1), foreign);
}

#[test]
fn a75_a_link_of_kubernetes_is_followed_and_only_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("..2026_11_23");
    fs::create_dir(&data).unwrap();
    fs::rename(key(folder.path(), 0o644), data.join("key.pem")).unwrap();
    let link = folder.path().join("key.pem");
    std::os::unix::fs::symlink("..2026_11_23/key.pem", &link).unwrap();
    let (bytes, warning) = read_key(&link).unwrap();
    assert_eq!(bytes.as_slice(), b"key");
    let said = warning.unwrap().to_string();
    assert!(said.ends_with("is open to other users (mode 0644)"), "{said}");
}

#[test]
fn a76_what_was_checked_is_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = key(folder.path(), 0o600);
    let file = super::super::open(&path, Kind::Key).unwrap();
    let metadata = file.metadata().unwrap();
    fs::rename(key(folder.path(), 0o644), &path).unwrap();
    assert!(check(&path, &file, &metadata).unwrap().is_none());
    assert_eq!(super::super::read_open(file, &path, Kind::Key).unwrap().as_slice(), b"key");
}
