//! Describe results.

use std::sync::LazyLock;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Field, Kind, ObjectType, PicklistValue};

impl ObjectType {
    /// Returns the entry of this object in `/sobjects`, with links below `base`.
    pub(crate) fn summary(&self, base: &str) -> Value {
        let mut summary = self.describe(base);
        if let Some(summary) = summary.as_object_mut() {
            summary.retain(|name, _| !DETAILS.contains(&name.as_str()));
        }
        summary
    }

    /// Returns the describe result, with links below `base`.
    pub(crate) fn describe(&self, base: &str) -> Value {
        let url = format!("{base}/sobjects/{}", self.name);
        let (row, describe) = (format!("{url}/{{ID}}"), format!("{url}/describe"));
        let mut described = over("object", self);
        described["undeletable"] = self.deletable.into();
        described["urls"] = json!({ "rowTemplate": row, "describe": describe, "sobject": url });
        let children = self.child_relationships.iter();
        described["childRelationships"] =
            children.map(|it| over("childRelationship", it)).collect();
        described["fields"] = self.fields.iter().map(Field::describe).collect();
        described
    }
}

impl Field {
    fn describe(&self) -> Value {
        let mut described = over("field", self);
        described["byteLength"] = Value::from(self.length * 3);
        described["custom"] = self.name.ends_with("__c").into();
        described["groupable"] = self.kind.is_text().into();
        described["nameField"] = (self.name == "Name").into();
        described["permissionable"] = self.nillable.into();
        described["picklistValues"] =
            self.picklist_values.iter().map(PicklistValue::describe).collect();
        described["soapType"] = self.kind.soap_type().into();
        described
    }
}

impl PicklistValue {
    fn describe(&self) -> Value {
        let mut described = over("picklistValue", self);
        described["label"] = self.label.as_ref().unwrap_or(&self.value).as_str().into();
        described
    }
}

impl Kind {
    /// Returns the name of the type in a describe result.
    pub(crate) fn name(self) -> String {
        json!(self).as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn is_text(self) -> bool {
        use Kind::{Email, Phone, Picklist, String, TextArea, Url};
        matches!(self, Email | Phone | Picklist | String | TextArea | Url)
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Currency | Self::Double | Self::Int | Self::Percent)
    }

    fn soap_type(self) -> String {
        match self {
            Self::Currency | Self::Double | Self::Percent => "xsd:double".to_owned(),
            Self::DateTime => "xsd:dateTime".to_owned(),
            Self::Id | Self::Reference => "tns:ID".to_owned(),
            kind if kind.is_text() => "xsd:string".to_owned(),
            kind => format!("xsd:{}", kind.name()),
        }
    }
}

/// Returns the usual properties, overridden by the known ones.
fn over(what: &str, known: &impl Serialize) -> Value {
    static USUAL: LazyLock<Map<String, Value>> =
        LazyLock::new(|| serde_json::from_str(USUAL_JSON).expect("our own file is well formed"));
    let mut described = USUAL[what].clone();
    if let (Value::Object(all), Value::Object(known)) = (&mut described, json!(known)) {
        all.extend(known);
    }
    described
}

const DETAILS: [&str; 3] = ["childRelationships", "fields", "recordTypeInfos"];
const USUAL_JSON: &str = include_str!("describe.json");
