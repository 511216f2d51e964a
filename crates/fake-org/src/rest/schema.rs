//! Objects and their fields, in the format of a describe result.

mod describe;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The objects of an org by their names in lower case.
#[derive(Clone, Debug)]
pub(crate) struct Schema(BTreeMap<String, ObjectType>);

/// An object, parsed from its describe result. Missing properties have the value of most objects,
/// which `describe.json` lists.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectType {
    pub(crate) name: String,
    pub(crate) key_prefix: Option<String>,
    pub(crate) createable: bool,
    pub(crate) deletable: bool,
    pub(crate) fields: Vec<Field>,
    pub(crate) child_relationships: Vec<ChildRelationship>,
    /// The whole description, without links.
    #[serde(skip)]
    description: Arc<Value>,
}

/// A field of another object that refers to an object.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChildRelationship {
    /// `Contact`
    #[serde(rename = "childSObject")]
    pub(crate) child_s_object: String,
    /// `AccountId`
    pub(crate) field: String,
    /// `Contacts`. Without a name it cannot be queried.
    pub(crate) relationship_name: Option<String>,
}

/// A field of an object.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) label: String,
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) length: usize,
    pub(crate) nillable: bool,
    pub(crate) defaulted_on_create: bool,
    pub(crate) createable: bool,
    pub(crate) updateable: bool,
    pub(crate) external_id: bool,
    pub(crate) id_lookup: bool,
    pub(crate) unique: bool,
    pub(crate) restricted_picklist: bool,
    pub(crate) picklist_values: Vec<PicklistValue>,
    pub(crate) reference_to: Vec<String>,
    pub(crate) relationship_name: Option<String>,
    pub(crate) default_value: Value,
}

/// A value of a picklist.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PicklistValue {
    pub(crate) value: String,
    pub(crate) active: bool,
}

/// The type of a field's values.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// The parts of an address, in fields of their own as well.
    Address,
    Base64,
    Boolean,
    Combobox,
    Currency,
    Date,
    DateTime,
    Double,
    Email,
    EncryptedString,
    Id,
    Int,
    /// The parts of a geolocation, in fields of their own as well.
    Location,
    MultiPicklist,
    Percent,
    Phone,
    Picklist,
    Reference,
    String,
    TextArea,
    Time,
    Url,
    /// Any other type, whose values are stored as they are.
    #[serde(other, rename(serialize = "anyType"))]
    Other,
}

/// An error of a describe result.
#[derive(Debug, thiserror::Error)]
#[error("not a describe result of an object{place}")]
pub struct DescribeError {
    place: String,
}

impl Schema {
    /// Returns the standard objects.
    pub(crate) fn standard() -> Self {
        static PARSED: LazyLock<Schema> = LazyLock::new(|| Schema::parse(&STANDARD));
        PARSED.clone()
    }

    /// Returns the objects of the Tooling API.
    pub(crate) fn tooling() -> Self {
        static PARSED: LazyLock<Schema> = LazyLock::new(|| Schema::parse(&TOOLING));
        PARSED.clone()
    }

    fn parse(texts: &[&str]) -> Self {
        let mut schema = Self(BTreeMap::new());
        for text in texts {
            let object = serde_json::from_str(text).map(with_common_fields);
            let object = object.and_then(ObjectType::complete);
            schema.add(object.expect("our own files are well formed"));
        }
        schema
    }

    /// Adds an object, or replaces the one with its name.
    pub(crate) fn add(&mut self, object: ObjectType) {
        self.0.insert(object.name.to_ascii_lowercase(), object);
    }

    /// Finds an object by name, ignoring case.
    pub(crate) fn object(&self, name: &str) -> Option<&ObjectType> {
        self.0.get(&name.to_ascii_lowercase())
    }

    pub(crate) fn objects(&self) -> impl Iterator<Item = &ObjectType> {
        self.0.values()
    }
}

