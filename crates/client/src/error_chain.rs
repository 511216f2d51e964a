use std::error::Error;
use std::iter;

/// Returns the messages of an error and its causes: `cannot write: disk full`.
///
/// Those of the operating system have neither their number, `(os error 28)`, nor a capital letter.
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    let causes = iter::successors(Some(error), |&error| error.source());
    let causes: Vec<_> = causes.map(|cause| without_number(&cause.to_string())).collect();
    causes.join(": ")
}

/// Drops the `(os error N)` of an error of the system with what follows, and its capital letter.
fn without_number(text: &str) -> String {
    let Some((reason, _)) = text.rsplit_once(" (os error ") else { return text.to_owned() };
    // The reason may follow a message.
    let (message, reason) = reason.split_at(reason.rfind(": ").map_or(0, |colon| colon + 2));
    let mut letters = reason.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase().to_string()).unwrap_or_default();
    format!("{message}{first}{}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn number_of_a_system_error_is_dropped() {
        for (text, shown) in [
            ("Permission denied (os error 13)", "permission denied"),
            ("cannot open: No such file (os error 2)", "cannot open: no such file"),
            ("No such file (os error 2) at path \"/tmp/.tmpA: b\"", "no such file"),
            ("not JSON", "not JSON"),
        ] {
            assert_eq!(without_number(text), shown);
        }
    }

    #[test]
    fn error_chain_has_all_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot connect")]
        struct Outer(#[source] io::Error);

        let error = Outer(io::Error::from_raw_os_error(13));
        assert_eq!(error_chain(&error), "cannot connect: permission denied");
        assert_eq!(error_chain(&io::Error::other("not a file")), "not a file");
    }
}
