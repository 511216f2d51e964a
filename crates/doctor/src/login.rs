//! The check of the login.

use orgtoken_assertion::{Diagnostic, UnixTime};
use orgtoken_client::{Attempt, LoggedIn, Login, LoginError, Transport, error_chain};
use orgtoken_oauth::{Refusal, RefusalClass, Skew, Token};

use crate::causes::{Assessment, remaining_cause};
use crate::{Check, Finding, Target};

pub(crate) async fn log_in(
    login: &Login,
    transport: &Transport,
    target: &Target,
    skew: Option<Skew>,
    clock: impl Fn() -> UnixTime,
) -> (Finding, Option<Token>) {
    match login.obtain(transport, &clock).await {
        Ok(granted) => (logged_in(&granted), Some(granted.token)),
        Err(error) => (refused(&error, target, skew, clock()), None),
    }
}

/// A token after a refused attempt is a warning, because every login will repeat that attempt.
fn logged_in(granted: &LoggedIn) -> Finding {
    let Some(failed) = granted.failed.first() else {
        return Finding::ok(Check::Login, "Salesforce granted a token");
    };
    let (endpoint, audience) = (granted.resolution.endpoint(), granted.resolution.audience());
    let detail = format!(
        "Salesforce granted a token at the second attempt; it refused the first: {}",
        failed.error()
    );
    let remedy = if endpoint == failed.endpoint() {
        format!("put `audience = \"{}\"` into the settings", audience.as_str())
    } else {
        format!("put `login_url = \"{}\"` into the settings", endpoint.origin())
    };
    if audience == failed.audience() && endpoint == failed.endpoint() {
        return Finding::warning(Check::Login, detail, "set the clock of this machine by NTP");
    }
    Finding::warning(Check::Login, detail, remedy)
}

fn refused(error: &LoginError, target: &Target, skew: Option<Skew>, now: UnixTime) -> Finding {
    let finding = Finding::failed(Check::Login, error.code(), error_chain(error), error.hint());
    let Some(refusal) = error.refusal() else { return finding };
    let advice = refusal.advice();
    let attempt = error.attempts().last();
    let endpoint = attempt.map_or_else(|| target.resolution.endpoint(), Attempt::endpoint);
    let audience = attempt.map_or_else(|| target.resolution.audience(), Attempt::audience);
    let assessment = Assessment { endpoint, target, skew: refusal.skew().or(skew), now };
    let remaining_cause = remaining_cause(advice.entry.code).filter(|_| advice.exact);
    let meaning = match remaining_cause {
        Some(what) => format!(
            "Salesforce accepted the audience {}, the consumer key and the signature, so app and key are \
             right; {what}",
            audience.as_str(),
        ),
        None => refusal.meaning().to_owned(),
    };
    let causes = assessment.causes(advice.entry);
    Finding {
        detail: detail(error, refusal),
        meaning: Some(meaning),
        remedy: Some(assessment.remedy(&causes, refusal)),
        may_resolve_itself: refusal.class() == RefusalClass::PropagationDelay,
        causes,
        link: Some(advice.entry.explain_command()),
        ..finding
    }
}

/// Describes the refusal, or all of them if there were several attempts.
fn detail(error: &LoginError, refusal: &Refusal) -> String {
    match error.attempts() {
        [_] => format!("Salesforce refused: {refusal}"),
        _ => error_chain(error),
    }
}
