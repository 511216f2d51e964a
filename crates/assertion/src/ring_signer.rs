use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crypto_bigint::BoxedUint;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;
use zeroize::{Zeroizing, zeroize_stack};

use crate::key::PrivateKey;
use crate::{PublicKey, SignError, Signature, Signer, SigningKey};

/// A [`SigningKey`] that signs with ring. The signatures are the same and take a third of the time.
///
/// Keys that ring does not accept (sizes that are not a multiple of 512 bits) sign with the `rsa`
/// crate. ring does not wipe its copy of the key when it is dropped: use an allocator that does.
pub struct RingSigner {
    key: SigningKey,
    pair: Option<KeyPair>,
}

impl RingSigner {
    /// Returns a signer for this key.
    pub fn new(key: SigningKey) -> Self {
        let private = key.private();
        let pair = key_pair(private, &private.dp);
        Self { key, pair }
    }
}

impl Signer for RingSigner {
    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        let Some(pair) = &self.pair else { return self.key.sign(message) };
        let signature = by_ring(pair, message);
        zeroize_stack::<STACK>();
        let key = self.key.public_key();
        let checked = |signature| Signature::checked(signature, message, key);
        signature.map(checked).ok_or_else(|| self.key.why_wrong())
    }
}

impl fmt::Debug for RingSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RingSigner([redacted])")
    }
}

/// In its own stack frame, so that what ring leaves on the stack can be wiped afterwards.
#[inline(never)]
fn by_ring(pair: &KeyPair, message: &[u8]) -> Option<Vec<u8>> {
    let mut signature = vec![0; pair.public().modulus_len()];
    let signed = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
    signed.ok().map(|()| signature)
}

fn key_pair(private: &PrivateKey, dp: &BoxedUint) -> Option<KeyPair> {
    let public = |number: BoxedUint| number.to_be_bytes_trimmed_vartime();
    let bytes = |number: &BoxedUint| Zeroizing::new(number.to_be_bytes_trimmed_vartime());
    let components = KeyPairComponents {
        public_key: PublicKeyComponents {
            n: public(private.public.modulus()),
            e: public(private.public.exponent()),
        },
        d: bytes(&private.d),
        p: bytes(&private.p),
        q: bytes(&private.q),
        dP: bytes(dp),
        dQ: bytes(&private.dq),
        qInv: bytes(&*private.q_inverse()?),
    };
    KeyPair::from_components(&components).ok()
}

/// In bytes: more stack than ring uses. It leaves a factor there.
const STACK: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Diagnostic;

    // A wrong dP represents any fault in one half of the private operation.
    #[test]
    fn faulty_private_operation_gives_no_signature() {
        let key = SigningKey::from_bytes(include_bytes!("../testdata/rfc7515-a2.pem")).unwrap();
        let wrong = key.private().dp.wrapping_sub(BoxedUint::from(2u8));
        let pair = key_pair(key.private(), &wrong);
        assert!(pair.is_some(), "ring finds out when it signs");

        let error = RingSigner { key, pair }.sign(b"message").unwrap_err();
        assert!(matches!(error, SignError::SelfCheck), "{error}");
        assert_eq!(error.code(), "sign.selfcheck");
    }
}
