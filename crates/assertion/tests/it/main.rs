//! What `orgtoken-assertion` promises, by theme. Names like `A53` are rows of the table of bad
//! inputs that the key intake was built from.

mod accepted; // shapes of keys that people have, and that work
mod assertions; // claims to the byte, and others' assertions
mod back_ends; // rsa, ring and OpenSSL give the same bytes, or none
mod damage; // damaged DER and random input: refused, never a panic
mod der; // a writer for what the tests feed in
#[cfg(feature = "encrypted")]
mod encrypted; // keys with a passphrase
mod keys; // keys for all of them
mod openssl; // what OpenSSL writes
mod public; // public keys and certificates, and what is none
mod refused; // text that was damaged on its way
mod secrecy; // nothing secret is shown
mod unsupported; // what is no key, and is named for what it is
mod validate; // numbers that are no sound key
mod vectors; // RFC 7515, RFC 7520, Wycheproof
