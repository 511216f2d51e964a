/// Describes a file that is not a PEM file of certificates: the end of a sentence, such as "is
/// empty", and the next step.
pub(super) fn describe(bytes: &[u8]) -> (&'static str, &'static str) {
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    let starts = |text: &[u8]| bytes.windows(text.len()).take(32).any(|window| window == text);
    match bytes.trim_ascii() {
        [] => ("is empty", USE_PEM),
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => (
            "is a Java key store (JKS), not PEM",
            "export a certificate: `keytool -exportcert -rfc -keystore FILE -alias NAME`",
        ),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => ("is UTF-16 text, not PEM", "save it as UTF-8"),
        [b'<', ..] => ("is a web page, not PEM", USE_PEM),
        [b'M', b'I', b'I', ..] => ("is base64 without a PEM header", USE_PEM),
        _ if has(b"-----BEGIN CERTIFICATE-----") => ("has no readable certificate", USE_PEM),
        _ if has(b"-----BEGIN TRUSTED CERTIFICATE-----") => (
            "has a certificate in OpenSSL's own format, not in PEM",
            "convert it: `openssl x509 -in FILE -out ca.pem`",
        ),
        _ if has(b"-----BEGIN PKCS7-----") || has(b"-----BEGIN CMS-----") => {
            (PKCS7, "convert it: `openssl pkcs7 -print_certs -in FILE -out ca.pem`")
        }
        _ if has(b" PRIVATE KEY-----") => ("has a private key and no certificate", USE_PEM),
        [SEQUENCE, ..] if starts(SIGNED_DATA) => {
            (PKCS7, "convert it: `openssl pkcs7 -inform der -print_certs -in FILE -out ca.pem`")
        }
        [SEQUENCE, ..] if starts(VERSION_3) => (
            "is PKCS#12 (P12, PFX), not PEM",
            "extract them: `openssl pkcs12 -in FILE -cacerts -nokeys -out ca.pem`",
        ),
        [SEQUENCE, ..] => {
            ("is DER, not PEM", "convert it: `openssl x509 -inform der -in FILE -out ca.pem`")
        }
        _ => NO_CERTIFICATE,
    }
}

pub(super) const NO_CERTIFICATE: (&str, &str) = ("has no certificate in PEM", USE_PEM);

const PKCS7: &str = "is PKCS#7 (P7B), not certificates in PEM";
const USE_PEM: &str =
    "use a PEM file of certificates: each begins with `-----BEGIN CERTIFICATE-----`";

const SEQUENCE: u8 = 0x30;

/// The first object identifier of PKCS#7, 1.2.840.113549.1.7.2.
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

/// The version at the beginning of PKCS#12.
const VERSION_3: &[u8] = b"\x02\x01\x03";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_of_a_file_is_recognised() {
        for (bytes, words, hint) in [
            (&b""[..], "is empty", "PEM file"),
            (b" \n", "is empty", "PEM file"),
            (b"\x30\x82\x03\x0d\x30\x82\x01\xf5\xa0\x03\x02\x01\x02", "is DER", "x509 -inform der"),
            (b"\x30\x82\x0c\x51\x02\x01\x03\x30", "PKCS#12", "pkcs12"),
            (
                b"\x30\x82\x0c\x51\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0",
                "PKCS#7",
                "pkcs7 -inform der",
            ),
            (b"-----BEGIN PKCS7-----\nMIIC\n-----END PKCS7-----\n", "PKCS#7", "pkcs7 -print"),
            (b"\xfe\xed\xfe\xed\0\0\0\x02", "JKS", "keytool"),
            (
                b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
                "readable",
                "PEM file",
            ),
            (b"-----BEGIN TRUSTED CERTIFICATE-----\n", "OpenSSL's own", "x509 -in FILE"),
            (b"-----BEGIN RSA PRIVATE KEY-----\n", "private key", "PEM file"),
            (b"MIIDDTCCAfWgAwIBAgIUQ", "base64", "PEM file"),
            (b"<!DOCTYPE html>", "web page", "PEM file"),
            (b"\xff\xfe-\0-\0-\0", "UTF-16", "UTF-8"),
            (b"canary", "no certificate in PEM", "PEM file"),
        ] {
            let (found, next) = describe(bytes);
            assert!(found.contains(words), "{words}: {found}");
            assert!(next.contains(hint), "{words}: {next}");
        }
    }
}
