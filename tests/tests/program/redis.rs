//! Hosts, each with its own home folder, that share a login through Redis.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};

use conformance::program::{stderr, stdout};
use conformance::test_org::{TestOrg, USER};
use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket};
use rustix::process::{Pid, Signal, kill_process};

use conformance::redis_server::RedisServer;

#[test]
fn hosts_share_one_login() {
    let (org, Some(server)) = (TestOrg::new(), RedisServer::start(&[])) else { return };
    let tokens: Vec<_> = (0..3).map(|_| token_of(start(&org, &server.url()))).collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{}", tokens.len());
    assert_eq!(org.logins(), 1);
    assert!(!org.path(".cache").exists(), "nothing is kept on this host");
}

#[test]
fn paused_host_costs_one_login_and_replaces_no_entry() {
    let (org, Some(server)) = (TestOrg::new(), RedisServer::start(&[])) else { return };
    let hold = org.hold("/services/oauth2/token");
    let paused = start_at(&org, &server.url(), 1);
    hold.wait(1);
    kill_process(Pid::from_child(&paused), Signal::STOP).unwrap();
    end_of_lease(&server);
    let other = start_at(&org, &server.url(), 2);
    hold.wait(2);
    hold.release();
    let newer = token_of(other);
    kill_process(Pid::from_child(&paused), Signal::CONT).unwrap();
    let older = token_of(paused);
    assert_ne!(older, newer);
    assert_eq!(token_of(start(&org, &server.url())), newer);
    assert_eq!(org.logins(), 2);
}

#[test]
fn host_killed_during_a_login_delays_others_briefly() {
    let (org, Some(server)) = (TestOrg::new(), RedisServer::start(&[])) else { return };
    let hold = org.hold("/services/oauth2/token");
    let mut killed = start(&org, &server.url());
    hold.wait(1);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let others: Vec<_> = (0..4).map(|_| start(&org, &server.url())).collect();
    end_of_lease(&server);
    hold.wait(2);
    hold.release();
    let mut tokens: Vec<_> = others.into_iter().map(token_of).collect();
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert!(org.logins() <= 2, "the dead one may have got as far");
}

#[test]
fn many_hosts_with_several_processes_each_log_in_once() {
    let (org, Some(server)) = (TestOrg::new(), RedisServer::start(&[])) else { return };
    let processes: Vec<_> = (0..16).map(|n| start_at(&org, &server.url(), n / 4)).collect();
    let mut tokens: Vec<_> = processes.into_iter().map(token_of).collect();
    tokens.dedup();
    assert_eq!((tokens.len(), org.logins()), (1, 1));
}

#[test]
fn redis_killed_during_a_login_gives_one_warning() {
    let (org, Some(server)) = (TestOrg::new(), RedisServer::start(&[])) else { return };
    let hold = org.hold("/services/oauth2/token");
    let first = start_at(&org, &server.url(), 1);
    hold.wait(1);
    let waiting = start_at(&org, &server.url(), 2);
    drop(server);
    hold.wait(2);
    hold.release();
    for process in [first, waiting] {
        let output = process.wait_with_output().unwrap();
        assert!(stdout(&output).starts_with("00D"));
        assert_eq!(stderr(&output).matches("warning: ").count(), 1, "{}", stderr(&output));
    }
}

#[test]
fn full_redis_gives_one_warning() {
    let full = &["--maxmemory", "1", "--maxmemory-policy", "noeviction"];
    let (org, Some(server)) = (TestOrg::new(), RedisServer::start(full)) else { return };
    let output = start(&org, &server.url()).wait_with_output().unwrap();
    assert!(stdout(&output).starts_with("00D"));
    let said = stderr(&output);
    assert!(said.contains("Redis reported OOM") && said.lines().count() == 1, "{said}");
}

#[test]
fn silent_redis_gives_one_warning() {
    let org = TestOrg::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    let output = start(&org, &url).wait_with_output().unwrap();
    assert!(stdout(&output).starts_with("00D"));
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
}

#[test]
fn redis_without_tls_on_another_host_is_refused_before_a_request() {
    let org = TestOrg::new();
    let output = start(&org, "redis://:pa55@cache.acme.com").wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("unencrypted connection") && said.contains("rediss://"), "{said}");
    assert!(!said.contains("pa55"), "{said}");
    assert_eq!(org.logins(), 0);
}

#[test]
fn cache_list_and_cache_clear_include_redis() {
    let (org, Some(server)) = (TestOrg::new(), RedisServer::start(&[])) else { return };
    let token = token_of(start(&org, &server.url()));
    let cache = |args: &[&str]| {
        let mut command = org.command(&[&["cache"], args].concat());
        command.env("ORGTOKEN_CACHE", server.url()).output().unwrap()
    };
    let list = cache(&["list", "--redis"]);
    assert!(stdout(&list).contains(USER), "{}", stdout(&list));
    assert!(stdout(&list).contains("  in 9 min"), "{}", stdout(&list));
    assert!(!stdout(&list).contains(token.trim()));
    assert_eq!(stderr(&cache(&["clear"])), "removed 1 cached login\n");
    assert_eq!(stdout(&cache(&["list", "--redis"])), "");
    assert_ne!(token_of(start(&org, &server.url())), token);
    assert_eq!(org.logins(), 2);
}

#[test]
fn missing_redis_gives_a_warning() {
    let org = TestOrg::new();
    // Bound and not listening: the port is taken, and no connection is accepted.
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let closed = SocketAddr::try_from(getsockname(&socket).unwrap()).unwrap();
    let url = format!("redis://:pa55@{closed}");
    let output = start(&org, &url).wait_with_output().unwrap();
    assert!(stdout(&output).starts_with("00D"));
    let said = stderr(&output);
    assert!(said.starts_with("warning: the token cache at redis://127.0.0.1"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(!said.contains("pa55"), "{said}");
}

#[test]
fn invalid_redis_url_is_a_settings_error() {
    let org = TestOrg::new();
    let output = start(&org, "redis://:pa55@:x").wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(!stderr(&output).contains("pa55"), "{}", stderr(&output));
}

/// Starts a process with the folders of another host.
fn start_at(org: &TestOrg, url: &str, host: usize) -> Child {
    let home = org.path(format!("host-{host}"));
    std::fs::create_dir_all(&home).unwrap();
    let mut command = org.command(&["token"]);
    command.env("HOME", home).env("ORGTOKEN_CACHE", url);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn start(org: &TestOrg, url: &str) -> Child {
    let mut command = org.command(&["token"]);
    command.env("ORGTOKEN_CACHE", url).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn token_of(child: Child) -> String {
    stdout(&child.wait_with_output().unwrap()).to_owned()
}

/// Lets the lease expire.
fn end_of_lease(server: &RedisServer) {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let script = "return redis.call('DEL', unpack(redis.call('KEYS', '*lease')))";
    write!(stream, "EVAL \"{script}\" 0\r\n").unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b":1\r\n");
}
