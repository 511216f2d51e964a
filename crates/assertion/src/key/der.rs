//! A strict DER reader. The `der` crate reads tags and lengths, and this module tracks the offset.

use der::{Decode, Header, Reader, SliceReader, Tag};

use super::KeyError;

/// A sequence of elements, and its offset in the whole input.
#[derive(Clone)]
pub(super) struct Der<'a> {
    reader: SliceReader<'a>,
    base: usize,
}

impl<'a> Der<'a> {
    /// Returns a reader of a whole input.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, KeyError> {
        Self::at(bytes, 0)
    }

    /// Reads a whole input, which is one SEQUENCE.
    pub(super) fn read<T>(
        bytes: &'a [u8],
        content: impl FnOnce(&mut Self) -> Result<T, KeyError>,
    ) -> Result<T, KeyError> {
        let mut outer = Self::new(bytes)?;
        let value = outer.sequence(content)?;
        outer.finish().map(|()| value)
    }

    /// Reads the next element, which must be a SEQUENCE. `content` has to read all of its elements.
    pub(super) fn sequence<T>(
        &mut self,
        content: impl FnOnce(&mut Self) -> Result<T, KeyError>,
    ) -> Result<T, KeyError> {
        let mut inside = self.take(Tag::Sequence)?.inside()?;
        let value = content(&mut inside)?;
        inside.finish().map(|()| value)
    }

    fn at(bytes: &'a [u8], base: usize) -> Result<Self, KeyError> {
        let reader = SliceReader::new(bytes).map_err(|_| KeyError::Der { offset: base })?;
        Ok(Self { reader, base })
    }

    /// Returns the tag of the next element, if there is one.
    pub(super) fn peek(&self) -> Option<Tag> {
        Tag::peek(&self.reader).ok()
    }

    /// Reads the next element, which must have this tag.
    pub(super) fn take(&mut self, tag: Tag) -> Result<Element<'a>, KeyError> {
        let start = self.offset();
        let bad = |_| KeyError::Der { offset: start };
        let header = Header::decode(&mut self.reader).map_err(bad)?;
        if header.tag() != tag {
            return Err(KeyError::Der { offset: start });
        }
        let base = self.offset();
        let value = self.reader.read_slice(header.length()).map_err(bad)?;
        Ok(Element { value, base })
    }

    /// Reads the next element if it has this tag.
    pub(super) fn take_if(&mut self, tag: Tag) -> Result<Option<Element<'a>>, KeyError> {
        if self.peek() == Some(tag) { self.take(tag).map(Some) } else { Ok(None) }
    }

    /// Returns the number of elements that follow.
    pub(super) fn count(&self) -> Result<usize, KeyError> {
        let mut rest = self.clone();
        let mut count = 0;
        while let Some(tag) = rest.peek() {
            rest.take(tag)?;
            count += 1;
        }
        rest.finish().map(|()| count)
    }

    /// Returns an error if elements are left over.
    pub(super) fn finish(self) -> Result<(), KeyError> {
        if self.reader.is_finished() {
            Ok(())
        } else {
            Err(KeyError::Der { offset: self.offset() })
        }
    }

    /// Returns the offset of the next element in the whole input.
    pub(super) fn offset(&self) -> usize {
        self.base + usize::try_from(self.reader.position()).unwrap_or(usize::MAX)
    }
}

/// The value of one element.
pub(super) struct Element<'a> {
    pub(super) value: &'a [u8],
    base: usize,
}

impl<'a> Element<'a> {
    /// Returns a reader of the elements inside.
    pub(super) fn inside(&self) -> Result<Der<'a>, KeyError> {
        Der::at(self.value, self.base)
    }

    /// Returns the magnitude of an INTEGER without leading zeros, or `None` if it is negative.
    pub(super) fn unsigned(&self) -> Result<Option<&'a [u8]>, KeyError> {
        match self.value {
            [0] => Ok(Some(&[])),
            [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => {
                Err(KeyError::Der { offset: self.base })
            }
            [0x80..=0xff, ..] => Ok(None),
            [0, magnitude @ ..] => Ok(Some(magnitude)),
            magnitude => Ok(Some(magnitude)),
        }
    }

    /// Returns the bytes of a BIT STRING that has no unused bits.
    pub(super) fn bits(&self) -> Result<Self, KeyError> {
        match self.value {
            [0, bytes @ ..] => Ok(Self { value: bytes, base: self.base + 1 }),
            _ => Err(KeyError::Der { offset: self.base }),
        }
    }

    pub(super) fn malformed(&self) -> KeyError {
        KeyError::Der { offset: self.base }
    }
}
