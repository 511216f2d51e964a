//! Validation of the numbers of a key.

use base64ct::{Base64UrlUnpadded, Encoding};
use num_bigint::BigUint;
use orgtoken_assertion::{Diagnostic, KeyError, SignError, Signer, SigningKey};

use crate::der::{element, integer, sequence};
use crate::keys::{KEY, Numbers, Seeded, is_prime, pkcs8, prime};

#[test]
fn invalid_numbers_are_refused() {
    let key = || KEY.clone();
    let (zero, one, two) = (BigUint::ZERO, BigUint::from(1u8), BigUint::from(2u8));
    let with = |change: &dyn Fn(&mut Numbers)| {
        let mut numbers = key();
        change(&mut numbers);
        numbers.pkcs8()
    };
    let other = Numbers::generate(2048, "other");
    let e = |e: u64| with(&|key| key.e = e.into());
    for (name, der, code) in [
        ("e = 0", e(0), "key.exponent"),
        ("e = 1", e(1), "key.exponent"),
        ("e even", e(65_538), "key.exponent"),
        ("e = 3", e(3), "key.exponent"),
        ("e = 17", e(17), "key.exponent"),
        ("e = 257", e(257), "key.exponent"),
        ("e = 65535", e(65_535), "key.exponent"),
        ("e = 2^33 + 1", e((1 << 33) + 1), "key.exponent"),
        ("e = n", with(&|key| key.e = key.n.clone()), "key.exponent"),
        ("n even", with(&|key| key.n -= &one), "key.inconsistent"),
        ("n another", with(&|key| key.n += &two), "key.inconsistent"),
        (
            "a modulus of 0 is damage, not a size",
            with(&|key| key.n = zero.clone()),
            "key.inconsistent",
        ),
        ("n of another key", with(&|key| key.n = other.n.clone()), "key.inconsistent"),
        ("d = 0", with(&|key| key.d = zero.clone()), "key.inconsistent"),
        ("d wrong", with(&|key| key.d += &two), "key.inconsistent"),
        ("d >= n", with(&|key| key.d += (&key.p - &one) * (&key.q - &one)), "key.inconsistent"),
        ("d of another key", with(&|key| key.d = other.d.clone()), "key.inconsistent"),
        ("p = 0", with(&|key| key.p = zero.clone()), "key.inconsistent"),
        ("p = 1", with(&|key| key.p = one.clone()), "key.inconsistent"),
        (
            "q = 1, p = n",
            with(&|key| (key.p, key.q) = (key.n.clone(), one.clone())),
            "key.inconsistent",
        ),
        ("q = 0", with(&|key| key.q = zero.clone()), "key.inconsistent"),
        ("p = q", with(&|key| key.q = key.p.clone()), "key.inconsistent"),
        ("p = q, n = p^2", Numbers::new(key().p, key().p, 65_537u32).pkcs8(), "key.inconsistent"),
        (
            "primes of another key",
            with(&|key| (key.p, key.q) = (other.p.clone(), other.q.clone())),
            "key.inconsistent",
        ),
    ] {
        let error = SigningKey::from_bytes(&der).expect_err(name);
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.hint().is_some(), "{name}");
    }
}

#[test]
fn negative_numbers_are_refused() {
    let numbers = [&KEY.n, &KEY.e, &KEY.d, &KEY.p, &KEY.q, &KEY.dp, &KEY.dq, &KEY.qinv];
    let negative = |at: usize| {
        let mut parts: Vec<_> = numbers.iter().map(|number| integer(number)).collect();
        let mut bytes = numbers[at].to_bytes_be();
        bytes[0] |= 0x80;
        parts[at] = element(0x02, &bytes);
        sequence(&[&[2, 1, 0], &parts.concat()])
    };
    for (name, at, code) in [
        ("n", 0, "key.inconsistent"),
        ("e", 1, "key.exponent"),
        ("d", 2, "key.inconsistent"),
        ("p", 3, "key.inconsistent"),
        ("q", 4, "key.inconsistent"),
    ] {
        let error = SigningKey::from_bytes(&negative(at)).expect_err(name);
        assert_eq!(error.code(), code, "{name}: {error}");
    }
}

#[test]
fn sizes_out_of_range_are_refused() {
    let size = |bits: u32| Numbers::generate(bits, "sizes").pkcs8();
    for (name, bits, der) in [
        ("64 bits", 64, size(64)),
        ("512 bits", 512, size(512)),
        ("1024 bits", 1024, size(1024)),
        ("2047 bits", 2047, size(2047)),
    ] {
        assert_eq!(
            SigningKey::from_bytes(&der).expect_err(name),
            KeyError::TooSmall { bits },
            "{name}"
        );
    }
    for (name, bits) in [("4097 bits", 4097), ("8193 bits", 8193), ("16384 bits", 16_384)] {
        // Only its size is right: the size is checked before any arithmetic.
        let n = (BigUint::from(1u8) << (bits - 1)) + 1u8;
        let mut key = KEY.clone();
        key.d = &n - 2u8;
        key.n = n;
        let error = SigningKey::from_bytes(&key.pkcs8()).expect_err(name);
        assert_eq!(error, KeyError::TooLarge { bits }, "{name}");
        assert_eq!(error.code(), "key.too_large", "{name}");
    }
    // Its DER is longer than the limit.
    let mut key = KEY.clone();
    key.n = (BigUint::from(1u8) << 65_535) + 1u8;
    (key.d, key.p, key.q) = (key.n.clone(), key.n.clone(), key.n.clone());
    let error = SigningKey::from_bytes(&key.pkcs8()).expect_err("65536 bits");
    assert_eq!(error.code(), "key.too_large", "65536 bits: {error}");
}

