//! The records of a new org: the organization, a profile, the users, two accounts and an Apex
//! class.

use serde::Deserialize;
use serde_json::Value;

use super::jobs::Jobs;
use super::schema::Schema;
use super::store::{Record, Records};
use crate::clock::to_api;
use crate::org::{Member, Setup};

/// The data of the REST API.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) schema: Schema,
    /// The objects of the Tooling API.
    pub(crate) tooling: Schema,
    pub(crate) records: Records,
    pub(crate) jobs: Jobs,
    /// The results of queries with more than one page.
    pub(crate) cursors: Vec<Vec<Value>>,
    pub(crate) api_calls: u64,
    /// The time since which no object has changed, in the format of the API.
    pub(crate) started: String,
}

impl Data {
    pub(crate) fn new(schema: Schema, setup: &Setup, org_id: &str, members: &[Member]) -> Self {
        let mut data = Self {
            schema,
            tooling: Schema::tooling(),
            records: Records::default(),
            jobs: Jobs::default(),
            cursors: Vec::new(),
            api_calls: 0,
            started: to_api(setup.clock.now()),
        };
        let first = members.first().map(|member| member.id.as_str());
        let mut add = |object: &str, id: Option<&str>, owner, value| {
            data.add(setup, object, id, owner, value)
        };
        let seed: Seed = serde_json::from_str(SEED).expect("our own file is well formed");
        let mut organization = seed.organization;
        organization["IsSandbox"] = setup.sandbox.into();
        add("Organization", Some(org_id), None, organization);
        let profile = add("Profile", None, None, seed.profile);
        for member in members {
            let mut person = member.user.fields();
            person["ProfileId"] = profile.as_str().into();
            add("User", Some(&member.id), None, person);
        }
        for (object, record) in seed.records {
            add(&object, None, first, record);
        }
        data
    }

    fn add(
        &mut self,
        setup: &Setup,
        object: &str,
        id: Option<&str>,
        owner: Option<&str>,
        value: Value,
    ) -> String {
        let Value::Object(mut record) = value else { return String::new() };
        stamp(&mut record, &to_api(setup.clock.now()), owner);
        if let Some(id) = id {
            self.records.keep(object, id, record);
            return id.to_owned();
        }
        let known = self.schema.object(object).or_else(|| self.tooling.object(object));
        let prefix = known.and_then(|object| object.key_prefix.as_deref()).unwrap_or("000");
        self.records.insert(object, prefix, record)
    }
}

/// Adds the audit fields.
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

#[derive(Deserialize)]
struct Seed {
    organization: Value,
    profile: Value,
    /// Objects and records of the first user.
    records: Vec<(String, Value)>,
}

const SEED: &str = include_str!("seed.json");
