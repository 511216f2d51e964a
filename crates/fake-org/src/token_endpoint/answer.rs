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
pub(super) fn token(org: &Org, call: &Call, user_id: &str, variant: Option<TokenVariant>) -> Reply {
    let jwt = variant == Some(TokenVariant::Jwt) || org.setup.token_format == TokenFormat::Jwt;
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
    if jwt || variant == Some(TokenVariant::Signed) {
        body["issued_at"] = Value::from(org.now().as_millis().to_string());
        body["signature"] = Value::from(format!("{}=", id::random_token(43, 0)));
    }
    if jwt {
        body["token_format"] = Value::from("jwt");
        body["api_instance_url"] = Value::from("https://api.salesforce.com");
    }
    modify(&mut body, variant);
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

fn modify(body: &mut Value, variant: Option<TokenVariant>) {
    let Some(fields) = body.as_object_mut() else { return };
    match variant {
        None | Some(TokenVariant::Jwt | TokenVariant::Signed) => {}
        Some(TokenVariant::EmptyToken) => {
            fields.insert("access_token".to_owned(), Value::from(""));
        }
        Some(TokenVariant::InstanceUrl(url)) => {
            fields.insert("instance_url".to_owned(), Value::from(url));
        }
        Some(TokenVariant::MacToken) => {
            fields.insert("token_type".to_owned(), Value::from("mac"));
        }
        Some(TokenVariant::Minimal) => {
            fields.shift_remove("scope");
        }
        Some(TokenVariant::NoInstanceUrl) => {
            fields.shift_remove("instance_url");
        }
    }
}
