//! The token in a response, which is replaced by as many `*`.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use memchr::memmem::Finder;
use zeroize::Zeroizing;

/// A body in which the token is masked, also if it is spread over several pieces. The length of the
/// body does not change. Trailers are dropped.
pub(super) struct Masked<B> {
    body: B,
    mask: Mask,
}

impl<B> Masked<B> {
    pub(super) fn new(body: B, token: &str) -> Self {
        Self { body, mask: Mask::new(token) }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Masked<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(cx)).transpose()?;
            let piece = match frame.map(Frame::into_data) {
                Some(Ok(piece)) => self.mask.piece(piece),
                Some(Err(_trailers)) => continue,
                None => match self.mask.end() {
                    Some(rest) => rest,
                    None => return Poll::Ready(None),
                },
            };
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.mask.held == 0 && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (body, held) = (self.body.size_hint(), self.mask.held as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower().saturating_add(held));
        if let Some(upper) = body.upper().and_then(|upper| upper.checked_add(held)) {
            hint.set_upper(upper);
        }
        hint
    }
}

/// A search for the token in pieces of text.
struct Mask {
    token: Zeroizing<Vec<u8>>,
    /// The number of bytes at the end of the last piece that may begin a token. They are the first
    /// bytes of the token, so they need not be stored.
    held: usize,
}

impl Mask {
    fn new(token: &str) -> Self {
        Self { token: Zeroizing::new(token.as_bytes().to_vec()), held: 0 }
    }

    /// Returns the bytes that are decided now.
    fn piece(&mut self, piece: Bytes) -> Bytes {
        let mut text = self.with_held(piece);
        let found: Vec<usize> = Finder::new(&*self.token).find_iter(&text).collect();
        let end = found.last().map_or(0, |at| at + self.token.len());
        if !found.is_empty() {
            let mut masked = text.try_into_mut().unwrap_or_else(|text| BytesMut::from(&*text));
            for at in found {
                masked[at..at + self.token.len()].fill(b'*');
            }
            text = masked.freeze();
        }
        self.held = beginning(&self.token, &text[end..]);
        text.truncate(text.len() - self.held);
        text
    }

    /// Returns the bytes that were held back, at the end of the body.
    fn end(&mut self) -> Option<Bytes> {
        let held = std::mem::take(&mut self.held);
        (held > 0).then(|| Bytes::copy_from_slice(&self.token[..held]))
    }

    fn with_held(&mut self, piece: Bytes) -> Bytes {
        if self.held == 0 {
            return piece;
        }
        let mut text = BytesMut::with_capacity(self.held + piece.len());
        text.extend_from_slice(&self.token[..self.held]);
        text.extend_from_slice(&piece);
        text.freeze()
    }
}

/// Returns the length of the longest beginning of the token at the end of the text. It is shorter
/// than the token.
fn beginning(token: &[u8], text: &[u8]) -> usize {
    let from = text.len().saturating_sub(token.len() - 1);
    let tail = &text[from..];
    memchr::memchr_iter(token[0], tail)
        .map(|at| tail.len() - at)
        .find(|length| token.starts_with(&tail[tail.len() - length..]))
        .unwrap_or(0)
}

/// Masks the token in a text, if it is there.
pub(super) fn masked(token: &str, text: &[u8]) -> Option<Vec<u8>> {
    // Most headers are shorter, and preparing a search for each would take longer than the call's
    // other work.
    if text.len() < token.len() {
        return None;
    }
    let found: Vec<usize> = Finder::new(token.as_bytes()).find_iter(text).collect();
    let mut masked = (!found.is_empty()).then(|| text.to_vec())?;
    for at in found {
        masked[at..at + token.len()].fill(b'*');
    }
    Some(masked)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces(token: &str, pieces: &[&[u8]]) -> Vec<u8> {
        let mut mask = Mask::new(token);
        let mut out = Vec::new();
        for piece in pieces {
            out.extend_from_slice(&mask.piece(Bytes::copy_from_slice(piece)));
        }
        out.extend(mask.end().into_iter().flatten());
        out
    }

    #[test]
    fn token_is_masked_across_pieces() {
        for (name, parts, expected) in [
            ("in one", &["a 00D!x b"][..], "a ***** b"),
            ("in two", &["a 00", "D!x b"], "a ***** b"),
            ("byte by byte", &["a", "0", "0", "D", "!", "x", "b"], "a*****b"),
            ("twice", &["00D!x00", "D!x"], "**********"),
            ("a beginning that goes on differently", &["000", "D!y"], "000D!y"),
            ("a beginning in a beginning", &["00", "0D!x"], "0*****"),
            ("a beginning at the end", &["a 00D!"], "a 00D!"),
            ("nothing", &["", "a", ""], "a"),
        ] {
            let parts: Vec<_> = parts.iter().map(|part| part.as_bytes()).collect();
            let shown = pieces("00D!x", &parts);
            assert_eq!(String::from_utf8_lossy(&shown), expected, "{name}");
        }
    }

    proptest! {
        /// Whatever the borders are, the result is that of the whole text.
        #[test]
        fn borders_change_nothing(
            token in "[ab]{1,6}",
            text in "[ab]{0,60}",
            cuts in prop::collection::vec(0_usize..60, 0..8),
        ) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|at| at.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let parts: Vec<_> = cuts.windows(2).map(|cut| &text.as_bytes()[cut[0]..cut[1]]).collect();
            let whole = text.replace(&token, &"*".repeat(token.len()));
            prop_assert_eq!(pieces(&token, &parts), whole.into_bytes());
        }
    }
}
