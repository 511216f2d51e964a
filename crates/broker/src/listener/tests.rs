use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::Path;

use orgtoken_assertion::Diagnostic;
use tempfile::TempDir;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn gate_1_folder_and_socket_are_private() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("runtime/orgtoken.sock");
    let listener = Listener::unix(&path).unwrap();
    assert_eq!(mode(&folder.path().join("runtime")), 0o700);
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&folder.path().join("runtime/orgtoken.sock.lock")), 0o600);
    assert_eq!(listener.to_string(), path.display().to_string());
    drop(listener);
    assert!(!path.exists());
}

#[tokio::test]
async fn socket_is_removed_with_its_last_listener() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    let first = Listener::unix(&path).unwrap();
    let second = first.try_clone().unwrap();
    assert_eq!(second.to_string(), first.to_string());
    drop(first);
    let _client = UnixStream::connect(&path).unwrap();
    second.accept().await.unwrap();
    assert!(matches!(Listener::unix(&path).unwrap_err(), ListenError::InUse { .. }));
    drop(second);
    assert!(!path.exists());
}

#[tokio::test]
async fn loopback_can_be_opened_before_and_after_a_clone() {
    let first = Listener::tcp("127.0.0.1:0".parse().unwrap()).unwrap();
    let second = first.try_clone().unwrap().open_loopback();
    assert!(matches!(first.policy().endpoint, Endpoint::Tcp { is_open: false, .. }));
    for open in [second.try_clone().unwrap(), second] {
        assert!(matches!(open.policy().endpoint, Endpoint::Tcp { is_open: true, .. }));
    }
}

#[tokio::test]
async fn shared_socket_can_be_reached_by_all_users() {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().join("runtime/orgtoken.sock");
    let listener = Listener::unix_for_all(&path).unwrap();
    assert_eq!(mode(&folder.path().join("runtime")), 0o755);
    assert_eq!(mode(&path), 0o666);
    assert_eq!(listener.closed_folder(), None);

    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o750)).unwrap();
    assert_eq!(listener.closed_folder(), folder.path().canonicalize().ok());
}

#[tokio::test]
async fn folder_writable_by_others_is_refused() {
    let folder = TempDir::new().unwrap();
    for open in [0o777, 0o770, 0o1777] {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(open)).unwrap();
        let error = Listener::unix(folder.path().join("orgtoken.sock")).unwrap_err();
        assert!(matches!(error, ListenError::Unsafe { .. }), "{open:o}: {error:?}");
        let hint = error.hint().unwrap();
        assert!(hint.contains("(`chmod go-w`)"), "no path that is not quoted: {hint}");
    }
}

#[tokio::test]
async fn parent_folder_writable_by_others_is_refused() {
    let top = TempDir::new().unwrap();
    let (outer, inner) = (top.path().join("outer"), top.path().join("outer/inner"));
    fs::create_dir_all(&inner).unwrap();
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o700)).unwrap();
    let link = top.path().join("link");
    symlink(&inner, &link).unwrap();
    for (open, is_refused) in [(0o777, true), (0o775, true), (0o1777, false), (0o755, false)] {
        fs::set_permissions(&outer, fs::Permissions::from_mode(open)).unwrap();
        for folder in [&inner, &link] {
            let listener = Listener::unix(folder.join("orgtoken.sock"));
            let refused = matches!(&listener, Err(ListenError::Unsafe { .. }));
            assert_eq!(refused, is_refused, "{open:o} {}: {listener:?}", folder.display());
        }
    }

    // Other users could replace a link in their folder.
    let open = top.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    symlink(&inner, open.join("link")).unwrap();
    let error = Listener::unix(open.join("link/orgtoken.sock")).unwrap_err();
    assert!(matches!(error, ListenError::Unsafe { .. }), "{error:?}");
}

#[tokio::test]
async fn lock_file_that_is_a_pipe_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    let fifo = folder.path().join("orgtoken.sock.lock");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert!(Listener::unix(&path).is_err());
    // With a reader, the pipe can be opened.
    let flags = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NONBLOCK;
    let _reader = rustix::fs::open(&fifo, flags, rustix::fs::Mode::empty()).unwrap();
    assert!(matches!(Listener::unix(&path).unwrap_err(), ListenError::Occupied { .. }));
}

