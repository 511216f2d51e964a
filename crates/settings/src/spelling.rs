//! Suggestions for misspelt names.

/// Returns the known name that was probably meant.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(name);
    if folded.is_empty() || folded.len() > MAX_LENGTH {
        return None;
    }
    known
        .map(|known| (strsim::damerau_levenshtein(&folded, &fold(known)), known))
        .filter(|(distance, known)| *distance <= allowed(known.len()))
        .min()
        .map(|(_, known)| known)
}

/// Whether two names differ only in case, blanks, `_` and `-`: `Client_Id`, `client id` and
/// `ClientId` are equal.
pub(crate) fn is_same(name: &str, known: &str) -> bool {
    fold(name) == fold(known)
}

fn fold(name: &str) -> String {
    let letters = name.chars().filter(|c| !c.is_whitespace() && !"_-".contains(*c));
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

fn allowed(length: usize) -> usize {
    if length < 7 { 1 } else { 2 }
}

const MAX_LENGTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_are_recognized() {
        for (name, expected) in [
            ("Client_Id", Some("ClientId")),
            ("client id", Some("ClientId")),
            ("privatekey", Some("PrivateKey")),
            ("PrivatKey", Some("PrivateKey")),
            ("Usrename", Some("Username")),
            ("Password", None),
            ("", None),
        ] {
            let known = ["ClientId", "PrivateKey", "Username"].into_iter();
            assert_eq!(nearest(name, known), expected, "{name}");
        }
    }
}
