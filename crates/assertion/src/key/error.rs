use alloc::borrow::Cow;
use alloc::format;

use crate::Diagnostic;

/// An input that is not a usable private key. The error says what the input is, and never repeats
/// any part of it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A key for another algorithm than RSA with PKCS#1 v1.5 padding.
    #[error("the key is for {found}, not for RSA")]
    Algorithm {
        /// The algorithm's name.
        found: &'static str,
    },
    /// A malformed BEGIN or END line, or an END line that does not match its BEGIN line.
    #[error("invalid BEGIN or END line at line {line}")]
    Boundary {
        /// Counted from 1.
        line: usize,
    },
    /// A certificate or a certificate request.
    #[error("not a private key but a {found}")]
    Certificate {
        /// The kind of certificate or request.
        found: &'static str,
    },
    /// A character that is not base64.
    #[error("invalid base64 at line {line}, column {column}")]
    Character {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
    },
    /// The DER is not strict, or not that of a key.
    #[error("malformed DER of the key at byte {offset}")]
    Der {
        /// Counted from 0, in the decoded bytes.
        offset: usize,
    },
    /// The input is empty.
    #[error("the private key is empty")]
    Empty,
    /// The key is encrypted (PBES2), and no passphrase was given.
    #[error("the private key is encrypted, and no passphrase was given")]
    Encrypted,
    /// The public exponent is not an odd number from 65537 to 2^33 - 1.
    #[error("the public exponent of the key is out of range, expected 65537")]
    Exponent,
    /// A container of keys in a format that is not supported.
    #[error("not a private key in PEM but {found}")]
    Format {
        /// The name of the format, with its article.
        found: &'static str,
        /// The command that converts it to PEM.
        command: &'static str,
    },
    /// The numbers are inconsistent.
    #[error("the key is damaged: its numbers are inconsistent")]
    Inconsistent,
    /// The cost of the key derivation exceeds the limit.
    #[error("the key derivation cost of the encrypted key is too high")]
    Kdf,
    /// Three primes or more.
    #[error("the key has more than two primes")]
    MultiPrime,
    /// A non-ASCII character between BEGIN and END.
    #[error("invalid character U+{:04X} at line {line}", u32::from(*.found))]
    NonAscii {
        /// Counted from 1.
        line: usize,
        /// The character, which cannot be part of a key.
        found: char,
    },
    /// The input is not a key in any known format.
    #[error("not a private key{}{}", if found.is_some() { " but " } else { "" }, found.unwrap_or_default())]
    NotAKey {
        /// The kind of the input, with its article, if it is known.
        found: Option<&'static str>,
    },
    /// The key is encrypted with an algorithm that is not supported.
    #[error("unsupported encryption of the private key: {found}")]
    UnsupportedEncryption {
        /// The kind of encryption.
        found: &'static str,
    },
    /// The passphrase does not decrypt the key.
    #[error("the passphrase does not decrypt the private key")]
    Passphrase,
    /// A public key instead of a private key.
    #[error("not a private key but a public key")]
    Public,
    /// A published key, from a standard or a test suite.
    ///
    /// This crate accepts such keys, for tests. The error is for callers that send assertions to
    /// real endpoints: check [`PublicKey::is_published`](crate::PublicKey::is_published) first.
    #[error("this private key is published in a standard or test suite")]
    Published,
    /// More than one private key.
    #[error("the input has {count} private keys, expected one")]
    MultipleKeys {
        /// The number of keys.
        count: usize,
    },
    /// More than 4096 bits.
    #[error("the key has {bits} bits, the maximum is 4096")]
    TooLarge {
        /// The size of the modulus.
        bits: u32,
    },
    /// The input is longer than any acceptable key.
    #[error("the key has {len} bytes, the maximum is {limit}", limit = super::MAX_LEN)]
    TooLong {
        /// The length in bytes.
        len: usize,
    },
    /// Fewer than 2048 bits.
    #[error("the key has {bits} bits, the minimum is 2048")]
    TooSmall {
        /// The size of the modulus.
        bits: u32,
    },
    /// The end of the key is missing.
    #[error("the key is cut off: it has {got} of {expected} bytes")]
    Truncated {
        /// The length according to the key's header.
        expected: usize,
        /// The actual length of the decoded bytes.
        got: usize,
    },
    /// The END line is missing.
    #[error("the key is cut off: its END line is missing")]
    MissingEnd,
    /// Text in UTF-16.
    #[error("the key is encoded as UTF-16")]
    Utf16,
    /// The primes can be found by a known attack.
    #[error("the key is weak: its primes can be guessed")]
    Weak,
}

