//! Single records.

use std::borrow::Cow;

use orgtoken_rest::{Number, Object, Org, SaveResult, Value};
use serde_json::json;

use super::{Create, Delete, Get, Update, Upsert};
use crate::args::{Caller, UsageError};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::login::resolved_login;
use crate::runtime::wait_for;

pub(super) fn get(args: &Get, console: &Console) -> Result<(), Failure> {
    let id = record_id(&args.id)?;
    let org = org(&args.caller, console)?;
    let fields: Vec<&str> = args.fields.iter().map(String::as_str).collect();
    let mut record: Object = wait_for(org.get(&args.object, id, &fields))?;
    record.shift_remove("attributes");
    Ok(console.document(&record)?)
}

pub(super) fn create(args: &Create, console: &Console) -> Result<(), Failure> {
    // Errors in the record are reported before a login.
    let record = args.given.record("orgtoken record create")?;
    let org = org(&args.common.caller, console)?;
    let saved = wait_for(org.create(&args.object, &record))?;
    print_saved(&saved, console)
}

pub(super) fn update(args: &Update, console: &Console) -> Result<(), Failure> {
    let id = args.which.id.as_deref().unwrap_or_default();
    if id.contains('=') {
        return Err(UsageError::missing("`<ID>`", UPDATE).into());
    }
    let record = args.given.record(UPDATE)?;
    let org = org(&args.common.caller, console)?;
    wait_for(org.update(&args.which.object, id, &record))?;
    print_id(id, console)
}

pub(super) fn upsert(args: &Upsert, console: &Console) -> Result<(), Failure> {
    let value = args.value.as_deref().unwrap_or_default();
    // An external id may contain `=`. Without fields after it, it is a field.
    if value.contains('=') && args.given.is_empty() {
        return Err(UsageError::missing("`<VALUE>`", UPSERT).into());
    }
    let mut record = args.given.record(UPSERT)?;
    // Salesforce refuses the field that the URL names, even with the same value.
    record.retain(|field, given| {
        !(field.eq_ignore_ascii_case(&args.key) && as_text(given).as_deref() == Some(value))
    });
    let org = org(&args.common.caller, console)?;
    let saved = wait_for(org.upsert(&args.object, &args.key, value, &record))?;
    print_saved(&saved, console)
}

pub(super) fn delete(args: &Delete, console: &Console) -> Result<(), Failure> {
    let id = record_id(args.which.id.as_deref().unwrap_or_default())?;
    let org = org(&args.common.caller, console)?;
    wait_for(org.delete(&args.which.object, id))?;
    print_id(id, console)
}

/// Refuses `Name=Acme`: records are not found by a field.
fn record_id(id: &str) -> Result<&str, UsageError> {
    match id.contains('=') {
        true => {
            let reason = "expected an id, not FIELD=VALUE; `orgtoken query` finds ids";
            Err(UsageError::value("`<ID>`", reason))
        }
        false => Ok(id),
    }
}

fn as_text(value: &Value) -> Option<Cow<'_, str>> {
    let text = value.as_str().map(Cow::Borrowed);
    text.or_else(|| value.as_number().map(Number::to_plain))
}

fn org(caller: &Caller, console: &Console) -> Result<Org, Failure> {
    Ok(resolved_login::org(caller, console)?.0)
}

/// Prints the id for the next command.
fn print_saved(saved: &SaveResult, console: &Console) -> Result<(), Failure> {
    if console.json() {
        let mut document = json!({ "id": saved.id, "success": true });
        if let Some(created) = saved.created {
            document["created"] = created.into();
        }
        return Ok(console.document(&document)?);
    }
    match &saved.id {
        Some(id) => Ok(console.data(format!("{id}\n").as_bytes())?),
        None => Ok(()),
    }
}

fn print_id(id: &str, console: &Console) -> Result<(), Failure> {
    if !console.json() {
        return Ok(());
    }
    Ok(console.document(&json!({ "id": id, "success": true }))?)
}

const UPDATE: &str = "orgtoken record update";
const UPSERT: &str = "orgtoken record upsert";
