use orgtoken_assertion::Diagnostic;

use super::*;
use crate::AllowedHosts;

fn listed() -> AllowedHosts {
    AllowedHosts::parse(["acme.my.site.com", "login.acme.com", "127.0.0.1"]).unwrap()
}

fn resolve(login: &str, instance: &str, audience: &str) -> Result<Resolution, UrlError> {
    let login = (!login.is_empty()).then(|| LoginUrl::parse(login, &listed()).unwrap());
    let instance = (!instance.is_empty()).then(|| InstanceUrl::parse(instance, &listed()).unwrap());
    let audience = (!audience.is_empty()).then(|| Audience::parse(audience, &listed()).unwrap());
    Resolution::resolve(login.as_ref(), instance.as_ref(), audience.as_ref())
}

/// Returns `host|audience`, without the scheme.
fn pair(resolution: &Resolution) -> String {
    let host = resolution.endpoint().as_str().strip_suffix("/services/oauth2/token").unwrap();
    format!("{host}|{}", resolution.audience().as_str()).replace("https://", "")
}

#[test]
fn endpoint_and_audience_are_chosen_with_one_fallback() {
    const LOGIN: &str = "https://login.salesforce.com";
    const TEST: &str = "https://test.salesforce.com";
    const ACME: &str = "https://acme.my.salesforce.com";
    const SBX: &str = "https://acme--sbx.sandbox.my.salesforce.com";
    const SCRATCH: &str = "https://x.scratch.my.salesforce.com";
    const SITE: &str = "https://acme.my.site.com/customers";
    // name, login URL, instance URL, audience; first attempt; fallback after a refusal of the audience.
    for (name, login, instance, audience, first, fallback) in [
        (
            "nothing set",
            "",
            "",
            "",
            "login.salesforce.com|login.salesforce.com",
            Some("test.salesforce.com|test.salesforce.com"),
        ),
        (
            "My Domain",
            "",
            ACME,
            "",
            "acme.my.salesforce.com|acme.my.salesforce.com",
            Some("acme.my.salesforce.com|login.salesforce.com"),
        ),
        (
            "sandbox",
            "",
            SBX,
            "",
            "acme--sbx.sandbox.my.salesforce.com|acme--sbx.sandbox.my.salesforce.com",
            Some("acme--sbx.sandbox.my.salesforce.com|test.salesforce.com"),
        ),
        (
            "scratch org",
            SCRATCH,
            "",
            "",
            "x.scratch.my.salesforce.com|x.scratch.my.salesforce.com",
            Some("x.scratch.my.salesforce.com|test.salesforce.com"),
        ),
        (
            "production, org known",
            LOGIN,
            ACME,
            "",
            "login.salesforce.com|login.salesforce.com",
            Some("acme.my.salesforce.com|acme.my.salesforce.com"),
        ),
        (
            "production, org unknown",
            LOGIN,
            "",
            "",
            "login.salesforce.com|login.salesforce.com",
            None,
        ),
        (
            "sandbox host, org known",
            TEST,
            SBX,
            "",
            "test.salesforce.com|test.salesforce.com",
            Some("acme--sbx.sandbox.my.salesforce.com|acme--sbx.sandbox.my.salesforce.com"),
        ),
        (
            "instance",
            "",
            "https://na139.salesforce.com",
            "",
            "login.salesforce.com|login.salesforce.com",
            Some("test.salesforce.com|test.salesforce.com"),
        ),
        (
            "instance of sandboxes",
            "",
            "https://cs42.salesforce.com",
            "",
            "test.salesforce.com|test.salesforce.com",
            Some("login.salesforce.com|login.salesforce.com"),
        ),
        (
            "instance as login URL",
            "https://na139.salesforce.com",
            "",
            "",
            "na139.salesforce.com|login.salesforce.com",
            Some("na139.salesforce.com|na139.salesforce.com"),
        ),
        (
            "login host as instance URL",
            "",
            TEST,
            "",
            "test.salesforce.com|test.salesforce.com",
            Some("login.salesforce.com|login.salesforce.com"),
        ),
        (
            "government cloud",
            "",
            "https://gs1.salesforce.com",
            "",
            "gs1.salesforce.com|gs1.salesforce.com",
            Some("gs1.salesforce.com|login.salesforce.com"),
        ),
        (
            "government cloud, My Domain",
            "https://gs1.my.salesforce.com",
            "",
            "",
            "gs1.my.salesforce.com|gs1.salesforce.com",
            Some("gs1.my.salesforce.com|login.salesforce.com"),
        ),
        (
            "military",
            "",
            "https://x.my.salesforce.mil",
            "",
            "x.my.salesforce.mil|x.my.salesforce.mil",
            Some("x.my.salesforce.mil|login.salesforce.com"),
        ),
        (
            "China",
            "",
            "https://acme.my.sfcrmproducts.cn",
            "",
            "acme.my.sfcrmproducts.cn|acme.my.sfcrmproducts.cn",
            Some("acme.my.sfcrmproducts.cn|login.sfcrmproducts.cn"),
        ),
        (
            "China, login host",
            "https://login.sfcrmproducts.cn",
            "https://acme.my.sfcrmproducts.cn",
            "",
            "login.sfcrmproducts.cn|login.sfcrmproducts.cn",
            Some("acme.my.sfcrmproducts.cn|acme.my.sfcrmproducts.cn"),
        ),
        ("site", SITE, ACME, "", "acme.my.site.com/customers|acme.my.site.com/customers", None),
        ("login domain", "https://login.acme.com", "", "", "login.acme.com|login.acme.com", None),
        ("this machine", "", "https://127.0.0.1:8443", "", "127.0.0.1:8443|127.0.0.1:8443", None),
        ("audience set", "", ACME, LOGIN, "acme.my.salesforce.com|login.salesforce.com", None),
        ("other audience set", "", ACME, TEST, "acme.my.salesforce.com|test.salesforce.com", None),
        (
            "gs1 audience set",
            ACME,
            "",
            "https://gs1.salesforce.com",
            "acme.my.salesforce.com|gs1.salesforce.com",
            None,
        ),
        (
            "this machine, audience set",
            "https://127.0.0.1:8443",
            "",
            ACME,
            "127.0.0.1:8443|acme.my.salesforce.com",
            None,
        ),
    ] {
        let resolution = resolve(login, instance, audience).unwrap();
        assert_eq!(pair(&resolution), first, "{name}");
        let about = Refusal::new("invalid_grant", Some("audience is invalid"));
        let second = resolution.after(&about);
        assert_eq!(second.as_ref().map(pair).as_deref(), fallback, "{name}, fallback");
        if let Some(second) = second {
            assert!(second.is_fallback(), "{name}");
            assert_eq!(second.after(&about), None, "{name}: never a third attempt");
            assert!(second.audience_reason().starts_with("fallback: "), "{name}");
        }
    }
}

