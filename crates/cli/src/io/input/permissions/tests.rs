use std::fs;
use std::os::unix::fs::PermissionsExt;

use orgtoken_assertion::Diagnostic;

use super::*;

fn key(folder: &Path, mode: u32) -> PathBuf {
    let path = folder.join(format!("my key {mode:o}.pem"));
    fs::write(&path, "key").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn key_that_others_can_read_is_refused_with_the_command_that_helps() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [0o644, 0o640, 0o604, 0o622] {
        let path = key(folder.path(), mode);
        let error = read_passphrase(&path).unwrap_err();
        assert_eq!(error.code(), "key.permissions", "{mode:o}");
        let said = error.to_string();
        assert!(said.ends_with(&format!("is open to other users (mode {mode:04o})")), "{said}");
        let remedy = format!("run: chmod 600 '{}'", path.display());
        assert_eq!(error.hint().as_deref(), Some(remedy.as_str()));
    }
    for mode in [0o600, 0o400] {
        let bytes = read_passphrase(&key(folder.path(), mode)).unwrap();
        assert_eq!(bytes.as_slice(), b"key", "{mode:o}");
    }
}

#[test]
fn file_of_each_secret_is_named_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = key(folder.path(), 0o644);
    for (error, what, code) in [
        (read_passphrase(&path), "passphrase file `", "key.permissions"),
        (read_bearer(&path), "bearer file `", "settings.permissions"),
        (read_hub_token(&path), "file of the Hub's token `", "settings.permissions"),
    ] {
        let error = error.unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.to_string().starts_with(what), "{error}");
    }
}

#[test]
fn folder_writable_by_all_is_refused_unless_sticky() {
    let folder = tempfile::tempdir().unwrap();
    let path = key(folder.path(), 0o600);
    for (name, mode, refused) in [("open", 0o777, true), ("sticky as /tmp", 0o1777, false)] {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(read_passphrase(&path).is_err(), refused, "{name}");
    }
}

#[test]
fn key_of_another_owner_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = key(folder.path(), 0o600);
    let metadata = path.metadata().unwrap();
    let me = metadata.uid();
    assert_eq!(fault(&path, &metadata, me), None);
    let foreign = (me != ROOT).then_some(FileFault::Foreign);
    assert_eq!(fault(&path, &metadata, me + 1), foreign);
}

#[test]
fn dotted_path_component_does_not_excuse_an_open_key_file() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("..2026_11_23");
    fs::create_dir(&data).unwrap();
    fs::rename(key(folder.path(), 0o644), data.join("key.pem")).unwrap();
    let link = folder.path().join("key.pem");
    std::os::unix::fs::symlink("..2026_11_23/key.pem", &link).unwrap();
    assert_eq!(read_passphrase(&link).unwrap_err().code(), "key.permissions");
}

#[test]
fn only_a_file_that_root_gave_excuses_its_mode() {
    let mount = |read_only, in_memory| Mount { read_only, in_memory };
    let (disk, fixed, memory) = (mount(false, false), mount(true, false), mount(false, true));
    for (name, owner, mode, me, mount, is_managed) in [
        ("Kubernetes", 0, 0o644, 1000, memory, true),
        ("Kubernetes, read by root", 0, 0o644, 0, mount(true, true), true),
        ("systemd", 0, 0o440, 1000, mount(true, true), true),
        ("read-only image", 0, 0o644, 1000, fixed, true),
        ("root's file for a group", 0, 0o640, 1000, disk, true),
        ("root's file for everyone", 0, 0o644, 1000, disk, false),
        ("root's file that the group may write", 0, 0o660, 1000, disk, false),
        ("root's file that everyone may write", 0, 0o666, 1000, memory, false),
        ("root's own file in /tmp", 0, 0o644, 0, memory, false),
        ("root's own file", 0, 0o640, 0, disk, false),
        ("own file on a read-only mount", 1000, 0o644, 1000, fixed, false),
        ("another user's file on a read-only mount", 1001, 0o644, 1000, fixed, false),
    ] {
        assert_eq!(super::is_managed(owner, mode, me, mount), is_managed, "{name}");
    }
}

#[test]
fn config_that_others_may_write_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, "[profile.a]").unwrap();
    let set =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for (file, parent, refused) in [
        (0o644, 0o755, None),
        (0o600, 0o700, None),
        (0o666, 0o755, Some(path.as_path())),
        (0o602, 0o700, Some(&path)),
        (0o644, 0o777, Some(folder.path())),
        (0o644, 0o1777, None),
    ] {
        set(&path, file);
        set(folder.path(), parent);
        let name = format!("{file:o} in {parent:o}");
        match (read_config(&path), refused) {
            (Ok(bytes), None) => assert_eq!(bytes.as_slice(), b"[profile.a]", "{name}"),
            (Err(error), Some(refused)) => {
                assert_eq!(error.code(), "settings.permissions", "{name}");
                let hint = format!("run: chmod go-w {}", refused.display());
                assert_eq!(error.hint().as_deref(), Some(&*hint), "{name}");
            }
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
}

#[test]
fn config_in_an_open_folder_behind_a_link_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::write(open.join("config.toml"), "").unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let link = folder.path().join("config.toml");
    std::os::unix::fs::symlink(open.join("config.toml"), &link).unwrap();
    assert_eq!(read_config(&link).unwrap_err().code(), "settings.permissions");
}

#[test]
fn config_belongs_to_its_user_or_root_and_only_a_private_group_may_write_it() {
    for (owner, mode, me, is_private, fault) in [
        (1000, 0o644, 1000, false, None),
        (0, 0o644, 1000, false, None),
        (1001, 0o600, 1000, true, Some(FileFault::ForeignConfig)),
        (1000, 0o600, 0, true, Some(FileFault::ForeignConfig)),
        (1000, 0o664, 1000, true, None),
        (1000, 0o664, 1000, false, Some(FileFault::Writable { mode: 0o664 })),
        (1000, 0o666, 1000, true, Some(FileFault::Writable { mode: 0o666 })),
    ] {
        assert_eq!(write_fault(owner, mode, me, || is_private), fault, "{owner} {mode:o} {me}");
    }
}

#[test]
fn private_group_has_its_user_as_the_only_member() {
    let passwd = "root:x:0:0::/:/bin/sh\nada:x:1000:1000::/ada:/bin/sh\n\
                  bob:x:1001:100::/bob:/bin/sh\neve:x:1002:100::/eve:/bin/sh\n";
    let groups = "root:x:0:\nada:x:1000:\nusers:x:100:\n";
    for (name, group, user, groups, is_private) in [
        ("own", 1000, 1000, groups, true),
        ("own, listed", 1000, 1000, "ada:x:1000:ada\n", true),
        ("own, with a guest", 1000, 1000, "ada:x:1000:ada,eve\n", false),
        ("another's", 1000, 1001, groups, false),
        ("shared", 100, 1001, groups, false),
        ("unknown", 4711, 1000, groups, false),
    ] {
        assert_eq!(is_private_group(group, user, passwd, groups), is_private, "{name}");
    }
}

#[test]
fn checked_file_is_the_file_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = key(folder.path(), 0o600);
    let file = super::super::open(&path, Kind::Key).unwrap();
    let metadata = file.metadata().unwrap();
    fs::rename(key(folder.path(), 0o644), &path).unwrap();
    assert!(unsafe_file(&path, &file, &metadata).is_none());
    assert_eq!(super::super::read_open(file, &path, Kind::Key).unwrap().as_slice(), b"key");
}
