//! Users of the org.

use std::str::FromStr;

use serde_json::{Value, json};

use crate::scenario::{Scenario, UnknownScenario};

/// A user of the org. By default it is pre-authorised for the app.
///
/// ```
/// use orgtoken_fake_org::User;
///
/// let robot = User::new("robot@acme.com").named("Robo", "Tester");
/// let frozen: User = "frozen@acme.com=inactive user".parse()?;
/// # Ok::<(), orgtoken_fake_org::UnknownScenario>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub(crate) username: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) community: Option<String>,
    pub(crate) scenario: Option<Scenario>,
}

impl User {
    /// Returns a user who may log in.
    pub fn new(username: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            first_name: "Integration".to_owned(),
            last_name: "User".to_owned(),
            community: None,
            scenario: None,
        }
    }

    /// Returns the user name, which is the subject of assertions.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Sets the first and last name. Default: `Integration User`.
    #[must_use]
    pub fn named(mut self, first: impl Into<String>, last: impl Into<String>) -> Self {
        self.first_name = first.into();
        self.last_name = last.into();
        self
    }

    /// Makes the user a member of an Experience Cloud site, which calls the API at the site's URL.
    #[must_use]
    pub fn community(mut self, site_url: impl Into<String>) -> Self {
        self.community = Some(site_url.into());
        self
    }

    /// Sets the scenario of the user's logins. By default they succeed.
    #[must_use]
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// Returns the fields of its record.
    pub(crate) fn fields(&self) -> Value {
        json!({
            "Username": self.username, "LastName": self.last_name, "FirstName": self.first_name,
            "Name": format!("{} {}", self.first_name, self.last_name), "CompanyName": "Acme",
            "Email": self.username, "Alias": self.username.chars().take(8).collect::<String>(),
            "IsActive": true, "TimeZoneSidKey": "Europe/Stockholm", "LocaleSidKey": "en_US",
            "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8", "UserType": "Standard",
        })
    }
}

impl FromStr for User {
    type Err = UnknownScenario;

    /// Parses `NAME` or `NAME=SCENARIO`, the value of `--user`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((username, scenario)) => Ok(Self::new(username).scenario(scenario.parse()?)),
            None => Ok(Self::new(text)),
        }
    }
}
