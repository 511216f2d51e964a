use orgtoken_assertion::{SignError, Signer};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A secret that only those who can sign with the key have. It seals a token cache if the private
/// key is outside the process.
///
/// It costs one signature, which is verified. The signed text is not a JWS, so the signature proves
/// nothing to anyone; RS256 is deterministic, so the secret is the same each time.
pub fn sealing_secret(signer: &dyn Signer) -> Result<Zeroizing<[u8; 32]>, SignError> {
    let signature = signer.sign(TEXT)?;
    if !signer.public_key().verify(TEXT, &signature) {
        return Err(SignError::Mismatch);
    }
    Ok(Zeroizing::new(Sha256::digest(signature.as_bytes()).into()))
}

/// Not the input of a JWS: that has a full stop, and neither blanks nor line breaks.
const TEXT: &[u8] = b"orgtoken: this signature seals a cache of tokens, and proves nothing\n";
