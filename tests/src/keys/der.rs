//! The parts of DER (X.690) that valid and invalid keys consist of.

/// An `INTEGER` that is not negative.
pub(super) fn unsigned(big_endian: &[u8]) -> Vec<u8> {
    let start = big_endian.iter().position(|byte| *byte != 0).unwrap_or(big_endian.len());
    let digits = &big_endian[start..];
    let padded = digits.first().is_none_or(|byte| *byte >= 0x80);
    tagged(0x02, &[&[0][..usize::from(padded)], digits].concat())
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tagged(0x30, &parts.concat())
}

pub(super) fn octets(content: &[u8]) -> Vec<u8> {
    tagged(0x04, content)
}

/// A `BIT STRING` of whole bytes.
pub(super) fn bits(content: &[u8]) -> Vec<u8> {
    tagged(0x03, &[&[0], content].concat())
}

pub(super) fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let size = content.len().to_be_bytes();
    let start = size.iter().position(|byte| *byte != 0).unwrap_or(size.len() - 1);
    let length = match content.len() {
        short @ 0..=0x7f => vec![short.to_be_bytes()[size.len() - 1]],
        _ => {
            [&[0x80 | (size.len() - start).to_be_bytes()[size.len() - 1]], &size[start..]].concat()
        }
    };
    [&[tag], length.as_slice(), content].concat()
}

/// `AlgorithmIdentifier` with the given object identifier and parameters, both encoded.
pub(super) fn algorithm(oid: &[u8], parameters: &[u8]) -> Vec<u8> {
    sequence(&[oid, parameters])
}

/// `PrivateKeyInfo` ([RFC 5208, Section 5](https://www.rfc-editor.org/rfc/rfc5208#section-5)).
pub(super) fn private_key_info(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    sequence(&[&unsigned(&[]), algorithm, &octets(key)])
}

pub(super) const NULL: &[u8] = &[0x05, 0x00];

// Object identifiers, encoded.
pub(super) const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
pub(super) const RSA_PSS: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
pub(super) const DSA: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x38\x04\x01";
pub(super) const EC: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
pub(super) const P256: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
pub(super) const X25519: &[u8] = b"\x06\x03\x2b\x65\x6e";
/// 1.2.3.4.5, which is not assigned.
pub(super) const UNKNOWN: &[u8] = b"\x06\x04\x2a\x03\x04\x05";
pub(super) const PKCS7_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_lengths_are_minimal() {
        assert_eq!(unsigned(&[]), [2, 1, 0]);
        assert_eq!(unsigned(&[0, 0, 0x7f]), [2, 1, 0x7f]);
        assert_eq!(unsigned(&[0x80]), [2, 2, 0, 0x80]);
        assert_eq!(octets(&[7; 0x7f])[..2], [4, 0x7f]);
        assert_eq!(octets(&[7; 0x80])[..3], [4, 0x81, 0x80]);
        assert_eq!(octets(&[7; 0x1234])[..4], [4, 0x82, 0x12, 0x34]);
    }
}
