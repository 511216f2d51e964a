//! Protection of the process: no core file, no debugger, private files, and no secret in the report
//! of a bug.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Output, Stdio};

use conformance::program::{error, stderr, stdout};
use conformance::test_org::{KEY, TestOrg};
use conformance::tools;
use rustix::process::{Pid, Signal, geteuid, kill_process};

#[test]
fn failed_system_calls_show_no_secret() {
    if !tools::has("strace") {
        return;
    }
    let org = TestOrg::new();
    for (phase, fault, exit, said) in [
        ("no cache", "mkdir:error=EROFS", 0, "warning: the token cache is not used: "),
        (
            "no poller",
            "epoll_create1:error=EMFILE",
            1,
            "error: the system refuses a thread or a file descriptor",
        ),
        ("no random numbers", "getrandom:error=EIO", 1, BUG),
        ("no thread", "clone,clone3:error=EAGAIN", 0, ""),
        ("no socket", "socket:error=EMFILE", 6, "error: no token from "),
        ("no answer", "recvfrom:error=EIO", 6, "error: no token from "),
        ("closed pipe", "write:error=EPIPE", 1, ""),
    ] {
        let inject = format!("inject={fault}");
        let output = traced(&org, &["-e", &inject], &["token", "-vv", "--retry"]);
        let stderr = stderr(&output);
        assert_eq!(output.status.code(), Some(exit), "{phase}: {stderr}");
        assert!(stderr.contains(said), "{phase}: {stderr}");
        for secret in [&body(), "eyJ", "00D"] {
            assert!(!stderr.contains(secret), "{phase}: {stderr}");
        }
        if said == BUG {
            let place = stderr.lines().find_map(|line| line.strip_prefix(BUG));
            assert!(place.is_some_and(is_place), "{phase}: {stderr}");
        }
        let _ = fs::remove_dir_all(org.path(".cache"));
    }
}

