//! Generated keys, valid and invalid.

use std::convert::Infallible;
use std::sync::LazyLock;

use base64ct::{Base64, Encoding};
use crypto_bigint::BoxedUint;
use crypto_primes::{Flavor, random_prime};
use num_bigint::BigUint;
use orgtoken_assertion::SigningKey;
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

use crate::der::{NULL, RSA_ENCRYPTION, integer, octets, sequence};

/// A key of 2048 bits for all tests.
pub(crate) static KEY: LazyLock<Numbers> = LazyLock::new(|| Numbers::generate(2048, "shared"));

/// The numbers of a private key, which tests can change.
#[derive(Clone)]
pub(crate) struct Numbers {
    pub(crate) n: BigUint,
    pub(crate) e: BigUint,
    pub(crate) d: BigUint,
    pub(crate) p: BigUint,
    pub(crate) q: BigUint,
    pub(crate) dp: BigUint,
    pub(crate) dq: BigUint,
    pub(crate) qinv: BigUint,
}

impl Numbers {
    /// Returns a key that depends only on `bits` and `seed`.
    pub(crate) fn generate(bits: u32, seed: &str) -> Self {
        let mut rng = Seeded::new(seed);
        loop {
            let p = prime(&mut rng, bits.div_ceil(2));
            let q = prime(&mut rng, bits / 2);
            if p != q && (&p * &q).bits() == u64::from(bits) {
                return Self::new(p, q, 65_537u32);
            }
        }
    }

    pub(crate) fn new(p: BigUint, q: BigUint, e: impl Into<BigUint>) -> Self {
        let (e, one) = (e.into(), BigUint::from(1u8));
        let (p1, q1) = (&p - &one, &q - &one);
        let d = e.modinv(&(&p1 * &q1)).unwrap_or_else(|| one.clone());
        Self {
            n: &p * &q,
            dp: &d % &p1,
            dq: &d % &q1,
            qinv: q.modinv(&p).unwrap_or(one),
            e,
            d,
            p,
            q,
        }
    }

    pub(crate) fn pkcs1(&self) -> Vec<u8> {
        let Self { n, e, d, p, q, dp, dq, qinv } = self;
        let numbers = [n, e, d, p, q, dp, dq, qinv].map(integer).concat();
        sequence(&[&[0x02, 0x01, 0x00], &numbers])
    }

    pub(crate) fn pkcs8(&self) -> Vec<u8> {
        pkcs8(&[0x02, 0x01, 0x00], &self.pkcs1(), &[])
    }

    pub(crate) fn public_pkcs1(&self) -> Vec<u8> {
        sequence(&[&integer(&self.n), &integer(&self.e)])
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        let algorithm = sequence(&[RSA_ENCRYPTION, NULL]);
        sequence(&[&algorithm, &crate::der::bits(&self.public_pkcs1())])
    }

    pub(crate) fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.pkcs8()).expect("a sound key")
    }
}

pub(crate) fn pkcs8(version: &[u8], key: &[u8], rest: &[u8]) -> Vec<u8> {
    sequence(&[version, &sequence(&[RSA_ENCRYPTION, NULL]), &octets(key), rest])
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let body = Base64::encode_string(der);
    let lines: Vec<_> = body.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

pub(crate) fn prime(rng: &mut Seeded, bits: u32) -> BigUint {
    let prime: BoxedUint = random_prime(rng, Flavor::Any, bits);
    BigUint::from_bytes_be(&prime.to_be_bytes())
}

pub(crate) fn is_prime(number: &BigUint) -> bool {
    let bits = u32::try_from(number.bits()).expect("a small number");
    let number = BoxedUint::from_be_slice(&number.to_bytes_be(), bits).expect("it fits");
    crypto_primes::is_prime(Flavor::Any, &number)
}

/// A generator that returns the same bytes in each run.
pub(crate) struct Seeded {
    seed: [u8; 32],
    counter: u64,
}

impl Seeded {
    pub(crate) fn new(seed: &str) -> Self {
        Self { seed: Sha256::digest(seed).into(), counter: 0 }
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        let Ok(()) = self.try_fill_bytes(&mut bytes);
        bytes
    }
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| number as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            self.counter += 1;
            let block =
                Sha256::new().chain_update(self.seed).chain_update(self.counter.to_le_bytes());
            chunk.copy_from_slice(&block.finalize()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}
