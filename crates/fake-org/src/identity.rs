//! The endpoints about tokens and their holders: userinfo, identity URL, introspect, revoke,
//! discovery.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::call::{Bearer, Call};
use crate::org::Org;
use crate::reply::{self, Reply};
use crate::scenario::{Play, Stage};

/// `GET` or `POST /services/oauth2/userinfo`. A bad token is answered in plain text with 403.
pub(crate) fn userinfo(org: &Org, call: &Call) -> Reply {
    match holder(org, call) {
        Ok(user_id) => reply::json(StatusCode::OK, &org.userinfo(call, &user_id)),
        Err(text) => reply::text(StatusCode::FORBIDDEN, text),
    }
}

/// `GET /id/<org id>/<user id>`.
pub(crate) fn identity(org: &Org, call: &Call, org_id: &str, user_id: &str) -> Reply {
    let holder = match holder(org, call) {
        Ok(holder) => holder,
        Err(text) => return reply::text(StatusCode::FORBIDDEN, text),
    };
    if org_id != org.org_id {
        return reply::text(StatusCode::FORBIDDEN, "Wrong_Org");
    }
    if user_id != holder {
        return reply::text(StatusCode::FORBIDDEN, "Bad_Id");
    }
    let mut person = org.userinfo(call, user_id);
    person["id"] = Value::from(org.identity_url(call, user_id));
    person["username"] = person["preferred_username"].clone();
    person["display_name"] = person["name"].clone();
    person["asserted_user"] = Value::Bool(true);
    reply::json(StatusCode::OK, &person)
}

/// `POST /services/oauth2/revoke` ([RFC 7009], but for the 400 that Salesforce has for strangers).
///
/// [RFC 7009]: https://www.rfc-editor.org/rfc/rfc7009#section-2
pub(crate) fn revoke(org: &Org, call: &Call) -> Reply {
    let form = call.form().unwrap_or_default();
    let revoked = form.first("token").is_some_and(|token| org.state().sessions.revoke(token));
    if revoked {
        return reply::empty(StatusCode::OK);
    }
    reply::refusal(400, "invalid_token", "invalid token")
}

/// `POST /services/oauth2/introspect` ([RFC 7662]). Any client secret will do, but there must be one.
///
/// [RFC 7662]: https://www.rfc-editor.org/rfc/rfc7662#section-2
pub(crate) fn introspect(org: &Org, call: &Call) -> Reply {
    let form = call.form().unwrap_or_default();
    let by_form = form.first("client_id") == Some(&org.setup.client_id)
        && form.first("client_secret").is_some_and(|secret| !secret.is_empty());
    // `Basic` is the malformed bearer here.
    if !by_form && call.bearer() != Bearer::Malformed {
        return reply::refusal(401, "invalid_client", "invalid client credentials");
    }
    let token = form.first("token").unwrap_or_default();
    let session = org.state().sessions.peek(token, org.now()).cloned();
    let Some(session) = session else {
        return reply::json(StatusCode::OK, &json!({ "active": false }));
    };
    let username = org.userinfo(call, &session.user_id)["preferred_username"].clone();
    let issued = session.issued_at.as_secs();
    let body = json!({
        "active": true, "scope": org.setup.scope, "client_id": org.setup.client_id,
        "username": username, "sub": org.identity_url(call, &session.user_id),
        "token_type": "access_token", "exp": session.expires_at.as_secs(), "iat": issued,
        "nbf": issued,
    });
    reply::json(StatusCode::OK, &body)
}

/// `GET /.well-known/openid-configuration`.
pub(crate) fn discovery(org: &Org, call: &Call) -> Reply {
    if call.method() != Method::GET {
        return reply::empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    let issuer = call.origin();
    let oauth = format!("{issuer}/services/oauth2");
    let body = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{oauth}/authorize"),
        "token_endpoint": format!("{oauth}/token"),
        "revocation_endpoint": format!("{oauth}/revoke"),
        "userinfo_endpoint": format!("{oauth}/userinfo"),
        "introspection_endpoint": format!("{oauth}/introspect"),
        "jwks_uri": format!("{issuer}/id/keys"),
        "scopes_supported": org.setup.scope.split(' ').collect::<Vec<_>>(),
        "response_types_supported": ["code", "token", "token id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "client_secret_basic", "private_key_jwt"],
    });
    reply::json(StatusCode::OK, &body)
}

fn holder(org: &Org, call: &Call) -> Result<String, &'static str> {
    let Bearer::Token(token) = call.bearer() else {
        return Err("Missing_OAuth_Token");
    };
    let mut state = org.state();
    let session = state.sessions.touch(token, org.now(), org.setup.token_lifetime);
    let user_id = session.ok_or("Bad_OAuth_Token")?.user_id;
    match state.member_by_id(&user_id).and_then(|member| member.strike(Stage::Api)) {
        Some(Play::Api(fault)) if fault.status == 401 => {
            if fault.ends_session {
                state.sessions.revoke(token);
            }
            Err("Bad_OAuth_Token")
        }
        _ => Ok(user_id),
    }
}

impl Org {
    /// The identity URL of a user, at the host where such things live.
    pub(crate) fn identity_url(&self, call: &Call, user_id: &str) -> String {
        format!("{}/id/{}/{user_id}", self.identity_host(call), self.org_id)
    }

    /// A client that came by address must be able to follow the link, so it leads back to there.
    fn identity_host(&self, call: &Call) -> String {
        let host = call.host();
        if host.trim_end_matches(":443").ends_with(".salesforce.com") {
            self.generic_host().to_owned()
        } else {
            call.origin()
        }
    }

    fn userinfo(&self, call: &Call, user_id: &str) -> Value {
        let state = self.state();
        let record = state.records.find("User", user_id).cloned().unwrap_or_default();
        drop(state);
        let text = |field: &str| record.get(field).cloned().unwrap_or_default();
        let url = self.instance_url(call);
        json!({
            "sub": self.identity_url(call, user_id), "user_id": user_id,
            "organization_id": self.org_id, "preferred_username": text("Username"),
            "nickname": text("Alias"), "name": text("Name"), "email": text("Email"),
            "email_verified": true, "given_name": text("FirstName"),
            "family_name": text("LastName"), "zoneinfo": text("TimeZoneSidKey"),
            "photos": {}, "profile": format!("{url}/{user_id}"), "picture": null,
            "address": {}, "urls": urls(&url, user_id), "active": text("IsActive"),
            "user_type": "STANDARD", "language": text("LanguageLocaleKey"),
            "locale": text("LocaleSidKey"), "utcOffset": 3_600_000,
            "updated_at": text("SystemModstamp"),
        })
    }
}

fn urls(url: &str, user_id: &str) -> Value {
    let data = format!("{url}/services/data/v{{version}}");
    json!({
        "rest": format!("{data}/"),
        "sobjects": format!("{data}/sobjects/"),
        "query": format!("{data}/query/"),
        "search": format!("{data}/search/"),
        "recent": format!("{data}/recent/"),
        "profile": format!("{url}/{user_id}"),
        "custom_domain": url,
    })
}

#[cfg(test)]
mod tests;