#[test]
fn composite_factors_are_reported_when_signing() {
    let mut rng = Seeded::new("composite");
    let composite = prime(&mut rng, 512) * prime(&mut rng, 512);
    let q = prime(&mut rng, 1024);
    let key = Numbers::new(composite, q, 65_537u32).signing_key();
    let error = key.sign(b"message").expect_err("composite factors");
    assert!(matches!(error, SignError::Inconsistent), "{error}");
    assert_eq!(error.code(), "key.inconsistent");

    #[cfg(feature = "ring")]
    {
        let error = orgtoken_assertion::RingSigner::new(key)
            .sign(b"message")
            .expect_err("composite factors");
        assert_eq!(error.code(), "key.inconsistent");
    }
}

#[test]
fn primes_too_close_are_refused() {
    let mut rng = Seeded::new("close");
    let p = prime(&mut rng, 1024);
    let next = |from: BigUint| {
        (0u32..).map(|step| &from + 2 * step).find(is_prime).expect("primes do not end")
    };
    let close = next(&p + (BigUint::from(1u8) << 920) + 2u8);
    let closest = next(&p + 2u8);
    let far = next(&p + (BigUint::from(1u8) << 930) + 2u8);
    for (name, q, passes) in [("2", closest, false), ("2^920", close, false), ("2^930", far, true)]
    {
        let der = Numbers::new(p.clone(), q, 65_537u32).pkcs8();
        let read = SigningKey::from_bytes(&der).map(|_| ());
        assert_eq!(read, if passes { Ok(()) } else { Err(KeyError::Weak) }, "{name} apart");
    }
}

#[test]
fn unbalanced_primes_are_refused() {
    let mut rng = Seeded::new("unbalanced");
    let key = loop {
        let key = Numbers::new(prime(&mut rng, 1536), prime(&mut rng, 512), 65_537u32);
        if key.n.bits() == 2048 {
            break key;
        }
    };
    let number = |number: &BigUint| Base64UrlUnpadded::encode_string(&number.to_bytes_be());
    let (n, d) = (number(&key.n), number(&key.d));
    let without_primes = format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB","d":"{d}"}}"#);
    for (name, key) in [("PKCS#8", key.pkcs8()), ("JWK", without_primes.into_bytes())] {
        let read = SigningKey::from_bytes(&key).map(|_| ());
        assert_eq!(read, Err(KeyError::Inconsistent), "{name}");
    }
}

#[test]
fn three_primes_are_refused() {
    let others = sequence(&[&sequence(&[&[2, 1, 3], &[2, 1, 1], &[2, 1, 1]])]);
    let numbers = [&KEY.n, &KEY.e, &KEY.d, &KEY.p, &KEY.q, &KEY.dp, &KEY.dq, &KEY.qinv];
    let key = sequence(&[&[2, 1, 1], &numbers.map(integer).concat(), &others]);
    for (name, der) in [("PKCS#1", key.clone()), ("PKCS#8", pkcs8(&[2, 1, 0], &key, &[]))] {
        assert_eq!(SigningKey::from_bytes(&der).map(|_| ()), Err(KeyError::MultiPrime), "{name}");
    }
}

#[test]
fn crt_values_are_recomputed() {
    let whole = KEY.signing_key().sign(b"message").unwrap();
    let with = |change: &dyn Fn(&mut Numbers)| {
        let mut numbers = KEY.clone();
        change(&mut numbers);
        numbers.signing_key()
    };
    for (name, key) in [
        ("dP", with(&|key| key.dp += 2u8)),
        ("dQ", with(&|key| key.dq += 2u8)),
        ("qInv", with(&|key| key.qinv += 1u8)),
        ("all zero", with(&|key| (key.dp, key.dq, key.qinv) = Default::default())),
        ("p and q swapped", with(&|key| std::mem::swap(&mut key.p, &mut key.q))),
    ] {
        let signature = key.sign(b"message").unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(signature.as_bytes(), whole.as_bytes(), "{name}");
        #[cfg(feature = "ring")]
        {
            let signature = orgtoken_assertion::RingSigner::new(key).sign(b"message").unwrap();
            assert_eq!(signature.as_bytes(), whole.as_bytes(), "{name}, ring");
        }
    }
}

#[test]
fn public_key_that_does_not_match_is_refused() {
    let other = Numbers::generate(2048, "other");
    let public = element(0x81, &[&[0], other.public_pkcs1().as_slice()].concat());
    let der = pkcs8(&[2, 1, 1], &KEY.pkcs1(), &public);
    assert_eq!(SigningKey::from_bytes(&der).map(|_| ()), Err(KeyError::Inconsistent));
}

#[test]
fn roca_keys_are_refused() {
    // p = k M + (65537^a mod M), where M is the product of the first 126 primes.
    let small = |limit: u32| (2..limit).filter(|n| (2..*n).all(|divisor| n % divisor != 0));
    let product: BigUint = small(702).map(BigUint::from).product();
    let mut rng = Seeded::new("roca");
    let mut factor = || loop {
        let k = BigUint::from_bytes_be(&rng.bytes(7)) | (BigUint::from(1u8) << 52);
        let a = BigUint::from_bytes_be(&rng.bytes(16));
        let candidate: BigUint = k * &product + BigUint::from(65_537u32).modpow(&a, &product);
        if candidate.bits() == 1024 && is_prime(&candidate) {
            return candidate;
        }
    };
    let key = loop {
        let key = Numbers::new(factor(), factor(), 65_537u32);
        if key.n.bits() == 2048 {
            break key;
        }
    };
    assert_eq!(SigningKey::from_bytes(&key.pkcs8()).map(|_| ()), Err(KeyError::Weak));
}
