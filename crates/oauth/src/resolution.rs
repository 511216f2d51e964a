use crate::audience::Audience;
use crate::endpoint::{InstanceUrl, LoginUrl, TokenEndpoint};
use crate::refusal::Refusal;
use crate::url::{CheckedUrl, HostKind, UrlError, is_china, is_gs1, is_sandbox};

#[cfg(test)]
mod tests;

/// The token endpoint and the audience of a login, each with its reason.
///
/// ```
/// use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution};
///
/// let acme = InstanceUrl::parse("https://acme.my.salesforce.com", &AllowedHosts::none())?;
/// let resolution = Resolution::resolve(None, Some(&acme), None)?;
/// assert_eq!(
///     resolution.endpoint().as_str(),
///     "https://acme.my.salesforce.com/services/oauth2/token"
/// );
/// assert_eq!(resolution.audience().as_str(), "https://acme.my.salesforce.com");
/// # Ok::<(), orgtoken_oauth::UrlError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resolution {
    endpoint: Choice<TokenEndpoint>,
    audience: Choice<Audience>,
    instance: Option<InstanceUrl>,
    login_given: bool,
    audience_given: bool,
    is_fallback: bool,
}

impl Resolution {
    /// Returns what is set, and chooses what is not.
    ///
    /// # Errors
    ///
    /// [`UrlError::Audience`] if the endpoint cannot accept the audience that is set.
    pub fn resolve(
        login_url: Option<&LoginUrl>,
        instance_url: Option<&InstanceUrl>,
        audience: Option<&Audience>,
    ) -> Result<Self, UrlError> {
        let endpoint = choose_endpoint(login_url, instance_url);
        let audience_given = audience.is_some();
        let audience = match audience {
            Some(audience) => Choice::new(audience.clone(), "`audience` is set"),
            None => choose_audience(endpoint.value.url()),
        };
        audience.value.check_for(&endpoint.value)?;
        Ok(Self {
            endpoint,
            audience,
            instance: instance_url.cloned(),
            login_given: login_url.is_some(),
            audience_given,
            is_fallback: false,
        })
    }

    /// Returns the endpoint to which the assertion is sent.
    pub fn endpoint(&self) -> &TokenEndpoint {
        &self.endpoint.value
    }

    /// Returns the audience of the assertion.
    pub fn audience(&self) -> &Audience {
        &self.audience.value
    }

