use super::matches;
use crate::text;

/// An error of the REST API, or one message of it.
///
/// A [`Refusal`](crate::Refusal) is a response of the token endpoint. This is a response to a call
/// with a token, or the reason why one record was not saved.
#[derive(Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ApiErrorEntry {
    /// The error code of Salesforce, such as `UNABLE_TO_LOCK_ROW`, or the number of a status.
    pub code: &'static str,
    /// The messages of this row, normalized; `*` is a value that Salesforce inserts. If empty, the
    /// row is about every message of this code without a row of its own.
    messages: &'static [&'static str],
    /// The meaning, as part of a sentence.
    pub meaning: &'static str,
    /// The usual causes, the most frequent first, as sentences.
    pub causes: &'static [&'static str],
    /// The remedy: one imperative, without a full stop.
    pub remedy: &'static str,
    /// Whether the same call may succeed later without a change.
    pub transient: bool,
}

impl ApiErrorEntry {
    /// Returns the anchor of this row in `refusals.md`, such as `api-unable_to_lock_row`.
    ///
    /// Rows with the same code are numbered.
    pub fn anchor(&self) -> String {
        let code = self.code.to_ascii_lowercase();
        match API_ERRORS.iter().filter(|row| row.code == self.code).position(|row| row == self) {
            Some(0) | None => format!("api-{code}"),
            Some(number) => format!("api-{code}-{}", number + 1),
        }
    }

    /// Returns one of the messages for display; `…` is an inserted value.
    pub fn message(&self) -> Option<String> {
        self.messages.first().map(|message| message.replace('*', "…"))
    }
}

/// Returns all rows, by subject.
pub fn api_errors() -> impl Iterator<Item = &'static ApiErrorEntry> {
    API_ERRORS.iter()
}

/// Returns the row of an error code (or of a status without one): the row of its message, or else
/// the general one. Returns `None` if the code is not in the catalogue.
pub fn api_error(code: &str, message: &str) -> Option<&'static ApiErrorEntry> {
    let message = text::normalize(message);
    let rows = || API_ERRORS.iter().filter(|row| row.code == code);
    let exact = rows().find(|row| row.messages.iter().any(|known| matches(known, &message)));
    exact.or_else(|| rows().find(|row| row.messages.is_empty()))
}

const fn row(
    code: &'static str,
    meaning: &'static str,
    causes: &'static [&'static str],
    remedy: &'static str,
) -> ApiErrorEntry {
    ApiErrorEntry { code, messages: &[], meaning, causes, remedy, transient: false }
}

impl ApiErrorEntry {
    const fn when(self, messages: &'static [&'static str]) -> Self {
        Self { messages, ..self }
    }

    const fn transient(self) -> Self {
        Self { transient: true, ..self }
    }
}

