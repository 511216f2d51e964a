//! What an org holds when it opens: itself, its profiles, its users, two accounts, one class.

use serde_json::{Value, json};

use super::{Member, Setup, State};
use crate::records::Record;
use crate::user::User;

/// Fills a new org; returns its id.
pub(super) fn fill(state: &mut State, setup: &Setup, users: Vec<User>) -> String {
    let org_id = add(state, setup, "Organization", None, organization(setup));
    let profile =
        json!({ "Name": "Minimum Access - API Only Integrations", "UserType": "Standard" });
    let profile = add(state, setup, "Profile", None, profile);

    let mut first = None;
    for user in users {
        let id = add(state, setup, "User", None, person(&user, &profile));
        first.get_or_insert_with(|| id.clone());
        state.members.insert(user.username.to_lowercase(), Member::new(user, id));
    }

    for (name, industry, city) in ACCOUNTS {
        let account = json!({ "Name": name, "Industry": industry, "BillingCity": city });
        add(state, setup, "Account", first.as_deref(), account);
    }
    let class = json!({ "Name": "Greeter", "ApiVersion": 66.0, "Status": "Active", "IsValid": true,
        "LengthWithoutComments": GREETER.len(), "Body": GREETER });
    add(state, setup, "ApexClass", first.as_deref(), class);
    org_id
}

fn add(
    state: &mut State,
    setup: &Setup,
    object: &str,
    owner: Option<&str>,
    value: Value,
) -> String {
    let Value::Object(mut record) = value else {
        return String::new();
    };
    stamp(&mut record, &setup.clock.now().to_api(), owner);
    let known = state.schema.object(object).or_else(|| state.tooling.object(object));
    let prefix = known.and_then(|object| object.key_prefix.clone());
    state.records.insert(object, prefix.as_deref().unwrap_or("000"), record)
}

/// Adds who made the record, and when.
pub(crate) fn stamp(record: &mut Record, now: &str, user_id: Option<&str>) {
    record.insert("IsDeleted".to_owned(), Value::Bool(false));
    for field in ["CreatedDate", "LastModifiedDate", "SystemModstamp"] {
        record.insert(field.to_owned(), Value::from(now));
    }
    let Some(user_id) = user_id else { return };
    for field in ["CreatedById", "LastModifiedById", "OwnerId"] {
        record.entry(field.to_owned()).or_insert_with(|| Value::from(user_id));
    }
}

fn organization(setup: &Setup) -> Value {
    json!({
        "Name": "Acme", "Country": "SE", "PrimaryContact": "Integration User",
        "DefaultLocaleSidKey": "en_US", "TimeZoneSidKey": "Europe/Stockholm",
        "LanguageLocaleKey": "en_US", "InstanceName": "FAKE1", "IsSandbox": setup.sandbox,
        "OrganizationType": "Developer Edition",
    })
}

fn person(user: &User, profile: &str) -> Value {
    json!({
        "Username": user.username, "LastName": user.last_name, "FirstName": user.first_name,
        "Name": format!("{} {}", user.first_name, user.last_name), "CompanyName": "Acme",
        "Email": user.username, "Alias": user.username.chars().take(8).collect::<String>(),
        "IsActive": true, "TimeZoneSidKey": "Europe/Stockholm", "LocaleSidKey": "en_US",
        "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8", "ProfileId": profile,
        "UserType": "Standard",
    })
}

const ACCOUNTS: [(&str, &str, &str); 2] =
    [("Acme Rockets", "Aerospace", "Stockholm"), ("Globex", "Energy", "Springfield")];
const GREETER: &str =
    "public class Greeter {\n    public String greet() {\n        return 'hello';\n    }\n}\n";
