//! A search for secrets in the memory of a process.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use anyhow::{Result, ensure};

/// The number of parts that were found, by the name of the secret.
pub type Found = BTreeMap<&'static str, usize>;

/// Parts of secrets to search for, forwards and backwards.
///
/// A search of this process skips them.
#[derive(Default)]
pub struct Search {
    bytes: Vec<u8>,
    parts: Vec<(&'static str, Range<usize>)>,
}

impl Search {
    /// Returns a search for no secret.
    pub fn new() -> Self {
        // Reserved in full: a vector that grows leaves a copy behind.
        Self { bytes: Vec::with_capacity(CAPACITY), parts: Vec::new() }
    }

    /// Adds every 32 bytes of a secret. The caller has to wipe its own copy.
    pub fn add(&mut self, name: &'static str, secret: &[u8]) -> Result<()> {
        ensure!(secret.len() >= PART, "{name} is too short for a search");
        ensure!(self.bytes.len() + 2 * secret.len() <= CAPACITY, "too many secrets: {name}");
        for chunk in secret.chunks_exact(PART) {
            self.add_part(name, chunk.iter());
            self.add_part(name, chunk.iter().rev());
        }
        Ok(())
    }

    /// Adds each line of a private key in PEM, and its numbers.
    pub fn add_key(&mut self, pem: &str) -> Result<()> {
        let is_body = |line: &&str| line.len() >= PART && !line.contains("-----");
        for line in pem.lines().filter(is_body) {
            self.add("PEM", line.as_bytes())?;
        }
        let (_, document) = pkcs8::SecretDocument::from_pem(pem)?;
        let info = document.decode_msg::<pkcs8::PrivateKeyInfoRef<'_>>()?;
        let key: rsa::pkcs1::RsaPrivateKeyRef<'_> = info.private_key.as_bytes().try_into()?;
        for (name, number) in [
            ("d", key.private_exponent),
            ("p", key.prime1),
            ("q", key.prime2),
            ("dP", key.exponent1),
            ("dQ", key.exponent2),
            ("qInv", key.coefficient),
        ] {
            self.add(name, number.as_bytes())?;
        }
        Ok(())
    }

    fn add_part<'a>(&mut self, name: &'static str, bytes: impl Iterator<Item = &'a u8>) {
        let start = self.bytes.len();
        self.bytes.extend(bytes);
        self.parts.push((name, start..self.bytes.len()));
    }

    /// Searches this process.
    pub fn here(&self) -> Result<Found> {
        self.search("self")
    }

    /// Searches another process, which must not run meanwhile. Only root may read the memory of one
    /// that is not dumpable.
    pub fn of(&self, process: u32) -> Result<Found> {
        self.search(&process.to_string())
    }

    /// Searches all writable memory.
    fn search(&self, process: &str) -> Result<Found> {
        let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
        let memory = File::open(format!("/proc/{process}/mem"))?;
        let mut window = vec![0; WINDOW];
        let own = if process == "self" { vec![span(&self.bytes), span(&window)] } else { vec![] };
        let starts = self.starts();
        let mut found = Found::new();
        for place in maps.lines().filter_map(writable) {
            // Windows overlap, so that every part is whole in one of them.
            for at in place.clone().step_by(WINDOW - (PART - 1)) {
                let len = WINDOW.min(place.end - at);
                // Memory of devices cannot be read.
                let Ok(len) = memory.read_at(&mut window[..len], at as u64) else { break };
                // By index: in a debug build iterators take ten times as long.
                for offset in 0..len.saturating_sub(PART - 1) {
                    let part = &window[offset..offset + PART];
                    if starts[start(part)] && !own.iter().any(|own| own.contains(&(at + offset))) {
                        self.named(part).for_each(|name| *found.entry(name).or_default() += 1);
                    }
                }
            }
        }
        Ok(found)
    }

    fn named(&self, part: &[u8]) -> impl Iterator<Item = &'static str> {
        let is_it = move |range: &Range<usize>| &self.bytes[range.clone()] == part;
        self.parts.iter().filter(move |(_, range)| is_it(range)).map(|(name, _)| *name)
    }

    /// Returns, by the first two bytes, whether a part begins with them. This skips most of the
    /// memory.
    fn starts(&self) -> Vec<bool> {
        let mut starts = vec![false; 1 << 16];
        for (_, range) in &self.parts {
            starts[start(&self.bytes[range.clone()])] = true;
        }
        starts
    }
}

/// Returns the range of a line of `maps` that is writable.
fn writable(line: &str) -> Option<Range<usize>> {
    let (place, rest) = line.split_once(' ')?;
    let (start, end) = place.split_once('-').filter(|_| rest.starts_with("rw"))?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    Some(address(start)?..address(end)?)
}

fn span(bytes: &Vec<u8>) -> Range<usize> {
    let start = bytes.as_ptr().addr();
    start..start + bytes.capacity()
}

fn start(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// In bytes: the length of a part, of a window and of all parts.
const PART: usize = 32;
const WINDOW: usize = 1 << 16;
const CAPACITY: usize = 1 << 16;
