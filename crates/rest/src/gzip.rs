use std::io::Write;
use std::mem;

use flate2::write::GzDecoder;

use crate::RestError;

/// Inflates an answer piece by piece ([RFC 1952]), never to more than [`MOST_RATIO`] times its size.
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

    /// What the next piece holds; nothing yet, perhaps.
    pub(crate) fn inflate(&mut self, mut piece: &[u8]) -> Result<Vec<u8>, RestError> {
        let mut inflated = Vec::new();
        while !piece.is_empty() {
            // It takes as much as fills its own buffer, so that a bomb is noticed early.
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

    /// The rest, once everything was read. An answer that was cut is told from its checksum.
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
        if self.written > FREE + self.read.saturating_mul(MOST_RATIO) {
            return Err(RestError::Inflated { ratio: MOST_RATIO });
        }
        inflated.extend_from_slice(&out);
        Ok(())
    }
}

/// JSON of records shrinks to a tenth or a thirtieth; gzip can do a thousandth.
const MOST_RATIO: usize = 200;

/// So many bytes are never too many.
const FREE: usize = 1024 * 1024;

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
    fn pieces_of_any_size_come_to_the_same() {
        let plain: Vec<u8> =
            (0..200_000_u32).flat_map(|n| n.wrapping_mul(n).to_le_bytes()).collect();
        let packed = gzip(&plain);
        for size in [1, 7, 8_192, usize::MAX] {
            assert!(inflate(&packed, size).unwrap() == plain, "{size}");
        }
        assert!(inflate(b"", 1).unwrap().is_empty());
    }

    #[test]
    fn a_bomb_is_noticed_before_it_is_whole() {
        let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
        let error = inflate(&bomb, 8_192).unwrap_err();
        assert_eq!(error.code(), "resp.inflated");
    }

    #[test]
    fn what_is_cut_or_damaged_is_no_answer() {
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
