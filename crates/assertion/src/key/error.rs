use alloc::borrow::Cow;
use alloc::format;

use super::unsupported::{PATH, PLACEHOLDER};
use crate::Diagnostic;

/// Why what was given is no key to work with. It says what the input is, and never repeats any
/// of it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A key for another algorithm than RSA with PKCS#1 v1.5 padding.
    #[error("this is a key for {found}: an RSA key is needed")]
    Algorithm {
        /// The algorithm's name.
        found: &'static str,
    },
    /// A BEGIN or END line is not as it has to be, or does not match the other.
    #[error("line {line} is not a proper BEGIN or END line")]
    Boundary {
        /// Counted from 1.
        line: usize,
    },
    /// A certificate or a request for one.
    #[error("this is a {found}: the private key that belongs to it is needed")]
    Certificate {
        /// Which of them.
        found: &'static str,
    },
    /// A character that has no place in base64.
    #[error("line {line}, column {column} holds a character that is not base64")]
    Character {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
    },
    /// The ASN.1 is not strict DER, or not that of a key.
    #[error("the key's DER is malformed at byte {offset}")]
    Der {
        /// Counted from 0, after base64 is taken off.
        offset: usize,
    },
    /// There is nothing.
    #[error("the private key is empty")]
    Empty,
    /// An encrypted key (PBES2), and no passphrase for it.
    #[error("the private key is encrypted, and there is no passphrase")]
    Encrypted,
    /// The public exponent is not an odd number from 65537 to 2^33 - 1.
    #[error("the key's public exponent is out of range: 65537 is expected")]
    Exponent,
    /// A container of keys that is none of the forms a key is read from.
    #[error("this is {found}: a private key in PEM is needed")]
    Format {
        /// The form's name, with its article.
        found: &'static str,
        /// The command that makes a PEM of it.
        command: &'static str,
    },
    /// The numbers do not belong together.
    #[error("the key is damaged: its numbers do not fit each other")]
    Inconsistent,
    /// Deriving the key from the passphrase would cost more than is allowed.
    #[error("the cost of deriving the key from its passphrase is too high")]
    Kdf,
    /// Three primes or more.
    #[error("the key has more than two primes")]
    MultiPrime,
    /// A character outside ASCII between BEGIN and END.
    #[error("line {line} holds the character U+{:04X}, which has no place there", u32::from(*.found))]
    NonAscii {
        /// Counted from 1.
        line: usize,
        /// The character: it cannot be part of a key.
        found: char,
    },
    /// Nothing that is known to hold keys.
    #[error("not a private key{}{}", if found.is_some() { " but " } else { "" }, found.unwrap_or_default())]
    NotAKey {
        /// What it is, with its article, where that can be told.
        found: Option<&'static str>,
    },
    /// An encrypted key, with an encryption that this crate does not open.
    #[error("the private key is encrypted in a way that is not supported ({found})")]
    UnsupportedEncryption {
        /// The kind of encryption.
        found: &'static str,
    },
    /// The passphrase does not open the key.
    #[error("the passphrase does not open the private key")]
    Passphrase,
    /// A public key, where the private one is asked for.
    #[error("this is a public key: the private key is needed")]
    Public,
    /// A key from a standard or test suite, which everyone has.
    ///
    /// Such keys are read, for tests. The error is for those who send assertions to real endpoints
    /// and look at [`PublicKey::is_published`](crate::PublicKey::is_published) before.
    #[error("this private key is published in a standard or test suite")]
    Published,
    /// More private keys than one.
    #[error("there are {count} private keys: one is needed")]
    MultipleKeys {
        /// How many.
        count: usize,
    },
    /// More than 4096 bits.
    #[error("the key has {bits} bits: at most 4096 are accepted")]
    TooLarge {
        /// The size of the modulus.
        bits: u32,
    },
    /// More bytes than any acceptable key has.
    #[error("the key is {len} bytes long: at most {limit} are read", limit = super::MAX_LEN)]
    TooLong {
        /// How many bytes there are.
        len: usize,
    },
    /// Fewer than 2048 bits.
    #[error("the key has {bits} bits: at least 2048 are needed")]
    TooSmall {
        /// The size of the modulus.
        bits: u32,
    },
    /// The end is missing.
    #[error("the key is cut off: {got} of {expected} bytes are there")]
    Truncated {
        /// How many bytes the key says it has.
        expected: usize,
        /// How many there are, after base64 is taken off.
        got: usize,
    },
    /// The END line is missing.
    #[error("the key is cut off: its END line is missing")]
    MissingEnd,
    /// Text in UTF-16.
    #[error("the key's text is UTF-16")]
    Utf16,
    /// The primes can be guessed.
    #[error("the key is weak: its primes can be found")]
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
const CHOOSE: &str = "leave one of them, the one whose certificate was uploaded";
const COPY_ALL: &str = "copy all of the key, from `-----BEGIN PRIVATE KEY-----` to \
    `-----END PRIVATE KEY-----`, five dashes each";
pub(super) const COPY_FROM_FILE: &str =
    "copy the key again from its file, not from a chat or a document";
const DECRYPT: &str = "decrypt it: `openssl pkcs8 -in key.pem -topk8 -nocrypt -out plain.pem`, with \
    `-provider legacy -provider default` if OpenSSL calls it unsupported";
const ENCRYPT_AGAIN: &str = "encrypt it again with less: `openssl pkcs8 -in key.pem -out plain.pem && \
    openssl pkcs8 -topk8 -in plain.pem -out new.pem`";
const FILL_IN: &str = "fill in the key: a secret of that name is not set, or was copied from a log \
    that hides it";
pub(super) const EXPORT: &str =
    "the key is damaged: copy or export it again from where it was made";
const GENERATE: &str = "make a new key and upload its certificate: `openssl req -x509 \
    -newkey rsa:2048 -nodes -days 730 -subj /CN=orgtoken -keyout key.pem -out certificate.pem`";
const GIVE_IT_ALONE: &str = "give the key alone; an RSA key of 4096 bits takes 3.5 KB";
const GIVE_THE_KEY: &str = "give the private key itself, the text that starts with \
    `-----BEGIN PRIVATE KEY-----`";
const GIVE_THE_PASSPHRASE: &str =
    "give its passphrase, or decrypt it: `openssl pkcs8 -in key.pem -out plain.pem`";
const GIVE_THE_PRIVATE_KEY: &str = "give the private key that was made with it, which starts \
    with `-----BEGIN PRIVATE KEY-----`";
const NAME_THE_FILE: &str =
    "give the content of that file, or name the file where a file is asked for";
const SAVE_AS_UTF_8: &str = "save it as UTF-8: `iconv -f UTF-16 -t UTF-8 key.pem >utf8.pem`";
const UPLOAD: &str = "this is the file you upload to Salesforce; give the private key that was \
    made with it, often a .key file";
