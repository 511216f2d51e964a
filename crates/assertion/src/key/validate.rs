//! Validation of the numbers of a key. The `rsa` crate alone accepts private keys of any size, and
//! factors that are close together.

use alloc::vec::Vec;
use core::mem;

use crypto_bigint::{BoxedUint, ConcatenatingMul, NonZero, Odd, Resize};
use crypto_primes::hazmat::{MillerRabin, Primality};
use rsa::traits::PrivateKeyParts;
use zeroize::Zeroizing;

use super::numbers::{Number, PrivateNumbers, PublicNumbers};
use super::private::{PrivateKey, Secret};
use super::{KeyError, PublicKey, roca};

/// Validates the numbers of a private key.
///
/// The larger factor comes first, and the CRT exponents are computed. Whether the factors are prime
/// is not tested here: the test costs more than a signature, and a wrong signature reveals it.
pub(super) fn private_key(numbers: &PrivateNumbers<'_>) -> Result<PrivateKey, KeyError> {
    let public = public_key(&numbers.public)?;
    let (n, e) = (public.modulus(), public.exponent());
    let bits = public.bits();
    let half = bits.div_ceil(2);
    let d = secret(numbers.d, bits)?;
    let [mut p, mut q] = match numbers.primes {
        Some([p, q]) => [secret(p, half)?, secret(q, half)?],
        None => recover_primes(&n, &e, &d)?,
    };
    if *p < *q {
        mem::swap(&mut p, &mut q);
    }
    if *d >= n || *p == *q || p.concatenating_mul(&*q) != n {
        return Err(KeyError::Inconsistent);
    }
    let (dp, dq) = (crt_exponent(&d, &e, &p)?, crt_exponent(&d, &e, &q)?);
    check_prime_distance(&p, &q, bits)?;
    let claimed_q_inverse = secret(numbers.q_inverse, half).ok();
    Ok(PrivateKey { public, d, p, q, dp, dq, claimed_q_inverse })
}

/// Whether both factors pass a Miller-Rabin test, which takes as long as a few signatures.
pub(super) fn is_prime(key: &PrivateKey) -> bool {
    [&key.p, &key.q].into_iter().all(|prime| {
        let Some(prime) = Odd::new((**prime).clone()).into_option() else { return false };
        let bits = prime.as_ref().bits_precision();
        let test = MillerRabin::new(prime);
        let is_composite =
            |base: &u8| test.test(&BoxedUint::from(*base).resize(bits)) == Primality::Composite;
        !BASES.iter().any(is_composite)
    })
}

/// Validates the numbers of a public key. The size is checked before any arithmetic.
pub(super) fn public_key(numbers: &PublicNumbers<'_>) -> Result<PublicKey, KeyError> {
    let n = numbers.n.ok_or(KeyError::Inconsistent)?;
    let bits = bit_len(n);
    if bits == 0 {
        return Err(KeyError::Inconsistent);
    }
    if bits < MIN_BITS {
        return Err(KeyError::TooSmall { bits });
    }
    if bits > MAX_BITS {
        return Err(KeyError::TooLarge { bits });
    }
    if n.last().is_none_or(|last| last % 2 == 0) {
        return Err(KeyError::Inconsistent);
    }
    if roca::is_pattern(n) {
        return Err(KeyError::Weak);
    }
    Ok(PublicKey::new(n, exponent(numbers.e)?))
}

/// 65537 <= e < 2^33 and odd.
fn exponent(e: Number<'_>) -> Result<u64, KeyError> {
    let e = e.filter(|e| e.len() <= 5).ok_or(KeyError::Exponent)?;
    let e = e.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let allowed = 65_537..1 << 33;
    if allowed.contains(&e) && e % 2 == 1 { Ok(e) } else { Err(KeyError::Exponent) }
}

/// Computes the factors of a key that has none.
fn recover_primes(n: &BoxedUint, e: &BoxedUint, d: &BoxedUint) -> Result<[Secret; 2], KeyError> {
    if d.is_zero().to_bool() {
        return Err(KeyError::Inconsistent);
    }
    let key = rsa::PrivateKey::from_components(n.clone(), e.clone(), d.clone(), Vec::new());
    match key.map_err(|_| KeyError::Inconsistent)?.primes() {
        [p, q] => Ok([p, q].map(|prime| Zeroizing::new(prime.as_ref().clone()))),
        _ => Err(KeyError::MultiPrime),
    }
}

/// Returns d modulo `prime` - 1, if it is the inverse of e there.
fn crt_exponent(d: &BoxedUint, e: &BoxedUint, prime: &BoxedUint) -> Result<Secret, KeyError> {
    let order = NonZero::new(prime.wrapping_sub(BoxedUint::one())).into_option();
    let order = Zeroizing::new(order.ok_or(KeyError::Inconsistent)?);
    let exponent = Zeroizing::new(d.rem(&*order));
    let product = Zeroizing::new(exponent.concatenating_mul(e));
    if product.rem(&*order).is_one().to_bool() { Ok(exponent) } else { Err(KeyError::Inconsistent) }
}

/// [FIPS 186-5], Appendix A.1.3: |p - q| > 2^(nlen / 2 - 100). That d > 2^(nlen / 2) follows from
/// e < 2^33.
///
/// [FIPS 186-5]: https://doi.org/10.6028/NIST.FIPS.186-5
fn check_prime_distance(p: &BoxedUint, q: &BoxedUint, bits: usize) -> Result<(), KeyError> {
    let distance = Zeroizing::new(p.wrapping_sub(q));
    if distance.bit_width() as usize <= bits / 2 - 100 { Err(KeyError::Weak) } else { Ok(()) }
}

fn secret(magnitude: Number<'_>, bits: usize) -> Result<Secret, KeyError> {
    let bits = u32::try_from(bits).map_err(|_| KeyError::Inconsistent)?;
    let magnitude = magnitude.filter(|magnitude| bit_len(magnitude) <= bits);
    BoxedUint::from_be_slice(magnitude.ok_or(KeyError::Inconsistent)?, bits)
        .map(Zeroizing::new)
        .map_err(|_| KeyError::Inconsistent)
}

fn bit_len(magnitude: &[u8]) -> u32 {
    let Some(first) = magnitude.first() else { return 0 };
    u32::try_from(magnitude.len())
        .map_or(u32::MAX, |len| len.saturating_mul(8).saturating_sub(first.leading_zeros()))
}

const BASES: [u8; 3] = [2, 3, 5];
const MIN_BITS: u32 = 2048;
const MAX_BITS: u32 = 4096;
