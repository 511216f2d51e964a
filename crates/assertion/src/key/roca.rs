//! Detects keys of the Infineon library, whose primes have a narrow form: [CVE-2017-15361].
//!
//! [CVE-2017-15361]: https://crocs.fi.muni.cz/public/papers/rsa_ccs17

/// Whether `n` is a power of 65537 modulo each of the small primes.
///
/// One other key in a hundred million matches. Nearly all others are ruled out after a prime or
/// two.
pub(super) fn is_pattern(n: &[u8]) -> bool {
    SMALL_PRIMES.iter().all(|&prime| is_power_of_65537(residue(n, prime), prime))
}

fn residue(n: &[u8], prime: u32) -> u32 {
    n.iter().fold(0, |rest, byte| (rest << 8 | u32::from(*byte)) % prime)
}

fn is_power_of_65537(residue: u32, prime: u32) -> bool {
    let mut power = 1;
    loop {
        if power == residue {
            return true;
        }
        power = power * (65_537 % prime) % prime;
        if power == 1 {
            return false;
        }
    }
}

// The primes below 168 modulo which the powers of 65537 are not all residues.
const SMALL_PRIMES: [u32; 17] =
    [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
