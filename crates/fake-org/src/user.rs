//! Who may log in.

use std::str::FromStr;

use serde_json::{Value, json};

use crate::scenario::{Scenario, UnknownScenario};

/// A user of the org, found by its user name and pre-authorised for the app unless told otherwise.
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
    /// A user who is let in.
    pub fn new(username: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            first_name: "Integration".to_owned(),
            last_name: "User".to_owned(),
            community: None,
            scenario: None,
        }
    }

    /// The user name, which assertions name as their subject.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Sets first and last name; `Integration User` unless told.
    #[must_use]
    pub fn named(mut self, first: impl Into<String>, last: impl Into<String>) -> Self {
        self.first_name = first.into();
        self.last_name = last.into();
        self
    }

    /// Makes it a member of an Experience Cloud site, who calls the API at the site's URL.
    #[must_use]
    pub fn community(mut self, site_url: impl Into<String>) -> Self {
        self.community = Some(site_url.into());
        self
    }

    /// Sets what happens when this user logs in; it is let in unless told.
    #[must_use]
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// The fields of its record.
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

    /// Reads `NAME` or `NAME=SCENARIO`, as the program's `--user` has it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((username, scenario)) => Ok(Self::new(username).scenario(scenario.parse()?)),
            None => Ok(Self::new(text)),
        }
    }
}
