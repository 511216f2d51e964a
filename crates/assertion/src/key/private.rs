//! The numbers of a validated private key.

use alloc::boxed::Box;
use alloc::vec;

use crypto_bigint::BoxedUint;
#[cfg(feature = "ring")]
use crypto_bigint::{ConcatenatingMul, Odd};
use zeroize::Zeroizing;

use super::PublicKey;

/// The consistent numbers of a private key: `d`, both factors and the values derived from them
/// ([RFC 8017, Section 3.2]).
///
/// [RFC 8017, Section 3.2]: https://www.rfc-editor.org/rfc/rfc8017#section-3.2
pub(crate) struct PrivateKey {
    pub(crate) public: PublicKey,
    pub(crate) d: Secret,
    /// The larger factor.
    pub(crate) p: Secret,
    pub(crate) q: Secret,
    /// d modulo p - 1.
    #[cfg_attr(not(feature = "ring"), expect(dead_code, reason = "only ring asks for it"))]
    pub(crate) dp: Secret,
    /// d modulo q - 1.
    #[cfg_attr(not(feature = "ring"), expect(dead_code, reason = "only ring asks for it"))]
    pub(crate) dq: Secret,
    /// The inverse of q modulo p according to the key. It has not been checked.
    #[cfg_attr(not(feature = "ring"), expect(dead_code, reason = "only ring asks for it"))]
    pub(super) claimed_q_inverse: Option<Secret>,
}

pub(crate) type Secret = Zeroizing<BoxedUint>;

impl PrivateKey {
    /// Returns the key as the type of the `rsa` crate, or `None` if the factors share a divisor.
    pub(super) fn to_rsa(&self) -> Option<Box<rsa::PrivateKey>> {
        let (n, e) = (self.public.modulus(), self.public.exponent());
        let primes = vec![(*self.p).clone(), (*self.q).clone()];
        rsa::PrivateKey::from_components(n, e, (*self.d).clone(), primes).ok().map(Box::new)
    }

    /// Returns the inverse of q modulo p, or `None` if the factors share a divisor.
    ///
    /// A check of the claimed inverse takes 0.01 ms, and its computation 0.75 ms of a cold start.
    #[cfg(feature = "ring")]
    pub(crate) fn q_inverse(&self) -> Option<Secret> {
        let p = Zeroizing::new(Odd::new((*self.p).clone()).into_option()?);
        let is_inverse = |claimed: &&Secret| {
            let product = Zeroizing::new(claimed.concatenating_mul(&*self.q));
            product.rem(p.as_nz_ref()).is_one().to_bool()
        };
        match self.claimed_q_inverse.as_ref().filter(is_inverse) {
            Some(claimed) => Some(claimed.clone()),
            None => self.q.invert_odd_mod(&p).into_option().map(Zeroizing::new),
        }
    }
}
