use super::{Resolution, documented_audience};
use crate::audience::Audience;
use crate::url::is_china;

/// An endpoint or an audience that was considered.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Candidate {
    /// `endpoint` or `audience`.
    pub role: &'static str,
    /// The URL.
    pub url: String,
    /// Whether the first attempt uses it.
    pub used: bool,
    /// Why it is used, kept for the further attempt, or left alone.
    pub why: &'static str,
}

impl Resolution {
    /// Every endpoint, then every audience that was considered; of each, one is used.
    pub fn candidates(&self) -> Vec<Candidate> {
        let further = self.further_attempt();
        let mut list = self.endpoints(further.as_ref());
        list.extend(self.audiences(further.as_ref()));
        list
    }

    /// The login and the test host of the cloud that the org is in.
    fn login_hosts(&self) -> [Audience; 2] {
        if is_china(self.endpoint().host()) {
            ["login.sfcrmproducts.cn", "test.sfcrmproducts.cn"].map(Audience::documented)
        } else {
            [Audience::production(), Audience::sandbox()]
        }
    }

    fn endpoints(&self, further: Option<&Self>) -> Vec<Candidate> {
        let mut list = Candidates::new("endpoint");
        list.push(self.endpoint().as_str(), true, self.endpoint_reason());
        if let Some(further) = further {
            list.push(further.endpoint().as_str(), false, FURTHER);
        }
        if let Some(own) = self.instance.as_ref().filter(|instance| instance.is_own_host()) {
            list.push(&token_endpoint(own.as_str()), false, LOGIN_URL_SET);
        }
        let why = if self.login_given { LOGIN_URL_SET } else { "the host of the org is known" };
        for audience in self.login_hosts() {
            list.push(&token_endpoint(audience.as_str()), false, why);
        }
        list.0
    }

    fn audiences(&self, further: Option<&Self>) -> Vec<Candidate> {
        let mut list = Candidates::new("audience");
        list.push(self.audience().as_str(), true, self.audience_reason());
        if let Some(further) = further {
            list.push(further.audience().as_str(), false, FURTHER);
        }
        let site = self.endpoint().site();
        let own = if self.audience_given { AUDIENCE_SET } else { OTHER_HOST };
        list.push(site.as_str(), false, own);
        for audience in self.login_hosts() {
            let why = match audience.check_for(self.endpoint()) {
                Err(_) => "this token endpoint does not accept it",
                Ok(()) if documented_audience(site.host()).0 != audience => OTHER_KIND,
                Ok(()) => own,
            };
            list.push(audience.as_str(), false, why);
        }
        list.0
    }
}

struct Candidates(Vec<Candidate>, &'static str);

impl Candidates {
    fn new(role: &'static str) -> Self {
        Self(Vec::new(), role)
    }

    /// What stands on the list already is not put there again.
    fn push(&mut self, url: &str, used: bool, why: &'static str) {
        if self.0.iter().all(|candidate| candidate.url != url) {
            self.0.push(Candidate { role: self.1, url: url.to_owned(), used, why });
        }
    }
}

fn token_endpoint(origin: &str) -> String {
    format!("{origin}/services/oauth2/token")
}

const FURTHER: &str = "kept for one further attempt, if the first is refused over the audience";
const AUDIENCE_SET: &str = "`audience` is set and goes before it";
const LOGIN_URL_SET: &str = "`login_url` is set and goes before it";
const OTHER_HOST: &str = "another audience is documented for this host";
const OTHER_KIND: &str = "the host does not look like that kind of org";