#[test]
fn audiences_that_do_not_match_the_endpoint_are_refused_with_both_values() {
    for (name, login, audience) in [
        ("login audience at test", "https://test.salesforce.com", "https://login.salesforce.com"),
        ("test audience at login", "https://login.salesforce.com", "https://test.salesforce.com"),
        ("My Domain at login", "https://login.salesforce.com", "https://acme.my.salesforce.com"),
        ("another org", "https://acme.my.salesforce.com", "https://other.my.salesforce.com"),
        ("another site", "https://acme.my.site.com/a", "https://acme.my.site.com/b"),
        ("part of a site", "https://acme.my.site.com/customers", "https://acme.my.site.com/cust"),
    ] {
        let error = resolve(login, "", audience).expect_err(name);
        assert_eq!(error.code(), "url.audience", "{name}");
        assert!(error.to_string().contains(audience), "{name}: {error}");
        assert!(login.starts_with("https://acme.my.site.com") || error.to_string().contains(login));
        assert!(error.hint().unwrap().contains(login), "{name}");
    }
}

#[test]
fn fallback_needs_a_reason() {
    let own = resolve("", "https://acme.my.salesforce.com", "").unwrap();
    let generic =
        resolve("https://login.salesforce.com", "https://acme.my.salesforce.com", "").unwrap();
    for (name, code, description, at_own, at_generic) in [
        ("audience", "invalid_grant", "audience is invalid", true, true),
        ("audience, older", "invalid_grant", "Audience validation failed", true, true),
        (
            "no such app",
            "app_not_found",
            "External client app is not installed in this org",
            false,
            true,
        ),
        ("not approved", "invalid_grant", "user hasn't approved this consumer", false, false),
        ("bad signature", "invalid_grant", "invalid assertion", false, false),
        ("wrong key", "invalid_client_id", "client identifier invalid", false, false),
        ("unknown", "canary", "", false, false),
    ] {
        let refusal = Refusal::new(code, Some(description));
        assert_eq!(own.after(&refusal).is_some(), at_own, "{name}");
        assert_eq!(generic.after(&refusal).is_some(), at_generic, "{name}");
    }
}
