use std::sync::LazyLock;

use getrandom::SysRng;
use orgtoken_assertion::{Diagnostic, UnixTime};
use proptest::prelude::*;

use super::*;
use crate::{KeyPair, KeySize};

static PAIR: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate(&mut SysRng, KeySize::Bits2048).unwrap());

static CERTIFICATE: LazyLock<Certificate> = LazyLock::new(|| made("my-integration", 730));

fn made(subject: &str, days: u32) -> Certificate {
    let validity = Validity::starting(NOW).days(days);
    let subject = Subject::parse(subject).unwrap();
    Certificate::self_signed(&*PAIR, &subject, validity, &mut SysRng).unwrap()
}

#[test]
fn certificate_has_requested_fields() {
    let certificate = &*CERTIFICATE;
    assert_eq!(certificate.subject(), "CN=my-integration");
    assert_eq!(certificate.issuer(), certificate.subject());
    assert_eq!(certificate.not_before(), NOW);
    assert_eq!(certificate.not_after().as_secs(), NOW.as_secs() + 730 * 86_400);
    assert!(certificate.belongs_to(&*PAIR));
    assert!(certificate.to_pem().len() < Certificate::MAX_LEN / 3);
}

#[test]
fn days_left_become_negative() {
    for (name, after, left) in [
        ("at once", 0, 730),
        ("a second later", 1, 729),
        ("the last second", 730 * 86_400 - 1, 0),
        ("at the end", 730 * 86_400, 0),
        ("a second too late", 730 * 86_400 + 1, -1),
    ] {
        let now = UnixTime::from_secs(NOW.as_secs() + after);
        assert_eq!(CERTIFICATE.days_left(now), left, "{name}");
    }
}

#[test]
fn serial_numbers_differ() {
    let (one, two) = (made("same", 1), made("same", 1));
    assert_ne!(one.sha256(), two.sha256());
}

// https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5
#[test]
fn dates_from_2050_are_generalized_time() {
    let utc_time = |certificate: &Certificate| {
        matches!(certificate.parsed.tbs_certificate().validity().not_after, Time::UtcTime(_))
    };
    let last_of_2049 = UnixTime::from_secs(2_524_607_999);
    for (name, before_end, utc) in [("2049", 0, true), ("2050", 1, false)] {
        let not_before = UnixTime::from_secs(last_of_2049.as_secs() - 86_400 + before_end);
        let validity = Validity::starting(not_before).days(1);
        let subject = Subject::parse("late").unwrap();
        let certificate =
            Certificate::self_signed(&*PAIR, &subject, validity, &mut SysRng).unwrap();
        assert_eq!(utc_time(&certificate), utc, "{name}");
    }
}

#[test]
fn validity_out_of_range_is_refused() {
    let subject = Subject::parse("never").unwrap();
    for (name, validity) in [
        ("no time at all", Validity::starting(NOW).days(0)),
        ("beyond the year 9999", Validity::starting(UnixTime::from_secs(253_402_300_000))),
        ("the end of time", Validity::starting(UnixTime::from_secs(u64::MAX))),
    ] {
        let error = Certificate::self_signed(&*PAIR, &subject, validity, &mut SysRng).unwrap_err();
        assert_eq!(error.code(), "cert.validity", "{name}");
    }
}

#[test]
fn pasted_forms_are_read() {
    let pem = CERTIFICATE.to_pem();
    let body = pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let armoured =
        |body: &str| format!("-----BEGIN CERTIFICATE-----{body}-----END CERTIFICATE-----");
    for (name, text) in [
        ("PEM", pem.clone()),
        ("CRLF", pem.replace('\n', "\r\n")),
        ("byte order mark", format!("\u{feff}{pem}")),
        ("text around it", format!("subject=CN = x\n{pem}bye\n")),
        ("literal \\n", pem.replace('\n', "\\n")),
        ("in quotes", format!("\"{}\"", pem.replace('\n', "\\n"))),
        ("indented", pem.replace('\n', "\n    ")),
        ("on one line", pem.replace('\n', " ")),
        ("without line breaks", armoured(&body)),
        ("bare base64", body.clone()),
        ("chain", format!("{pem}{}", made("other", 1).to_pem())),
        (
            "after its key",
            format!("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n{pem}"),
        ),
    ] {
        assert_eq!(Certificate::parse(text.as_bytes()).unwrap(), *CERTIFICATE, "{name}");
    }
    assert_eq!(Certificate::parse(&CERTIFICATE.der).unwrap(), *CERTIFICATE);
}

#[test]
fn other_input_is_identified() {
    let pem = CERTIFICATE.to_pem();
    let private = PAIR.private_key_pem().secret();
    let der = &*CERTIFICATE.der;
    for (name, bytes, code, words) in [
        ("empty", b" \n".to_vec(), "cert.empty", "empty"),
        ("private key", private.into(), "cert.not_a_certificate", "private key"),
        ("text", b"hello!".to_vec(), "cert.not_a_certificate", "not a certificate"),
        ("cut PEM", pem[..400].into(), "cert.pem", "damaged"),
        ("cut DER", der[..400].to_vec(), "cert.der", "malformed"),
        ("trailing byte", [der, b"\0"].concat(), "cert.der", "malformed"),
        ("huge", vec![b'A'; 1 << 20], "cert.too_large", "1048576 bytes"),
    ] {
        let error = Certificate::parse(&bytes).unwrap_err();
        assert_eq!(error.code(), code, "{name}");
        assert!(error.to_string().contains(words), "{name}: {error}");
        assert!(error.hint().is_some(), "{name}");
    }
}

#[test]
fn too_large_certificate_is_refused() {
    let subject = Subject::parse(&"x".repeat(1500)).unwrap();
    let validity = Validity::starting(NOW);
    let error = Certificate::self_signed(&*PAIR, &subject, validity, &mut SysRng).unwrap_err();
    assert_eq!(error.code(), "cert.too_large");
    assert_eq!(Subject::parse(&"x".repeat(2049)).unwrap_err().code(), "cert.subject");
}

#[test]
fn key_of_another_pair_does_not_belong() {
    let other = KeyPair::generate(&mut SysRng, KeySize::Bits2048).unwrap();
    assert!(!CERTIFICATE.belongs_to(&other));
}

#[test]
fn debug_is_redacted() {
    let shown = format!("{:?} {:?}", *PAIR, PAIR.private_key_pem());
    for line in PAIR.private_key_pem().secret().lines().filter(|line| !line.starts_with('-')) {
        assert!(!shown.contains(line));
    }
}

proptest! {
    #[test]
    fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Certificate::parse(&bytes);
    }

    #[test]
    fn no_flipped_bit_panics(at in 0_usize..800, bit in 0_u8..8) {
        let mut der = CERTIFICATE.der.clone();
        let at = at % der.len();
        der[at] ^= 1 << bit;
        if let Ok(certificate) = Certificate::parse(&der) {
            let _ = (certificate.subject(), certificate.public_key(), certificate.days_left(NOW));
        }
    }
}

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
