use std::os::unix::net::UnixListener;

use super::*;

fn code(path: &Path, kind: Kind) -> String {
    read(path, kind).unwrap_err().code().to_owned()
}

#[test]
fn missing_file_is_reported_with_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("absent.json");
    let error = read(&path, Kind::Settings).unwrap_err();
    assert_eq!(error.code(), "settings.read");
    let said = error.to_string();
    assert!(said.ends_with("absent.json`: no such file or directory"), "{said}");
    assert!(!path.exists());
}

#[test]
fn folder_and_socket_are_not_files() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    for (name, path, is) in [
        ("folder", dir.path(), "it is a folder, not a file"),
        ("socket", &socket, "it is a socket, not a file"),
    ] {
        let error = read(path, Kind::Settings).unwrap_err();
        assert_eq!(error.code(), "settings.read", "{name}");
        assert!(error.to_string().ends_with(is), "{name}: {error}");
    }
}

#[test]
fn silent_pipe_times_out() {
    let (reader, _writer) = io::pipe().unwrap();
    let file = File::from(std::os::fd::OwnedFd::from(reader));
    let silent = DeadlineReader { file, deadline: Instant::now() + Duration::from_millis(20) };
    let error = capped(silent, Path::new("fifo"), Kind::Settings).unwrap_err();
    assert_eq!(error.code(), "settings.read");
    assert_eq!(error.to_string(), "cannot read `fifo`: no end after 10 seconds");
}

#[test]
fn pipe_is_read_to_its_end() {
    let (reader, mut writer) = io::pipe().unwrap();
    io::Write::write_all(&mut writer, b"{}").unwrap();
    drop(writer);
    let file = File::from(std::os::fd::OwnedFd::from(reader));
    assert_eq!(*read_open(file, Path::new("fifo"), Kind::Settings).unwrap(), b"{}");
}

#[test]
fn reading_stops_one_byte_after_the_limit() {
    struct Counting(u64);
    impl Read for Counting {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += buffer.len() as u64;
            Ok(buffer.len())
        }
    }
    let mut endless = Counting(0);
    let error = capped(&mut endless, Path::new("zero"), Kind::Settings).unwrap_err();
    assert_eq!(error.code(), "settings.too_large");
    assert_eq!(error.to_string(), "cannot read `zero`: it is larger than 256 KiB");
    assert_eq!(endless.0, (256 << 10) + 1);
    assert_eq!(code(Path::new("/dev/zero"), Kind::Settings), "settings.too_large");
    assert_eq!(code(Path::new("/dev/zero"), Kind::Key), "key.too_large");
}
