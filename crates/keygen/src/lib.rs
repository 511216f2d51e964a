//! RSA key pairs and self-signed certificates for the JWT bearer flow of Salesforce.
//!
//! The crate does no I/O: the caller passes the random generator and the time, and stores the
//! results.
//!
//! ```
//! use orgtoken_assertion::UnixTime;
//! use orgtoken_keygen::{Certificate, KeyPair, KeySize, Subject, Validity};
//!
//! let mut rng = getrandom::SysRng;
//! let pair = KeyPair::generate(&mut rng, KeySize::Bits2048)?;
//! let subject = Subject::parse("CN=my-integration")?;
//! let validity = Validity::starting(UnixTime::from_secs(1_700_000_000));
//! let certificate = Certificate::self_signed(&pair, &subject, validity, &mut rng)?;
//!
//! assert!(certificate.to_pem().starts_with("-----BEGIN CERTIFICATE-----"));
//! assert_eq!(certificate.subject(), "CN=my-integration");
//! assert!(certificate.belongs_to(&pair));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Keys are encoded as PKCS#8 ([RFC 5958]). Certificates follow [RFC 5280].
//!
//! [RFC 5280]: https://www.rfc-editor.org/rfc/rfc5280
//! [RFC 5958]: https://www.rfc-editor.org/rfc/rfc5958

#![forbid(unsafe_code)]

mod certificate;
pub use certificate::Certificate;
mod error;
pub use error::{CertificateError, KeyPairError};
mod key_pair;
pub use key_pair::{KeyPair, KeySize};
mod subject;
pub use subject::Subject;
mod validity;
pub use validity::Validity;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
