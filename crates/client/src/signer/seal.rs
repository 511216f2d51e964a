use orgtoken_assertion::{SignError, Signer};
use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use zeroize::Zeroizing;

/// A secret that only whoever signs with the key can have, for a [`SealingKey`](crate::store::SealingKey)
/// where the key's numbers are out of reach.
///
/// It costs one signature, which is checked. The text that is signed is no JWS, so the signature
/// is of no use elsewhere; RS256 is deterministic, so the secret is the same each time.
pub fn sealing_secret(signer: &dyn Signer) -> Result<Zeroizing<[u8; 32]>, SignError> {
    let signature = signer.sign(TEXT)?;
    if !signer.public_key().verify(TEXT, &signature) {
        return Err(SignError::Mismatch);
    }
    let mut secret = Zeroizing::new([0; SHA256_OUTPUT_LEN]);
    secret.copy_from_slice(digest(&SHA256, signature.as_bytes()).as_ref());
    Ok(secret)
}

/// Blanks and a line break stand in no base64url, and there is no full stop.
const TEXT: &[u8] = b"orgtoken: this signature seals a cache of tokens, and proves nothing\n";
