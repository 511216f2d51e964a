//! Token responses, in each form that has been observed.

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::Call;
use crate::id;
use crate::org::Org;
use crate::reply::{self, Reply};
use crate::scenario::TokenVariant;
use crate::session::{Grant, TokenFormat};

/// Issues a token and returns the response.
pub(super) fn token(org: &Org, call: &Call, user_id: &str, variant: &TokenVariant) -> Reply {
    let jwt = variant.jwt || org.setup.token_format == TokenFormat::Jwt;
    let format = if jwt { TokenFormat::Jwt } else { TokenFormat::Opaque };
    let instance_url = org.instance_url(call);
    let grant = Grant {
        org_id: &org.org_id,
        user_id,
        client_id: &org.setup.client_id,
        issuer: &instance_url,
        scope: &org.setup.scope,
        now: org.now(),
        lifetime: org.setup.token_lifetime,
    };
    let token = org.state().sessions.issue(&grant, format);

    let mut body = json!({
        "access_token": token,
        "scope": org.setup.scope,
        "instance_url": instance_url,
        "id": org.identity_url(call, user_id),
        "token_type": "Bearer",
    });
    add_community(org, user_id, &mut body);
    if jwt || variant.signed {
        body["issued_at"] = Value::from(org.now().as_millisecond().to_string());
        body["signature"] = Value::from(format!("{}=", id::random_token(43, 0)));
    }
    if jwt {
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
