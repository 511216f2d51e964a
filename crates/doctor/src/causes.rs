//! Ranks the possible causes of a refusal by the available evidence.

use orgtoken_assertion::UnixTime;
use orgtoken_keygen::Certificate;
use orgtoken_oauth::catalogue::{Cause, Entry, Indicator};
use orgtoken_oauth::{Refusal, Skew, TokenEndpoint};
use orgtoken_settings::sandbox_suffix;

use crate::{Likelihood, PossibleCause, Target};

/// The evidence about one refusal.
pub(crate) struct Assessment<'a> {
    /// The endpoint of the last attempt.
    pub(crate) endpoint: &'a TokenEndpoint,
    pub(crate) target: &'a Target,
    pub(crate) skew: Option<Skew>,
    pub(crate) now: UnixTime,
}

/// Returns the cause that remains if a refusal is about the user. Salesforce checks app, signature
/// and audience before it, so these are right.
pub(crate) fn remaining_cause(code: &str) -> Option<&'static str> {
    Some(match code.strip_prefix("refused.").unwrap_or(code) {
        "user_not_approved" => "the user is not approved for the app",
        "user_not_admin_approved" => "the app does not admit this user",
        "user_inactive" => "the user is deactivated or frozen",
        "user_is_invalid" => "the org has no user with this username",
        "ip_restricted" => "the user may not log in from this IP address, or not at this time",
        "rate.login" => "the user has logged in too often within an hour",
        _ => return None,
    })
}

impl Assessment<'_> {
    /// Returns the causes, most likely first. Equally likely causes are in the order of the
    /// catalogue.
    pub(crate) fn causes(&self, entry: &'static Entry) -> Vec<PossibleCause> {
        let mut causes: Vec<_> = entry.causes.iter().map(|cause| self.cause(cause)).collect();
        causes.sort_by_key(|cause| cause.likelihood);
        causes
    }

    /// Returns the first step to take: for a likely cause, or else the hint of the refusal.
    pub(crate) fn remedy(&self, causes: &[PossibleCause], refusal: &Refusal) -> String {
        let first = causes.iter().find(|cause| cause.likelihood == Likelihood::Likely);
        match first.map(|first| (first.indicator, first.how_to_tell)) {
            Some((Indicator::FreshlyMade, _)) => format!(
                "if Setup was changed less than ten minutes ago, wait and try again; otherwise, {}",
                refusal.hint()
            ),
            Some((Indicator::UserName, _)) => format!(
                "use the username that Setup > Users of this sandbox shows, perhaps `{}{}`",
                self.target.username,
                sandbox_suffix(self.host()).unwrap_or_default()
            ),
            Some((Indicator::GenericHost | Indicator::OtherOrg, how_to_tell)) => {
                how_to_tell.to_owned()
            }
            _ => refusal.hint().into_owned(),
        }
    }

    fn cause(&self, cause: &'static Cause) -> PossibleCause {
        let weighed = self.weigh(cause.indicator);
        let likelihood =
            weighed.as_ref().map_or(Likelihood::Possible, |(likelihood, _)| *likelihood);
        let Cause { cause, how_to_tell, indicator, .. } = *cause;
        let because = weighed.map(|(_, because)| because);
        PossibleCause { cause, how_to_tell, likelihood, because, indicator }
    }

    fn weigh(&self, indicator: Indicator) -> Option<(Likelihood, String)> {
        match indicator {
            Indicator::ClockWrong => Some(self.clock()),
            Indicator::FreshlyMade => self.age(),
            Indicator::GenericHost => Some(self.generic_host()),
            Indicator::KeyMismatch => self.pair(),
            Indicator::OtherOrg => self.other_org(),
            Indicator::OtherTool => Some((Likelihood::Unlikely, OWN.to_owned())),
            Indicator::Refreshed => Some(self.refreshed()),
            Indicator::UserName => self.username(),
            Indicator::WorkedBefore => self.worked_before(),
            _ => None,
        }
    }

    fn clock(&self) -> (Likelihood, String) {
        match self.skew {
            Some(skew) => (Likelihood::Likely, skew.to_string()),
            None => (Likelihood::Unlikely, "the clocks agree within a minute".to_owned()),
        }
    }

    /// A new certificate suggests that the app is new. An old one says nothing about the app.
    fn age(&self) -> Option<(Likelihood, String)> {
        let host = self.host();
        if host.contains(".scratch.") {
            return Some((
                Likelihood::Likely,
                format!("{host} is a scratch org, and these are often new"),
            ));
        }
        if let Some(ago) = self.worked_ago() {
            return Some((Likelihood::Unlikely, format!("this login worked {ago} ago")));
        }
        let made = self.target.evidence.certificate.as_ref().map(Certificate::not_before)?;
        let seconds = self.now.saturating_duration_since(made).as_secs();
        if made <= self.now && seconds < NEW {
            let age = in_words(seconds);
            return Some((Likelihood::Likely, format!("the certificate is {age} old")));
        }
        None
    }

    fn generic_host(&self) -> (Likelihood, String) {
        let is_generic = self.endpoint.serves_every_org();
        let likelihood = if is_generic { Likelihood::Likely } else { Likelihood::Unlikely };
        (likelihood, format!("the token endpoint is on {}", self.host()))
    }

    fn pair(&self) -> Option<(Likelihood, String)> {
        Some(match self.target.pair? {
            true => (
                Likelihood::Possible,
                "the given certificate belongs to the key; the app may have another one".to_owned(),
            ),
            false => {
                (Likelihood::Likely, "the given certificate does not belong to the key".to_owned())
            }
        })
    }

    fn other_org(&self) -> Option<(Likelihood, String)> {
        let host = self.host();
        if self.endpoint.serves_every_org() {
            return Some((Likelihood::Likely, format!("{host} serves every org")));
        }
        let detail = format!("{host} belongs to one org, and it accepted the audience");
        self.endpoint.is_my_domain().then_some((Likelihood::Unlikely, detail))
    }

    fn refreshed(&self) -> (Likelihood, String) {
        let host = self.host();
        match (self.is_sandbox(), self.worked_ago()) {
            (false, _) => (Likelihood::Unlikely, format!("{host} is not a sandbox")),
            (true, Some(ago)) => (Likelihood::Likely, format!("this login worked {ago} ago")),
            (true, None) => (Likelihood::Possible, format!("{host} is a sandbox")),
        }
    }

    /// Usernames of a sandbox usually end in the name of the sandbox.
    fn username(&self) -> Option<(Likelihood, String)> {
        if self.worked_ago().is_some() {
            return Some((Likelihood::Unlikely, "this user has logged in before".to_owned()));
        }
        let ending = sandbox_suffix(self.host())?;
        Some(if self.target.username.to_ascii_lowercase().ends_with(&ending) {
            (Likelihood::Unlikely, format!("the username ends in `{ending}`"))
        } else {
            (Likelihood::Likely, format!("the username does not end in `{ending}`"))
        })
    }

    fn worked_before(&self) -> Option<(Likelihood, String)> {
        let ago = self.worked_ago()?;
        Some((Likelihood::Likely, format!("this login worked {ago} ago")))
    }

    fn worked_ago(&self) -> Option<String> {
        let worked_at = self.target.evidence.worked_at.filter(|at| *at <= self.now)?;
        Some(in_words(self.now.saturating_duration_since(worked_at).as_secs()))
    }

    fn host(&self) -> &str {
        self.endpoint.host()
    }

    fn is_sandbox(&self) -> bool {
        let host = self.host();
        host.contains(".sandbox.")
            || (self.endpoint.serves_every_org() && host.starts_with("test."))
    }
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