impl ObjectType {
    /// Parses a describe result, bare or in the wrapper of `sf sobject describe --json`.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, DescribeError> {
        let parsed = serde_json::from_slice(text).and_then(|mut given: Value| {
            let wrapped = given.get_mut("result").map(Value::take);
            Self::complete(wrapped.unwrap_or(given))
        });
        parsed.map_err(|error| {
            let (line, column) = (error.line(), error.column());
            // Only JSON that is malformed has a place.
            let place = if line == 0 {
                String::new()
            } else {
                format!(", at line {line}, column {column}")
            };
            DescribeError { place }
        })
    }

    /// Finds a field by name, ignoring case.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Finds the relationship of a sub-query such as `SELECT … FROM Contacts`.
    pub(crate) fn children(&self, name: &str) -> Option<&ChildRelationship> {
        let is_it = |child: &&ChildRelationship| {
            child.relationship_name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        self.child_relationships.iter().find(is_it)
    }

    /// Finds the field of a relationship such as `Account` in `Account.Name`.
    pub(crate) fn relationship(&self, name: &str) -> Option<&Field> {
        let is_it = |field: &&Field| {
            field.relationship_name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        self.fields.iter().find(is_it)
    }
}

/// Adds the fields that every object has, if they are missing: the id first, the others last.
fn with_common_fields(mut object: Value) -> Value {
    let common: Vec<Value> = serde_json::from_str(COMMON).expect("our own file is well formed");
    let fields = object["fields"].as_array_mut().expect("an object has fields");
    let is_absent = |field: &Value| fields.iter().all(|own| own["name"] != field["name"]);
    let absent: Vec<_> = common.into_iter().filter(is_absent).collect();
    let (first, last): (Vec<_>, Vec<_>) =
        absent.into_iter().partition(|field| field["type"] == "id");
    fields.splice(0..0, first);
    fields.extend(last);
    object
}

impl Field {
    /// Whether it is a text that queries can neither filter, sort nor group.
    pub(crate) fn is_long_text(&self) -> bool {
        self.kind == Kind::TextArea && self.length > 255
    }
}

const COMMON: &str = include_str!("schema/common.json");
const STANDARD: [&str; 7] = [
    include_str!("schema/account.json"),
    include_str!("schema/contact.json"),
    include_str!("schema/lead.json"),
    include_str!("schema/opportunity.json"),
    include_str!("schema/organization.json"),
    include_str!("schema/profile.json"),
    include_str!("schema/user.json"),
];
const TOOLING: [&str; 2] =
    [include_str!("schema/apex_class.json"), include_str!("schema/apex_trigger.json")];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Kind, ObjectType, Schema};

    #[test]
    fn names_and_prefixes_are_unique() {
        let schema = Schema::standard();
        let prefixes: Vec<_> = schema.objects().map(|object| &object.key_prefix).collect();
        assert_eq!(prefixes.iter().collect::<HashSet<_>>().len(), prefixes.len());
        for object in schema.objects() {
            let names: HashSet<_> = object.fields.iter().map(|field| &field.name).collect();
            assert_eq!(names.len(), object.fields.len(), "{}", object.name);
            assert_eq!(object.fields[0].kind, Kind::Id, "{}", object.name);
        }
    }

    #[test]
    fn references_are_to_known_objects() {
        let schema = Schema::standard();
        for object in schema.objects() {
            for field in object.fields.iter().filter(|field| field.kind == Kind::Reference) {
                assert!(schema.object(&field.reference_to[0]).is_some(), "{}", field.name);
            }
        }
    }

    #[test]
    fn child_relationships_have_their_field() {
        let schema = Schema::standard();
        for object in schema.objects() {
            for way in &object.child_relationships {
                let field = schema.object(&way.child_s_object).unwrap().field(&way.field).unwrap();
                assert_eq!(field.reference_to, [object.name.as_str()], "{}", way.field);
            }
        }
    }

    #[test]
    fn description_keeps_what_was_given() {
        let given = r#"{"name":"Invoice__c","label":"Invoice","labelPlural":"Invoices",
            "feedEnabled":true,"recordTypeInfos":[{"name":"Paid"}],"urls":{"sobject":"elsewhere"},
            "fields":[{"name":"Tags__c","label":"Tags","type":"multipicklist","precision":4,
            "picklistValues":[{"value":"A","label":"a","active":true,"validFor":"x"}]},
            {"name":"At__c","label":"At","type":"complexvalue","byteLength":7}]}"#;
        let object = ObjectType::parse(given.as_bytes()).unwrap();
        let described = object.describe("/services/data/v66.0");
        assert_eq!(described["feedEnabled"], true);
        assert_eq!(described["recordTypeInfos"], serde_json::json!([{ "name": "Paid" }]));
        assert_eq!(described["urls"]["sobject"], "/services/data/v66.0/sobjects/Invoice__c");
        let fields = &described["fields"];
        assert_eq!(
            (&fields[0]["type"], &fields[1]["type"]),
            (&"multipicklist".into(), &"complexvalue".into())
        );
        assert_eq!((&fields[0]["precision"], &fields[1]["byteLength"]), (&4.into(), &7.into()));
        assert_eq!(fields[0]["picklistValues"][0]["validFor"], "x");
        assert_eq!(fields[0]["cascadeDelete"], false);
    }

    #[test]
    fn describe_result_is_parsed_bare_or_in_the_wrapper_of_sf() {
        let bare = r#"{"name":"Invoice__c","label":"Invoice","labelPlural":"Invoices","custom":true,
            "fields":[{"name":"Id","label":"Id","type":"id"},
            {"name":"Loc__c","label":"Where","type":"location"}]}"#;
        let wrapped = format!(r#"{{"status":0,"result":{bare},"warnings":[]}}"#);
        for text in [bare, &wrapped] {
            let object = ObjectType::parse(text.as_bytes()).unwrap();
            assert_eq!(
                (object.name.as_str(), object.fields[1].kind),
                ("Invoice__c", Kind::Location)
            );
        }
        let error = ObjectType::parse(br#"{"name":"secret-name"}"#).unwrap_err();
        assert!(!error.to_string().contains("secret-name"));
    }
}
