//! Every row of the catalogue as the program reports it. The texts are in `snapshots/refusals.txt`;
//! `SNAPSHOTS=overwrite` writes that file for review.

use std::process::Output;

use conformance::program::stderr;
use conformance::test_org::{KEY, TestOrg, USER};
use orgtoken_fake_org::Scenario;
use orgtoken_oauth::catalogue::{self, Entry};

use crate::snapshot::reviewed;

/// The way in which a user gets the refusal of a row.
enum Way {
    /// A login or a call at an org with this scenario.
    Login(Scenario, &'static [&'static str]),
    /// Arguments with a local fault.
    Local(&'static [&'static str]),
    /// Output of another tool, for faults that need a network.
    Explained(&'static str),
}

#[test]
fn every_row_is_reported_as_reviewed() {
    let org = TestOrg::new();
    org.private_file("certificate.key", KEY.certificate_pem());
    let mut page = String::new();
    for entry in catalogue::entries() {
        let way = way(entry);
        let output = run(&org, &way);
        let said = match &way {
            Way::Explained(_) => String::from_utf8_lossy(&output.stdout).into_owned(),
            _ => stderr(&output).to_owned(),
        };
        if entry.code.starts_with("refused.") && matches!(way, Way::Login(..)) {
            let more = format!("more: orgtoken explain {}\n", entry.code);
            assert!(said.contains(&more), "{}: {said}", entry.code);
        }
        let said = said.replace(org.address(), "acme.my.salesforce.com");
        page += &format!("## {}\n{}\n\n{said}\n", entry.code, shown(&way));
    }
    reviewed("refusals.txt", page);
}

fn way(entry: &Entry) -> Way {
    let named = |name| Scenario::named(name).unwrap();
    match entry.code {
        "key.form" => Way::Local(&["token", "-f", "certificate.key"]),
        "key.missing" => Way::Local(&["token", "-f", "absent.key"]),
        "net.connect" => {
            Way::Local(&["token", "-r", "http://127.0.0.1:1", "--allow-host", "127.0.0.1"])
        }
        "tls.cert" => Way::Local(&["token", "--bundled-roots"]),
        "net.dns" => Way::Explained("getaddrinfo ENOTFOUND acme.my.salesforce.com"),
        "proxy.auth" => Way::Explained("407 Proxy Authentication Required"),
        "proxy.connect" => Way::Explained("curl: (56) CONNECT tunnel failed, response 403"),
        "refused.reason_not_shown" => {
            Way::Explained("AxiosError: Request failed with status code 400")
        }
        "tls.version" => Way::Login(named("html-old-tls"), TOKEN),
        "resp.content_type" => Way::Login(named("html-login"), TOKEN),
        "unavailable.maintenance" => Way::Login(named("maintenance-200"), TOKEN),
        "unavailable.status" => Way::Login(named("edge-502"), TOKEN),
        "rate.limited" => Way::Login(named("too-many-requests"), TOKEN),
        "refused.session_expired" => Way::Login(named("session-never-valid"), API),
        "refused.session_policy" => Way::Login(named("session-not-for-rest"), API),
        "refused.api_disabled" => Way::Login(named("api-disabled"), API),
        "refused.request_limit" => Way::Login(named("request-limit"), API),
        "refused.invalid_grant" => Way::Login(Scenario::refusal(400, "invalid_grant", "no"), TOKEN),
        "refused.unknown" => Way::Login(Scenario::refusal(400, "brand_new", "never seen"), TOKEN),
        _ => Way::Login(as_written(entry), TOKEN),
    }
}

/// Returns the refusal in the title of a row, or else its error code.
fn as_written(entry: &Entry) -> Scenario {
    match entry.title.split_once(": ") {
        Some((code, text)) => {
            let text = text.split(", ").next().unwrap_or(text);
            Scenario::refusal(400, code, text)
        }
        None => Scenario::refusal(400, entry.codes[0], entry.codes[0].replace('_', " ")),
    }
}

fn run(org: &TestOrg, way: &Way) -> Output {
    match way {
        Way::Login(scenario, args) => {
            org.set_scenario(USER, scenario.clone());
            org.run(&[*args, &["--no-cache"]].concat())
        }
        Way::Local(args) if args.contains(&"--bundled-roots") => {
            let settings = ["--settings", "salesforce.json", "--allow-host", org.address()];
            org.bare(args).args(settings).output().unwrap()
        }
        Way::Local(args) => org.run(args),
        Way::Explained(words) => org.bare(&["explain", words]).output().unwrap(),
    }
}

fn shown(way: &Way) -> String {
    match way {
        Way::Login(scenario, args) => {
            format!("$ orgtoken {}   (the org: {})", args.join(" "), scenario.answer())
        }
        Way::Local(args) => format!("$ orgtoken {}", args.join(" ")),
        Way::Explained(words) => format!("$ orgtoken explain '{words}'"),
    }
}

const TOKEN: &[&str] = &["token"];
const API: &[&str] = &["api", "limits"];
