use crate::audience::Audience;
use crate::endpoint::{InstanceUrl, LoginUrl, TokenEndpoint};
use crate::refusal::Refusal;
use crate::url::{CheckedUrl, HostKind, UrlError, is_china, is_gs1, is_sandbox};

#[cfg(test)]
mod tests;

/// Which token endpoint is asked, for which audience, and why.
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
    /// Decides from what is set; what is not set is chosen.
    ///
    /// # Errors
    ///
    /// Only [`UrlError::Audience`]: the audience that is set cannot be accepted by the endpoint.
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

    /// Where the assertion goes.
    pub fn endpoint(&self) -> &TokenEndpoint {
        &self.endpoint.value
    }

    /// For whom the assertion is made.
    pub fn audience(&self) -> &Audience {
        &self.audience.value
    }

    /// Why this endpoint.
    pub fn endpoint_reason(&self) -> &'static str {
        self.endpoint.reason
    }

    /// Why this audience.
    pub fn audience_reason(&self) -> &'static str {
        self.audience.reason
    }

    /// Is this the second and last attempt, which [`Resolution::after`] gave?
    pub fn is_fallback(&self) -> bool {
        self.is_fallback
    }

    /// The one further attempt after `refusal`, if there is one.
    ///
    /// It differs in the audience, and is only there after a refusal that is about the audience,
    /// or after `app_not_found` from a host that serves many orgs. See
    /// [`Resolution::fallback`].
    pub fn after(&self, refusal: &Refusal) -> Option<Self> {
        let worth =
            refusal.is_about_audience() || (self.is_generic() && refusal.is_app_not_found());
        if worth { self.fallback() } else { None }
    }

    /// The one further attempt, whether or not there is a reason for it yet. Where it has worked
    /// before, to begin with it saves an attempt that would be refused.
    ///
    /// Where `audience` was set, there is none: it is sent as it was set. A host that is not
    /// Salesforce's gets no assertion for another audience than its own: it could use that at
    /// Salesforce.
    pub fn fallback(&self) -> Option<Self> {
        if self.is_fallback || self.audience_given {
            return None;
        }
        let (endpoint, audience) =
            if self.is_generic() { self.away_from_generic()? } else { self.other_audience()? };
        Some(Self { endpoint, audience, is_fallback: true, ..self.clone() })
    }

    fn is_generic(&self) -> bool {
        matches!(self.endpoint.value.url().kind(), HostKind::Login | HostKind::Test)
    }

    /// `login` and `test` accept nothing but themselves, so another audience is another host.
    fn away_from_generic(&self) -> Option<(Choice<TokenEndpoint>, Choice<Audience>)> {
        if let Some(own) = self.instance.as_ref().filter(|instance| instance.is_own_host()) {
            let endpoint = TokenEndpoint::at(own.url().clone());
            return Some((
                Choice::new(endpoint, "further attempt: the My Domain of the instance URL"),
                Choice::new(Audience::of(own.url()), "further attempt: the My Domain itself"),
            ));
        }
        if self.login_given {
            return None;
        }
        let own = self.endpoint.value.url();
        let other = match (own.kind(), is_china(own.host())) {
            (HostKind::Test, true) => Audience::documented("login.sfcrmproducts.cn"),
            (_, true) => Audience::documented("test.sfcrmproducts.cn"),
            (HostKind::Test, false) => Audience::production(),
            (_, false) => Audience::sandbox(),
        };
        Some((
            Choice::new(
                TokenEndpoint::at(other.url().clone()),
                "further attempt: the other login host",
            ),
            Choice::new(other, "further attempt: the other login host"),
        ))
    }

    fn other_audience(&self) -> Option<(Choice<TokenEndpoint>, Choice<Audience>)> {
        let url = self.endpoint.value.url();
        if !url.kind().is_salesforce() {
            return None;
        }
        let (documented, why) = documented_audience(url.host());
        let audience = if documented == self.audience.value {
            Choice::new(Audience::of(url), "further attempt: the origin of the token endpoint")
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
            "neither `login_url` nor an instance URL is set, so the org is taken for production",
        );
    };
    let url = instance_url.url();
    match url.kind() {
        HostKind::Instance if is_gs1(url.host()) => {
            at(url, "`login_url` is not set: the government cloud logs in at its own host")
        }
        HostKind::Instance if is_sandbox(url.host()) => at(
            Audience::sandbox().url(),
            "`login_url` is not set, and the instance URL is no My Domain but a host of sandboxes",
        ),
        HostKind::Instance => at(
            Audience::production().url(),
            "`login_url` is not set, and the instance URL is no My Domain",
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
            "`audience` is not set: this part of the government cloud has an audience of its own",
        ),
        HostKind::Instance if is_sandbox(url.host()) => Choice::new(
            Audience::sandbox(),
            "`audience` is not set, and an instance of sandboxes takes that of the test host",
        ),
        HostKind::Instance => Choice::new(
            Audience::production(),
            "`audience` is not set, and an instance takes that of the login host",
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
        "further attempt: the documented audience of sandboxes"
    } else {
        "further attempt: the documented audience of production"
    };
    (Audience::documented(host), reason)
}
