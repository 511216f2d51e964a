use std::fmt;

/// The form of a file that is not a PEM file of certificates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Form {
    /// Base64 without the header of PEM.
    Base64,
    /// A certificate in DER.
    Der,
    /// An empty file.
    Empty,
    /// A web page.
    Html,
    /// A Java key store.
    Jks,
    /// Another form.
    Other,
    /// PKCS#12, `.p12` or `.pfx`.
    Pkcs12,
    /// PKCS#7 in DER, `.p7b`.
    Pkcs7Der,
    /// PKCS#7 in PEM, `.p7b`.
    Pkcs7Pem,
    /// A private key without a certificate.
    PrivateKey,
    /// A certificate in the trusted format of OpenSSL.
    Trusted,
    /// Damaged certificates.
    Unreadable,
    /// Text in UTF-16.
    Utf16,
}

impl Form {
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes.trim_ascii() {
            [] => return Self::Empty,
            [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => return Self::Jks,
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Self::Utf16,
            [b'<', ..] => return Self::Html,
            [b'M', b'I', b'I', ..] => return Self::Base64,
            _ => {}
        }
        let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        let starts = |text: &[u8]| bytes.windows(text.len()).take(32).any(|window| window == text);
        if has(b"-----BEGIN CERTIFICATE-----") {
            Self::Unreadable
        } else if has(b"-----BEGIN TRUSTED CERTIFICATE-----") {
            Self::Trusted
        } else if has(b"-----BEGIN PKCS7-----") || has(b"-----BEGIN CMS-----") {
            Self::Pkcs7Pem
        } else if has(b" PRIVATE KEY-----") {
            Self::PrivateKey
        } else if bytes[0] != SEQUENCE {
            Self::Other
        } else if starts(SIGNED_DATA) {
            Self::Pkcs7Der
        } else if starts(VERSION_3) {
            Self::Pkcs12
        } else {
            Self::Der
        }
    }

    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Der => "convert it: `openssl x509 -inform der -in FILE -out ca.pem`",
            Self::Jks => {
                "export a certificate: `keytool -exportcert -rfc -keystore FILE -alias NAME`"
            }
            Self::Pkcs12 => "extract them: `openssl pkcs12 -in FILE -cacerts -nokeys -out ca.pem`",
            Self::Pkcs7Der => {
                "convert it: `openssl pkcs7 -inform der -print_certs -in FILE -out ca.pem`"
            }
            Self::Pkcs7Pem => "convert it: `openssl pkcs7 -print_certs -in FILE -out ca.pem`",
            Self::Trusted => "convert it: `openssl x509 -in FILE -out ca.pem`",
            Self::Utf16 => "save it as UTF-8",
            Self::Base64
            | Self::Empty
            | Self::Html
            | Self::Other
            | Self::PrivateKey
            | Self::Unreadable => {
                "use a PEM file of certificates: each begins with `-----BEGIN CERTIFICATE-----`"
            }
        }
    }
}

/// The end of a sentence, such as "is empty".
impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base64 => "is base64 without a PEM header",
            Self::Der => "is DER, not PEM",
            Self::Empty => "is empty",
            Self::Html => "is a web page, not PEM",
            Self::Jks => "is a Java key store (JKS), not PEM",
            Self::Other => "has no certificate in PEM",
            Self::Pkcs12 => "is PKCS#12 (P12, PFX), not PEM",
            Self::Pkcs7Der | Self::Pkcs7Pem => "is PKCS#7 (P7B), not certificates in PEM",
            Self::PrivateKey => "has a private key and no certificate",
            Self::Trusted => "has a certificate in OpenSSL's own format, not in PEM",
            Self::Unreadable => "has no readable certificate",
            Self::Utf16 => "is UTF-16 text, not PEM",
        })
    }
}

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
        for (bytes, form) in [
            (&b""[..], Form::Empty),
            (b" \n", Form::Empty),
            (b"\x30\x82\x03\x0d\x30\x82\x01\xf5\xa0\x03\x02\x01\x02", Form::Der),
            (b"\x30\x82\x0c\x51\x02\x01\x03\x30", Form::Pkcs12),
            (b"\x30\x82\x0c\x51\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0", Form::Pkcs7Der),
            (b"-----BEGIN PKCS7-----\nMIIC\n-----END PKCS7-----\n", Form::Pkcs7Pem),
            (b"\xfe\xed\xfe\xed\0\0\0\x02", Form::Jks),
            (b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", Form::Unreadable),
            (b"-----BEGIN TRUSTED CERTIFICATE-----\n", Form::Trusted),
            (b"-----BEGIN RSA PRIVATE KEY-----\n", Form::PrivateKey),
            (b"MIIDDTCCAfWgAwIBAgIUQ", Form::Base64),
            (b"<!DOCTYPE html>", Form::Html),
            (b"\xff\xfe-\0-\0-\0", Form::Utf16),
            (b"canary", Form::Other),
        ] {
            assert_eq!(Form::of(bytes), form, "{bytes:?}");
        }
    }
}
