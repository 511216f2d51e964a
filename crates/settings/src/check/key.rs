//! Checks the private key.

use orgtoken_assertion::{KeyError, Passphrase, PublicKey, Signer, SigningKey};
use orgtoken_oauth::Resolution;

use super::{Check, HIDDEN, problem_of};
use crate::encrypted_key::EncryptedKey;
use crate::layer::Entry;
use crate::problems::ProblemKind;
use crate::raw::Raw;
use crate::setting::Setting;
use crate::settings::{KeySource, refuse_published};
use crate::value_kind::ValueKind;

impl Check {
    pub(super) fn key(&mut self) -> Option<KeySource> {
        let public_key = self.public_key();
        let Some(Entry { source, raw, .. }) = self.loader.take(Setting::PrivateKey) else {
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
                .map_err(|kind| identified_key(text.secret(), kind)),
            raw => Err(problem_of(raw)),
        };
        match key {
            Ok(key) => {
                self.note_value(Setting::PrivateKey, HIDDEN.to_owned(), source);
                Some(key)
            }
            Err(kind) => {
                self.problem(Setting::PrivateKey, &source, kind);
                None
            }
        }
    }

    /// Lists the sources of the key, its public key and its passphrase, without reading them.
    pub(super) fn key_unread(&mut self) {
        for setting in [Setting::PublicKey, Setting::Passphrase, Setting::PrivateKey] {
            let Some(Entry { source, raw, .. }) = self.loader.take(setting) else { continue };
            match raw {
                Raw::Broken(kind) if !kind.is_deferred() => self.problem(setting, &source, kind),
                Raw::Text(text)
                    if setting == Setting::PrivateKey
                        && !matches!(
                            ValueKind::guess(text.secret()),
                            None | Some(ValueKind::PrivateKey)
                        ) => {}
                _ => self.note_value(setting, HIDDEN.to_owned(), source),
            }
        }
    }

    /// Refuses a published test key, which is not secret.
    pub(super) fn published(&mut self, key: &KeySource, resolution: &Resolution) {
        let public_key = match key {
            KeySource::Local(key) => key.public_key(),
            KeySource::Command { public_key, .. } => public_key,
            _ => return,
        };
        if let Err(error) = refuse_published(public_key, resolution) {
            let value = self.values.iter().find(|value| value.setting == Setting::PrivateKey);
            let source = value.expect("the key came from somewhere").source.clone();
            self.problem(Setting::PrivateKey, &source, ProblemKind::Key(error));
        }
    }

    fn signing_key(&mut self, bytes: &[u8]) -> Result<KeySource, ProblemKind> {
        let passphrase = self.passphrase();
        match SigningKey::from_bytes(bytes) {
            Ok(key) => Ok(KeySource::Local(Box::new(key))),
            Err(KeyError::Encrypted) => {
                Ok(KeySource::Encrypted(EncryptedKey::new(bytes, passphrase)))
            }
            Err(error) => Err(ProblemKind::Key(error)),
        }
    }

    fn passphrase(&mut self) -> Option<Passphrase> {
        let (passphrase, source) = self.take(Setting::Passphrase, Raw::into_bytes)?;
        self.note_value(Setting::Passphrase, HIDDEN.to_owned(), source);
        Some(Passphrase::new(passphrase.as_slice()))
    }

    fn public_key(&mut self) -> Option<PublicKey> {
        let (bytes, source) = self.take(Setting::PublicKey, Raw::into_bytes)?;
        match PublicKey::from_bytes(&bytes) {
            Ok(key) => {
                self.note_value(Setting::PublicKey, HIDDEN.to_owned(), source);
                Some(key)
            }
            Err(error) => {
                self.problem(Setting::PublicKey, &source, ProblemKind::PublicKey(error));
                None
            }
        }
    }
}

/// Returns a more specific problem for a text that is not a key.
fn identified_key(text: &str, kind: ProblemKind) -> ProblemKind {
    if !matches!(kind, ProblemKind::Key(KeyError::NotAKey { .. })) {
        return kind;
    }
    match ValueKind::guess(text) {
        Some(found @ (ValueKind::Placeholder | ValueKind::Variable)) => {
            ProblemKind::Placeholder { found }
        }
        Some(found @ (ValueKind::Path | ValueKind::Url)) => ProblemKind::NotAKey { found },
        Some(found @ (ValueKind::ClientId | ValueKind::Username)) => {
            ProblemKind::Swapped { found, belongs: found.setting() }
        }
        _ => kind,
    }
}
