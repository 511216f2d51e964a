//! From what was typed to a report.

use orgtoken_client::store::FileStore;
use orgtoken_doctor::{Check, Examination, Finding, Patient, Report, Verdict};
use orgtoken_settings::Settings;

use super::{Args, paper};
use crate::cache;
use crate::clock;
use crate::console::Console;
use crate::context::Context;
use crate::failure::Failure;
use crate::runtime::wait_for;
use crate::session;
use crate::signer::unlock;
use crate::transport::transport;

/// Examines; `tell` gets each finding as soon as there is one.
pub(crate) fn examine(
    args: &Args,
    console: &Console,
    tell: impl FnMut(&Finding),
) -> Result<Report, Failure> {
    let examination = Examination::new(clock::now, tell);
    let context = Context { login: &args.login, route: Some(&args.network.route), console };
    match context.complete() {
        Ok((draft, _)) => match draft.check() {
            Ok(settings) => with_settings(args, context, settings, examination),
            Err(problems) => Ok(examination.broken(&problems)),
        },
        Err(failure) => Ok(examination.failed(finding(failure)?)),
    }
}

fn with_settings(
    args: &Args,
    context: Context<'_>,
    mut settings: Settings,
    mut examination: Examination<'_>,
) -> Result<Report, Failure> {
    let opened = unlock(&mut settings).and_then(|()| cache::store(&mut settings, context.console));
    let store = match opened {
        Ok(store) => store,
        Err(failure) => return Ok(examination.failed(finding(failure)?)),
    };
    let papers = paper::papers(args, context, store.as_ref())?;
    let patient = Patient::new(&settings, papers);
    examination.look(&settings, &patient);
    let transport = match transport(&args.network, &settings) {
        Ok(transport) => transport,
        Err(failure) => return Ok(examination.failed(finding(failure)?)),
    };
    let login = match session::login(settings) {
        Ok(login) => login,
        Err(failure) => return Ok(examination.failed(finding(failure)?)),
    };
    let going = examination.go(patient, &login, &transport);
    let report = wait_for(async { Ok::<_, Failure>(going.await) })?;
    forget_refusal(store.as_ref(), &report);
    Ok(report)
}

/// A refusal that is remembered is answered for a while; whoever has just seen a login work does
/// not want to hear of it again.
fn forget_refusal(store: Option<&FileStore>, report: &Report) {
    let works = report.findings.iter().any(|finding| {
        finding.check == Check::Login && matches!(finding.verdict, Verdict::Ok | Verdict::Warning)
    });
    if let Some(store) = store.filter(|store| works && store.peek().failure.is_some()) {
        // If it cannot be forgotten, it will be asked anew before long.
        let _ = store.forget();
    }
}

/// What ended the work before there was anything to examine. What is no state of the patient, such
/// as wrong arguments, stays a failure.
fn finding(failure: Failure) -> Result<Finding, Failure> {
    let check = match failure.code().split('.').next() {
        Some("settings") => Check::Settings,
        Some("url") => Check::Endpoint,
        Some("key" | "sign") => Check::Key,
        Some("proxy") => Check::Proxy,
        Some("tls" | "io") => Check::Roots,
        _ => return Err(failure),
    };
    Ok(Finding::failed(check, failure.code(), failure.message(), failure.hint()))
}
