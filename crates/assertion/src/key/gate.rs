//! Which numbers pass as a key. The `rsa` crate alone takes private keys of any size, and factors
//! that are close together.

use alloc::vec;
use alloc::vec::Vec;
use core::mem;

use crypto_bigint::{BoxedUint, Resize};
use crypto_primes::hazmat::{MillerRabin, Primality};
use rsa::traits::PrivateKeyParts;

use super::KeyError;
use super::numbers::{Number, PrivateNumbers, PublicNumbers};
use super::roca;

/// Lets a private key in.
///
/// The factors are put in order, and the CRT values are computed anew. That the factors are prime
/// is not tested here: it costs more than a signature, and a signature tells.
pub(super) fn private_key(numbers: &PrivateNumbers<'_>) -> Result<rsa::PrivateKey, KeyError> {
    let (n, bits) = modulus(&numbers.public)?;
    let e = exponent(numbers.public.e)?;
    let d = number(numbers.d, bits)?;
    let primes = match numbers.primes {
        Some(primes) => in_order(primes, bits)?,
        None if bool::from(d.is_zero()) => return Err(KeyError::Inconsistent),
        // Without them they are found from d.
        None => Vec::new(),
    };

    // It checks that n = p q, that the factors are odd and differ, that d < n, and that
    // d e = 1 modulo p - 1 and q - 1.
    let key = rsa::PrivateKey::from_components(n, e.into(), d, primes)
        .map_err(|_| KeyError::Inconsistent)?;
    far_apart(&key, bits)?;
    Ok(key)
}

/// Whether both factors look prime to Miller and Rabin, which takes as long as a few signatures.
pub(super) fn is_prime(key: &rsa::PrivateKey) -> bool {
    key.primes().iter().all(|prime| {
        let test = MillerRabin::new(prime.clone());
        let is_composite = |base: &u8| {
            let base = BoxedUint::from(*base).resize(prime.as_ref().bits_precision());
            test.test(&base) == Primality::Composite
        };
        !BASES.iter().any(is_composite)
    })
}

/// Lets a public key in.
pub(super) fn public_key(numbers: &PublicNumbers<'_>) -> Result<rsa::PublicKey, KeyError> {
    let (n, _) = modulus(numbers)?;
    let e = exponent(numbers.e)?;
    rsa::PublicKey::new(n, e.into()).map_err(|_| KeyError::Inconsistent)
}

/// The size is looked at before any arithmetic, which is what costs.
fn modulus(numbers: &PublicNumbers<'_>) -> Result<(BoxedUint, u32), KeyError> {
    let n = numbers.n.ok_or(KeyError::Inconsistent)?;
    let bits = bit_len(n);
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
    Ok((number(Some(n), bits)?, bits))
}

/// 65537 <= e < 2^33 and odd.
fn exponent(e: Number<'_>) -> Result<u64, KeyError> {
    let e = e.filter(|e| e.len() <= 5).ok_or(KeyError::Exponent)?;
    let e = e.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let allowed = 65_537..1 << 33;
    if allowed.contains(&e) && e % 2 == 1 { Ok(e) } else { Err(KeyError::Exponent) }
}

/// Both factors, of half the modulus' size, the greater one first.
fn in_order(primes: [Number<'_>; 2], bits: u32) -> Result<Vec<BoxedUint>, KeyError> {
    let mut p = number(primes[0], bits.div_ceil(2))?;
    let mut q = number(primes[1], bits.div_ceil(2))?;
    if p < q {
        mem::swap(&mut p, &mut q);
    }
    Ok(vec![p, q])
}

/// [FIPS 186-5], Appendix A.1.3: |p - q| > 2^(nlen / 2 - 100). That d > 2^(nlen / 2) follows from
/// e < 2^33.
///
/// [FIPS 186-5]: https://doi.org/10.6028/NIST.FIPS.186-5
fn far_apart(key: &rsa::PrivateKey, bits: u32) -> Result<(), KeyError> {
    let [p, q] = key.primes() else { return Err(KeyError::MultiPrime) };
    let distance = p.as_ref().wrapping_sub(q.as_ref());
    if distance.bit_width() <= bits / 2 - 100 {
        return Err(KeyError::Weak);
    }
    Ok(())
}

fn number(magnitude: Number<'_>, bits: u32) -> Result<BoxedUint, KeyError> {
    let magnitude = magnitude.filter(|magnitude| bit_len(magnitude) <= bits);
    BoxedUint::from_be_slice(magnitude.ok_or(KeyError::Inconsistent)?, bits)
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
