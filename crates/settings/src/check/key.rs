//! The key that signs.

use orgtoken_assertion::{KeyError, Passphrase, PublicKey, Signer, SigningKey};
use orgtoken_oauth::Resolution;
use zeroize::Zeroizing;

use super::{Check, SET, fault_of};
use crate::layer::Entry;
use crate::locked::LockedKey;
use crate::looks::Looks;
use crate::need::Unread;
use crate::problems::Fault;
use crate::raw::Raw;
use crate::setting::Setting;
use crate::settings::KeySource;
use crate::source::Source;

impl Check {
    pub(super) fn key(&mut self) -> Option<KeySource> {
        let public_key = self.public_key();
        let Some(Entry { source, raw, .. }) = self.draft.take(Setting::PrivateKey) else {
            self.missing(Setting::PrivateKey);
            return None;
        };
        let key = match raw {
            Raw::Agent(name) => Ok(KeySource::Agent(name)),
            Raw::Command(command) => match public_key {
                Some(public_key) => Ok(KeySource::Command { command, public_key }),
                None => {
                    self.missing(Setting::PublicKey);
                    return None;
                }
            },
            Raw::Bytes(bytes) => self.signing_key(&bytes),
            Raw::Text(text) => self
                .signing_key(text.secret().as_bytes())
                .map_err(|fault| identified_key(text.secret(), fault)),
            raw => Err(fault_of(raw)),
        };
        match key {
            Ok(key) => {
                self.origin(Setting::PrivateKey, SET.to_owned(), source);
                Some(key)
            }
            Err(fault) => {
                self.problem(Setting::PrivateKey, &source, fault);
                None
            }
        }
    }

    /// Where the key and what belongs to it would be read from, without a look at them.
    pub(super) fn key_unread(&mut self) {
        for setting in [Setting::PublicKey, Setting::Passphrase, Setting::PrivateKey] {
            let Some(Entry { source, raw, .. }) = self.draft.take(setting) else { continue };
            let is_set = match &raw {
                Raw::Broken(fault) => matches!(fault, Fault::Unread { why: Unread::Later, .. }),
                Raw::Text(text) if setting == Setting::PrivateKey => {
                    matches!(Looks::of(text.secret()), None | Some(Looks::PrivateKey))
                        && !text.secret().trim().is_empty()
                }
                _ => true,
            };
            if is_set {
                self.origin(setting, SET.to_owned(), source);
            }
        }
    }

    /// Row A73: nobody who has a published key should be able to log in.
    pub(super) fn published(&mut self, key: &KeySource, resolution: &Resolution) {
        let public_key = match key {
            KeySource::Here(key) => key.public_key(),
            KeySource::Command { public_key, .. } => public_key,
            _ => return,
        };
        if let Err(error) = refuse_published(public_key, resolution) {
            let origin = self.origins.iter().find(|origin| origin.setting == Setting::PrivateKey);
            let source = origin.expect("the key came from somewhere").source.clone();
            self.problem(Setting::PrivateKey, &source, Fault::Key(error));
        }
    }

    fn signing_key(&mut self, bytes: &[u8]) -> Result<KeySource, Fault> {
        let is_given = self.draft.winner(Setting::Passphrase).is_some();
        let passphrase = self.passphrase();
        match SigningKey::from_bytes(bytes) {
            Ok(key) => Ok(KeySource::Here(Box::new(key))),
            // A passphrase that could not be read is a problem of its own.
            Err(KeyError::Encrypted) if is_given || self.draft.passphrase_later => {
                Ok(KeySource::Locked(LockedKey::new(bytes, passphrase)))
            }
            Err(error) => Err(Fault::Key(error)),
        }
    }

    fn passphrase(&mut self) -> Option<Passphrase> {
        let Entry { source, raw, .. } = self.draft.take(Setting::Passphrase)?;
        let passphrase = match raw {
            Raw::Bytes(bytes) => Passphrase::new(bytes.as_slice()),
            Raw::Text(text) => Passphrase::new(text.secret()),
            raw => {
                self.problem(Setting::Passphrase, &source, fault_of(raw));
                return None;
            }
        };
        self.origin(Setting::Passphrase, SET.to_owned(), source);
        Some(passphrase)
    }

    fn public_key(&mut self) -> Option<PublicKey> {
        let Entry { source, raw, .. } = self.draft.take(Setting::PublicKey)?;
        let bytes = match raw {
            Raw::Bytes(bytes) => bytes,
            Raw::Text(text) => Zeroizing::new(text.secret().as_bytes().to_vec()),
            raw => {
                self.problem(Setting::PublicKey, &source, fault_of(raw));
                return None;
            }
        };
        self.read_public_key(&bytes, source)
    }

    fn read_public_key(&mut self, bytes: &[u8], source: Source) -> Option<PublicKey> {
        match PublicKey::from_bytes(bytes) {
            Ok(key) => {
                self.origin(Setting::PublicKey, SET.to_owned(), source);
                Some(key)
            }
            Err(error) => {
                self.problem(Setting::PublicKey, &source, Fault::PublicKey(error));
                None
            }
        }
    }
}

/// Refuses a key that everyone has, where real assertions go.
pub(crate) fn refuse_published(key: &PublicKey, resolution: &Resolution) -> Result<(), KeyError> {
    let host = resolution.endpoint().host();
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "::1");
    if !is_here && key.is_published() { Err(KeyError::Published) } else { Ok(()) }
}

/// A better fault for a text that is not a key, from what it looks like.
fn identified_key(text: &str, fault: Fault) -> Fault {
    if !matches!(fault, Fault::Key(KeyError::NotAKey { .. })) {
        return fault;
    }
    match Looks::of(text) {
        Some(found @ (Looks::Placeholder | Looks::Variable)) => Fault::Placeholder { found },
        Some(found @ (Looks::Path | Looks::Url)) => Fault::NotAKey { found },
        Some(found @ (Looks::ClientId | Looks::Username)) => {
            Fault::Swapped { found, belongs: found.setting() }
        }
        _ => fault,
    }
}
