use alloc::borrow::Cow;
use alloc::format;

use super::unsupported::{PATH, PLACEHOLDER};
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
        match self {
            Self::Algorithm { .. } => "key.algorithm",
            Self::Boundary { .. }
            | Self::Character { .. }
            | Self::NonAscii { .. }
            | Self::Utf16 => "key.pem",
            Self::Certificate { .. } => "key.certificate",
            Self::Der { .. } => "key.der",
            Self::Empty => "key.empty",
            Self::Encrypted | Self::UnsupportedEncryption { .. } => "key.encrypted",
            Self::Exponent => "key.exponent",
            Self::Format { .. } => "key.format",
            Self::Inconsistent => "key.inconsistent",
            Self::Kdf => "key.kdf",
            Self::MultiPrime => "key.multiprime",
            Self::NotAKey { .. } => "key.not_a_key",
            Self::Passphrase => "key.passphrase",
            Self::Public => "key.public",
            Self::Published => "key.test_key",
            Self::MultipleKeys { .. } => "key.several",
            Self::TooLarge { .. } | Self::TooLong { .. } => "key.too_large",
            Self::TooSmall { .. } => "key.too_small",
            Self::Truncated { .. } | Self::MissingEnd => "key.truncated",
            Self::Weak => "key.weak",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        let hint = match self {
            Self::Algorithm { .. } | Self::Exponent | Self::MultiPrime | Self::Published => {
                GENERATE
            }
            Self::Boundary { .. } | Self::MissingEnd => COPY_ALL,
            Self::Certificate { found: "certificate request" } => GIVE_THE_KEY,
            Self::Certificate { .. } => UPLOAD,
            Self::Character { .. } | Self::NonAscii { .. } => COPY_FROM_FILE,
            Self::Der { .. } | Self::Inconsistent | Self::Truncated { .. } => EXPORT,
            Self::Encrypted => GIVE_THE_PASSPHRASE,
            Self::Format { command, .. } => {
                return Some(format!("get a private key in PEM: `{command}`").into());
            }
            Self::Kdf => ENCRYPT_AGAIN,
            Self::NotAKey { found: Some(PATH) } => NAME_THE_FILE,
            Self::NotAKey { found: Some(PLACEHOLDER) } => FILL_IN,
            Self::Empty | Self::NotAKey { .. } => GIVE_THE_KEY,
            Self::UnsupportedEncryption { .. } => DECRYPT,
            Self::Passphrase => CHECK_THE_PASSPHRASE,
            Self::Public => GIVE_THE_PRIVATE_KEY,
            Self::MultipleKeys { .. } => CHOOSE,
            Self::TooLarge { .. } | Self::TooSmall { .. } | Self::Weak => GENERATE,
            Self::TooLong { .. } => GIVE_IT_ALONE,
            Self::Utf16 => SAVE_AS_UTF_8,
        };
        Some(Cow::Borrowed(hint))
    }
}

const CHECK_THE_PASSPHRASE: &str =
    "check the passphrase: `openssl pkey -in key.pem -noout` asks for it";
const CHOOSE: &str = "keep only the key whose certificate was uploaded";
const COPY_ALL: &str = "copy all of the key, from `-----BEGIN PRIVATE KEY-----` to \
    `-----END PRIVATE KEY-----`, five dashes each";
pub(super) const COPY_FROM_FILE: &str =
    "copy the key again from its file, not from a chat or a document";
const DECRYPT: &str = "decrypt it: `openssl pkcs8 -in key.pem -topk8 -nocrypt -out plain.pem`, with \
    `-provider legacy -provider default` if OpenSSL calls it unsupported";
const ENCRYPT_AGAIN: &str = "encrypt it again with a lower cost: `openssl pkcs8 -in key.pem -out plain.pem && \
    openssl pkcs8 -topk8 -in plain.pem -out new.pem`";
const FILL_IN: &str = "fill in the key: the secret of that name is not set, or the value was copied \
    from a log that masks it";
pub(super) const EXPORT: &str = "copy or export the key again from where it was created";
const GENERATE: &str = "create a new key and upload its certificate: `openssl req -x509 \
    -newkey rsa:2048 -nodes -days 730 -subj /CN=orgtoken -keyout key.pem -out certificate.pem`";
const GIVE_IT_ALONE: &str = "give only the key; an RSA key of 4096 bits takes 3.5 KB";
const GIVE_THE_KEY: &str = "give the private key itself, the text that starts with \
    `-----BEGIN PRIVATE KEY-----`";
const GIVE_THE_PASSPHRASE: &str =
    "decrypt it with `openssl pkcs8 -in key.pem -out plain.pem`, or give its passphrase";
const GIVE_THE_PRIVATE_KEY: &str = "give the private key that belongs to it, which starts \
    with `-----BEGIN PRIVATE KEY-----`";
const NAME_THE_FILE: &str =
    "give the content of that file, or use the setting that takes a file name";
const SAVE_AS_UTF_8: &str = "save it as UTF-8: `iconv -f UTF-16 -t UTF-8 key.pem >utf8.pem`";
const UPLOAD: &str = "give the private key of the certificate, often a .key file; the certificate \
    is the file to upload to Salesforce";
