use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::Path;

use tempfile::TempDir;

use super::*;

fn bearer() -> Bearer {
    Bearer::generate().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn gate_1_folder_and_socket_are_the_owners_alone() {
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
async fn the_socket_goes_with_the_last_of_those_that_listen_there() {
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
async fn what_an_address_takes_is_the_same_for_all_that_listen_there() {
    let listener = Listener::tcp("127.0.0.1:0".parse().unwrap(), bearer()).unwrap();
    let other = listener.open_loopback().try_clone().unwrap();
    assert!(matches!(**other.policy(), EndpointPolicy::Tcp { is_open: true, .. }));
}

#[tokio::test]
async fn gate_1_a_group_can_be_let_in() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("runtime/orgtoken.sock");
    let _listener = Listener::unix_for_group(&path).unwrap();
    assert_eq!(mode(&folder.path().join("runtime")), 0o750);
    assert_eq!(mode(&path), 0o660);
}

#[tokio::test]
async fn gate_1_a_folder_that_others_can_write_to_is_refused() {
    let folder = TempDir::new().unwrap();
    for open in [0o777, 0o770, 0o1777] {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(open)).unwrap();
        let error = Listener::unix(folder.path().join("orgtoken.sock")).unwrap_err();
        assert!(matches!(error, ListenError::Unsafe { .. }), "{open:o}: {error:?}");
    }
}

#[tokio::test]
async fn b37_a_stale_socket_is_replaced_and_a_living_one_is_not() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    drop(StdUnixListener::bind(&path).unwrap());
    assert!(path.exists(), "whoever bound it is dead");
    let listener = Listener::unix(&path).unwrap();
    UnixStream::connect(&path).unwrap();

    let error = Listener::unix(&path).unwrap_err();
    assert!(matches!(error, ListenError::InUse { .. }), "{error:?}");
    assert_eq!(error.code(), "net.in_use");
    UnixStream::connect(&path).expect("the first is still there");
    drop(listener);
}

#[tokio::test]
async fn b37_a_living_socket_of_another_program_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    let other = StdUnixListener::bind(&path).unwrap();
    assert!(matches!(Listener::unix(&path).unwrap_err(), ListenError::InUse { .. }));
    drop(other);
}

#[tokio::test]
async fn b37_of_two_that_start_at_once_one_listens() {
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
async fn b37_what_is_no_socket_and_what_is_too_long_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "keep me").unwrap();
    assert!(matches!(Listener::unix(&file).unwrap_err(), ListenError::NotSocket { .. }));
    assert_eq!(fs::read_to_string(&file).unwrap(), "keep me");

    let link = folder.path().join("link.sock");
    symlink(&file, &link).unwrap();
    assert!(matches!(Listener::unix(&link).unwrap_err(), ListenError::NotSocket { .. }));

    let long = folder.path().join("a".repeat(200));
    let error = Listener::unix(&long).unwrap_err();
    assert!(matches!(error, ListenError::PathTooLong { .. }), "{error:?}");
    assert!(error.to_string().ends_with("at most 107 can be"));
}

#[tokio::test]
async fn gate_2_only_the_loopback() {
    for (name, address, is_refused) in [
        ("every address", "0.0.0.0:0", true),
        ("every address of IPv6", "[::]:0", true),
        ("a private one", "192.168.0.1:0", true),
        ("another of the loopback's", "127.0.0.2:0", true),
        ("IPv4 in IPv6", "[::ffff:127.0.0.1]:0", true),
        ("the loopback", "127.0.0.1:0", false),
    ] {
        let address: SocketAddr = address.parse().unwrap();
        let listener = Listener::tcp(address, bearer());
        let refused = matches!(listener, Err(ListenError::NotLoopback { .. }));
        assert_eq!(refused, is_refused, "{name}");
    }
    let inherited = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let error = Listener::from_tcp(inherited, bearer()).unwrap_err();
    assert!(matches!(error, ListenError::NotLoopback { .. }), "{error:?}");
}
