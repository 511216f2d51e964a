//! Scenarios: refusals, pages and faults that an org answers a user with.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

/// The answer of an org to one user: a refusal, a page, an unusual token or a session that ends.
///
/// ```
/// use orgtoken_fake_org::Scenario;
///
/// let scenario: Scenario = "not-approved".parse()?;
/// assert_eq!(scenario, "user hasn't approved this consumer".parse()?);
/// assert_eq!(scenario.name(), "not-approved");
/// # Ok::<(), orgtoken_fake_org::UnknownScenario>(())
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Scenario {
    name: String,
    meaning: String,
    pub(crate) step: Step,
    /// The number of times that it does not happen at first.
    #[serde(default)]
    pub(crate) skip_first: u32,
    /// The number of times that it happens then; always if `None`.
    pub(crate) times: Option<u32>,
    pub(crate) outcome: Outcome,
}

impl Scenario {
    /// Returns every named scenario, in the order of the checks.
    pub fn all() -> impl Iterator<Item = Self> {
        SCENARIOS.iter().cloned()
    }

    /// Returns the scenario with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|row| row.name == name)
    }

    /// Returns a refusal with this code and description. It happens when the approval is checked.
    pub fn refusal(status: u16, error: impl Into<String>, description: impl Into<String>) -> Self {
        let (error, description) = (error.into(), description.into());
        let outcome = Outcome::Refusal { status, error, description };
        Self::custom(
            "custom-refusal",
            "a refusal in the words of the test",
            Step::Approval,
            outcome,
        )
    }

    /// Returns a response that is not a refusal. It happens before anything is checked.
    pub fn page(status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Self {
        let (content_type, body) = (content_type.into(), body.into());
        let outcome = Outcome::Page { status, content_type, body };
        Self::custom("custom-page", "an answer in the words of the test", Step::Edge, outcome)
    }

    fn custom(name: &str, meaning: &str, step: Step, outcome: Outcome) -> Self {
        let (name, meaning) = (name.to_owned(), meaning.to_owned());
        Self { name, meaning, step, skip_first: 0, times: None, outcome }
    }

    /// Sets how often it happens. Later logins succeed.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Returns the name for `--user NAME=SCENARIO` and [`Scenario::named`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns a line that describes the state of such an org.
    pub fn meaning(&self) -> &str {
        &self.meaning
    }

    /// Returns a summary of the response: `400 invalid_grant: inactive user`.
    pub fn answer(&self) -> String {
        self.outcome.to_string()
    }

    fn describes(&self, text: &str) -> bool {
        matches!(&self.outcome, Outcome::Refusal { description, .. } if description == text)
    }
}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    /// Reads a name (`inactive-user`), a description (`inactive user`), or any refusal written
    /// `code: description`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(row) = Self::named(text).or_else(|| Self::all().find(|row| row.describes(text)))
        {
            return Ok(row);
        }
        match text.split_once(": ") {
            Some((error, description)) => Ok(Self::refusal(400, error, description)),
            None => Err(UnknownScenario(text.to_owned())),
        }
    }
}

/// The text is neither the name of a scenario nor a refusal of the form `code: description`.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("no scenario is called `{0}`; `--scenarios` lists them all")]
pub struct UnknownScenario(String);

/// The check at which a scenario happens, in the order of the checks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    /// Before any check of the request.
    Edge,
    /// The request and the issuer, signature, audience and time of the assertion.
    Assertion,
    /// The app is installed and not blocked.
    App,
    /// The user exists and is active.
    User,
    /// The app is approved for the user.
    Approval,
    /// Login addresses, login hours, session level and login rate.
    Policy,
    /// The token is issued in an unusual response.
    Token,
    /// The token is issued as usual and its use fails.
    Api,
}

/// The result of a scenario.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Api(ApiFault),
    Page {
        status: u16,
        #[serde(default = "html")]
        content_type: String,
        body: String,
    },
    Redirect {
        status: u16,
        location: String,
    },
    Refusal {
        #[serde(default = "bad_request")]
        status: u16,
        error: String,
        description: String,
    },
    Token(TokenVariant),
    Wire(WireFault),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(ApiFault { status, code, .. }) => write!(f, "a token, then {status} {code}"),
            Self::Page { status, body, .. } if body.is_empty() => write!(f, "{status}, empty"),
            Self::Page { status, content_type, .. } => {
                write!(f, "{status} {}", content_type.split(';').next().unwrap_or_default())
            }
            Self::Redirect { status, .. } => write!(f, "{status}"),
            Self::Refusal { status, error, description } => {
                write!(f, "{status} {error}: {description}")
            }
            Self::Token(_) => f.write_str("200 with a token"),
            Self::Wire(_) => f.write_str("a broken connection"),
        }
    }
}

/// The way in which the use of a token fails.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct ApiFault {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Whether the session ends.
    #[serde(default)]
    pub(crate) ends_session: bool,
}

/// The unusual part of a token response.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct TokenVariant {
    /// Whether the token is a JWT.
    pub(crate) jwt: bool,
    /// Whether there are `issued_at` and `signature`, as with a JWT.
    pub(crate) signed: bool,
    /// Other values of the response; null for none.
    pub(crate) changes: Map<String, Value>,
}

/// The way in which the connection fails.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WireFault {
    /// The connection ends without a response.
    Closed,
    /// The response ends in the middle of its body.
    Cut,
    /// No response.
    Silence,
}

fn html() -> String {
    "text/html;charset=UTF-8".to_owned()
}

fn bad_request() -> u16 {
    400
}

/// Texts are captured. Where none was, the description is the code in words.
static SCENARIOS: LazyLock<Vec<Scenario>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("scenario/scenarios.json"))
        .expect("our own file is well formed")
});

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Outcome, Scenario};

    #[test]
    fn names_are_unique_and_fit_a_command_line() {
        let names: Vec<_> = Scenario::all().map(|row| row.name().to_owned()).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        for name in names {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            );
        }
    }

    #[test]
    fn readme_lists_every_scenario() {
        let row =
            |it: Scenario| format!("| `{}` | {} | {} |\n", it.name(), it.answer(), it.meaning());
        let table: String = Scenario::all().map(row).collect();
        let readme = include_str!("../README.md");
        assert!(readme.contains(&table), "the README's table is to be:\n{table}");
    }

    #[test]
    fn rows_are_in_the_order_of_the_checks() {
        assert!(Scenario::all().is_sorted_by_key(|row| row.step));
    }

    #[test]
    fn scenario_is_named_described_or_spelled_out() {
        for (name, text, error, description) in [
            ("name", "inactive-user", "invalid_grant", "inactive user"),
            ("description", "inactive user", "invalid_grant", "inactive user"),
            ("spelled out", "new_code: never seen", "new_code", "never seen"),
        ] {
            let scenario: Scenario = text.parse().unwrap();
            let Outcome::Refusal { error: e, description: d, .. } = &scenario.outcome else {
                panic!("{name} is no refusal");
            };
            assert_eq!((e.as_str(), d.as_str()), (error, description), "{name}");
        }
        assert!("no-such-thing".parse::<Scenario>().is_err());
    }
}