const API_ERRORS: &[ApiErrorEntry] = &[
    // Queries.
    row(
        "MALFORMED_QUERY",
        "Salesforce cannot parse the query",
        &[
            "A text has no quotes, or a quote inside it has no backslash: `Name = 'O\\'Brien'`.",
            "A date or date-time has quotes: write `CreatedDate > 2026-01-31T00:00:00Z`.",
            "A clause is in the wrong place: WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, OFFSET.",
            "The shell changed the query: it needs double quotes around it as a whole.",
        ],
        "correct the query at the row and column that the message names",
    ),
    row(
        "INVALID_FIELD",
        "the object has no such field, or this user cannot see it",
        &[
            "The name is misspelt, or is the label: custom fields end in `__c`, custom relationships in `__r`.",
            "The user has no read access to the field (field-level security), and then it looks absent.",
            "The field exists in newer API versions only, or in another org.",
        ],
        "compare the name with the fields in `sobjects/OBJECT/describe`, read as the same user",
    ),
    row(
        "INVALID_FIELD",
        "a field in the URL of the record is in the record as well",
        &["An upsert or update repeats the Id or the external id among the fields."],
        "leave that field out of the record",
    )
    .when(&["the * field should not be specified in the sobject data"]),
    row(
        "INVALID_TYPE",
        "the object does not exist, or this user may not use it",
        &[
            "The name is misspelt: use the API name; custom objects end in `__c`.",
            "The user lacks the object permission Read.",
            "The object exists in newer API versions only, or its feature is off.",
        ],
        "compare the name with the objects that `sobjects` lists for the same user",
    ),
    row(
        "INVALID_QUERY_FILTER_OPERATOR",
        "the field cannot be filtered in this way",
        &[
            "A long text area or an encrypted field is in WHERE.",
            "A number or date was compared as a text, or an id has a wrong length.",
        ],
        "filter by another field, or compare with a value of the field's type",
    ),
    row(
        "INVALID_QUERY_LOCATOR",
        "the cursor of the query result is no longer valid",
        &[
            "More than two days passed, or newer queries of the same user replaced this cursor.",
            "The login changed between two pages.",
        ],
        "run the query again from the start",
    ),
    row(
        "QUERY_TIMEOUT",
        "the query took longer than 120 seconds",
        &["The filters match a large part of a large object, and none of them uses an index."],
        "filter by an indexed field (Id, Name, CreatedDate, SystemModstamp, a lookup, an external id), or query \
         a smaller range",
    ),
    row(
        "QUERY_TOO_COMPLICATED",
        "the query is too complex",
        &["It has many formula fields, joins or conditions."],
        "select fewer formula fields, or split the query",
    ),
    row(
        "OPERATION_TOO_LARGE",
        "the operation touches too many records for this user",
        &["Sharing rules have to be checked for more than 100,000 records."],
        "narrow the filter, or give the user View All for the object",
    ),
    row(
        "MALFORMED_SEARCH",
        "Salesforce cannot parse the search",
        &["Reserved characters in the search term have no backslash: ? & | ! { } [ ] ( ) ^ ~ * : \\ ' + -"],
        "correct the SOSL: `FIND {term} IN ALL FIELDS RETURNING Account(Id)`",
    ),
    row(
        "INVALID_SEARCH",
        "the search is not valid",
        &["The term is shorter than two characters, or an object cannot be searched."],
        "correct the SOSL",
    ),
    // The request.
    row(
        "NOT_FOUND",
        "the path or the record does not exist",
        &[
            "The path is misspelt, or the API version is newer than the org's.",
            "The record was deleted, or this user cannot see it.",
            "The object's name in the path is wrong.",
        ],
        "check the path, the object and the id: `sobjects` lists the objects, `/services/data/` the \
         API versions",
    ),
    row(
        "NOT_FOUND",
        "no record has this id, or the field in the path is not an external id",
        &[
            "The record was deleted, or this user cannot see it.",
            "The field lacks the attribute External ID.",
            "The name is misspelt, or this user cannot see the field.",
        ],
        "check the id of the record; for an external id, tick External ID on the field: Setup > Object Manager > the object > Fields & Relationships > the field \
         > Edit",
    )
    .when(&["provided external id field does not exist or is not accessible: *"]),
    row(
        "URL_NOT_RESET",
        "the org has a new URL",
        &["The My Domain was renamed, or the org was moved to another instance."],
        "log in again, and use the `instance_url` that comes with the token",
    ),
    row(
        "METHOD_NOT_ALLOWED",
        "the path does not accept this HTTP method",
        &["An id is missing at the end of the path, or the method is wrong for this resource."],
        "use a method that the message allows",
    ),
    row(
        "JSON_PARSER_ERROR",
        "the body is not the JSON that this call expects",
        &["The body is not valid JSON, or has another structure than the resource expects."],
        "correct the body at the line and column that the message names",
    ),
    row(
        "JSON_PARSER_ERROR",
        "a value does not have the type of its field",
        &[
            "A number has quotes and other characters in it: write `12.5`, with a point and without separators.",
            "A date is not written as `2026-01-31`, or a date-time not as `2026-01-31T12:00:00Z`.",
            "A checkbox is not `true` or `false`.",
        ],
        "write the value that the message names in the notation of its field's type: number `12.5`, date \
         `2026-01-31`, date-time `2026-01-31T12:00:00Z`, checkbox `true`",
    )
    .when(&["cannot deserialize instance of * from * value *"]),
    row(
        "XML_PARSER_ERROR",
        "the body is not the XML that this call expects",
        &["The Content-Type says XML, and the body is JSON or is damaged."],
        "send JSON with `Content-Type: application/json`, or correct the XML",
    ),
    row(
        "UNSUPPORTED_MEDIA_TYPE",
        "this resource does not accept the Content-Type",
        &["The Content-Type is missing or wrong."],
        "send `Content-Type: application/json`",
    ),
    row(
        "UNSUPPORTED_API_VERSION",
        "the org does not offer this API version",
        &["The version is retired, or newer than the org."],
        "use a version that `/services/data/` lists",
    ),
    row(
        "BAD_REQUEST",
        "Salesforce does not understand the request",
        &["A parameter is missing or misspelt."],
        "compare the request with the documentation of the resource",
    ),
    row(
        "MISSING_ARGUMENT",
        "a required part of the request is missing",
        &["An update or delete has a record without an Id.", "A parameter of the path or query is missing."],
        "add what the message names",
    ),
    row(
        "300",
        "several records have this external id",
        &["The field is an external id, but not unique."],
        "use one of the ids that the answer names, or make the field unique",
    ),
    row(
        "414",
        "the address of the request is too long, most often because of a long query in it",
        &["The query has a long list of values or of fields."],
        "split the list of values over several queries, or select fewer fields",
    ),
    row(
        "431",
        "the request line and the headers are too long",
        &["The query has a long list of values or of fields.", "Many or long headers were added."],
        "split the list of values over several queries, or send fewer headers",
    ),
    // Access.
    row(
        "INSUFFICIENT_ACCESS",
        "this user lacks the permission for this operation",
        &["A permission of the profile or permission set is missing."],
        "give the user the permission, or use another user",
    ),
    row(
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "this user may not change the record",
        &[
            "The user lacks the object permission, or sharing gives read access only.",
            "The record is locked by an approval, or is part of a closed or read-only period.",
        ],
        "give the user edit access to the object and to the record (sharing, role, or Modify All)",
    ),
    row(
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "this user lacks access to a record that this one refers to",
        &[
            "The owner, parent or lookup record is not shared with the user.",
            "A record type, queue or campaign is not available to the user.",
        ],
        "give the user access to the record that the lookup names",
    ),
    row(
        "CLIENT_NOT_ACCESSIBLE_FOR_USER",
        "the app may not be used by this user",
        &["API Access Control or the app's policies exclude the user."],
        "assign the app to the user's profile or permission set",
    ),
    row(
        "FUNCTIONALITY_NOT_ENABLED",
        "the org or the user does not have this feature",
        &["The feature is off, or the licence lacks it."],
        "turn the feature on in Setup, or use a user who has it",
    ),
    row(
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        "the password of this user has expired, and the API is closed until it is changed",
        &["The profile's password policy expires passwords."],
        "set a new password for the user, or tick Password Never Expires for the integration user",
    ),
    row(
        "TXN_SECURITY_RUNTIME_EXCEPTION",
        "a transaction security policy of the org stopped the call",
        &["A policy on API events or on large exports applies to the user."],
        "ask the administrator which policy it is: Setup > Event Manager and Transaction Security Policies",
    ),
    // Records: values.
    row(
        "REQUIRED_FIELD_MISSING",
        "a required field has no value",
        &["The field is required by the object, and the record leaves it out or sets it to null."],
        "give the fields that the message names",
    ),
    row(
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "a validation rule of the org refuses the record",
        &["The message is the text of the rule, written by the org's administrator."],
        "correct the values as the message says, or exempt the integration user in the rule",
    ),
    row(
        "FIELD_INTEGRITY_EXCEPTION",
        "a value does not fit the rest of the record, or the record that it refers to",
        &[
            "A lookup refers to a record of another object or one that does not exist.",
            "Values depend on each other: country and state, record type and stage, currency and price book.",
        ],
        "correct the fields that the message names",
    ),
    row(
        "FIELD_FILTER_VALIDATION_EXCEPTION",
        "a lookup filter refuses the record that the field refers to",
        &["The lookup field has a required filter."],
        "refer to a record that the filter of the field allows",
    ),
    row(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "a field in the record cannot be written",
        &[
            "It is a formula, roll-up, auto-number or system field.",
            "An Id was given for a record that is to be created.",
            "The user has no edit access to the field.",
        ],
        "leave out the fields that the message names, or give the user edit access to them",
    ),
    row(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "the picklist is restricted, and the value is not part of it",
        &[
            "The label was given instead of the API name.",
            "The value is inactive, or is not part of the record type.",
        ],
        "use a value that `sobjects/OBJECT/describe` lists for the field, or add it in Setup",
    ),
    row(
        "TOO_MANY_ENUM_VALUE",
        "a multi-select picklist has too many values",
        &["A field accepts 100 values at most."],
        "select fewer values",
    ),
    row(
        "STRING_TOO_LONG",
        "a text is longer than its field",
        &["The message names the field and its maximum length."],
        "shorten the text, or make the field longer in Setup",
    ),
    row(
        "NUMBER_OUTSIDE_VALID_RANGE",
        "a number is too large for its field",
        &["The field has fewer digits than the number."],
        "check the number, or give the field more digits in Setup",
    ),
    row(
        "INVALID_EMAIL_ADDRESS",
        "the value is not a valid email address",
        &["It has blanks, several addresses, or letters outside ASCII."],
        "correct the address",
    ),
    row(
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "a value does not have the type of its field",
        &["A number, date or checkbox was given as another kind of text."],
        "write numbers as `12.5`, dates as `2026-01-31`, date-times as `2026-01-31T12:00:00Z`, checkboxes as \
         `true`",
    ),
    row(
        "INVALID_CURRENCY_ISO",
        "the org does not have this currency",
        &["The currency is inactive, or multiple currencies are off."],
        "use a currency that is active in Setup > Company Information > Manage Currencies",
    ),
    row(
        "INVALID_STATUS",
        "the status cannot be set to this value",
        &["The value is not one of the status field, or the object only allows some changes of it."],
        "use a status that the object allows from the current one",
    ),
    // Records: ids and references.
    row(
        "MALFORMED_ID",
        "a value is not a valid id",
        &[
            "It is not 15 or 18 characters long, or a spreadsheet changed upper and lower case.",
            "The id of another object was given.",
        ],
        "copy the id again, with 18 characters",
    ),
    row(
        "INVALID_ID_FIELD",
        "an id is missing, or is not allowed",
        &["A record to update has no Id, or one to create has one."],
        "give the Id for updates and deletes, and none for new records",
    ),
    row(
        "INVALID_CROSS_REFERENCE_KEY",
        "an id refers to a record that does not exist or is of another kind",
        &[
            "The record was deleted, or is of another org (a sandbox id in production).",
            "A record type is not available to the user, or belongs to another object.",
            "This user cannot see the record.",
        ],
        "check the ids in the record, and that they belong to this org",
    ),
    row(
        "INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD",
        "a lookup refers to a record of an object that the field does not accept",
        &["The id begins with the key prefix of another object."],
        "use the id of a record of the object that the field refers to",
    ),
    row(
        "ENTITY_IS_DELETED",
        "the record was deleted",
        &["It was deleted or merged after its id was read."],
        "leave the record out, or restore it from the Recycle Bin",
    ),
    row(
        "ENTITY_IS_LOCKED",
        "the record is locked",
        &["An approval process, a closed period or an Apex lock holds it."],
        "unlock the record, or wait for the end of the approval",
    ),
    row(
        "DELETE_FAILED",
        "the record cannot be deleted",
        &["Other records need it: cases, opportunities, contracts or entitlements refer to it."],
        "delete or detach the records that the message names first",
    ),
    row(
        "DEPENDENCY_EXISTS",
        "other records or components depend on this one",
        &["A rule, report or record refers to it."],
        "remove the reference that the message names first",
    ),
    row(
        "CIRCULAR_DEPENDENCY",
        "records would refer to each other in a circle",
        &["A parent would become its own descendant."],
        "correct the parent field",
    ),
    row(
        "DUPLICATE_VALUE",
        "another record has the same value in a unique field",
        &[
            "The record was created before; the message names its id.",
            "The same value is twice in the file or in one call.",
        ],
        "update the record that the message names, or upsert by the unique field",
    ),
    row(
        "DUPLICATE_EXTERNAL_ID",
        "several records, or several rows of one call, have this external id",
        &["The field is an external id, but not unique.", "The value is twice in the file."],
        "remove the duplicates, or make the field unique",
    ),
    row(
        "DUPLICATES_DETECTED",
        "a duplicate rule of the org found similar records",
        &["The answer names the records that the rule found."],
        "update one of the records that the answer names, or save all the same with the header \
         `Sforce-Duplicate-Rule-Header: allowSave=true`",
    ),
    row(
        "INACTIVE_OWNER_OR_USER",
        "the owner, or another user that the record names, is inactive",
        &["The user was deactivated."],
        "name an active user",
    ),
    row(
        "TRANSFER_REQUIRES_READ",
        "the new owner may not read such records",
        &["The owner's profile lacks the object permission Read."],
        "name another owner, or give that user the permission",
    ),
    // Records: automation, locks, limits.
    row(
        "UNABLE_TO_LOCK_ROW",
        "another transaction holds the record or its parent",
        &[
            "Calls run in parallel on records of the same parent (account, owner, campaign).",
            "A trigger, flow, sharing recalculation or another integration works on the same records.",
        ],
        "try again; if it persists, sort the rows by parent and send fewer calls in parallel",
    )
    .transient(),
    row(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "a trigger of the org failed on the record",
        &["The message names the Apex trigger and its error."],
        "send the message to the owner of the trigger, or correct the values that it does not expect",
    ),
    row(
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "a flow of the org failed on the record",
        &["The message names the flow and its error."],
        "send the message to the owner of the flow, or correct the values that it does not expect",
    ),
    row(
        "SELF_REFERENCE_FROM_TRIGGER",
        "a trigger changes the record that it runs for",
        &["Triggers or flows of the org call each other."],
        "send the message to the owner of the trigger",
    ),
    row(
        "APEX_ERROR",
        "Apex code of the org failed",
        &["The message has the exception of the code."],
        "send the message to the owner of the code",
    ),
    row(
        "UNKNOWN_EXCEPTION",
        "a fault inside Salesforce",
        &["The message may contain a number for Salesforce's support."],
        "try again; if it persists, give the number in the message to Salesforce's support",
    )
    .transient(),
    row(
        "STORAGE_LIMIT_EXCEEDED",
        "the org has no storage left",
        &["Data or file storage is used up: Setup > Storage Usage."],
        "delete records or files, or buy storage",
    ),
    row(
        "LIMIT_EXCEEDED",
        "a limit of the org is used up",
        &["The message names the limit."],
        "make fewer or smaller calls; `limits` shows what is left",
    ),
    row(
        "EXCEEDED_ID_LIMIT",
        "one call has too many ids or records",
        &["A call accepts 200 records (2,000 to retrieve)."],
        "split the records over several calls",
    ),
    row(
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "nothing was saved, because another record of the same call failed",
        &["The call asked for all or none."],
        "correct the records that failed for another reason, and send all again",
    ),
    row(
        "PROCESSING_HALTED",
        "this part of a composite call was not run, because another part failed",
        &["The call asked for all or none, or refers to the result of a part that failed."],
        "correct the part that failed for another reason, and send all again",
    ),
    // Bulk jobs.
    row(
        "INVALIDJOB",
        "the bulk job cannot be created or used in this way",
        &["An upsert has no external id field, or the field is not an external id.", "The job does not exist."],
        "correct what the message names",
    ),
    row(
        "INVALIDJOBSTATE",
        "the bulk job is in a state that does not allow this",
        &["The job is closed, aborted or still in progress."],
        "look at the state of the job first",
    ),
    row(
        "INVALIDENTITY",
        "the bulk API does not know the object, or does not accept it",
        &["The name is misspelt, or the object cannot be loaded in bulk."],
        "check the object's name, or use the REST API for it",
    ),
    row(
        "API_ERROR",
        "the job failed inside Salesforce",
        &["The message says why."],
        "correct what the message names",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn api_errors_are_found_by_code_and_by_message() {
        for (code, message, meaning) in [
            (
                "UNABLE_TO_LOCK_ROW",
                "unable to obtain exclusive access to this record",
                "another transaction",
            ),
            ("NOT_FOUND", "The requested resource does not exist", "the path or the record"),
            (
                "NOT_FOUND",
                "Provided external ID field does not exist or is not accessible: Ext__c",
                "no record has this id, or the field in the path is not an external id",
            ),
            ("JSON_PARSER_ERROR", "Unexpected character ('x' (code 120))", "the body is not"),
            (
                "JSON_PARSER_ERROR",
                "Cannot deserialize instance of int from VALUE_STRING value 55x or request may be missing a \
                 required field at [line:1, column:25]",
                "a value does not have the type",
            ),
            (
                "INVALID_FIELD",
                "The Ext__c field should not be specified in the sobject data.",
                "a field in the URL",
            ),
            ("414", "", "the address of the request is too long"),
        ] {
            let row = api_error(code, message).expect(code);
            assert!(row.meaning.starts_with(meaning), "{code}: {}", row.meaning);
        }
        assert_eq!(api_error("NEVER_SEEN", "not found"), None);
        assert_eq!(api_error("", "unable to lock row"), None);
    }

    #[test]
    fn api_error_rows_are_well_formed() {
        let mut anchors = HashSet::new();
        for row in api_errors() {
            assert!(anchors.insert(row.anchor()), "{}: two rows for every message", row.code);
            assert!(!row.causes.is_empty(), "{}", row.code);
            assert!(row.causes.iter().all(|cause| cause.ends_with(['.', '-'])), "{}", row.code);
            assert!(!row.meaning.ends_with('.') && !row.remedy.ends_with('.'), "{}", row.code);
            assert!(row.messages.iter().all(|text| *text == text::normalize(text)), "{}", row.code);
            assert!(api_error(row.code, "").is_some(), "{} has no general row", row.code);
        }
        assert!(anchors.len() >= 60, "{}", anchors.len());
    }
}
