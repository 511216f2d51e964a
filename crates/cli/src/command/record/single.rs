//! Single records.

use std::borrow::Cow;

use orgtoken_rest::{Number, Object, Org, RecordKey, RestError, SaveResult, Value};
use serde_json::json;

use super::{Common, Create, Delete, Get, Update, Upsert, segment};
use crate::args::{UsageError, api_name};
use crate::command::describe::not_found;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::printable;
use crate::login::resolved_login;
use crate::runtime::wait_for;

pub(super) fn get(args: &Get, console: &Console) -> Result<(), Failure> {
    let org = resolved_login::org(&args.caller, console)?.0;
    let org = org.record_options(args.headers.to_record_options());
    let fields: Vec<&str> = args.fields.iter().map(String::as_str).collect();
    let (object, id) = (&args.object, &args.id);
    let mut record: Object = call(&org, object, Some(id), org.get(object, key(id), &fields))?;
    record.shift_remove("attributes");
    Ok(console.document(&record)?)
}

pub(super) fn create(args: &Create, console: &Console) -> Result<(), Failure> {
    // Errors in the record are reported before a login.
    let record = args.given.record("orgtoken record create")?;
    let (org, object) = (org(&args.common, console)?, &args.object);
    let saved = change(&org, object, None, org.create(object, &record))?;
    print_saved(&saved, console)
}

pub(super) fn update(args: &Update, console: &Console) -> Result<(), Failure> {
    let (object, id) = (&args.which.object, args.which.id.as_deref().unwrap_or_default());
    let mut record = args.given.record("orgtoken record update")?;
    if let RecordKey::External { field, value } = key(id) {
        leave_out(&mut record, field, value);
    }
    let org = org(&args.common, console)?;
    let saved = change(&org, object, Some(id), org.update(object, key(id), &record))?;
    print(&json!({ "id": saved.id, "success": true }), None, "updated", console)
}

pub(super) fn upsert(args: &Upsert, console: &Console) -> Result<(), Failure> {
    let value = args.value.as_deref().unwrap_or_default();
    // An external id may contain `=`. Without fields after it, it is a field.
    if value.contains('=') && args.given.is_empty() {
        return Err(UsageError::missing("`<VALUE>`", UPSERT).into());
    }
    let mut record = args.given.record(UPSERT)?;
    leave_out(&mut record, &args.key, value);
    let (org, object) = (org(&args.common, console)?, &args.object);
    let saved = change(&org, object, None, org.upsert(object, &args.key, value, &record))?;
    print_saved(&saved, console)
}

pub(super) fn delete(args: &Delete, console: &Console) -> Result<(), Failure> {
    let (object, id) = (&args.which.object, args.which.id.as_deref().unwrap_or_default());
    let org = org(&args.common, console)?;
    change(&org, object, Some(id), org.delete(object, key(id)))?;
    let id = Some(id).filter(|id| !id.contains('/'));
    print(&json!({ "id": id, "success": true }), None, "deleted", console)
}

/// Waits for a call. Its error says whether the object or the record is missing.
fn call<T>(
    org: &Org,
    object: &str,
    key: Option<&str>,
    call: impl Future<Output = Result<T, RestError>>,
) -> Result<T, Failure> {
    wait_for(async {
        match call.await {
            Ok(done) => Ok(done),
            Err(error) => Err(not_found(org, object, key, error.into()).await),
        }
    })
}

/// Waits for a call that changes a record. Its error says whether the change may have been made.
fn change<T>(
    org: &Org,
    object: &str,
    key: Option<&str>,
    change: impl Future<Output = Result<T, RestError>>,
) -> Result<T, Failure> {
    call(org, object, key, change).map_err(Failure::of_change)
}

/// Checks an id, which has no `/`, or `FIELD/VALUE`.
pub(super) fn id_or_key(text: &str) -> Result<String, &'static str> {
    // An external id may contain `=`, but the field before it does not.
    if text.split('/').next().is_some_and(|start| start.contains('=')) {
        return Err("expected an id or FIELD/VALUE; `orgtoken query` finds ids");
    }
    match key(text) {
        RecordKey::Id(_) => segment(text),
        RecordKey::External { field, value } => {
            api_name(field).map_err(|_| "expected an id or FIELD/VALUE")?;
            segment(value)?;
            Ok(text.to_owned())
        }
    }
}

fn key(id: &str) -> RecordKey<'_> {
    id.split_once('/').map_or(RecordKey::Id(id), RecordKey::from)
}

/// Leaves the external id out of the record if its value is the same. Salesforce refuses the field
/// that the URL names.
fn leave_out(record: &mut Object, key: &str, value: &str) {
    record.retain(|field, given| {
        !(field.eq_ignore_ascii_case(key) && as_text(given).as_deref() == Some(value))
    });
}

fn as_text(value: &Value) -> Option<Cow<'_, str>> {
    let text = value.as_str().map(Cow::Borrowed);
    text.or_else(|| value.as_number().map(Number::to_plain))
}

/// Logs in for a command that changes records.
pub(super) fn org(common: &Common, console: &Console) -> Result<Org, Failure> {
    let org = resolved_login::org(&common.caller, console)?.0;
    Ok(org.record_options(common.options.to_record_options()))
}

fn print_saved(saved: &SaveResult, console: &Console) -> Result<(), Failure> {
    let mut document = json!({ "id": saved.id, "success": true });
    if let Some(created) = saved.created {
        document["created"] = created.into();
    }
    print(&document, saved.id.as_deref(), "saved", console)
}

/// Prints the result, or the id for the next command. If that fails, the error says what was done.
fn print(
    document: &serde_json::Value,
    id: Option<&str>,
    done: &str,
    console: &Console,
) -> Result<(), Failure> {
    let printed = match id {
        _ if console.json() => console.document(document),
        Some(id) => console.data(format!("{id}\n").as_bytes()),
        None => return Ok(()),
    };
    printed.map_err(|error| {
        let id = id.map(|id| printable(id) + " ").unwrap_or_default();
        Failure::from(error).with_note(format!("the record {id}was {done}"))
    })
}

const UPSERT: &str = "orgtoken record upsert";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_an_id_or_an_external_id() {
        for (text, expected) in [
            ("001D000000IqhSLIAZ", Some(RecordKey::Id("001D000000IqhSLIAZ"))),
            ("Ext__c/42", Some(("Ext__c", "42").into())),
            ("Ext__c/a/b=c", Some(("Ext__c", "a/b=c").into())),
            ("Name=Acme", None),
            ("Website=https://acme.com", None),
            ("Ext__c/", None),
            ("Ext__c/ ", None),
            ("Ext__c/..", None),
            ("..", None),
            ("/42", None),
            ("Ext c/42", None),
        ] {
            assert_eq!(id_or_key(text).ok().as_deref().map(key), expected, "{text}");
        }
    }
}
