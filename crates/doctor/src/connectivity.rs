//! Checks of the connection to the token endpoint: proxy, roots, DNS, TCP, TLS, clock.

use bytes::Bytes;
use http::{Request, Uri};
use orgtoken_assertion::{Diagnostic, UnixTime};
use orgtoken_client::transport::{Peer, Phase};
use orgtoken_client::{Roots, Transport, TransportError, error_chain};
use orgtoken_keygen::Certificate;
use orgtoken_oauth::{Skew, TokenEndpoint};

use crate::{Check, Finding};

/// Returns the findings, and the clock skew if there is one.
pub(crate) async fn check(
    endpoint: &TokenEndpoint,
    transport: &Transport,
    clock: impl Fn() -> UnixTime,
) -> (Vec<Finding>, Option<Skew>) {
    let uri = format!("{}{VERSIONS}", endpoint.origin()).parse::<Uri>();
    let uri = uri.expect("an endpoint's origin with a path is a URI");
    let proxy = transport.proxy_to(&uri);
    let used = match &proxy {
        Some(proxy) => format!("connecting through {proxy}"),
        None => "none".to_owned(),
    };
    let mut findings = vec![Finding::ok(Check::Proxy, used), roots(transport, &uri).await];
    let deadline = transport.deadline();
    let mut connection = match transport.connect(&uri, deadline).await {
        Ok(connection) => connection,
        Err(error) => {
            // Replaces the earlier, provisional finding.
            findings.retain(|finding| finding.check != check_of(&error));
            // The proxy looks up the host.
            let looked_up = proxy.as_deref().unwrap_or_else(|| endpoint.host());
            findings.extend(not_reached(&error, looked_up));
            return (findings, None);
        }
    };
    findings.extend(reached(connection.peer(), endpoint, transport.roots()));
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri;
    let answer = connection.exchange(request, deadline).await;
    let (clock, skew) = clocks(answer, clock());
    findings.push(clock);
    (findings, skew)
}

async fn roots(transport: &Transport, uri: &Uri) -> Finding {
    if uri.scheme_str() != Some("https") {
        return Finding::skipped(Check::Roots, "not needed for plain http to this machine");
    }
    let from = match transport.roots() {
        Roots::Bundled => "the bundled list",
        Roots::File { .. } | Roots::Pem(_) => "the CA file",
        Roots::System { file: None, directories } if directories.is_empty() => "this system",
        _ => "SSL_CERT_FILE or SSL_CERT_DIR",
    };
    match transport.load_roots().await {
        Ok(1) => Finding::ok(Check::Roots, format!("1 certificate authority from {from}")),
        Ok(count) => {
            Finding::ok(Check::Roots, format!("{count} certificate authorities from {from}"))
        }
        Err(error) => failed(Check::Roots, &error),
    }
}

/// Returns the failed check and the checks that passed before it.
fn not_reached(error: &TransportError, host: &str) -> Vec<Finding> {
    let found = || Finding::ok(Check::Lookup, format!("{host} has an address"));
    let connected = || Finding::ok(Check::Connect, "connected");
    match check_of(error) {
        Check::Connect => vec![found(), failed(Check::Connect, error)],
        Check::Tls => vec![found(), connected(), failed(Check::Tls, error)],
        check => vec![failed(check, error)],
    }
}

fn check_of(error: &TransportError) -> Check {
    match error {
        TransportError::Lookup { .. } => Check::Lookup,
        TransportError::Timeout { phase: Phase::Lookup, .. } => Check::Lookup,
        TransportError::Proxy { .. } => Check::Proxy,
        TransportError::Timeout { phase: Phase::Tunnel, .. } => Check::Proxy,
        TransportError::Certificate { .. } | TransportError::Handshake { .. } => Check::Tls,
        TransportError::Timeout { phase: Phase::Handshake, .. } => Check::Tls,
        TransportError::Roots(_) => Check::Roots,
        _ => Check::Connect,
    }
}

fn failed(check: Check, error: &TransportError) -> Finding {
    Finding::failed(check, error.code(), error_chain(error), error.hint())
}

fn reached(peer: &Peer, endpoint: &TokenEndpoint, roots: &Roots) -> Vec<Finding> {
    let host = peer.proxy.as_deref().unwrap_or_else(|| endpoint.host());
    let address = peer.address.map(|address| address.ip().to_string()).unwrap_or_default();
    let connected = match &peer.proxy {
        Some(proxy) => format!("connected through {proxy}"),
        None => "connected".to_owned(),
    };
    vec![
        Finding::ok(Check::Lookup, format!("{host} is at {address}")),
        Finding::ok(Check::Connect, connected),
        tls(peer, endpoint.host(), roots),
    ]
}

fn tls(peer: &Peer, host: &str, roots: &Roots) -> Finding {
    let Some(version) = peer.tls_version else {
        return Finding::skipped(Check::Tls, "plain http to this machine");
    };
    let issuer = peer.certificates.first().and_then(|der| Certificate::parse(der).ok());
    let issuer = issuer.map_or_else(|| "unknown".to_owned(), |found| found.issuer());
    let detail = format!("{version}, certificate issued by {issuer}");
    match (peer.is_issued_publicly(), roots) {
        (Some(false), Roots::File { .. } | Roots::Pem(_)) => {
            Finding::ok(Check::Tls, format!("{detail}, trusted through your CA file"))
        }
        (Some(false), _) if PUBLIC.iter().any(|domain| host.ends_with(domain)) => Finding::warning(
            Check::Tls,
            format!("{detail}, not a public authority: a proxy may be inspecting TLS"),
            "ask your network team whether they inspect TLS, and to exempt Salesforce's hosts: such a \
             proxy sees every token",
        ),
        _ => Finding::ok(Check::Tls, detail),
    }
}

/// Compares the clocks by the `Date` of the response.
fn clocks(
    answer: Result<http::Response<Bytes>, TransportError>,
    now: UnixTime,
) -> (Finding, Option<Skew>) {
    match answer.map(|answer| (Skew::of(answer.headers(), now), answer)) {
        Err(error) => (Finding::skipped(Check::Clock, format!("no response: {error}")), None),
        Ok((Some(skew), _)) => {
            let remedy = "set the clock of this machine by NTP (`timedatectl set-ntp true`)";
            (Finding::warning(Check::Clock, skew.to_string(), remedy), Some(skew))
        }
        Ok((None, answer)) if answer.headers().contains_key(http::header::DATE) => {
            (Finding::ok(Check::Clock, "within a minute of Salesforce's clock"), None)
        }
        Ok(_) => (Finding::skipped(Check::Clock, "the response has no `Date` header"), None),
    }
}

/// Domains of Salesforce, whose certificates are issued by public authorities.
const PUBLIC: [&str; 4] = [".salesforce.com", ".salesforce.mil", ".sfcrmproducts.cn", ".site.com"];

/// A path that needs no token and does not count as an API call.
const VERSIONS: &str = "/services/data/";
