//! The key that signs.

use orgtoken_assertion::{Passphrase, PublicKey, SigningKey};
use zeroize::Zeroizing;

use super::{Check, SET, fault_of};
use crate::layer::Entry;
use crate::looks::Looks;
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
            Raw::Text(text) => {
                not_another(text.secret()).and_then(|()| self.signing_key(text.secret().as_bytes()))
            }
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

    fn signing_key(&mut self, bytes: &[u8]) -> Result<KeySource, Fault> {
        let key = match self.passphrase() {
            Some(passphrase) => SigningKey::from_encrypted(bytes, &passphrase),
            None => SigningKey::from_bytes(bytes),
        };
        Ok(KeySource::Here(Box::new(key.map_err(Fault::Key)?)))
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
        match PublicKey::from_pem_or_der(bytes) {
            Ok(key) => {
                self.origin(Setting::PublicKey, SET.to_owned(), source);
                Some(key)
            }
            Err(error) => {
                self.problem(Setting::PublicKey, &source, Fault::Key(error));
                None
            }
        }
    }
}

/// Refuses what stands where the text of a key should, before it is taken for a damaged key.
fn not_another(text: &str) -> Result<(), Fault> {
    match Looks::of(text) {
        Some(Looks::Placeholder) => Err(Fault::Placeholder),
        Some(Looks::PrivateKey) if text.contains("...") || text.contains('…') => {
            Err(Fault::Placeholder)
        }
        Some(looks @ (Looks::Path | Looks::Url)) => Err(Fault::NotAKey { found: looks }),
        Some(found @ (Looks::ClientId | Looks::Username)) => {
            Err(Fault::Swapped { found, belongs: found.setting() })
        }
        _ => Ok(()),
    }
}