    /// Returns the reason for the endpoint.
    pub fn endpoint_reason(&self) -> &'static str {
        self.endpoint.reason
    }

    /// Returns the reason for the audience.
    pub fn audience_reason(&self) -> &'static str {
        self.audience.reason
    }

    /// Whether this is the fallback of another resolution.
    pub fn is_fallback(&self) -> bool {
        self.is_fallback
    }

    /// Returns the fallback after `refusal`, if there is one.
    ///
    /// A fallback has another audience. There is one only after a refusal of the audience, or after
    /// `app_not_found` from a host that serves many orgs. See [`Resolution::fallback`].
    pub fn after(&self, refusal: &Refusal) -> Option<Self> {
        let worth = refusal.is_about_audience()
            || (self.endpoint().serves_every_org() && refusal.is_app_not_found());
        if worth { self.fallback() } else { None }
    }

    /// Returns the fallback, whether or not there is a reason for it yet. If it has worked before,
    /// starting with it saves an attempt that would be refused.
    ///
    /// There is none if `audience` was set, because it is sent as it was set. A host that
    /// Salesforce does not run gets no assertion for another audience than its own, because it
    /// could use that at Salesforce.
    pub fn fallback(&self) -> Option<Self> {
        if self.is_fallback || self.audience_given {
            return None;
        }
        let (endpoint, audience) = if self.endpoint().serves_every_org() {
            self.away_from_generic()?
        } else {
            self.other_audience()?
        };
        Some(Self { endpoint, audience, is_fallback: true, ..self.clone() })
    }

    /// `login` and `test` accept only themselves, so another audience means another host.
    fn away_from_generic(&self) -> Option<(Choice<TokenEndpoint>, Choice<Audience>)> {
        if let Some(own) = self.instance.as_ref().filter(|instance| instance.is_own_host()) {
            let endpoint = TokenEndpoint::at(own.url().clone());
            return Some((
                Choice::new(endpoint, "fallback: the My Domain of the instance URL"),
                Choice::new(Audience::of(own.url()), "fallback: the My Domain itself"),
            ));
        }
        if self.login_given {
            return None;
        }
        let own = self.endpoint.value.url();
        let other = Audience::documented(own.kind() != HostKind::Test, is_china(own.host()));
        Some((
            Choice::new(TokenEndpoint::at(other.url().clone()), "fallback: the other login host"),
            Choice::new(other, "fallback: the other login host"),
        ))
    }

    fn other_audience(&self) -> Option<(Choice<TokenEndpoint>, Choice<Audience>)> {
        let url = self.endpoint.value.url();
        if !url.kind().is_salesforce() {
            return None;
        }
        let (documented, why) = documented_audience(url.host());
        let audience = if documented == self.audience.value {
            Choice::new(Audience::of(url), "fallback: the origin of the token endpoint")
        } else {
            Choice::new(documented, why)
        };
        Some((self.endpoint.clone(), audience))
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Choice<T> {
    value: T,
    reason: &'static str,
}

impl<T> Choice<T> {
    fn new(value: T, reason: &'static str) -> Self {
        Self { value, reason }
    }
}

fn choose_endpoint(
    login_url: Option<&LoginUrl>,
    instance_url: Option<&InstanceUrl>,
) -> Choice<TokenEndpoint> {
    let at = |url: &CheckedUrl, reason| Choice::new(TokenEndpoint::at(url.clone()), reason);
    if let Some(login_url) = login_url {
        return at(login_url.url(), "`login_url` is set");
    }
    let Some(instance_url) = instance_url else {
        return at(
            Audience::production().url(),
            "neither `login_url` nor an instance URL is set, so this is taken for a production org",
        );
    };
    let url = instance_url.url();
    match url.kind() {
        HostKind::Instance if is_gs1(url.host()) => {
            at(url, "`login_url` is not set: the government cloud logs in at its own host")
        }
        HostKind::Instance if is_sandbox(url.host()) => at(
            Audience::sandbox().url(),
            "`login_url` is not set, and the instance URL is a sandbox host but not a My Domain",
        ),
        HostKind::Instance => at(
            Audience::production().url(),
            "`login_url` is not set, and the instance URL is not a My Domain",
        ),
        HostKind::Login | HostKind::Test => {
            at(url, "`login_url` is not set, and the instance URL is itself a login host")
        }
        HostKind::Listed | HostKind::Loopback => {
            at(url, "`login_url` is not set: the host of the instance URL")
        }
        HostKind::MyDomain => at(url, "`login_url` is not set: the My Domain of the instance URL"),
    }
}

fn choose_audience(url: &CheckedUrl) -> Choice<Audience> {
    match url.kind() {
        _ if is_gs1(url.host()) => Choice::new(
            Audience::gs1(),
            "`audience` is not set: the government cloud has its own audience",
        ),
        HostKind::Instance if is_sandbox(url.host()) => Choice::new(
            Audience::sandbox(),
            "`audience` is not set, and sandbox instances accept that of the test host",
        ),
        HostKind::Instance => Choice::new(
            Audience::production(),
            "`audience` is not set, and instances accept that of the login host",
        ),
        _ if !url.path().is_empty() => {
            Choice::new(Audience::of(url), "`audience` is not set: the URL of the site")
        }
        _ => Choice::new(
            Audience::of(url),
            "`audience` is not set: the origin of the token endpoint",
        ),
    }
}

fn documented_audience(host: &str) -> (Audience, &'static str) {
    let reason = if is_sandbox(host) {
        "fallback: the documented audience of sandboxes"
    } else {
        "fallback: the documented audience of production"
    };
    (Audience::documented(is_sandbox(host), is_china(host)), reason)
}
