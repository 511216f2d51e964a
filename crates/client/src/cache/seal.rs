use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::SHA256_OUTPUT_LEN;
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// The key that seals cache entries. It protects a copied cache and a shared one. It does not
/// protect a machine that has the private key, from which it is derived.
pub struct SealingKey {
    seal: LessSafeKey,
    name: hmac::Key,
}

impl SealingKey {
    /// Derives the key from a secret that only holders of the private key know. Deriving is fast,
    /// and so is guessing: do not use a password.
    ///
    /// HKDF is [RFC 5869].
    ///
    /// [RFC 5869]: https://www.rfc-editor.org/rfc/rfc5869
    pub fn derive(secret: &[u8]) -> Self {
        let prk = Salt::new(HKDF_SHA256, SALT).extract(secret);
        let seal = UnboundKey::from(expand(&prk, &[b"seal"], &AES_256_GCM));
        Self { seal: LessSafeKey::new(seal), name: name_key(&prk) }
    }

    /// Returns a name for `parts` that reveals nothing about them without the key.
    pub(crate) fn name(&self, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.name);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        context.sign().as_ref()[..NAME_LEN].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Seals `plain` for one place, so that an entry cannot be moved to another place.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let mut body = Zeroizing::new(plain.to_vec());
        let tag = self
            .seal
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad(place), &mut body)
            .ok()?;
        Some([HEADER, &nonce, &body, tag.as_ref()].concat())
    }

    /// Opens an entry that [`SealingKey::seal`] made for this place; anything else is `None`.
    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, body) = sealed.strip_prefix(HEADER)?.split_first_chunk::<NONCE_LEN>()?;
        let mut body = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let len = self.seal.open_in_place(nonce, aad(place), &mut body).ok()?.len();
        body.truncate(len);
        Some(body)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey([redacted])")
    }
}

fn name_key(prk: &Prk) -> hmac::Key {
    hmac::Key::from(expand(prk, &[b"name"], hmac::HMAC_SHA256))
}

fn expand<'a, L: KeyType>(prk: &'a Prk, info: &'a [&'a [u8]], len: L) -> ring::hkdf::Okm<'a, L> {
    prk.expand(info, len).expect("HKDF gives 255 times as much as is asked for here")
}

fn aad(place: &str) -> Aad<Vec<u8>> {
    Aad::from([HEADER, place.as_bytes()].concat())
}

/// The format of an entry. Any other is a miss.
const HEADER: &[u8] = b"orgtoken\x01";

const SALT: &[u8] = b"orgtoken sealed cache, version 1";

/// With 128 bits no two logins get the same name.
const NAME_LEN: usize = SHA256_OUTPUT_LEN / 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_entry_opens_in_its_place() {
        let key = SealingKey::derive(b"secret");
        let sealed = key.seal("a", b"canary").unwrap();
        assert_eq!(key.open("a", &sealed).unwrap().as_slice(), b"canary");
        assert!(!sealed.windows(6).any(|window| window == b"canary"));
    }

    #[test]
    fn other_key_place_or_version_is_a_miss() {
        let key = SealingKey::derive(b"secret");
        let sealed = key.seal("a", b"canary").unwrap();
        for (name, opened) in [
            ("another place", key.open("b", &sealed)),
            ("another key", SealingKey::derive(b"other").open("a", &sealed)),
            ("empty", key.open("a", b"")),
            ("another version", key.open("a", &[b"orgtoken\x02", &sealed[9..]].concat())),
        ] {
            assert!(opened.is_none(), "{name}");
        }
    }

    #[test]
    fn flipped_bit_or_truncation_is_a_miss() {
        let key = SealingKey::derive(b"secret");
        let sealed = key.seal("a", b"canary").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(key.open("a", &flipped).is_none(), "bit {bit}");
        }
        for len in 0..sealed.len() {
            assert!(key.open("a", &sealed[..len]).is_none(), "{len} bytes");
        }
    }

    #[test]
    fn names_depend_on_every_part_and_on_the_key() {
        let key = SealingKey::derive(b"secret");
        let name = key.name(&["ab", "c"]);
        assert_eq!(name.len(), 32);
        assert_ne!(name, key.name(&["a", "bc"]));
        assert_ne!(name, SealingKey::derive(b"other").name(&["ab", "c"]));
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = SealingKey::derive(b"s3cr3t");
        assert_eq!(format!("{key:?}"), "SealingKey([redacted])");
    }
}
