//! Tests of `orgtoken-assertion` by topic.

mod accepted; // keys in every form that is read
mod assertions; // the bytes of an assertion, and verification
mod back_ends; // rsa, ring and OpenSSL make the same signatures
mod damage; // damaged DER and random input: refused, never a panic
mod der; // a writer of valid and invalid DER
#[cfg(feature = "encrypted")]
mod encrypted; // keys with a passphrase
mod keys; // keys for all tests
mod openssl; // keys and certificates written by OpenSSL
mod public; // public keys and certificates
mod refused; // damaged text
mod secrecy; // nothing secret is shown
mod unsupported; // inputs that are not keys, and how they are named
mod validate; // numbers of invalid keys
mod vectors; // RFC 7515, RFC 7520, Wycheproof
