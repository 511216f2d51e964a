//! Token responses, in each form that has been observed.

use base64ct::{Base64UrlUnpadded, Encoding};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::Call;
use crate::clock::after;
use crate::id;
use crate::org::Org;
use crate::reply::{self, Reply};
use crate::scenario::TokenVariant;
use crate::session::Session;

/// Issues a token and returns the response.
pub(super) fn token(org: &Org, call: &Call, user_id: &str, variant: &TokenVariant) -> Reply {
    let (now, instance_url, is_jwt) = (org.now(), org.instance_url(call), variant.jwt);
    let expires_at = after(now, org.setup.token_lifetime);
    let session = Session { user_id: user_id.to_owned(), is_jwt, expires_at };
    let token = if is_jwt {
        jwt(org, &session, &instance_url, now)
    } else {
        format!("{}!AQ{}", &org.org_id[..15], id::random_token(94))
    };
    org.state().sessions.insert(token.clone(), session);

    let mut body = json!({
        "access_token": token,
        "scope": org.setup.scope,
        "instance_url": instance_url,
        "id": org.identity_url(call, user_id),
        "token_type": "Bearer",
    });
    add_community(org, user_id, &mut body);
    if is_jwt || variant.signed {
        body["issued_at"] = Value::from(now.as_millisecond().to_string());
        body["signature"] = Value::from(format!("{}=", id::random_token(43)));
    }
    if is_jwt {
        body["token_format"] = Value::from("jwt");
        body["api_instance_url"] = Value::from("https://api.salesforce.com");
    }
    for (name, value) in &variant.changes {
        body[name] = value.clone();
    }
    if let Some(body) = body.as_object_mut() {
        body.retain(|_, value| !value.is_null());
    }
    reply::json(StatusCode::OK, &body)
}

fn add_community(org: &Org, user_id: &str, body: &mut Value) {
    let mut state = org.state();
    let site = state.member_by_id(user_id).and_then(|member| member.user.community.clone());
    if let Some(site) = site {
        body["sfdc_community_url"] = Value::from(site);
        body["sfdc_community_id"] = Value::from(id::id("0DB", 1));
    }
}

/// Returns a JWT with the claims of a real one. The signature is random because clients do not check
/// it.
fn jwt(org: &Org, session: &Session, issuer: &str, now: Timestamp) -> String {
    let issued = now.as_second();
    let header = json!({
        "tnk": format!("core/fake/{}", org.org_id), "ver": "1.0",
        "kid": format!("CORE_ATJWT.{}.{}", org.org_id, now.as_millisecond()),
        "tty": "sfdc-core-token", "typ": "JWT", "alg": "RS256",
    });
    let payload = json!({
        "scp": org.setup.scope, "aud": [issuer], "sub": format!("uid:{}", session.user_id),
        "nbf": issued - 15, "mty": "oauth", "sfi": id::random_token(16), "roles": [],
        "iss": issuer, "hsc": false, "exp": session.expires_at.as_second(), "iat": issued,
        "client_id": org.setup.client_id,
    });
    let encoded = |text: String| Base64UrlUnpadded::encode_string(text.as_bytes());
    let (header, payload) = (encoded(header.to_string()), encoded(payload.to_string()));
    format!("{header}.{payload}.{}", encoded(id::random_token(256)))
}
