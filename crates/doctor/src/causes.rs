//! Which of the causes in the catalogue it is, as far as that can be seen from here.

use orgtoken_assertion::UnixTime;
use orgtoken_keygen::Certificate;
use orgtoken_oauth::catalogue::{Cause, Entry, Sign};
use orgtoken_oauth::{Refusal, Skew, TokenEndpoint};

use crate::{Patient, Standing, Suspect};

/// What was seen on the way to a refusal.
pub(crate) struct Evidence<'a> {
    /// Where the last attempt went.
    pub(crate) endpoint: &'a TokenEndpoint,
    pub(crate) patient: &'a Patient,
    pub(crate) skew: Option<Skew>,
    pub(crate) now: UnixTime,
}

/// What a refusal leaves over. Salesforce looks at the app, the signature and the audience before
/// it looks at the user: who is refused over the user has passed the rest.
pub(crate) fn left_over(code: &str) -> Option<&'static str> {
    Some(match code.strip_prefix("refused.").unwrap_or(code) {
        "user_not_approved" => "the user is not approved for the app",
        "user_not_admin_approved" => "the app is open to some users, and this is none of them",
        "user_inactive" => "the user is there, deactivated or frozen",
        "user_is_invalid" => "this org has no user of this name",
        "ip_restricted" => "the user may not log in from this address, or not at this hour",
        "rate.login" => "the user has logged in too often within the hour",
        _ => return None,
    })
}

