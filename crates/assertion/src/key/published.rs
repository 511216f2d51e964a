//! Keys whose private half everyone can read.

/// Whether the table has the SHA-256 of a `SubjectPublicKeyInfo`.
pub(super) fn contains(fingerprint: &[u8; 32]) -> bool {
    let [a, b, c, d, e, f, g, h, ..] = *fingerprint;
    TABLE.binary_search(&u64::from_be_bytes([a, b, c, d, e, f, g, h])).is_ok()
}

const TABLE: [u64; 0] = [];
