//! Tokens that expire in use, and orgs that move.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use conformance::raw::response;
use http::Method;
use orgtoken_assertion::Diagnostic;
use orgtoken_client::{BoxFuture, CachedToken, Timestamp, TokenError, TokenSource, Transport};
use orgtoken_rest::Org;

use crate::support::{Canned, ConnectedOrg, json, login, token_for, transport};

/// A source of several tokens; the next one follows when a token is refused.
struct InTurn {
    tokens: Vec<Arc<CachedToken>>,
    refused: AtomicUsize,
}

impl InTurn {
    fn new(hosts: &[&str]) -> Arc<Self> {
        let held = |host: &&str| Arc::new(CachedToken::new(token_for(host), Timestamp::now()));
        Arc::new(Self { tokens: hosts.iter().map(held).collect(), refused: AtomicUsize::new(0) })
    }
}

impl TokenSource for InTurn {
    fn cached(&self, _: Duration) -> Option<Arc<CachedToken>> {
        let at = self.refused.load(Ordering::SeqCst).min(self.tokens.len() - 1);
        Some(Arc::clone(&self.tokens[at]))
    }

    fn renew(&self, min_ttl: Duration) -> BoxFuture<'_, Result<Arc<CachedToken>, Arc<TokenError>>> {
        Box::pin(ready(Ok(self.cached(min_ttl).unwrap())))
    }

    fn invalidate(&self, _: &CachedToken) {
        self.refused.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn moved_org_is_found_with_one_login() {
    for (name, gone) in [
        ("301", response("301 Moved", "location: https://acme2.my.salesforce.com/x\r\n", "")),
        ("302", response("302 Found", "location: /?ec=302\r\n", "")),
        ("404", response("404 Not Found", "", r#"[{"errorCode":"URL_NOT_RESET","message":"x"}]"#)),
        ("HTML", response("404 Not Found", "content-type: text/html\r\n", "<html>")),
    ] {
        let gone = Canned::new(move |_| gone.clone());
        let present = Canned::new(|_| json("{}"));
        let source = InTurn::new(&[&gone.host, &present.host]);
        let api =
            Org::new(Transport::builder().build(), source.clone() as Arc<dyn TokenSource>, 65);
        api.limits().await.unwrap();
        assert_eq!((gone.calls(), present.calls()), (1, 1), "{name}");

        let source = InTurn::new(&[&gone.host]);
        let api =
            Org::new(Transport::builder().build(), source.clone() as Arc<dyn TokenSource>, 65);
        let error = api.limits().await.unwrap_err();
        assert_eq!(
            (gone.calls(), source.refused.load(Ordering::SeqCst)),
            (2, 1),
            "{name}: {error}"
        );
        if name == "301" {
            assert_eq!(error.to_string(), "the org has moved to acme2.my.salesforce.com");
        }
    }
}

#[tokio::test]
async fn login_that_returns_the_same_token_ends_the_call() {
    for code in
        ["INVALID_SESSION_ID", "INVALID_AUTH_HEADER", "INVALID_JWT_FORMAT", "Bad_OAuth_Token"]
    {
        let body = format!(r#"[{{"errorCode":"{code}","message":""}}]"#);
        let server = Canned::new(move |_| response("401 Unauthorized", "", &body));
        let source = InTurn::new(&[&server.host]);
        let api =
            Org::new(Transport::builder().build(), source.clone() as Arc<dyn TokenSource>, 65);
        let error = api.limits().await.unwrap_err();
        assert!(error.is_session_end(), "{error}");
        assert_eq!((server.calls(), source.refused.load(Ordering::SeqCst)), (1, 1), "{code}");
    }
}

#[tokio::test]
async fn expired_session_costs_one_login_and_one_further_attempt() {
    let org = ConnectedOrg::new();
    org.api.limits().await.unwrap();
    org.server.expire_all();
    org.api.limits().await.unwrap();
    assert_eq!((org.server.logins(), org.calls()), (2, 3));
}

#[tokio::test]
async fn create_that_was_refused_for_its_token_is_sent_again() {
    let org = ConnectedOrg::playing("session-expires-once");
    let body = r#"{"Name":"Acme AB"}"#;
    let answer = org.call(Method::POST, "sobjects/Account", body).await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!((org.server.logins(), org.calls()), (2, 2));
}

#[tokio::test]
async fn repeated_401_costs_one_login() {
    let org = ConnectedOrg::playing("session-never-valid");
    let error = org.api.limits().await.unwrap_err();
    assert!(error.is_session_end(), "{error}");
    assert_eq!((org.server.logins(), org.calls()), (2, 2));
}

#[tokio::test]
async fn policy_401_costs_no_login() {
    let org = ConnectedOrg::playing("session-not-for-rest");
    let error = org.api.limits().await.unwrap_err();
    assert_eq!(error.code(), "api.unauthorized");
    assert_eq!((org.server.logins(), org.calls()), (1, 1));
}

#[tokio::test]
async fn single_token_is_not_renewed() {
    let org = ConnectedOrg::new();
    let now = || Timestamp::now().wall;
    let granted = login(&org.server).obtain(&transport(&org.server), now).await.unwrap();
    let api = Org::new(transport(&org.server), granted.token, 65);
    org.server.expire_all();
    assert!(api.limits().await.unwrap_err().is_session_end());
    assert_eq!((org.server.logins(), org.calls()), (1, 1));
}

#[tokio::test]
async fn expired_session_is_recognised_in_the_plain_text_of_userinfo() {
    let org = ConnectedOrg::new();
    org.api.userinfo().await.unwrap();
    org.server.expire_all();
    org.api.userinfo().await.unwrap();
    assert_eq!(org.server.logins(), 2);
}

#[tokio::test]
async fn concurrent_calls_share_one_login() {
    let org = ConnectedOrg::new();
    org.api.limits().await.unwrap();
    org.server.expire_all();
    let limits = || org.api.limits();
    let (a, b, c) = tokio::join!(limits(), limits(), limits());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(org.server.logins(), 2);
}
