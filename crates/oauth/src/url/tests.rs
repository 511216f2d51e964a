use orgtoken_assertion::Diagnostic;

use super::*;
use crate::{Audience, InstanceUrl, LoginUrl};

fn none() -> AllowedHosts {
    AllowedHosts::none()
}

fn listed() -> AllowedHosts {
    AllowedHosts::parse([
        "acme.my.site.com",
        "login.acme.com",
        "acme.cloudforce.com",
        "127.0.0.1",
        "[::1]:8443",
        "localhost:8080",
    ])
    .unwrap()
}

#[test]
fn urls_are_shown_as_they_are_written() {
    let url = "https://acme.my.salesforce.com";
    let login = LoginUrl::parse(url, &none()).unwrap();
    assert_eq!(login.to_string(), url);
    assert_eq!(login.token_endpoint().to_string(), format!("{url}/services/oauth2/token"));
    assert_eq!(InstanceUrl::parse(url, &none()).unwrap().to_string(), url);
    assert_eq!(Audience::parse(url, &none()).unwrap().to_string(), url);
}

#[test]
fn accepted_urls_have_a_canonical_spelling() {
    for (name, text, canonical) in [
        ("production", "https://login.salesforce.com", "https://login.salesforce.com"),
        ("sandbox", "https://test.salesforce.com/", "https://test.salesforce.com"),
        ("My Domain", "https://Acme.My.Salesforce.com", "https://acme.my.salesforce.com"),
        ("port 443", "HTTPS://acme.my.salesforce.com:443/", "https://acme.my.salesforce.com"),
        (
            "sandbox My Domain",
            "https://acme--sbx.sandbox.my.salesforce.com",
            "https://acme--sbx.sandbox.my.salesforce.com",
        ),
        ("developer", "https://x.develop.my.salesforce.com", "https://x.develop.my.salesforce.com"),
        ("instance", "https://na139.salesforce.com", "https://na139.salesforce.com"),
        ("government cloud", "https://gs1.salesforce.com", "https://gs1.salesforce.com"),
        ("military", "https://x.my.salesforce.mil", "https://x.my.salesforce.mil"),
        ("no scheme", "acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("no scheme, port", "acme.my.salesforce.com:443", "https://acme.my.salesforce.com"),
    ] {
        let login =
            LoginUrl::parse(text, &none()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(login.as_str(), canonical, "{name}");
        assert_eq!(InstanceUrl::parse(text, &none()).unwrap().as_str(), canonical, "{name}");
        assert_eq!(
            login.token_endpoint().as_str(),
            format!("{canonical}/services/oauth2/token"),
            "{name}"
        );
    }
}

#[test]
fn refused_urls_have_a_code_and_a_hint() {
    let long_label = format!("https://{}.my.salesforce.com", "a".repeat(64));
    let long_host = format!("https://{}my.salesforce.com", "abc.".repeat(64));
    for (name, text, code, hint) in [
        ("http", "http://acme.my.salesforce.com", "url.scheme", "`https://acme.my.salesforce.com`"),
        ("http elsewhere", "http://evil.example", "url.scheme", "https://"),
        ("ftp", "ftp://login.salesforce.com", "url.scheme", "https://"),
        ("file", "file:///etc/passwd", "url.scheme", "https://"),
        ("javascript", "javascript:alert", "url.scheme", "https://"),
        ("data", "data:text/html,x", "url.scheme", "https://"),
        ("host as user", "https://login.salesforce.com@evil.example", "url.userinfo", "remove"),
        ("password", "https://user:s3cr3tpw@login.salesforce.com", "url.userinfo", "remove"),
        ("no scheme", "user:s3cr3tpw@login.salesforce.com", "url.userinfo", "remove"),
        ("suffix", "https://login.salesforce.com.evil.example", "url.host", "allow_hosts"),
        ("no dot", "https://evilsalesforce.com", "url.host", "Setup > My Domain"),
        ("no dot", "https://evilcrmforce.mil", "url.host", "allow_hosts"),
        ("bare suffix", "https://my.salesforce.com", "url.host", "Setup > My Domain"),
        ("look-alike", "https://acme.my-salesforce.com", "url.host", "Setup > My Domain"),
        ("long instance", "https://abcde1.salesforce.com", "url.host", "Setup > My Domain"),
        ("www", "https://www.salesforce.com", "url.host", "Setup > My Domain"),
        ("backslash", "https://login.salesforce.com\\@evil.example", "url.syntax", "backslashes"),
        ("tab", "https://login\t.salesforce.com", "url.syntax", "no blanks"),
        ("line break", "https://login.salesforce.com\r\nX: y", "url.syntax", "line breaks"),
        ("blank", " https://login.salesforce.com", "url.syntax", "no blanks"),
        ("%00", "https://login%00.salesforce.com", "url.syntax", "percent"),
        ("%2e", "https://login%2esalesforce.com", "url.syntax", "percent"),
        ("nothing", "", "url.syntax", "https://acme.my.salesforce.com"),
        ("metadata service", "https://169.254.169.254", "url.host", "`allow_hosts`"),
        ("private", "https://10.0.0.1", "url.host", "`allow_hosts`"),
        ("loopback v6", "https://[::1]", "url.host", "`allow_hosts`"),
        ("loopback, http", "http://127.0.0.1:8080", "url.host", "`allow_hosts`"),
        ("other v6", "https://[fe80::1]", "url.host", "name the host"),
        ("decimal", "https://2130706433", "url.host", "name the host"),
        ("hexadecimal", "https://0x7f.1", "url.host", "name the host"),
        ("octal", "https://0177.0.0.1", "url.host", "name the host"),
        ("short", "https://127.1", "url.host", "name the host"),
        ("localhost", "https://localhost", "url.host", "write `127.0.0.1`"),
        ("localhost, dot", "https://localhost.", "url.host", "write `127.0.0.1`"),
        ("below localhost", "https://x.localhost", "url.host", "write `127.0.0.1`"),
        ("nip.io", "https://127.0.0.1.nip.io", "url.host", "Setup > My Domain"),
        ("not ASCII", "https://lögin.salesforce.com", "url.host", "plain letters"),
        ("punycode", "https://xn--lgin-5qa.my.salesforce.com", "url.host", "plain letters"),
        ("homograph", "https://login.s\u{430}lesforce.com", "url.host", "plain letters"),
        ("dot at the end", "https://acme.my.salesforce.com.", "url.host", "single dots"),
        ("empty label", "https://acme..my.salesforce.com", "url.host", "single dots"),
        ("no label", "https://.my.salesforce.com", "url.host", "single dots"),
        ("label of 64", &long_label, "url.host", "single dots"),
        ("host of 270", &long_host, "url.host", "single dots"),
        ("no host", "https://", "url.host", "single dots"),
        ("port 0", "https://login.salesforce.com:0", "url.port", "`https://login.salesforce.com`"),
        ("port 80", "https://login.salesforce.com:80", "url.port", "443"),
        ("port 8443", "https://login.salesforce.com:8443", "url.port", "443"),
        ("port 65536", "https://login.salesforce.com:65536", "url.port", "443"),
        ("no number", "https://login.salesforce.com:x", "url.port", "443"),
        (
            "token endpoint",
            "https://login.salesforce.com/services/oauth2/token",
            "url.path",
            "only `https://login.salesforce.com`",
        ),
        (
            "record",
            "https://acme.my.salesforce.com/lightning/r/Account/001xx",
            "url.path",
            "only `https://acme.my.salesforce.com`",
        ),
        ("query", "https://login.salesforce.com?un=x", "url.path", "only"),
        ("fragment", "https://login.salesforce.com/#x", "url.path", "only"),
        (
            "Lightning",
            "https://acme.lightning.force.com",
            "url.host",
            "use `https://acme.my.salesforce.com`",
        ),
        (
            "Lightning of a sandbox",
            "https://acme--sbx.sandbox.lightning.force.com",
            "url.host",
            "use `https://acme--sbx.sandbox.my.salesforce.com`",
        ),
        (
            "Visualforce",
            "https://acme--c.vf.force.com",
            "url.host",
            "use `https://acme.my.salesforce.com`",
        ),
        (
            "Setup",
            "https://acme.my.salesforce-setup.com",
            "url.host",
            "use `https://acme.my.salesforce.com`",
        ),
        (
            "site",
            "https://acme.my.site.com",
            "url.host",
            "use `https://acme.my.salesforce.com`; for users of that site, give its URL with its \
             path as `login_url`, and add `acme.my.site.com` to `allow_hosts`",
        ),
        (
            "cloudforce",
            "https://acme.cloudforce.com",
            "url.host",
            "add `acme.cloudforce.com` to `allow_hosts`",
        ),
    ] {
        let error = LoginUrl::parse(text, &none()).expect_err(name);
        let said = error.hint().unwrap();
        assert_eq!(error.code(), code, "{name}");
        assert!(said.contains(hint), "{name}: {said}");
        assert!(!format!("{error} {error:?} {said}").contains("s3cr3tpw"), "{name}");
    }
}

#[test]
fn errors_name_the_position() {
    for (text, position) in [(" https://x", 1), ("https://login\t.x", 14), ("https://é\u{a0}", 10)]
    {
        assert_eq!(LoginUrl::parse(text, &none()), Err(UrlError::Syntax { position }));
    }
}

#[test]
fn listed_hosts_are_allowed_by_their_exact_name() {
    for (name, text, canonical) in [
        ("site", "https://acme.my.site.com", Some("https://acme.my.site.com")),
        (
            "site path",
            "https://acme.my.site.com/customers/",
            Some("https://acme.my.site.com/customers"),
        ),
        ("query after a site", "https://acme.my.site.com/customers?x", None),
        ("dots in a site path", "https://acme.my.site.com/../x", None),
        ("login domain", "https://login.acme.com", Some("https://login.acme.com")),
        ("below a listed host", "https://x.login.acme.com", None),
        ("above a listed host", "https://acme.com", None),
        ("http on a listed host", "http://login.acme.com", None),
        ("port on a listed host", "https://login.acme.com:8443", None),
        ("any port", "http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
        ("https", "https://127.0.0.1:8443", Some("https://127.0.0.1:8443")),
        ("that port", "https://[::1]:8443", Some("https://[::1]:8443")),
        ("long spelling", "https://[0:0::1]:8443", Some("https://[::1]:8443")),
        ("other port", "https://[::1]:8444", None),
        ("name", "http://localhost:8080", Some("http://localhost:8080")),
        ("name, other port", "http://localhost:8081", None),
        ("other loopback", "http://127.0.0.2:8080", None),
        ("port 0", "http://127.0.0.1:0", None),
    ] {
        let login = LoginUrl::parse(text, &listed());
        assert_eq!(login.ok().as_ref().map(LoginUrl::as_str), canonical, "{name}");
    }
}

#[test]
fn entries_of_the_list_must_be_hosts() {
    for (name, entry) in [
        ("scheme", "https://login.acme.com"),
        ("wildcard", "*.acme.com"),
        ("path", "login.acme.com/x"),
        ("port", "login.acme.com:8443"),
        ("address", "10.0.0.1"),
        ("no dot", "intranet"),
        ("user", "user@login.acme.com"),
        ("nothing", ""),
        ("international", "xn--lgin-5qa.acme.com"),
        ("port 0", "127.0.0.1:0"),
    ] {
        let error = AllowedHosts::parse(["login.acme.com", entry]).expect_err(name);
        assert_eq!(error, UrlError::AllowedHost { position: 2 }, "{name}");
    }
    let shown: Vec<String> = listed().iter().collect();
    assert_eq!(shown[3..], ["127.0.0.1", "[::1]:8443", "localhost:8080"]);
}

#[test]
fn hint_for_an_instance_url_with_a_site_path_names_login_url() {
    let error = InstanceUrl::parse("https://acme.my.site.com/customers", &listed()).unwrap_err();
    assert_eq!(error.code(), "url.path");
    let hint = error.hint().unwrap();
    assert!(hint.contains("`https://acme.my.site.com/customers` as `login_url`"), "{hint}");
}

#[test]
fn hint_for_a_page_names_the_my_domain_of_the_same_org() {
    for (host, my_domain) in [
        ("acme.lightning.force.com", Some("acme.my.salesforce.com")),
        ("acme--sbx.sandbox.lightning.force.com", Some("acme--sbx.sandbox.my.salesforce.com")),
        ("acme--sbx--pkg.sandbox.vf.force.com", Some("acme--sbx.sandbox.my.salesforce.com")),
        ("acme.lightning.crmforce.mil", Some("acme.my.salesforce.mil")),
        ("acme.lightning.sfcrmapps.cn", Some("acme.my.sfcrmproducts.cn")),
        ("acme.my.site.com", Some("acme.my.salesforce.com")),
        ("acme.force.com", None),
        ("acme.cloudforce.com", None),
    ] {
        let error = InstanceUrl::parse(&format!("https://{host}"), &none()).unwrap_err();
        let hint = error.hint().unwrap();
        match my_domain {
            Some(name) => {
                assert!(hint.starts_with(&format!("use `https://{name}`")), "{host}: {hint}")
            }
            None => assert!(hint.starts_with("use the URL of Setup > My Domain"), "{host}: {hint}"),
        }
    }
}

#[test]
fn hosts_of_salesforce_in_china_are_allowed_and_others_below_its_domain_are_not() {
    for host in ["login", "test", "acme.my", "acme--sbx.sandbox.my"] {
        let url = format!("https://{host}.sfcrmproducts.cn");
        assert_eq!(LoginUrl::parse(&url, &none()).unwrap().as_str(), url);
    }
    for host in [
        "sfcrmproducts.cn",
        "acme.sfcrmproducts.cn",
        "evilmy.sfcrmproducts.cn",
        "my.sfcrmproducts.cn",
    ] {
        let error = LoginUrl::parse(&format!("https://{host}"), &none()).unwrap_err();
        assert_eq!(error.code(), "url.host", "{host}");
    }
}

#[test]
fn hint_keeps_the_valid_parts() {
    for (name, text, instead) in [
        ("port", "http://127.0.0.1:8080/x?y", "`http://127.0.0.1:8080`"),
        (
            "site",
            "https://acme.my.site.com/customers/services/oauth2/token",
            "`https://acme.my.site.com/customers`",
        ),
        ("no site", "https://acme.my.site.com/services/oauth2/token", "`https://acme.my.site.com`"),
    ] {
        let error = LoginUrl::parse(text, &listed()).expect_err(name);
        assert_eq!(error.hint().unwrap(), format!("give only {instead}"), "{name}");
    }
}

#[test]
fn audiences_are_a_closed_set() {
    for (name, text, canonical) in [
        ("login", "https://login.salesforce.com/", Ok("https://login.salesforce.com")),
        ("My Domain", "https://ACME.my.salesforce.com", Ok("https://acme.my.salesforce.com")),
        ("site", "https://acme.my.site.com/customers", Ok("https://acme.my.site.com/customers")),
        ("stranger", "https://evil.example", Err("url.audience")),
        ("Lightning", "https://acme.lightning.force.com", Err("url.audience")),
        ("http", "http://login.salesforce.com", Err("url.scheme")),
        ("text", "login", Err("url.audience")),
    ] {
        let audience = Audience::parse(text, &listed());
        let seen = audience.as_ref().map(Audience::as_str).map_err(UrlError::code);
        assert_eq!(seen, canonical, "{name}");
    }
}

#[test]
fn secret_in_the_wrong_field_is_not_shown() {
    for (name, text) in [
        ("consumer key", "3MVG9canaryCanary1canaryCanary2"),
        ("consumer key as host", "https://3MVG9canaryCanary1canaryCanary2.x"),
        ("JWT", "eyJhbGcanary1.eyJcanary.canary"),
        ("session id", "00Dxx0000006JFr!canary"),
        ("session id as host", "https://00Dxx0000006JFr!canary/"),
        ("key", "MIIEvQIBADANBgcanary1q"),
        ("PEM", "-----BEGIN PRIVATE KEY-----\ncanary"),
        ("path", "https://login.salesforce.com/canary"),
        ("query", "https://login.salesforce.com?assertion=canary"),
        ("scheme", "canary://login.salesforce.com"),
        ("port", "https://login.salesforce.com:canary"),
    ] {
        let errors = [
            LoginUrl::parse(text, &none()).expect_err(name),
            InstanceUrl::parse(text, &none()).expect_err(name),
            Audience::parse(text, &none()).expect_err(name),
        ];
        for error in errors {
            let shown = format!("{error} {error:?} {:?}", error.hint()).to_ascii_lowercase();
            assert!(!shown.contains("canary"), "{name}: {shown}");
        }
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = LoginUrl::parse(&text, &listed());
            let _ = Audience::parse(&text, &listed());
            let _ = AllowedHosts::parse([&text]);
        }

        #[test]
        fn almost_urls_do_not_panic(text in "(https?:)?(//)?[a-z0-9.:@\\[\\]%/?#-]{0,40}") {
            if let Ok(login) = LoginUrl::parse(&text, &listed()) {
                let _ = login.token_endpoint().uri();
                prop_assert_eq!(LoginUrl::parse(login.as_str(), &listed()), Ok(login));
            }
        }

        #[test]
        fn accepted_hosts_are_on_the_list(name in "[a-z]{1,8}", dot in "[.-]?", rest in "my.salesforce.com|salesforce.com|crmforce.mil|force.com") {
            let host = format!("{name}{dot}{rest}");
            let passes = LoginUrl::parse(&host, &none()).is_ok();
            let good = dot == "." && rest == "my.salesforce.com"
                || matches!(host.as_str(), "login.salesforce.com" | "test.salesforce.com");
            prop_assert_eq!(passes, good, "{}", host);
        }
    }
}
