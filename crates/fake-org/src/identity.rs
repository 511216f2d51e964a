//! The userinfo, identity and revocation endpoints.

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::{Bearer, Call};
use crate::clock::to_api;
use crate::org::Org;
use crate::reply::{self, Reply};
use crate::scenario::Outcome;

/// `GET` or `POST /services/oauth2/userinfo`. For an invalid token the response is 403 in plain
/// text.
pub(crate) fn userinfo(org: &Org, call: &Call) -> Reply {
    answer(holder(org, call).map(|user_id| org.userinfo(call, &user_id)))
}

/// `GET /id/<org id>/<user id>`.
pub(crate) fn identity(org: &Org, call: &Call, org_id: &str, user_id: &str) -> Reply {
    answer(person(org, call, org_id, user_id))
}

fn answer(person: Result<Value, &'static str>) -> Reply {
    match person {
        Ok(person) => reply::json(StatusCode::OK, &person),
        Err(text) => reply::text(StatusCode::FORBIDDEN, text),
    }
}

fn person(org: &Org, call: &Call, org_id: &str, user_id: &str) -> Result<Value, &'static str> {
    let holder = holder(org, call)?;
    if org_id != org.org_id {
        return Err("Wrong_Org");
    }
    if user_id != holder {
        return Err("Bad_Id");
    }
    let mut person = org.userinfo(call, user_id);
    for (name, claim) in [
        ("id", "sub"),
        ("username", "preferred_username"),
        ("display_name", "name"),
        ("nick_name", "nickname"),
        ("first_name", "given_name"),
        ("last_name", "family_name"),
        ("timezone", "zoneinfo"),
        ("last_modified_date", "updated_at"),
    ] {
        person[name] = person[claim].clone();
    }
    for name in ["asserted_user", "is_app_installed"] {
        person[name] = Value::Bool(true);
    }
    person["status"] = json!({ "created_date": null, "body": null });
    Ok(person)
}

/// `POST /services/oauth2/revoke` ([RFC 7009], except that Salesforce answers 400 for an unknown
/// token).
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

fn holder(org: &Org, call: &Call) -> Result<String, &'static str> {
    let query = call.query().unwrap_or_default();
    let token = match call.bearer() {
        Bearer::Token(token) => token,
        // RFC 6750, Section 2.3 has `access_token`. Clients send the older `oauth_token` as well.
        Bearer::Absent => ["access_token", "oauth_token"]
            .iter()
            .find_map(|name| query.first(name))
            .ok_or("Missing_OAuth_Token")?,
        Bearer::Malformed => return Err("Missing_OAuth_Token"),
    };
    match org.use_token(token) {
        None => Err("Bad_OAuth_Token"),
        Some((_, Some(Outcome::Api(fault)))) if fault.status == 401 => Err("Bad_OAuth_Token"),
        Some((user_id, _)) => Ok(user_id),
    }
}

impl Org {
    /// Returns the identity URL of a user.
    pub(crate) fn identity_url(&self, call: &Call, user_id: &str) -> String {
        format!("{}/id/{}/{user_id}", self.identity_host(call), self.org_id)
    }

    /// Returns the host of identity URLs: the generic host for a Salesforce host, else the address
    /// that the client called, so that it can follow the link.
    fn identity_host(&self, call: &Call) -> String {
        let host = call.host();
        if host.trim_end_matches(":443").ends_with(".salesforce.com") {
            self.generic_host().to_owned()
        } else {
            call.origin()
        }
    }

    fn userinfo(&self, call: &Call, user_id: &str) -> Value {
        let user = self.state().member_by_id(user_id).map(|member| member.user.fields());
        let user = user.unwrap_or_default();
        let text = |field: &str| user[field].clone();
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
            "updated_at": to_api(self.now()),
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
