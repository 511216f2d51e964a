//! From arguments to a report.

use orgtoken_client::cache::FileCache;
use orgtoken_doctor::{Check, Diagnosis, Finding, Report, Target, Verdict};
use orgtoken_settings::Settings;

use super::{Args, evidence};
use crate::clock;
use crate::failure::{Failure, with_flags};
use crate::io::console::Console;
use crate::login::cache;
use crate::login::context::Context;
use crate::login::resolved_login;
use crate::login::signer::decrypt_key;
use crate::login::transport::transport;
use crate::runtime::wait_for;

/// Runs the diagnosis, and passes each finding to `tell` as soon as it is known.
pub(crate) fn diagnose(
    args: &Args,
    console: &Console,
    mut tell: impl FnMut(&Finding),
) -> Result<Report, Failure> {
    let report = |finding: &mut Finding| {
        add_flags(finding);
        tell(finding);
    };
    run_checks(args, console, Diagnosis::new(clock::now, report))
}

/// Adds the flags of this program to the remedy of the finding.
fn add_flags(finding: &mut Finding) {
    let code = finding.code.as_deref().unwrap_or_default();
    finding.remedy =
        finding.remedy.take().map(|remedy| with_flags(code, remedy.into()).into_owned());
    if finding.check == Check::Certificate && finding.detail.starts_with("no certificate") {
        finding.detail += " (`--cert FILE` compares it with the key)";
    }
}

fn run_checks(args: &Args, console: &Console, diagnosis: Diagnosis<'_>) -> Result<Report, Failure> {
    let context = Context { login: &args.login, route: Some(&args.network.route), console };
    match context.complete() {
        Ok((draft, _)) => match draft.check() {
            Ok(settings) => with_settings(args, context, settings, diagnosis),
            Err(problems) => Ok(diagnosis.settings_invalid(&problems)),
        },
        Err(failure) => Ok(diagnosis.abort(finding(failure)?)),
    }
}

fn with_settings(
    args: &Args,
    context: Context<'_>,
    mut settings: Settings,
    mut diagnosis: Diagnosis<'_>,
) -> Result<Report, Failure> {
    let opened =
        decrypt_key(&mut settings).and_then(|()| cache::file(&mut settings, context.console));
    let store = match opened {
        Ok(store) => store,
        Err(failure) => return Ok(diagnosis.abort(finding(failure)?)),
    };
    let evidence = evidence::evidence(args, context, store.as_ref())?;
    let target = Target::new(&settings, evidence);
    diagnosis.check_offline(&settings, &target);
    let ready = transport(&args.network, &settings);
    let ready = ready.and_then(|transport| Ok((transport, resolved_login::login(settings)?)));
    let (transport, login) = match ready {
        Ok(ready) => ready,
        Err(failure) => return Ok(diagnosis.abort(finding(failure)?)),
    };
    let going = diagnosis.check_online(target, &login, &transport);
    let report = wait_for(async { Ok::<_, Failure>(going.await) })?;
    forget_refusal(store.as_ref(), &report);
    Ok(report)
}

/// Removes a cached refusal after a successful login.
fn forget_refusal(store: Option<&FileCache>, report: &Report) {
    let works = report.findings.iter().any(|finding| {
        finding.check == Check::Login && matches!(finding.verdict, Verdict::Ok | Verdict::Warning)
    });
    if let Some(store) = store.filter(|store| works && store.peek().failure.is_some()) {
        // If this fails, the refusal expires soon.
        let _ = store.forget();
    }
}

/// Turns an early failure into a finding. Errors that are not findings, such as wrong arguments, are
/// returned.
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
