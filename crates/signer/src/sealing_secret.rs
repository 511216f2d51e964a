use orgtoken_assertion::{SignError, Signer};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Derives a secret that only holders of the key can have, to seal a token cache if the private key
/// is outside the process.
///
/// It costs one signature, which is verified. RS256 is deterministic, so the secret is always the
/// same. The signed text is not a JWS, so the signature cannot be used as an assertion.
pub fn sealing_secret(signer: &dyn Signer) -> Result<Zeroizing<[u8; 32]>, SignError> {
    let signature = signer.sign(TEXT)?;
    if !signer.public_key().verify(TEXT, &signature) {
        return Err(SignError::Mismatch);
    }
    Ok(Zeroizing::new(Sha256::digest(signature.as_bytes()).into()))
}

/// Never the input of a JWS, which has a full stop and no blanks or line breaks.
const TEXT: &[u8] = b"orgtoken: this signature seals a cache of tokens, and proves nothing\n";