#[test]
fn bug_is_reported_in_json_with_the_json_flag() {
    if !tools::has("strace") {
        return;
    }
    let org = TestOrg::new();
    let inject = ["-e", "inject=getrandom:error=EIO"];
    let output = traced(&org, &inject, &["token", "--retry", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let error = error(&output);
    assert_eq!((&error["code"], &error["exit"]), (&"bug".into(), &1.into()), "{error}");
    let said = format!("error: {}", error["message"].as_str().unwrap());
    assert!(said.strip_prefix(BUG).is_some_and(is_place), "{said}");
}

#[test]
fn abort_leaves_no_core_file() {
    let org = TestOrg::new();
    let hold = org.hold("/services/oauth2/token");
    let command = org.command(&["token"]);
    let mut unlimited = Command::new("sh");
    unlimited.args(["-c", "ulimit -c unlimited; exec \"$@\"", "sh"]);
    let mut child = like(&command, unlimited, &org).spawn().unwrap();
    hold.wait(1);
    kill_process(Pid::from_child(&child), Signal::ABORT).unwrap();
    let status = child.wait().unwrap();
    hold.release();
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
    let names = fs::read_dir(org.folder.path()).unwrap();
    assert!(
        names.into_iter().all(|name| !name
            .unwrap()
            .file_name()
            .as_encoded_bytes()
            .starts_with(b"core"))
    );
}

/// Root may read the memory of every process, so as root the test runs as another user.
#[test]
fn process_of_the_same_user_cannot_read_memory() {
    let org = TestOrg::new();
    let hold = org.hold("/services/oauth2/token");
    let mut command = org.command(&["token"]);
    if geteuid().is_root() {
        command = given_to_nobody(&command, &org);
    }
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    hold.wait(1);
    let seen = ["environ", "maps", "mem"].map(|name| {
        let mut cat = Command::new("cat");
        cat.arg(format!("/proc/{}/{name}", child.id()));
        if geteuid().is_root() { as_nobody(&mut cat) } else { &mut cat }.output().unwrap()
    });
    hold.release();
    stdout(&child.wait_with_output().unwrap());
    for output in seen {
        assert!(stderr(&output).contains("Permission denied"), "{output:?}");
    }
}

/// Returns the command for the user `nobody`, who gets a copy of the program and its files.
fn given_to_nobody(command: &Command, org: &TestOrg) -> Command {
    let folder = org.folder.path();
    for name in ["", "app.key", "ca.pem", "salesforce.json"] {
        chown(folder.join(name), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let program = folder.join("orgtoken");
    fs::copy(command.get_program(), &program).unwrap();
    let mut theirs = Command::new(program);
    theirs.args(command.get_args()).env_clear().env("HOME", folder).current_dir(folder);
    as_nobody(&mut theirs);
    theirs
}

fn as_nobody(command: &mut Command) -> &mut Command {
    command.uid(NOBODY).gid(NOBODY)
}

#[test]
fn file_that_root_gave_to_a_group_gets_a_warning_whatever_secret_it_holds() {
    if !geteuid().is_root() || !tools::has("openssl") {
        return;
    }
    let org = TestOrg::new();
    org.private_file("passphrase", "open sesame\n");
    org.private_file("hub.token", "t0ken");
    let mut openssl = Command::new("openssl");
    openssl.args(["pkcs8", "-topk8", "-in", "app.key", "-out", "encrypted.key"]);
    openssl.args(["-passout", "file:passphrase"]).current_dir(org.folder.path());
    stdout(&openssl.output().unwrap());
    for (args, what) in [
        (["cert", "create", "app.key"].as_slice(), "private key `app.key`"),
        (
            &["cert", "create", "encrypted.key", "--key-passphrase-file", "passphrase"],
            "passphrase file `passphrase`",
        ),
        (
            &["settings", "pull", "--hub", "http://127.0.0.1:1", "--hub-token-file", "hub.token"],
            "file of the Hub's token `hub.token`",
        ),
        (&["settings", "check", "salesforce.json"], "private key in record `salesforce.json`"),
    ] {
        let mut command = given_to_nobody(&org.bare(args), &org);
        for name in ["app.key", "encrypted.key", "hub.token", "passphrase", "salesforce.json"] {
            let file = org.path(name);
            chown(&file, Some(0), Some(NOBODY)).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        }
        let output = command.output().unwrap();
        let warning = format!("warning: {what} is open to other users (mode 0640)\n");
        assert!(stderr(&output).contains(&warning), "{args:?}: {}", stderr(&output));
        assert!(!stderr(&output).contains("chmod"), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn process_is_not_dumpable_before_it_reads_a_file() {
    if !tools::has("strace") {
        return;
    }
    let org = TestOrg::new();
    let calls = "trace=open,openat,read,prlimit64,prctl";
    stdout(&traced(&org, &["-e", calls], &["token"]));
    let trace = trace(&org);
    let at = |call: &str| trace.iter().position(|line| line.contains(call)).expect(call);
    let core = at("RLIMIT_CORE, {rlim_cur=0, rlim_max=");
    let closed = at("prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE) = 0");
    assert!(core < closed, "{core} {closed}");
    let opens = |lines: &[String]| lines.iter().filter(|line| line.contains(" open")).count();
    assert!(opens(&trace[closed..]) >= 3, "it reads record, root and cache");
    for line in &trace[..closed] {
        let of_the_loader = ["/etc/ld.so", "/lib", "/usr/lib", "/proc/self", "/sys"];
        let path = line.split_once(" open").and_then(|(_, call)| call.split('"').nth(1));
        let ours = path.is_some_and(|path| !of_the_loader.iter().any(|it| path.starts_with(it)));
        assert!(!ours && !line.contains("read(0,"), "{line}");
    }
}

#[test]
fn files_and_folders_are_created_private() {
    if !tools::has("strace") {
        return;
    }
    let org = TestOrg::new();
    let calls = "trace=open,openat,creat,mkdir,mkdirat,chmod,fchmod,fchmodat,umask";
    for (args, made) in [
        (&["token"][..], 2),
        (&["token", "--format", "curl", "--out", "token.curl"], 1),
        (&["key", "generate", "new"], 2),
    ] {
        let output = traced(&org, &["-e", calls], args);
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        let trace = trace(&org);
        let files: Vec<_> = trace.iter().filter(|line| line.contains("O_CREAT")).collect();
        assert!(files.len() >= made, "{args:?}: {trace:#?}");
        assert!(files.iter().all(|line| line.contains(", 0600) ")), "{args:?}: {files:#?}");
        let mut folders = trace.iter().filter(|line| line.contains("mkdir"));
        assert!(folders.all(|line| line.contains(", 0700) ")), "{args:?}: {trace:#?}");
        assert!(!trace.iter().any(|line| line.contains("chmod")), "{args:?}: {trace:#?}");
    }
}

/// Runs the program under strace with umask 0: files are open to all users unless it sets a mode.
fn traced(org: &TestOrg, options: &[&str], args: &[&str]) -> Output {
    let command = if args[0] == "token" { org.command(args) } else { org.bare(args) };
    let mut strace = Command::new("sh");
    strace.args(["-c", "umask 0; exec strace -f -o trace \"$@\"", "sh"]).args(options).arg("--");
    like(&command, strace, org).output().unwrap()
}

/// Returns the same command, started by another program.
fn like(command: &Command, mut by: Command, org: &TestOrg) -> Command {
    let folder = org.folder.path();
    by.arg(command.get_program()).args(command.get_args());
    by.current_dir(folder).env_clear().env("HOME", folder).stdin(Stdio::null());
    by
}

fn trace(org: &TestOrg) -> Vec<String> {
    let trace = fs::read(org.path("trace")).unwrap();
    String::from_utf8_lossy(&trace).lines().map(str::to_owned).collect()
}

/// Whether the text is a file, a line and a column.
fn is_place(text: &str) -> bool {
    let mut parts = text.rsplitn(3, ':');
    let is_number = |part: Option<&str>| part.is_some_and(|part| part.parse::<u32>().is_ok());
    is_number(parts.next())
        && is_number(parts.next())
        && parts.next().is_some_and(|file| file.ends_with(".rs") && !file.starts_with('/'))
}

/// Returns a line of the private key.
fn body() -> String {
    KEY.secret().lines().nth(3).unwrap().to_owned()
}

const BUG: &str = "error: this is a bug in orgtoken at ";
const NOBODY: u32 = 65_534;
