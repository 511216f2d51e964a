//! Checks of the token: scopes, user, API version, one call.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use orgtoken_assertion::{Diagnostic, UnixTime};
use orgtoken_client::{Transport, error_chain};
use orgtoken_oauth::session::{self, UserInfo};
use orgtoken_oauth::{Token, TokenResponseError};
use orgtoken_rest::{Org, RestError, Usage, Version};

use crate::{Check, Finding, Target};

pub(crate) async fn check(
    transport: &Transport,
    token: Token,
    target: &Target,
    clock: impl Fn() -> UnixTime,
) -> Vec<Finding> {
    let token = Arc::new(token);
    let version = target.api_version;
    let org = Org::new(transport.clone(), Arc::clone(&token), version.major());
    vec![
        instance_url(&token, target),
        scopes(&token),
        user(transport, &token, target, clock).await,
        api_version(&org, target).await,
        call(&org).await,
    ]
}

fn instance_url(token: &Token, target: &Target) -> Finding {
    let notice = target.instance_url.as_ref().and_then(|url| token.instance_notice(url));
    match notice {
        Some(notice) => Finding::warning(
            Check::InstanceUrl,
            notice,
            format!("put `instance_url = \"{}\"` into the settings", token.instance_url().as_str()),
        ),
        None => Finding::ok(Check::InstanceUrl, token.instance_url().as_str()),
    }
}

fn scopes(token: &Token) -> Finding {
    let Some(scope) = token.scope() else {
        return Finding::skipped(Check::Scopes, "the response does not list any");
    };
    if scope.split(' ').any(|one| one == "api" || one == "full") {
        return Finding::ok(Check::Scopes, scope);
    }
    Finding::warning(
        Check::Scopes,
        format!("{scope}: without `api`, REST API calls are refused"),
        "add `Manage user data via APIs (api)` to the OAuth scopes of the app",
    )
}

async fn user(
    transport: &Transport,
    token: &Token,
    target: &Target,
    clock: impl Fn() -> UnixTime,
) -> Finding {
    let request = session::user_info(token.instance_url(), token.access_token());
    let answer = match transport.exchange(request).await {
        Ok(answer) => answer,
        Err(error) => return Finding::skipped(Check::User, format!("no response: {error}")),
    };
    let user = match UserInfo::from_http(&answer, clock()) {
        Ok(user) => user,
        Err(error) => return unknown_user(&error),
    };
    match user.username {
        None => Finding::skipped(Check::User, "the response has no username"),
        Some(name) if name.eq_ignore_ascii_case(&target.username) => {
            let org = user.org_id.map(|id| format!(" of org {id}")).unwrap_or_default();
            Finding::ok(Check::User, format!("{name}{org}"))
        }
        Some(name) => Finding::warning(
            Check::User,
            format!("the token belongs to {name}, not to {}", target.username),
            "correct the username in the settings",
        ),
    }
}

/// Reports that the user is unknown: `userinfo` needs a scope that API calls do not need.
fn unknown_user(error: &TokenResponseError) -> Finding {
    let detail = format!("cannot read the user of the token: {error}");
    match error {
        TokenResponseError::Refused(refusal) if error.code() == "refused.invalid_scope" => {
            Finding::skipped(Check::User, format!("needs the scope `id` or `openid`: {refusal}"))
        }
        _ => Finding::new(Check::User, crate::Verdict::Warning, detail).remedy(error.hint()),
    }
}

async fn api_version(org: &Org, target: &Target) -> Finding {
    let wanted = target.api_version;
    let offered: Vec<_> = match org.versions().await {
        Ok(versions) => versions.iter().filter_map(Version::major).collect(),
        Err(RestError::InvalidJson { .. }) => Vec::new(),
        Err(error) => return failed(Check::ApiVersion, &error),
    };
    let (Some(oldest), Some(newest)) = (offered.iter().min(), offered.iter().max()) else {
        return Finding::skipped(Check::ApiVersion, "the org does not list its versions");
    };
    let range = format!("the org offers v{oldest}.0 to v{newest}.0");
    if offered.contains(&wanted.major()) {
        return Finding::ok(Check::ApiVersion, format!("{wanted}; {range}"));
    }
    let why = if wanted.major() < *oldest { "is retired" } else { "is not offered" };
    Finding::warning(
        Check::ApiVersion,
        format!("{wanted} {why}: {range}"),
        format!("put `api_version = \"v{newest}.0\"` into the settings"),
    )
}

/// Requests the list of resources: the smallest call that counts against the limit.
async fn call(org: &Org) -> Finding {
    let answer = match org.request(Method::GET, "", HeaderMap::new(), Bytes::new()).await {
        Ok(answer) => answer,
        Err(error) => return failed(Check::Api, &error),
    };
    let Some(usage) = Usage::from_headers(answer.headers()) else {
        return Finding::ok(Check::Api, "a call succeeded");
    };
    let detail = format!("a call succeeded; {} of {} calls used today", usage.used, usage.allowed);
    if usage.used.saturating_mul(10) < usage.allowed.saturating_mul(9) {
        return Finding::ok(Check::Api, detail);
    }
    Finding::warning(
        Check::Api,
        detail,
        "look up the source of the calls: Setup > System Overview > API Usage",
    )
}

fn failed(check: Check, error: &RestError) -> Finding {
    Finding::failed(check, error.code(), error_chain(error), error.hint())
}
