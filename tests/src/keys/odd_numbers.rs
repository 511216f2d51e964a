//! RSA keys with invalid numbers.

use crypto_bigint::BoxedUint;

use super::rsa::{self, Rsa};
use super::text::pem;
use super::{Table, der};

pub(super) fn fill(table: &mut Table, key: &Rsa) {
    sizes(table);
    exponents(table, key);
    inconsistent(table, key);
    factors(table, key);
    encodings(table, key);
}

fn sizes(table: &mut Table) {
    for bits in [512, 1024, 1536, 2047] {
        let key = Rsa::generate(bits);
        let name = format!("{bits} bits");
        table.refuse(&name, "key.too_small", pem("PRIVATE KEY", &key.pkcs8()));
    }
    // Refused for their size: a test whether their factors are prime would take minutes.
    for bits in [4104, 8192, 16384] {
        let key = loop {
            let (p, q) = (rsa::odd(bits / 2), rsa::odd(bits / 2));
            if let Some(key) = Rsa::from_primes(&p, &q, rsa::F4) {
                break key;
            }
        };
        let name = format!("{bits} bits");
        table.refuse(&name, "key.too_large", pem("PRIVATE KEY", &key.pkcs8()));
    }
}

fn exponents(table: &mut Table, key: &Rsa) {
    for e in [3, 17, 257] {
        let key = Rsa::with_exponent(2048, e);
        let name = format!("e = {e}");
        table.refuse(&name, "key.exponent", pem("PRIVATE KEY", &key.pkcs8()));
    }
    for (name, e) in [
        ("e = 0", &[][..]),
        ("e = 1", &[1]),
        ("e even", &[1, 0, 0]),
        ("e above 33 bits", &[2, 0, 0, 0, 1]),
    ] {
        let changed = with(key, 2, e);
        table.refuse(name, "key.exponent", changed);
    }
    let mut negative = key.pkcs1();
    let exponent = b"\x02\x03\x01\x00\x01";
    let at = negative.windows(5).position(|window| window == exponent).expect("the exponent");
    negative[at + 2] = 0x81;
    table.refuse("e negative", "key.exponent", negative);
}

fn inconsistent(table: &mut Table, key: &Rsa) {
    let [_, n, _, d, p, q, ..] = key.numbers();
    let even = |number: &[u8]| changed_last(number, |last| last & 0xfe);
    let other = |number: &[u8]| changed_last(number, |last| last ^ 0x06);
    for (name, at, value) in [
        ("n even", 1, even(&n)),
        ("n is not p times q", 1, other(&n)),
        ("d wrong", 3, other(&d)),
        ("d = 0", 3, vec![]),
        ("d is n", 3, n.clone()),
        ("p = 0", 4, vec![]),
        ("p = 1", 4, vec![1]),
        ("q = 0", 5, vec![]),
        ("p and q equal", 5, p.clone()),
        ("p wrong", 4, other(&p)),
        ("q wrong", 5, other(&q)),
    ] {
        table.refuse(name, "key.inconsistent", with(key, at, &value));
    }
}

fn factors(table: &mut Table, key: &Rsa) {
    let (p, q) = key.primes();
    let composite = composite_factor(q);
    let name = "a factor that is no prime, with a matching d";
    table.refuse(name, "key.inconsistent", pem("PRIVATE KEY", &composite.pkcs8()));

    let mut near = p.clone();
    let close = loop {
        near = rsa::next_prime(&near);
        if let Some(key) = Rsa::from_primes(&near, p, rsa::F4) {
            break key;
        }
    };
    table.refuse("primes too close", "key.weak", pem("PRIVATE KEY", &close.pkcs8()));

    let unbalanced = loop {
        if let Some(key) = Rsa::from_primes(&rsa::prime(1536), &rsa::prime(512), rsa::F4) {
            break key;
        }
    };
    let name = "primes of 1536 and 512 bits";
    table.refuse(name, "key.inconsistent", pem("PRIVATE KEY", &unbalanced.pkcs8()));
    table.refuse("three primes", "key.multiprime", pem("RSA PRIVATE KEY", &three_primes(key)));
}

/// A key of 2048 bits whose greater factor is a product of two primes. The product of all three may
/// have fewer bits; then other factors are generated.
fn composite_factor(q: &BoxedUint) -> Rsa {
    loop {
        let factor = rsa::product(&rsa::prime(512), &rsa::prime(512));
        let key = Rsa::from_primes(&factor, q, rsa::F4).filter(|key| key.bits() == 2048);
        if let Some(key) = key {
            return key;
        }
    }
}

/// `version` 1 and a third prime after the eight numbers (RFC 8017, Appendix A.1.2). The numbers do
/// not belong together: the version alone has to be refused.
fn three_primes(key: &Rsa) -> Vec<u8> {
    let numbers = key.numbers();
    let mut parts = vec![der::unsigned(&[1])];
    parts.extend(numbers[1..].iter().map(|number| der::unsigned(number)));
    let third = [&numbers[4], &numbers[6], &numbers[8]].map(|number| der::unsigned(number));
    let third = der::sequence(&third.each_ref().map(|number| &number[..]));
    parts.push(der::sequence(&[&third]));
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    der::sequence(&parts)
}

/// Invalid DER.
fn encodings(table: &mut Table, key: &Rsa) {
    let pkcs8 = key.pkcs8();
    let trailing = [&pkcs8[..], &[0]].concat();
    let inner = rsa::pkcs8(&[&key.pkcs1()[..], &[0]].concat());
    let mut indefinite = pkcs8.clone();
    indefinite.splice(1..4, [0x80]);
    indefinite.extend([0, 0]);
    let mut padded = key.numbers().map(|number| der::unsigned(&number));
    padded[2] = vec![2, 4, 0, 1, 0, 1];
    let padded = der::sequence(&padded.each_ref().map(|number| &number[..]));
    let version = der::sequence(&[
        &der::unsigned(&[9]),
        &der::algorithm(der::RSA, der::NULL),
        &der::octets(&key.pkcs1()),
    ]);
    let nested = (0..2000).fold(vec![], |inner: Vec<u8>, _| der::tagged(0x30, &inner));
    for (name, content) in [
        ("a byte behind it", trailing),
        ("a byte behind the inner key", inner),
        ("indefinite length", indefinite),
        ("an integer with a needless zero", padded),
        ("version 9", version),
        ("two thousand levels", nested),
        ("a length of two gigabytes", vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x02]),
    ] {
        table.refuse(name, "key.der", pem("PRIVATE KEY", &content));
    }
}

/// PEM of the key with another value of one of its numbers.
fn with(key: &Rsa, at: usize, value: &[u8]) -> String {
    let mut numbers = key.numbers();
    numbers[at] = value.to_vec();
    pem("PRIVATE KEY", &rsa::pkcs8(&rsa::pkcs1(&numbers)))
}

fn changed_last(number: &[u8], change: fn(u8) -> u8) -> Vec<u8> {
    let mut number = number.to_vec();
    if let Some(last) = number.last_mut() {
        *last = change(*last);
    }
    number
}
