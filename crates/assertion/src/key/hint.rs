//! What to do about a key that is refused, for a tired person who never saw one.

use alloc::borrow::Cow;
use alloc::format;

use super::KeyError;
use super::unsupported::{PATH, PLACEHOLDER};

impl KeyError {
    /// What to do about it.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Algorithm { .. } | Self::Exponent | Self::MultiPrime | Self::Published => {
                GENERATE
            }
            Self::Boundary { .. } | Self::Unended => COPY_ALL,
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
            Self::OldEncryption { .. } => DECRYPT,
            Self::Passphrase => CHECK_THE_PASSPHRASE,
            Self::Public => GIVE_THE_PRIVATE_KEY,
            Self::Several { .. } => CHOOSE,
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
