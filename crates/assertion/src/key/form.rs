use core::fmt;

/// The form in which a key was given, such as "PKCS#8 PEM".
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyForm {
    pub(super) structure: Structure,
    pub(super) wrapping: Wrapping,
}

impl fmt::Display for KeyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.structure {
            #[cfg(feature = "encrypted")]
            Structure::EncryptedPkcs8 => "encrypted PKCS#8",
            Structure::Jwk => "JWK",
            Structure::Pkcs1 => "PKCS#1",
            Structure::Pkcs8 => "PKCS#8",
        })?;
        f.write_str(match self.wrapping {
            Wrapping::Base64 => " DER in base64",
            Wrapping::Base64Pem => " PEM in base64",
            Wrapping::Der => " DER",
            Wrapping::Json => "",
            Wrapping::Pem => " PEM",
        })
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Structure {
    #[cfg(feature = "encrypted")]
    EncryptedPkcs8,
    Jwk,
    Pkcs1,
    Pkcs8,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wrapping {
    Base64,
    Base64Pem,
    Der,
    Json,
    Pem,
}