impl Diagnostic for KeyError {
    fn code(&self) -> &str {
        self.code_and_hint().0
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        if let Self::Format { command, .. } = self {
            return Some(format!("get a private key in PEM: `{command}`").into());
        }
        Some(self.code_and_hint().1.into())
    }
}

impl KeyError {
    fn code_and_hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Algorithm { .. } => ("key.algorithm", GENERATE),
            Self::Boundary { .. } => ("key.pem", COPY_ALL),
            Self::Certificate { found: "certificate request" } => ("key.certificate", GIVE_THE_KEY),
            Self::Certificate { .. } => (
                "key.certificate",
                "give the private key of the certificate, often a .key file; the certificate is \
                 the file to upload to Salesforce",
            ),
            Self::Character { .. } | Self::NonAscii { .. } => ("key.pem", COPY_FROM_FILE),
            Self::Der { .. } => ("key.der", EXPORT),
            Self::Empty => ("key.empty", GIVE_THE_KEY),
            Self::Encrypted => (
                "key.encrypted",
                "decrypt it with `openssl pkcs8 -in key.pem -out plain.pem`, or give its passphrase",
            ),
            Self::Exponent => ("key.exponent", GENERATE),
            Self::Format { .. } => ("key.format", GIVE_THE_KEY),
            Self::Inconsistent => ("key.inconsistent", EXPORT),
            Self::Kdf => (
                "key.kdf",
                "encrypt it again with a lower cost: `openssl pkcs8 -in key.pem -out plain.pem && \
                 openssl pkcs8 -topk8 -in plain.pem -out new.pem`",
            ),
            Self::MissingEnd => ("key.truncated", COPY_ALL),
            Self::MultiPrime => ("key.multiprime", GENERATE),
            Self::MultipleKeys { .. } => {
                ("key.several", "keep only the key whose certificate was uploaded")
            }
            Self::NotAKey { found: Some(PATH) } => (
                "key.not_a_key",
                "give the content of that file, or use the setting that takes a file name",
            ),
            Self::NotAKey { found: Some(PLACEHOLDER) } => (
                "key.not_a_key",
                "fill in the key: the secret of that name is not set, or the value was copied from \
                 a log that masks it",
            ),
            Self::NotAKey { .. } => ("key.not_a_key", GIVE_THE_KEY),
            Self::Passphrase => (
                "key.passphrase",
                "check the passphrase: `openssl pkey -in key.pem -noout` asks for it",
            ),
            Self::Public => (
                "key.public",
                "give the private key that belongs to it, which starts with \
                 `-----BEGIN PRIVATE KEY-----`",
            ),
            Self::Published => ("key.test_key", GENERATE),
            Self::TooLarge { .. } => ("key.too_large", GENERATE),
            Self::TooLong { .. } => {
                ("key.too_large", "give only the key; an RSA key of 4096 bits takes 3.5 KB")
            }
            Self::TooSmall { .. } => ("key.too_small", GENERATE),
            Self::Truncated { .. } => ("key.truncated", EXPORT),
            Self::UnsupportedEncryption { .. } => (
                "key.encrypted",
                "decrypt it: `openssl pkcs8 -in key.pem -topk8 -nocrypt -out plain.pem`, with \
                 `-provider legacy -provider default` if OpenSSL calls it unsupported",
            ),
            Self::Utf16 => {
                ("key.pem", "save it as UTF-8: `iconv -f UTF-16 -t UTF-8 key.pem >utf8.pem`")
            }
            Self::Weak => ("key.weak", GENERATE),
        }
    }
}

// Kinds of input that have a hint of their own.
pub(super) const PATH: &str = "a path or URL";
pub(super) const PLACEHOLDER: &str = "a placeholder";

const COPY_ALL: &str = "copy all of the key, from `-----BEGIN PRIVATE KEY-----` to \
    `-----END PRIVATE KEY-----`, five dashes each";
const COPY_FROM_FILE: &str = "copy the key again from its file, not from a chat or a document";
const EXPORT: &str = "copy or export the key again from where it was created";
const GENERATE: &str = "create a new key and upload its certificate: `openssl req -x509 \
    -newkey rsa:2048 -nodes -days 730 -subj /CN=orgtoken -keyout key.pem -out certificate.pem`";
const GIVE_THE_KEY: &str = "give the private key itself, the text that starts with \
    `-----BEGIN PRIVATE KEY-----`";
