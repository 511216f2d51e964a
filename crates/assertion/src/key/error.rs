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
    OldEncryption {
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
    Several {
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
    Unended,
    /// Text in UTF-16.
    #[error("the key's text is UTF-16")]
    Utf16,
    /// The primes can be guessed.
    #[error("the key is weak: its primes can be found")]
    Weak,
}

impl KeyError {
    /// A name for programs; it does not change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "key.algorithm",
            Self::Boundary { .. }
            | Self::Character { .. }
            | Self::NonAscii { .. }
            | Self::Utf16 => "key.pem",
            Self::Certificate { .. } => "key.certificate",
            Self::Der { .. } => "key.der",
            Self::Empty => "key.empty",
            Self::Encrypted | Self::OldEncryption { .. } => "key.encrypted",
            Self::Exponent => "key.exponent",
            Self::Format { .. } => "key.format",
            Self::Inconsistent => "key.inconsistent",
            Self::Kdf => "key.kdf",
            Self::MultiPrime => "key.multiprime",
            Self::NotAKey { .. } => "key.not_a_key",
            Self::Passphrase => "key.passphrase",
            Self::Public => "key.public",
            Self::Published => "key.test_key",
            Self::Several { .. } => "key.several",
            Self::TooLarge { .. } | Self::TooLong { .. } => "key.too_large",
            Self::TooSmall { .. } => "key.too_small",
            Self::Truncated { .. } | Self::Unended => "key.truncated",
            Self::Weak => "key.weak",
        }
    }
}
