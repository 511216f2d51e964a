//! Tests with OpenSSH's agent.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use orgtoken_signer::{AgentError, AgentSigner};
use tempfile::TempDir;

use crate::{PEM, assert_signs_like_the_key, is_there, private_file, run};

/// Stopped on drop.
struct Agent {
    process: Child,
    folder: TempDir,
}

impl Agent {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = Command::new("ssh-agent")
            .arg("-D")
            .arg("-a")
            .arg(folder.path().join("socket"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut agent = Self { process, folder };
        // The socket exists a moment before the agent listens.
        while UnixStream::connect(agent.socket()).is_err() {
            assert!(agent.process.try_wait().unwrap().is_none(), "ssh-agent has ended");
            std::thread::yield_now();
        }
        agent
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn add(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("ssh-add");
        command.args(arguments).env("SSH_AUTH_SOCK", self.socket());
        String::from_utf8(run(&mut command).stdout).unwrap()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn openssh_agent_signs_like_the_key() {
    if !is_there("ssh-agent", "that OpenSSH's agent signs") {
        return;
    }
    let agent = Agent::start();
    let path = agent.folder.path().join("key.pem");
    private_file(&path, &PEM);
    let path = path.to_str().unwrap();
    assert!(matches!(AgentSigner::find(&agent.socket(), path), Err(AgentError::Empty)));

    agent.add(&["-q", path]);
    assert_signs_like_the_key(&AgentSigner::find(&agent.socket(), path).unwrap());
    let listed = agent.add(&["-l"]);
    let fingerprint = listed.split(' ').nth(1).unwrap();
    assert_signs_like_the_key(&AgentSigner::find(&agent.socket(), fingerprint).unwrap());
}

#[test]
fn openssh_keys_are_selected_by_name() {
    if !is_there("ssh-agent", "that other keys in an agent are told apart") {
        return;
    }
    let agent = Agent::start();
    let path = agent.folder.path().join("ed25519");
    let path = path.to_str().unwrap();
    run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", path]));
    agent.add(&["-q", path]);
    let found = AgentSigner::find(&agent.socket(), "me");
    assert!(matches!(found, Err(AgentError::Unsuitable)));
    let found = AgentSigner::find(&agent.socket(), "not me");
    assert!(matches!(found, Err(AgentError::Unknown)));
}
