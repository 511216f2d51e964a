use core::fmt;

/// The form a key came in, such as "PKCS#8 PEM".
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyForm {
    pub(crate) structure: Structure,
    pub(crate) wrapping: Wrapping,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Structure {
    Pkcs1,
    Pkcs8,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wrapping {
    Der,
    Pem,
}

impl fmt::Display for KeyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.structure {
            Structure::Pkcs1 => "PKCS#1",
            Structure::Pkcs8 => "PKCS#8",
        })?;
        f.write_str(match self.wrapping {
            Wrapping::Der => " DER",
            Wrapping::Pem => " PEM",
        })
    }
}
