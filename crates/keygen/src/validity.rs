//! Validity of certificates.

use std::time::Duration;

use orgtoken_assertion::UnixTime;
use x509_cert::der::DateTime;
use x509_cert::time::Time;

use crate::error::CertificateError;

/// The validity of a certificate. Default: two years.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    not_before: UnixTime,
    not_after: UnixTime,
}

impl Validity {
    /// The default validity in days: two years.
    pub const DEFAULT_DAYS: u32 = 730;

    /// Creates a validity of [`Validity::DEFAULT_DAYS`] that begins at `not_before`.
    pub fn starting(not_before: UnixTime) -> Self {
        Self { not_before, not_after: not_before }.days(Self::DEFAULT_DAYS)
    }

    /// Sets the number of days.
    #[must_use]
    pub fn days(self, days: u32) -> Self {
        let not_after = self.not_before.saturating_add(DAY * days);
        Self { not_after, ..self }
    }

    pub(crate) fn to_x509(self) -> Result<x509_cert::time::Validity, CertificateError> {
        if self.not_after <= self.not_before {
            return Err(CertificateError::Validity);
        }
        Ok(x509_cert::time::Validity::new(time(self.not_before)?, time(self.not_after)?))
    }
}

/// Converts to UTCTime until 2049, and to GeneralizedTime after that ([RFC 5280, Section 4.1.2.5]).
///
/// [RFC 5280, Section 4.1.2.5]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5
fn time(time: UnixTime) -> Result<Time, CertificateError> {
    let since_epoch = Duration::from_secs(time.as_secs());
    let date = DateTime::from_unix_duration(since_epoch).map_err(|_| CertificateError::Validity)?;
    Ok(Time::from(date))
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
