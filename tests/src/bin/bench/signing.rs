//! The time from claims to assertion, and of the back-end's own signature.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use conformance::test_org::{CLIENT_ID, KEY, USER};
use getrandom::SysRng;
use orgtoken_assertion::{Claims, RingSigner, Signer, SigningKey, UnixTime};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::sha2::{Digest, Sha256};

use crate::Row;

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>> {
    let claims = claims()?;
    let input = claims.signing_input();

    let pem = KEY.secret();
    let signer = RingSigner::new(SigningKey::from_bytes(pem.as_bytes())?);
    let der = pkcs8::SecretDocument::from_pem(pem)?.1;
    let pair = RsaKeyPair::from_pkcs8(der.as_bytes()).ok().context("ring refuses the test key")?;
    let mut signature = vec![0; pair.public().modulus_len()];
    let by_ring = take_turns(
        runs,
        || sign(&claims, &signer),
        || {
            let random = SystemRandom::new();
            let _ = pair.sign(&RSA_PKCS1_SHA256, &random, input.as_bytes(), &mut signature);
            black_box(&signature);
        },
    );

    let signer = SigningKey::from_bytes(pem.as_bytes())?;
    let key = rsa::PrivateKey::from_pkcs8_pem(pem)?;
    let by_rsa = take_turns(
        runs,
        || sign(&claims, &signer),
        || {
            let digest = Sha256::digest(input.as_bytes());
            let padding = rsa::Pkcs1v15Sign::new::<Sha256>();
            let _ = black_box(key.sign_with_rng(&mut SysRng, padding, &digest));
        },
    );
    Ok(vec![
        Row::ratio("assertion by ring, beside ring's signature", &by_ring.0, &by_ring.1, 1.03),
        Row::ratio("assertion by rsa, beside rsa's signature", &by_rsa.0, &by_rsa.1, 1.03),
    ])
}

fn claims() -> Result<Claims> {
    let now = UnixTime::from_secs(1_800_000_000);
    Ok(Claims::builder(now)
        .issuer(CLIENT_ID)
        .subject(USER)
        .audience("https://login.salesforce.com")
        .build()?)
}

fn sign(claims: &Claims, signer: &dyn Signer) {
    let _ = black_box(claims.sign(signer));
}

fn take_turns(
    runs: usize,
    mut ours: impl FnMut(),
    mut beside: impl FnMut(),
) -> (Vec<Duration>, Vec<Duration>) {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        our_times.push(time(&mut ours));
        their_times.push(time(&mut beside));
    }
    (our_times, their_times)
}

fn time(what: &mut impl FnMut()) -> Duration {
    let began = Instant::now();
    what();
    began.elapsed()
}
