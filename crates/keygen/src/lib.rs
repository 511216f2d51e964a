//! RSA key pairs and self-signed certificates.

#![forbid(unsafe_code)]
