//! What `describe` says of an object and of a field.

use serde_json::{Value, json};

use super::{ChildRelationship, Field, Kind, ObjectType, PicklistValue};

impl ObjectType {
    /// The entry of this object in `/sobjects`, with links below `base`.
    pub(crate) fn summary(&self, base: &str) -> Value {
        let url = format!("{base}/sobjects/{}", self.name);
        json!({
            "activateable": false, "associateEntityType": null, "associateParentEntity": null,
            "createable": self.createable, "custom": self.custom, "customSetting": false,
            "deepCloneable": false, "deletable": self.deletable, "deprecatedAndHidden": false,
            "feedEnabled": false, "hasSubtypes": false, "isInterface": false, "isSubtype": false,
            "keyPrefix": self.key_prefix, "label": self.label, "labelPlural": self.label_plural,
            "layoutable": true, "mergeable": false, "mruEnabled": true, "name": self.name,
            "queryable": true, "replicateable": true, "retrieveable": true, "searchable": true,
            "triggerable": true, "undeletable": self.deletable, "updateable": self.updateable,
            "urls": {
                "rowTemplate": format!("{url}/{{ID}}"),
                "describe": format!("{url}/describe"),
                "sobject": url,
            },
        })
    }

    /// The whole description.
    pub(crate) fn describe(&self, base: &str) -> Value {
        let mut description = self.summary(base);
        description["childRelationships"] =
            self.child_relationships.iter().map(ChildRelationship::describe).collect();
        description["recordTypeInfos"] = json!([]);
        description["fields"] = self.fields.iter().map(Field::describe).collect();
        description
    }
}

impl ChildRelationship {
    fn describe(&self) -> Value {
        json!({
            "cascadeDelete": false, "childSObject": self.child_s_object,
            "deprecatedAndHidden": false, "field": self.field, "junctionIdListNames": [],
            "junctionReferenceTo": [], "relationshipName": self.relationship_name,
            "restrictedDelete": false,
        })
    }
}

impl Field {
    fn describe(&self) -> Value {
        let is_text = matches!(self.kind, Kind::String | Kind::TextArea | Kind::Url | Kind::Email);
        json!({
            "aggregatable": true, "autoNumber": false, "byteLength": self.length * 3,
            "calculated": false, "calculatedFormula": null, "caseSensitive": false,
            "createable": self.createable, "custom": self.name.ends_with("__c"),
            "defaultValue": self.default_value, "defaultedOnCreate": self.defaulted_on_create,
            "deprecatedAndHidden": false, "digits": 0, "externalId": self.external_id,
            "filterable": true, "groupable": is_text, "idLookup": self.id_lookup,
            "label": self.label, "length": self.length,
            "nameField": self.name == "Name", "name": self.name, "nillable": self.nillable,
            "permissionable": self.nillable,
            "picklistValues": self.picklist_values.iter().map(PicklistValue::describe).collect::<Value>(),
            "precision": 0,
            "referenceTo": self.reference_to, "relationshipName": self.relationship_name,
            "restrictedPicklist": self.restricted_picklist, "scale": 0, "soapType": self.kind.soap_type(),
            "sortable": true, "type": self.kind.name(), "unique": self.unique,
            "updateable": self.updateable,
        })
    }
}

impl PicklistValue {
    fn describe(&self) -> Value {
        json!({
            "active": self.active, "defaultValue": false,
            "label": self.label.as_ref().unwrap_or(&self.value), "validFor": null,
            "value": self.value,
        })
    }
}

impl Kind {
    /// The name of the type in `describe`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Currency => "currency",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Double => "double",
            Self::Email => "email",
            Self::Id => "id",
            Self::Int => "int",
            Self::Other => "anyType",
            Self::Percent => "percent",
            Self::Phone => "phone",
            Self::Picklist => "picklist",
            Self::Reference => "reference",
            Self::String => "string",
            Self::TextArea => "textarea",
            Self::Url => "url",
        }
    }

    fn soap_type(self) -> &'static str {
        match self {
            Self::Boolean => "xsd:boolean",
            Self::Currency | Self::Double | Self::Percent => "xsd:double",
            Self::Date => "xsd:date",
            Self::DateTime => "xsd:dateTime",
            Self::Id | Self::Reference => "tns:ID",
            Self::Int => "xsd:int",
            Self::Other => "xsd:anyType",
            Self::Email
            | Self::Phone
            | Self::Picklist
            | Self::String
            | Self::TextArea
            | Self::Url => "xsd:string",
        }
    }
}
