use std::io::Write;
use std::mem;

use flate2::write::GzDecoder;

use crate::RestError;

/// A gzip decoder ([RFC 1952]) that stops at [`MAX_RATIO`] times the compressed size.
///
/// [RFC 1952]: https://www.rfc-editor.org/rfc/rfc1952
pub(crate) struct Gunzip {
    decoder: GzDecoder<Vec<u8>>,
    read: usize,
    written: usize,
}

impl Gunzip {
    pub(crate) fn new() -> Self {
        Self { decoder: GzDecoder::new(Vec::new()), read: 0, written: 0 }
    }

    /// Decompresses the next piece. The result may be empty.
    pub(crate) fn inflate(&mut self, mut piece: &[u8]) -> Result<Vec<u8>, RestError> {
        let mut inflated = Vec::new();
        while !piece.is_empty() {
            // The decoder takes what fills its own buffer, so a bomb is noticed early.
            let taken = self.decoder.write(piece).map_err(|_| RestError::Encoding)?;
            if taken == 0 {
                return Err(RestError::Encoding);
            }
            piece = &piece[taken..];
            self.read += taken;
            self.flush_to(&mut inflated)?;
        }
        Ok(inflated)
    }

    /// Returns the rest after the last piece. The checksum shows whether the data was cut.
    pub(crate) fn finish(&mut self) -> Result<Vec<u8>, RestError> {
        let mut inflated = Vec::new();
        if self.read > 0 {
            self.decoder.try_finish().map_err(|_| RestError::Encoding)?;
            self.flush_to(&mut inflated)?;
        }
        Ok(inflated)
    }

    fn flush_to(&mut self, inflated: &mut Vec<u8>) -> Result<(), RestError> {
        let out = mem::take(self.decoder.get_mut());
        self.written += out.len();
        if self.written > ALWAYS_ALLOWED + self.read.saturating_mul(MAX_RATIO) {
            return Err(RestError::Inflated { ratio: MAX_RATIO });
        }
        inflated.extend_from_slice(&out);
        Ok(())
    }
}

/// JSON of records is compressed to a tenth or a thirtieth; a bomb reaches a thousandth.
const MAX_RATIO: usize = 200;

/// This many bytes are accepted at any ratio.
const ALWAYS_ALLOWED: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use orgtoken_assertion::Diagnostic;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn inflate(packed: &[u8], piece: usize) -> Result<Vec<u8>, RestError> {
        let mut gunzip = Gunzip::new();
        let mut plain = Vec::new();
        for piece in packed.chunks(piece) {
            plain.extend(gunzip.inflate(piece)?);
        }
        plain.extend(gunzip.finish()?);
        Ok(plain)
    }

    #[test]
    fn result_does_not_depend_on_the_size_of_pieces() {
        let plain: Vec<u8> =
            (0..200_000_u32).flat_map(|n| n.wrapping_mul(n).to_le_bytes()).collect();
        let packed = gzip(&plain);
        for size in [1, 7, 8_192, usize::MAX] {
            assert!(inflate(&packed, size).unwrap() == plain, "{size}");
        }
        assert!(inflate(b"", 1).unwrap().is_empty());
    }

    #[test]
    fn bomb_is_refused_before_it_is_decompressed() {
        let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
        let error = inflate(&bomb, 8_192).unwrap_err();
        assert_eq!(error.code(), "resp.inflated");
    }

    #[test]
    fn cut_or_damaged_data_is_refused() {
        let packed = gzip(b"a text that was long enough");
        let mut damaged = packed.clone();
        let end = damaged.len() - 6;
        damaged[end] ^= 1;
        for (name, packed) in [
            ("cut", &packed[..packed.len() - 9]),
            ("damaged", &damaged),
            ("no gzip", b"{}xxxxxxxxxx"),
        ] {
            assert_eq!(inflate(packed, 5).unwrap_err().code(), "resp.encoding", "{name}");
        }
    }
}
