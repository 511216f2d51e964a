//! Every row of the catalogue, met in an org and told by the program. What a person reads then is
//! `snapshots/refusals.txt`: `SNAPSHOTS=overwrite` writes it anew, and a person reads the diff.

use std::process::Output;

use conformance::program::stderr;
use conformance::test_org::{KEY, TestOrg, USER};
use orgtoken_fake_org::{Scenario, User};
use orgtoken_oauth::catalogue::{self, Entry};

use crate::snapshot::reviewed;

/// What leads to a row.
enum Way {
    /// A login or a call that the org answers so.
    Met(Scenario, &'static [&'static str]),
    /// Something that is wrong on this side.
    Here(&'static [&'static str]),
    /// It cannot be had without the network: what others print is explained.
    Told(&'static str),
}

#[test]
fn every_row_is_reported_as_reviewed() {
    let org = TestOrg::with(User::new(USER), |org| org);
    org.private_file("certificate.key", KEY.certificate_pem());
    let mut told = String::new();
    for entry in catalogue::entries() {
        let way = way(entry);
        let output = run(&org, &way);
        let said = match &way {
            Way::Told(_) => String::from_utf8_lossy(&output.stdout).into_owned(),
            _ => stderr(&output).to_owned(),
        };
        let address = org.address();
        let said = said.replace(address, "acme.my.salesforce.com");
        told += &format!("## {}\n{}\n\n{said}\n", entry.code, shown(&way));
    }
    reviewed("refusals.txt", told);
}

/// A row leads to itself: what the org says is found again under the code that the program tells.
#[test]
fn every_refusal_of_the_endpoint_is_explained_by_its_row() {
    let org = TestOrg::with(User::new(USER), |org| org);
    for entry in catalogue::entries().filter(|entry| entry.code.starts_with("refused.")) {
        let way = way(entry);
        let Way::Met(..) = &way else { continue };
        let said = stderr(&run(&org, &way)).to_owned();
        let anchor = format!("more: orgtoken explain {}\n", entry.code);
        assert!(said.contains(&anchor), "{}: {said}", entry.code);
    }
}

fn way(entry: &Entry) -> Way {
    let named = |name| Scenario::named(name).unwrap();
    match entry.code {
        "key.form" => Way::Here(&["token", "-f", "certificate.key"]),
        "key.missing" => Way::Here(&["token", "-f", "absent.key"]),
        "net.connect" => {
            Way::Here(&["token", "-r", "http://127.0.0.1:1", "--allow-host", "127.0.0.1"])
        }
        "tls.cert" => Way::Here(&["token", "--bundled-roots"]),
        "net.dns" => Way::Told("getaddrinfo ENOTFOUND acme.my.salesforce.com"),
        "proxy.auth" => Way::Told("407 Proxy Authentication Required"),
        "proxy.connect" => Way::Told("curl: (56) CONNECT tunnel failed, response 403"),
        "refused.reason_not_shown" => Way::Told("AxiosError: Request failed with status code 400"),
        "tls.version" => Way::Met(named("html-old-tls"), TOKEN),
        "resp.content_type" => Way::Met(named("html-login"), TOKEN),
        "unavailable.maintenance" => Way::Met(named("maintenance-200"), TOKEN),
        "unavailable.status" => Way::Met(named("edge-502"), TOKEN),
        "rate.limited" => Way::Met(named("too-many-requests"), TOKEN),
        "refused.session_expired" => Way::Met(named("session-never-valid"), API),
        "refused.session_policy" => Way::Met(named("session-not-for-rest"), API),
        "refused.api_disabled" => Way::Met(named("api-disabled"), API),
        "refused.request_limit" => Way::Met(named("request-limit"), API),
        "refused.invalid_grant" => Way::Met(Scenario::refusal(400, "invalid_grant", "no"), TOKEN),
        "refused.unknown" => Way::Met(Scenario::refusal(400, "brand_new", "never seen"), TOKEN),
        _ => Way::Met(as_written(entry), TOKEN),
    }
}

/// The title is the refusal, or the row has a code of its own.
fn as_written(entry: &Entry) -> Scenario {
    match entry.title.split_once(": ") {
        Some((code, text)) => {
            let text = text.split(", ").next().unwrap_or(text);
            Scenario::refusal(400, code, text)
        }
        None => entry.codes[0].parse().unwrap(),
    }
}

fn run(org: &TestOrg, way: &Way) -> Output {
    match way {
        Way::Met(scenario, args) => {
            org.set_scenario(USER, scenario.clone());
            org.run(&[*args, &["--no-cache"]].concat())
        }
        Way::Here(args) if args.contains(&"--bundled-roots") => {
            let settings = ["--settings", "salesforce.json", "--allow-host", org.address()];
            org.bare(args).args(settings).output().unwrap()
        }
        Way::Here(args) => org.run(args),
        Way::Told(words) => org.bare(&["explain", words]).output().unwrap(),
    }
}

fn shown(way: &Way) -> String {
    match way {
        Way::Met(scenario, args) => {
            format!("$ orgtoken {}   (the org: {})", args.join(" "), scenario.answer())
        }
        Way::Here(args) => format!("$ orgtoken {}", args.join(" ")),
        Way::Told(words) => format!("$ orgtoken explain '{words}'"),
    }
}

const TOKEN: &[&str] = &["token"];
const API: &[&str] = &["api", "limits"];