impl Evidence<'_> {
    /// The causes, the likeliest first; among equals in the order of the catalogue.
    pub(crate) fn suspects(&self, entry: &'static Entry) -> Vec<Suspect> {
        let mut suspects: Vec<_> = entry.causes.iter().map(|cause| self.suspect(cause)).collect();
        suspects.sort_by_key(|suspect| suspect.standing);
        suspects
    }

    /// What to do first: about the cause that something speaks for, or else the usual.
    pub(crate) fn remedy(&self, suspects: &[Suspect], entry: &Entry, refusal: &Refusal) -> String {
        let first = suspects.iter().find(|suspect| suspect.standing == Standing::Likely);
        let sign = first.and_then(|first| {
            entry.causes.iter().find(|cause| cause.what == first.what).map(|cause| cause.sign)
        });
        match (first, sign) {
            (_, Some(Sign::FreshlyMade)) => format!(
                "if Setup was changed less than ten minutes ago, wait and try again; else {}",
                refusal.hint()
            ),
            (Some(_), Some(Sign::UserName)) => format!(
                "use the username that Setup > Users of this sandbox shows, most likely `{}.{}`",
                self.patient.username,
                self.sandbox().unwrap_or_default()
            ),
            (Some(first), Some(Sign::GenericHost | Sign::OtherOrg)) => first.tell.to_owned(),
            _ => refusal.hint().into_owned(),
        }
    }

    fn suspect(&self, cause: &'static Cause) -> Suspect {
        let (standing, because) = match self.weigh(cause.sign) {
            Some((standing, because)) => (standing, Some(because)),
            None => (Standing::Possible, None),
        };
        Suspect { what: cause.what, tell: cause.tell, standing, because }
    }

    fn weigh(&self, sign: Sign) -> Option<(Standing, String)> {
        match sign {
            Sign::ClockWrong => Some(self.clock()),
            Sign::FreshlyMade => self.age(),
            Sign::GenericHost => Some(self.generic_host()),
            Sign::KeyMismatch => self.pair(),
            Sign::OtherOrg => self.other_org(),
            Sign::OtherTool => Some((Standing::Unlikely, OWN.to_owned())),
            Sign::Refreshed => Some(self.refreshed()),
            Sign::UserName => self.username(),
            Sign::WorkedBefore => self.worked_before(),
            _ => None,
        }
    }

    fn clock(&self) -> (Standing, String) {
        match self.skew {
            Some(skew) => (Standing::Likely, skew.to_string()),
            None => (Standing::Unlikely, "the clocks agree to the minute".to_owned()),
        }
    }

    /// A certificate is as old as the set-up, or younger; an old one says nothing of the app.
    fn age(&self) -> Option<(Standing, String)> {
        let host = self.host();
        if host.contains(".scratch.") {
            return Some((
                Standing::Likely,
                format!("{host} is a scratch org, which are often new"),
            ));
        }
        if let Some(ago) = self.worked_ago() {
            return Some((Standing::Unlikely, format!("this login worked {ago} ago")));
        }
        let made = self.patient.papers.certificate.as_ref().map(Certificate::not_before)?;
        let seconds = self.now.saturating_duration_since(made).as_secs();
        if made <= self.now && seconds < NEW {
            let age = in_words(seconds);
            return Some((Standing::Likely, format!("the certificate is {age} old")));
        }
        None
    }

    fn generic_host(&self) -> (Standing, String) {
        let host = self.host();
        if self.is_generic() {
            (Standing::Likely, format!("{host} is the token endpoint's host"))
        } else {
            (Standing::Unlikely, format!("{host} is not one of the two"))
        }
    }

    fn pair(&self) -> Option<(Standing, String)> {
        Some(match self.patient.pair? {
            true => (
                Standing::Possible,
                "the certificate at hand belongs to the key; the one in the app may be another"
                    .to_owned(),
            ),
            false => (Standing::Likely, "the certificate at hand is not the key's".to_owned()),
        })
    }

    fn other_org(&self) -> Option<(Standing, String)> {
        let host = self.host();
        if self.is_generic() {
            return Some((
                Standing::Likely,
                format!("{host} looks for the user in every org of its kind: name your own"),
            ));
        }
        let seen = format!("{host} is one org's own host, and accepted the audience");
        self.is_my_domain().then_some((Standing::Unlikely, seen))
    }

    fn refreshed(&self) -> (Standing, String) {
        let host = self.host();
        match (self.is_sandbox(), self.worked_ago()) {
            (false, _) => (Standing::Unlikely, format!("{host} is no sandbox")),
            (true, Some(ago)) => (Standing::Likely, format!("this login worked {ago} ago")),
            (true, None) => (Standing::Possible, format!("{host} is a sandbox")),
        }
    }

    /// The username of a sandbox ends in the name of the sandbox.
    fn username(&self) -> Option<(Standing, String)> {
        if self.worked_ago().is_some() {
            return Some((Standing::Unlikely, "this very user has logged in before".to_owned()));
        }
        let sandbox = self.sandbox()?;
        let ending = format!(".{sandbox}");
        Some(if self.patient.username.to_ascii_lowercase().ends_with(&ending) {
            (Standing::Unlikely, format!("the username ends in `{ending}`, as it should"))
        } else {
            (Standing::Likely, format!("the username does not end in `{ending}`"))
        })
    }

    fn worked_before(&self) -> Option<(Standing, String)> {
        let ago = self.worked_ago()?;
        Some((Standing::Likely, format!("this login worked {ago} ago")))
    }

    fn worked_ago(&self) -> Option<String> {
        let worked_at = self.patient.papers.worked_at.filter(|at| *at <= self.now)?;
        Some(in_words(self.now.saturating_duration_since(worked_at).as_secs()))
    }

    fn host(&self) -> &str {
        self.endpoint.host()
    }

    fn is_generic(&self) -> bool {
        ["login.salesforce.com", "test.salesforce.com"].contains(&self.host())
    }

    fn is_my_domain(&self) -> bool {
        self.host().ends_with(".my.salesforce.com")
    }

    fn is_sandbox(&self) -> bool {
        self.host().contains(".sandbox.") || self.host() == "test.salesforce.com"
    }

    fn sandbox(&self) -> Option<&str> {
        sandbox_name(self.host())
    }
}

/// `uat` of `acme--uat.sandbox.my.salesforce.com`.
pub(crate) fn sandbox_name(host: &str) -> Option<&str> {
    let (before, _) = host.split_once(".sandbox.")?;
    Some(before.rsplit_once("--")?.1)
}

fn in_words(seconds: u64) -> String {
    match seconds / 60 {
        0 => "less than a minute".to_owned(),
        1 => "a minute".to_owned(),
        minutes @ 2..=119 => format!("{minutes} minutes"),
        minutes => format!("{} hours", minutes / 60),
    }
}

const OWN: &str = "this program made the request";

/// In seconds: an hour. Setup is rarely done in less than one after the certificate was made.
const NEW: u64 = 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_words() {
        for (seconds, words) in [
            (0, "less than a minute"),
            (119, "a minute"),
            (120, "2 minutes"),
            (2 * 60 * 60 - 1, "119 minutes"),
            (2 * 60 * 60, "2 hours"),
        ] {
            assert_eq!(in_words(seconds), words);
        }
    }
}
