//! Single records.

use std::borrow::Cow;

use orgtoken_rest::{Number, Object, Org, RestError, SaveResult, Value};
use serde_json::json;

use super::{Common, Create, Delete, Get, Update, Upsert};
use crate::args::UsageError;
use crate::command::describe::not_found;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::printable;
use crate::login::resolved_login;
use crate::runtime::wait_for;

pub(super) fn get(args: &Get, console: &Console) -> Result<(), Failure> {
    let key = Key::parse(&args.id)?;
    let org = resolved_login::org(&args.caller, console)?.0;
    let org = org.record_options(args.headers.to_record_options());
    let fields: Vec<&str> = args.fields.iter().map(String::as_str).collect();
    let object = &args.object;
    let mut record: Object = match key {
        Key::Id(id) => call(&org, object, Some(&args.id), org.get(object, id, &fields))?,
        Key::External { field, value } => {
            call(&org, object, Some(&args.id), org.get_by(object, field, value, &fields))?
        }
    };
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
    let typed = args.which.id.as_deref().unwrap_or_default();
    if is_field(typed) {
        return Err(UsageError::missing("`<ID>`", UPDATE).into());
    }
    let key = Key::parse(typed)?;
    let mut record = args.given.record(UPDATE)?;
    if let Key::External { field, value } = key {
        leave_out(&mut record, field, value);
    }
    let org = org(&args.common, console)?;
    let object = &args.which.object;
    let id = match key {
        Key::Id(id) => {
            change(&org, object, Some(typed), org.update(object, id, &record))?;
            Some(id.to_owned())
        }
        Key::External { field, value } => {
            change(&org, object, Some(typed), org.update_by(object, field, value, &record))?.id
        }
    };
    print_id(id.as_deref(), console).map_err(|failure| failure.with_note("the record was updated"))
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
    let typed = args.which.id.as_deref().unwrap_or_default();
    let key = Key::parse(typed)?;
    let org = org(&args.common, console)?;
    let object = &args.which.object;
    match key {
        Key::Id(id) => change(&org, object, Some(typed), org.delete(object, id))?,
        Key::External { field, value } => {
            change(&org, object, Some(typed), org.delete_by(object, field, value))?;
        }
    }
    print_id(key.id(), console).map_err(|failure| failure.with_note("the record was deleted"))
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

/// The key of one record.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Key<'a> {
    Id(&'a str),
    External { field: &'a str, value: &'a str },
}

impl<'a> Key<'a> {
    /// Reads an id, which has no `/`, or `FIELD/VALUE`.
    fn parse(text: &'a str) -> Result<Self, UsageError> {
        let invalid = |reason| Err(UsageError::value("`<ID>`", reason));
        if is_field(text) {
            return invalid("expected an id or FIELD/VALUE; `orgtoken query` finds ids");
        }
        let Some((field, value)) = text.split_once('/') else { return Ok(Self::Id(text)) };
        let is_name = field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match value {
            _ if field.is_empty() || !is_name => invalid("expected an id or FIELD/VALUE"),
            "." | ".." => invalid("a URL cannot contain this external id"),
            _ if value.trim().is_empty() => invalid("the external id is empty"),
            _ => Ok(Self::External { field, value }),
        }
    }

    fn id(self) -> Option<&'a str> {
        match self {
            Self::Id(id) => Some(id),
            Self::External { .. } => None,
        }
    }
}

/// Whether a text is `Name=Acme`. An external id may contain `=`, but the field before it does not.
fn is_field(text: &str) -> bool {
    text.split('/').next().is_some_and(|start| start.contains('='))
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

/// Prints the id for the next command. If that fails, the error has the id.
fn print_saved(saved: &SaveResult, console: &Console) -> Result<(), Failure> {
    write_saved(saved, console).map_err(|failure| {
        let id = saved.id.iter().map(|id| printable(id) + " ").collect::<String>();
        failure.with_note(format!("the record {id}was saved"))
    })
}

fn write_saved(saved: &SaveResult, console: &Console) -> Result<(), Failure> {
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

fn print_id(id: Option<&str>, console: &Console) -> Result<(), Failure> {
    if !console.json() {
        return Ok(());
    }
    Ok(console.document(&json!({ "id": id, "success": true }))?)
}

const UPDATE: &str = "orgtoken record update";
const UPSERT: &str = "orgtoken record upsert";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_an_id_or_an_external_id() {
        for (text, expected) in [
            ("001D000000IqhSLIAZ", Some(Key::Id("001D000000IqhSLIAZ"))),
            ("Ext__c/42", Some(Key::External { field: "Ext__c", value: "42" })),
            ("Ext__c/a/b=c", Some(Key::External { field: "Ext__c", value: "a/b=c" })),
            ("Name=Acme", None),
            ("Website=https://acme.com", None),
            ("Ext__c/", None),
            ("Ext__c/ ", None),
            ("Ext__c/..", None),
            ("/42", None),
            ("Ext c/42", None),
        ] {
            assert_eq!(Key::parse(text).ok(), expected, "{text}");
        }
    }
}
