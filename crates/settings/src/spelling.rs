//! Did you mean …?

/// The known name that somebody probably meant: the same letters, or nearly so.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(name);
    if folded.is_empty() || folded.len() > MAX_LENGTH {
        return None;
    }
    known
        .map(|known| (distance(&folded, &fold(known)), known))
        .filter(|(distance, known)| *distance <= allowed(known.len()))
        .min()
        .map(|(_, known)| known)
}

/// Letters and digits alone: `Client_Id`, `client id` and `clientid` are one name.
fn fold(name: &str) -> Vec<u8> {
    name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect()
}

fn allowed(length: usize) -> usize {
    if length < 7 { 1 } else { 2 }
}

/// Insertions, deletions and replacements from one to the other (Levenshtein).
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

const MAX_LENGTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_nearly_known() {
        for (name, expected) in [
            ("Client_Id", Some("ClientId")),
            ("client id", Some("ClientId")),
            ("privatekey", Some("PrivateKey")),
            ("PrivatKey", Some("PrivateKey")),
            ("Password", None),
            ("", None),
        ] {
            let known = ["ClientId", "PrivateKey", "Username"].into_iter();
            assert_eq!(nearest(name, known), expected, "{name}");
        }
    }
}