/// The age in seconds below which a certificate counts as new: an hour.
const NEW: u64 = 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    use Likelihood::{Likely, Possible, Unlikely};
    use orgtoken_oauth::{AllowedHosts, LoginUrl, Resolution};
    use orgtoken_settings::ApiVersion;

    use crate::Evidence;

    #[test]
    fn evidence_ranks_causes() {
        let sandbox = "acme--uat.sandbox.my.salesforce.com";
        let (own, generic) = ("acme.my.salesforce.com", "login.salesforce.com");
        let scratch = "acme.scratch.my.salesforce.com";
        for (sign, host, username, pair, worked, expected) in [
            (Indicator::ClockWrong, own, "", None, false, Some(Unlikely)),
            (Indicator::FreshlyMade, own, "", None, false, None),
            (Indicator::FreshlyMade, own, "", None, true, Some(Unlikely)),
            (Indicator::FreshlyMade, scratch, "", None, true, Some(Likely)),
            (Indicator::GenericHost, own, "", None, false, Some(Unlikely)),
            (Indicator::GenericHost, generic, "", None, false, Some(Likely)),
            (Indicator::KeyMismatch, own, "", None, false, None),
            (Indicator::KeyMismatch, own, "", Some(true), false, Some(Possible)),
            (Indicator::KeyMismatch, own, "", Some(false), false, Some(Likely)),
            (Indicator::OtherOrg, own, "", None, false, Some(Unlikely)),
            (Indicator::OtherOrg, generic, "", None, false, Some(Likely)),
            (Indicator::OtherOrg, "login.sfcrmproducts.cn", "", None, false, Some(Likely)),
            (Indicator::OtherOrg, "acme.my.salesforce.mil", "", None, false, Some(Unlikely)),
            (Indicator::OtherTool, own, "", None, false, Some(Unlikely)),
            (Indicator::Refreshed, own, "", None, true, Some(Unlikely)),
            (Indicator::Refreshed, sandbox, "", None, false, Some(Possible)),
            (Indicator::Refreshed, sandbox, "", None, true, Some(Likely)),
            (Indicator::Refreshed, "test.sfcrmproducts.cn", "", None, true, Some(Likely)),
            (Indicator::UserName, own, "u@acme.com", None, false, None),
            (Indicator::UserName, own, "u@acme.com", None, true, Some(Unlikely)),
            (Indicator::UserName, sandbox, "u@acme.com", None, false, Some(Likely)),
            (Indicator::UserName, sandbox, "u@acme.com.UAT", None, false, Some(Unlikely)),
            (Indicator::WorkedBefore, own, "", None, false, None),
            (Indicator::WorkedBefore, own, "", None, true, Some(Likely)),
            (Indicator::SetupOnly, own, "", None, true, None),
        ] {
            let now = UnixTime::from_secs(1_800_000_000);
            let login = LoginUrl::parse(&format!("https://{host}"), &AllowedHosts::default());
            let target = Target {
                username: username.to_owned(),
                resolution: Resolution::resolve(Some(&login.unwrap()), None, None).unwrap(),
                instance_url: None,
                api_version: ApiVersion::DEFAULT,
                evidence: Evidence { worked_at: worked.then_some(now), ..Evidence::default() },
                pair,
            };
            let endpoint = target.resolution.endpoint();
            let assessment = Assessment { endpoint, target: &target, skew: None, now };
            let found = assessment.weigh(sign).map(|(likelihood, _)| likelihood);
            assert_eq!(found, expected, "{sign:?} at {host} as {username}, worked: {worked}");
        }
    }

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
