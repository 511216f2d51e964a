use orgtoken_assertion::{Diagnostic, RingSigner, Signer};
use orgtoken_signer::{CommandSigner, sealing_secret};

use crate::fake_agent::{FakeAgent, Manner};
use crate::key;

#[test]
fn sealing_secret_is_the_same_for_every_signer() {
    let agent = FakeAgent::start(vec![(key(), "acme")], Manner::Signs);
    let agent = orgtoken_signer::AgentSigner::find(&agent.socket(), "acme").unwrap();
    let here = sealing_secret(&RingSigner::new(key())).unwrap();
    assert_eq!(sealing_secret(&agent).unwrap(), here);
}

#[test]
fn signature_by_another_key_gives_no_sealing_secret() {
    let zeros = CommandSigner::shell("head -c 256 /dev/zero", key().public_key().clone());
    assert_eq!(sealing_secret(&zeros).unwrap_err().code(), "sign.mismatch");
}