#[tokio::test]
async fn socket_with_a_full_backlog_is_in_use() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::UNIX,
        rustix::net::SocketType::STREAM,
        None,
    );
    let socket = socket.unwrap();
    rustix::net::bind(&socket, &rustix::net::SocketAddrUnix::new(&path).unwrap()).unwrap();
    rustix::net::listen(&socket, 0).unwrap();
    let _first = UnixStream::connect(&path).unwrap();
    let started = std::thread::spawn(move || SocketFile::bind(&path, false).map(drop));
    let result = tokio::task::spawn_blocking(|| started.join().unwrap());
    let result = tokio::time::timeout(std::time::Duration::from_secs(60), result).await;
    let result = result.expect("connecting to a full backlog does not block").unwrap();
    assert!(matches!(result.unwrap_err(), ListenError::InUse { .. }));
}

#[tokio::test]
async fn stale_socket_is_replaced_and_a_served_one_is_not() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    drop(StdUnixListener::bind(&path).unwrap());
    assert!(path.exists(), "the process that bound it has ended");
    let listener = Listener::unix(&path).unwrap();
    UnixStream::connect(&path).unwrap();

    let error = Listener::unix(&path).unwrap_err();
    assert!(matches!(error, ListenError::InUse { .. }), "{error:?}");
    assert_eq!(error.code(), "net.in_use");
    UnixStream::connect(&path).expect("the first is still there");
    drop(listener);
}

#[tokio::test]
async fn served_socket_of_another_program_is_kept() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    let other = StdUnixListener::bind(&path).unwrap();
    assert!(matches!(Listener::unix(&path).unwrap_err(), ListenError::InUse { .. }));
    drop(other);
}

#[tokio::test]
async fn one_of_several_concurrent_starts_listens() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    drop(StdUnixListener::bind(&path).unwrap());
    let started: Vec<_> = std::thread::scope(|scope| {
        let start = || SocketFile::bind(&path, false);
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(started.iter().filter(|started| started.is_ok()).count(), 1);
    UnixStream::connect(&path).unwrap();
}

#[tokio::test]
async fn regular_file_and_long_path_are_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "keep me").unwrap();
    assert!(matches!(Listener::unix(&file).unwrap_err(), ListenError::Occupied { .. }));
    assert_eq!(fs::read_to_string(&file).unwrap(), "keep me");

    let link = folder.path().join("link.sock");
    symlink(&file, &link).unwrap();
    assert!(matches!(Listener::unix(&link).unwrap_err(), ListenError::Occupied { .. }));

    let long = folder.path().join("a".repeat(200));
    let error = Listener::unix(&long).unwrap_err();
    assert!(matches!(error, ListenError::PathTooLong { .. }), "{error:?}");
    assert!(error.to_string().ends_with("more than the system's limit of 107"));
}

#[tokio::test]
async fn gate_2_only_loopback_addresses() {
    for (name, address, is_refused) in [
        ("every address", "0.0.0.0:0", true),
        ("every address of IPv6", "[::]:0", true),
        ("a private one", "192.168.0.1:0", true),
        ("another of the loopback's", "127.0.0.2:0", true),
        ("IPv4 in IPv6", "[::ffff:127.0.0.1]:0", true),
        ("the loopback", "127.0.0.1:0", false),
    ] {
        let address: SocketAddr = address.parse().unwrap();
        let listener = Listener::tcp(address);
        let refused = matches!(listener, Err(ListenError::NotLoopback { .. }));
        assert_eq!(refused, is_refused, "{name}");
    }
    let inherited = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let error = Listener::from_tcp(inherited).unwrap_err();
    assert!(matches!(error, ListenError::NotLoopback { .. }), "{error:?}");
}

#[tokio::test]
async fn inherited_socket_that_does_not_listen_is_refused() {
    let (connected, _other) = UnixStream::pair().unwrap();
    let connected = StdUnixListener::from(OwnedFd::from(connected));
    let error = Listener::from_unix(connected).unwrap_err();
    assert!(matches!(error, ListenError::Inherited { .. }), "{error:?}");
}
