//! RSA keys computed from their primes, so that each number can be replaced by a wrong one.

use crypto_bigint::{BoxedUint, ConcatenatingMul, NonZero, Resize};
use crypto_primes::hazmat::{SetBits, SmallFactorsSieveFactory};
use crypto_primes::{Flavor, is_prime, sieve_and_find};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use rsa::sha2::{Digest, Sha256};

use super::der;

/// The numbers of RFC 8017, Appendix A.1.2, in their order there.
#[derive(Clone)]
pub(super) struct Rsa {
    n: BoxedUint,
    e: BoxedUint,
    d: BoxedUint,
    p: BoxedUint,
    q: BoxedUint,
    dp: BoxedUint,
    dq: BoxedUint,
    q_inverse: BoxedUint,
}

impl Rsa {
    pub(super) fn generate(bits: u32) -> Self {
        Self::with_exponent(bits, F4)
    }

    pub(super) fn with_exponent(bits: u32, e: u64) -> Self {
        loop {
            let (p, q) = (prime(bits.div_ceil(2)), prime(bits / 2));
            if p > q
                && let Some(key) = Self::from_primes(&p, &q, e).filter(|key| key.bits() == bits)
            {
                return key;
            }
        }
    }

    /// A key with these factors, if `e` has an inverse. The factors may be composite.
    pub(super) fn from_primes(p: &BoxedUint, q: &BoxedUint, e: u64) -> Option<Self> {
        let (below_p, below_q) = (less_one(p), less_one(q));
        let e = BoxedUint::from(e);
        let d = inverse(&e, &below_p.concatenating_mul(&below_q))?;
        Some(Self {
            n: trim(&p.concatenating_mul(q)),
            dp: remainder(&d, &below_p),
            dq: remainder(&d, &below_q),
            q_inverse: inverse(&remainder(q, p), p)?,
            e,
            d,
            p: p.clone(),
            q: q.clone(),
        })
    }

    /// The same key with its factors in the other order.
    pub(super) fn swapped(&self) -> Self {
        Self::from_primes(&self.q, &self.p, F4).expect("the factors of a key")
    }

    pub(super) fn bits(&self) -> u32 {
        self.n.bit_width_vartime()
    }

    pub(super) fn primes(&self) -> (&BoxedUint, &BoxedUint) {
        (&self.p, &self.q)
    }

    /// `version` and the bytes of the eight numbers.
    pub(super) fn numbers(&self) -> [Vec<u8>; 9] {
        let Self { n, e, d, p, q, dp, dq, q_inverse } = self;
        let bytes = |number: &BoxedUint| number.to_be_bytes_trimmed_vartime().into_vec();
        let [n, e, d, p, q, dp, dq, q_inverse] = [n, e, d, p, q, dp, dq, q_inverse].map(bytes);
        [vec![], n, e, d, p, q, dp, dq, q_inverse]
    }

    pub(super) fn pkcs1(&self) -> Vec<u8> {
        pkcs1(&self.numbers())
    }

    pub(super) fn pkcs8(&self) -> Vec<u8> {
        pkcs8(&self.pkcs1())
    }

    /// `RSAPublicKey`.
    pub(super) fn public(&self) -> Vec<u8> {
        let [_, n, e, ..] = self.numbers();
        der::sequence(&[&der::unsigned(&n), &der::unsigned(&e)])
    }

    /// `SubjectPublicKeyInfo`.
    pub(super) fn spki(&self) -> Vec<u8> {
        der::sequence(&[&der::algorithm(der::RSA, der::NULL), &der::bits(&self.public())])
    }

    pub(super) fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(self.spki()).into()
    }

    /// RS256 over `message` by the `rsa` crate, from n, e, d and the factors alone.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let primes = vec![self.p.clone(), self.q.clone()];
        let key = ::rsa::PrivateKey::from_components(
            self.n.clone(),
            self.e.clone(),
            self.d.clone(),
            primes,
        );
        let padding = ::rsa::Pkcs1v15Sign::new::<Sha256>();
        let digest = Sha256::digest(message);
        key.and_then(|key| key.sign(padding, &digest)).expect("a key that was made with care")
    }
}

/// `RSAPrivateKey` of two primes.
pub(super) fn pkcs1(numbers: &[Vec<u8>; 9]) -> Vec<u8> {
    der::sequence(
        &numbers.each_ref().map(|number| der::unsigned(number)).each_ref().map(|n| &n[..]),
    )
}

pub(super) fn pkcs8(pkcs1: &[u8]) -> Vec<u8> {
    der::private_key_info(&der::algorithm(der::RSA, der::NULL), pkcs1)
}

/// A prime with its two highest bits set.
pub(super) fn prime(bits: u32) -> BoxedUint {
    let sieve = SmallFactorsSieveFactory::new(Flavor::Any, bits, SetBits::TwoMsb);
    let found = sieve_and_find(
        &mut UnwrapErr(SysRng),
        sieve.expect("enough bits"),
        |_, candidate: &BoxedUint| is_prime(Flavor::Any, candidate),
    );
    trim(&found.expect("the system has randomness").expect("primes do not run out"))
}

/// The next prime, which is nearer than the primes of a key may be.
pub(super) fn next_prime(after: &BoxedUint) -> BoxedUint {
    let mut candidate = after.clone();
    loop {
        candidate = candidate.wrapping_add(BoxedUint::from(2_u64));
        if is_prime(Flavor::Any, &candidate) {
            return candidate;
        }
    }
}

/// An odd number of that many bits, which may not be prime.
pub(super) fn odd(bits: u32) -> BoxedUint {
    let mut bytes = vec![0; bits.div_ceil(8) as usize];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    let last = bytes.len() - 1;
    bytes[0] |= 0xc0;
    bytes[last] |= 1;
    BoxedUint::from_be_slice_vartime(&bytes)
}

pub(super) fn product(a: &BoxedUint, b: &BoxedUint) -> BoxedUint {
    trim(&a.concatenating_mul(b))
}

fn less_one(number: &BoxedUint) -> BoxedUint {
    number.wrapping_sub(BoxedUint::one_with_precision(number.bits_precision()))
}

/// `number` to the power of -1, modulo `modulus`.
fn inverse(number: &BoxedUint, modulus: &BoxedUint) -> Option<BoxedUint> {
    let number = number.clone().resize_unchecked(modulus.bits_precision());
    let modulus = NonZero::new(modulus.clone()).into_option()?;
    number.invert_mod(&modulus).into_option().map(|inverse| trim(&inverse))
}

fn remainder(number: &BoxedUint, modulus: &BoxedUint) -> BoxedUint {
    let modulus = NonZero::new(modulus.clone()).into_option().expect("a prime is not zero");
    trim(&number.rem_vartime(&modulus))
}

/// Without leading zeros, which the `rsa` crate counts as bits.
fn trim(number: &BoxedUint) -> BoxedUint {
    BoxedUint::from_be_slice_vartime(&number.to_be_bytes_trimmed_vartime())
}

/// 65537, the fourth Fermat number.
pub(super) const F4: u64 = 65537;
