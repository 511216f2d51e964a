use tokio::task::yield_now;

use super::columns::{Columns, ID, Plan, Schema};
use super::fault::{CheckError, FaultKind, Faults};
use super::read::{Data, Form, RecordFile, Row};
use super::report::Outcome;
use crate::Org;

/// The operation on each row.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// Creates a record.
    Create,
    /// Deletes the record of the row's `Id`; other columns are not used.
    Delete,
    /// Deletes the record with the external id in this field.
    DeleteBy(String),
    /// Changes the record of the row's `Id`.
    Update,
    /// Changes the record with the external id in this field. No record is created.
    UpdateBy(String),
    /// Changes the record with the external id in this field, or creates it.
    Upsert(String),
}

impl Operation {
    /// `create`, `delete`, `update` or `upsert`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete | Self::DeleteBy(_) => "delete",
            Self::Update | Self::UpdateBy(_) => "update",
            Self::Upsert(_) => "upsert",
        }
    }

    /// The column in which every row must have a value.
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::Create => None,
            _ => self.external_id().or(Some(ID)),
        }
    }

    /// The maximum number of rows in a call.
    pub fn max_rows(&self) -> usize {
        if self.is_by_key() { Org::MAX_SUBREQUESTS } else { Org::MAX_RECORDS }
    }

    /// The outcome of a row that succeeded. `created` is whether it created a record, if Salesforce
    /// reports that.
    pub(super) fn done(&self, created: Option<bool>) -> Outcome {
        match (self, created) {
            (Self::Create, _) | (Self::Upsert(_) | Self::UpdateBy(_), Some(true)) => {
                Outcome::Created
            }
            (Self::Update | Self::UpdateBy(_), _) | (Self::Upsert(_), Some(false)) => {
                Outcome::Updated
            }
            (Self::Upsert(_), None) => Outcome::Upserted,
            (Self::Delete | Self::DeleteBy(_), _) => Outcome::Deleted,
        }
    }

    pub(super) fn is_delete(&self) -> bool {
        matches!(self, Self::Delete | Self::DeleteBy(_))
    }

    /// Whether the URL of a call names the external id, so that each row is a subrequest.
    pub(super) fn is_by_key(&self) -> bool {
        matches!(self, Self::DeleteBy(_) | Self::UpdateBy(_))
    }

    /// The field of the external id.
    pub(super) fn external_id(&self) -> Option<&str> {
        match self {
            Self::DeleteBy(key) | Self::UpdateBy(key) | Self::Upsert(key) => Some(key),
            Self::Create | Self::Delete | Self::Update => None,
        }
    }
}

/// A record file whose rows have all been checked.
#[derive(Debug)]
pub struct CheckedFile {
    pub(super) file: RecordFile,
    pub(super) plan: Plan,
    pub(super) rows: u64,
    pub(super) hash: [u8; 32],
    /// The base URL of the org, by which a journal identifies it.
    pub(super) org: String,
    ignored: Vec<String>,
}

impl CheckedFile {
    /// The number of rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The file.
    pub fn file(&self) -> &RecordFile {
        &self.file
    }

    /// The name of the object as Salesforce spells it.
    pub fn object(&self) -> &str {
        &self.plan.schema.object.name
    }

    /// The operation on each row.
    pub fn operation(&self) -> &Operation {
        &self.plan.operation
    }

    /// The columns that are not sent: those whose name begins with `_`, and all except `Id` for a
    /// delete.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }
}

impl RecordFile {
    /// Checks every row against the description of the object. That is one call, and another one
    /// for each relationship column.
    pub async fn check(
        self,
        org: &Org,
        object: &str,
        operation: Operation,
    ) -> Result<CheckedFile, CheckError> {
        // Fails before the first call if the file cannot be parsed.
        let relationships = self.relationships()?;
        let schema = Schema::of(org, object, &relationships).await.map_err(Box::new)?;
        let operation = match operation {
            Operation::DeleteBy(key) if key.eq_ignore_ascii_case(ID) => Operation::Delete,
            Operation::UpdateBy(key) if key.eq_ignore_ascii_case(ID) => Operation::Update,
            operation => operation,
        };
        let org = org.url().await.map_err(Box::new)?;
        self.check_against(Plan { schema, operation }, org).await
    }

    /// The relationships in its columns or in the fields of its first record.
    fn relationships(&self) -> Result<Vec<String>, CheckError> {
        let mut rows = self.rows()?;
        let header = rows.header().iter().filter_map(|name| name.split_once('.'));
        let mut names: Vec<_> = header.map(|(relationship, _)| relationship.to_owned()).collect();
        // Faults of this row are reported later, when all rows are read.
        if let Ok(Some(Row { data: Data::Members(members), .. })) = rows.next() {
            let nested = members.into_iter().filter(|(_, value)| value.get().starts_with('{'));
            names.extend(nested.map(|(name, _)| name));
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// A large file takes long, so the caller can drop the future after each thousand rows.
    async fn check_against(self, plan: Plan, org: String) -> Result<CheckedFile, CheckError> {
        if self.layout.form == Form::Ids && plan.operation != Operation::Delete {
            return Err(CheckError::nowhere(FaultKind::not_wanted(match plan.operation {
                Operation::DeleteBy(_) => "a list of ids has no column of external ids",
                _ => "a list of ids has no fields to write",
            })));
        }
        let hash = self.hash()?;
        let mut faults = Faults::default();
        let mut rows = self.rows()?;
        let mut columns = Columns::default();
        if self.layout.form != Form::Json {
            columns.table = plan.table(rows.header(), rows.header_line(), &mut faults);
        }
        plan.check_key(&mut faults);
        // Faults of the header would be found again in every row.
        if faults.total > 0 {
            return Err(faults.into());
        }
        let mut number = 0;
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(CheckError::Faults { faults: found, .. }) => {
                    let is_over = !found.iter().all(|fault| fault.kind.is_of_one_row);
                    faults.extend(found);
                    if is_over {
                        break;
                    }
                    continue;
                }
                Err(error) => return Err(error),
            };
            number = row.number;
            if number.is_multiple_of(1_000) {
                yield_now().await;
            }
            if let Err(found) = plan.prepare(&mut columns, &row) {
                faults.extend(found);
            }
        }
        if faults.total > 0 {
            return Err(faults.into());
        }
        let ignored = columns.ignored(rows.header());
        Ok(CheckedFile { file: self, plan, rows: number, hash, org, ignored })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::future::poll_fn;
    use std::io::Write;
    use std::pin::pin;
    use std::task::Poll;

    use serde_json::json;

    use super::*;
    use crate::ObjectDescription;
    use crate::load::ReadOptions;

    fn described(name: &str, prefix: Option<&str>, fields: &[(&str, &str)]) -> ObjectDescription {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, kind)| {
                let is_read_only = name.ends_with("Date");
                json!({
                    "name": name, "type": kind, "createable": !is_read_only,
                    "updateable": !is_read_only, "externalId": name.starts_with("Key"),
                    "relationshipName": name.strip_suffix("Id"), "referenceTo": ["Account"],
                })
            })
            .collect();
        let described = json!({ "name": name, "keyPrefix": prefix, "fields": fields });
        serde_json::from_value(described).unwrap()
    }

    fn plan(operation: Operation) -> Plan {
        let object = described(
            "Contact",
            Some("003"),
            &[
                ("Id", "id"),
                ("Name", "string"),
                ("Amount", "currency"),
                ("Count", "int"),
                ("Active", "boolean"),
                ("Born", "date"),
                ("CreatedDate", "datetime"),
                ("AccountId", "reference"),
                ("ParentId", "reference"),
                ("Key__c", "string"),
                ("Place", "location"),
            ],
        );
        let fields = [("Name", "string"), ("Key__c", "string"), ("Key2__c", "double")];
        let parent = described("Account", Some("001"), &fields);
        let parents = BTreeMap::from_iter([("account".to_owned(), parent)]);
        Plan { schema: Schema { object, parents }, operation }
    }

    fn check_all(file: RecordFile, plan: Plan) -> Result<CheckedFile, CheckError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(file.check_against(plan, String::new()))
    }

    fn checked(operation: Operation, content: &str) -> Result<CheckedFile, Vec<String>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let texts = |error: CheckError| match error {
            CheckError::Faults { faults, .. } => faults.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        };
        let file = RecordFile::from_file(file, ReadOptions::default())
            .map_err(|error| vec![error.to_string()])?;
        check_all(file, plan(operation)).map_err(texts)
    }

    /// The records of a file as they are sent.
    fn sent(operation: Operation, content: &str) -> Vec<String> {
        let checked = checked(operation, content).unwrap();
        let mut rows = checked.file.rows().unwrap();
        let mut columns = checked.plan.columns(rows.header());
        let mut sent = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            sent.push(checked.plan.prepare(&mut columns, &row).unwrap().fields);
        }
        sent
    }

    const ID_1: &str = "003xx0000000001AAA";

    fn upsert() -> Operation {
        Operation::Upsert("key__c".to_owned())
    }

    #[test]
    fn faults_of_the_header_are_found_first() {
        use Operation::{Create, Delete, Update};
        let duplicate = "the same field is in column 1 already";
        for (operation, content, fault) in [
            (Create, " Name \nx\n", "line 1, column 1 (` Name `): the name has blanks around it"),
            (Create, "Name,\nx,\n", "line 1, column 2 (``): the column has no name"),
            (Create, "Name,NAME\nx,y\n", &format!("line 1, column 2 (`NAME`): {duplicate}")),
            (
                Create,
                "AccountId,Account.Key__c\n,x\n",
                &format!("line 1, column 2 (`Account.Key__c`): {duplicate}"),
            ),
            (Create, "Nam\nx\n", "line 1, column 1 (`Nam`): `Contact` has no such field"),
            (
                Create,
                "Name|Count\nx|1\n",
                "line 1, column 1 (`Name|Count`): `Contact` has no such field",
            ),
            (
                Create,
                "CreatedDate\nx\n",
                "line 1, column 1 (`CreatedDate`): the field cannot be written",
            ),
            (
                Create,
                "Id,Name\n,x\n",
                "line 1, column 1 (`Id`): records are created without an id: remove the column",
            ),
            (
                Create,
                "Account:Account:Key__c\nx\n",
                "line 1, column 1 (`Account:Account:Key__c`): columns of related records are \
                 written as Account.ExternalId__c",
            ),
            (
                Create,
                "Account.Name\nx\n",
                "line 1, column 1 (`Account.Name`): the field is not an external id",
            ),
            (
                Create,
                "Account.Nam\nx\n",
                "line 1, column 1 (`Account.Nam`): `Account` has no such field",
            ),
            (
                Create,
                "Owner.Key__c\nx\n",
                "line 1, column 1 (`Owner.Key__c`): `Contact` has no such field",
            ),
            (Update, "Name\nx\n", "line 1: the column `Id` is missing"),
            (Delete, "Name\nx\n", "line 1: the column `Id` is missing"),
            (upsert(), "Name\nx\n", "line 1: the column `key__c` is missing"),
            (
                Operation::Upsert("Name".into()),
                "Name\nx\n",
                "field `Name`: the field is not an external id",
            ),
            (
                Operation::Upsert("Nam".into()),
                "Name\nx\n",
                "field `Nam`: `Contact` has no such field",
            ),
            (Update, ID_1, "a list of ids has no fields to write"),
        ] {
            let found = checked(operation, content).map(drop).unwrap_err();
            assert!(found.contains(&fault.to_owned()), "{content}: {found:?}");
        }
    }

    #[test]
    fn line_of_a_fault_is_right_for_all_line_ends_and_empty_lines() {
        for (content, line) in [
            ("Count\n1\nx\n", 3),
            ("Count\r\n1\r\nx\r\n", 3),
            ("Count\r1\rx\r", 3),
            ("Count\n1\n\n\nx\n", 5),
            ("Count\r\n1\r\n\r\nx", 4),
            ("\r\n\r\nCount\r\n1\r\nx", 5),
            ("sep=;\r\nCount;Name\r\n1;\"a\r\nb\"\r\nx;c\r\n", 5),
        ] {
            let found = checked(Operation::Create, content).map(drop).unwrap_err();
            let row = "row 2, column 1 (`Count`): not a number";
            assert_eq!(found, [format!("line {line}, {row}")], "{content:?}");
        }
        let found = checked(Operation::Create, "\n\n\nNam\nx\n").map(drop).unwrap_err();
        assert_eq!(found, ["line 4, column 1 (`Nam`): `Contact` has no such field"]);
    }

    #[test]
    fn faults_of_rows_name_row_and_column() {
        use Operation::{Create, Delete, Update};
        let other = "not a record of `Contact`";
        for (operation, content, fault) in [
            (Create, "Name,Count\nx,1\ny\n", "line 3, row 2: 1 cells, but the header has 2"),
            (Create, "Name,Count\nx,1\ny,1,2\n", "line 3, row 2: 3 cells, but the header has 2"),
            (Create, "Name,Count\n\"x\ny\",1\n,\n", "line 4, row 2: the row is empty"),
            (Create, "Name;Amount\nx;1,5\n", "line 2, row 1, column 2 (`Amount`): not a number"),
            (Create, "Count\n5.0\n", "line 2, row 1, column 1 (`Count`): not a whole number"),
            (Create, "Active\nWAHR\n", "line 2, row 1, column 1 (`Active`): not true or false"),
            (Create, "Born\n31.12.2026\n", "line 2, row 1, column 1 (`Born`): not a date"),
            (Create, "AccountId\nAcme\n", "line 2, row 1, column 1 (`AccountId`): not a record id"),
            (
                Create,
                "Account.Key__c\n#N/A\n",
                "line 2, row 1, column 1 (`Account.Key__c`): a relationship cannot be \
                 emptied in this column: use the column of its id",
            ),
            (
                Create,
                "_,Name\n[Contact],x\n[Lead],y\n",
                &format!("line 3, row 2, column 1 (`_`): {other}"),
            ),
            (Update, "Id,Name\n,x\n", "line 2, row 1, column 1 (`Id`): the value is missing"),
            (Update, "Id,Name\nx,x\n", "line 2, row 1, column 1 (`Id`): not a record id"),
            (
                Delete,
                "Id\n001xx0000000001AAA\n",
                &format!("line 2, row 1, column 1 (`Id`): {other}"),
            ),
            (Delete, "001xx0000000001AAA\n", &format!("line 1, row 1, column 1 (`Id`): {other}")),
            (
                upsert(),
                "Key__c\n\"\"\n",
                "line 2, row 1, column 1 (`Key__c`): the value is missing",
            ),
            (
                upsert(),
                "Key__c\n#N/A\n",
                "line 2, row 1, column 1 (`Key__c`): the value is missing",
            ),
            (Create, "[{\"Nam\":1}]", "line 1, row 1, field `Nam`: `Contact` has no such field"),
            (Create, "[{\"Name\":1}]", "line 1, row 1, field `Name`: expected text in quotes"),
            (
                Create,
                "{\"Name\":\"a\",\"name\":\"b\"}",
                "line 1, row 1, field `name`: duplicate name",
            ),
            (
                Create,
                "{\"attributes\":{\"type\":\"Lead\"},\"Name\":\"a\"}",
                &format!("line 1, row 1, field `attributes`: {other}"),
            ),
            (
                Create,
                "{\"Account\":null}",
                "line 1, row 1, field `Account`: a related record is an object with its external \
                 id; to empty the relationship use the field of its id",
            ),
            (
                Create,
                "{\"Account\":{\"Name\":\"a\"}}",
                "line 1, row 1, field `Account.Name`: the field is not an external id",
            ),
            (
                Create,
                "{\"Account\":{\"Key__c\":1}}",
                "line 1, row 1, field `Account.Key__c`: expected text in quotes",
            ),
            (
                Create,
                "{\"Account\":{\"Key2__c\":1e400}}",
                "line 1, row 1, field `Account.Key2__c`: the number is too large",
            ),
            (
                Create,
                "{\"Account\":{\"Name\":\"a\",\"Id\":\"b\"}}",
                "line 1, row 1, field `Account`: a related record has one field, its external \
                 id",
            ),
            (
                Create,
                "{\"Account\":{\"Key__c\":\"a\",\"Key__c\":\"b\"}}",
                "line 1, row 1, field `Account`: a related record has one field, its external \
                 id",
            ),
            (
                Create,
                "{\"Account\":{\"attributes\":{\"type\":1e400},\"Key__c\":\"a\"}}",
                "line 1, row 1, field `Account.attributes`: expected an object with a type, such \
                 as \"Account\"",
            ),
            (
                Create,
                "{\"Place\":{\"a\":[1,{\"b\":1e400}]}}",
                "line 1, row 1, field `Place`: the number is too large",
            ),
            (
                Create,
                &format!("{{\"Place\":{}{}}}", "[".repeat(129), "]".repeat(129)),
                "line 1, row 1, field `Place`: the value has more than 128 levels, or more than \
                 2,000,000 parts",
            ),
            (
                Operation::UpdateBy("Key__c".to_owned()),
                &format!(
                    r#"{{"Key__c":"a","Parent":{{"X__c":{}"\u0040{{x}}"{}}}}}"#,
                    "[".repeat(128),
                    "]".repeat(128)
                ),
                "line 1, row 1, field `Parent.X__c`: the value contains `@{`, which Salesforce may \
                 replace in an update by external id: update this row by Id",
            ),
            (
                Create,
                "{\"Place\":[\"\\uD83D\"]}",
                "line 1, row 1, field `Place`: not Unicode text: half of a surrogate pair",
            ),
            (
                Operation::UpdateBy("Key__c".to_owned()),
                "{\"Key__c\":\"a\",\"Place\":[\"\\u0020\",1e400]}",
                "line 1, row 1, field `Place`: the number is too large",
            ),
            (
                Operation::UpdateBy("Key__c".to_owned()),
                "{\"Key__c\":\"a\",\"Account\":{\"Key__c\":\"@{x}\"}}",
                "line 1, row 1, field `Account.Key__c`: the value contains `@{`, which Salesforce \
                 may replace in an update by external id: update this row by Id",
            ),
            (Update, "{\"Name\":\"a\"}", "line 1, row 1, field `Id`: the value is missing"),
            (Create, "{}", "line 1, row 1: the row is empty"),
        ] {
            let found = checked(operation, content).map(drop).unwrap_err();
            assert_eq!(found, [fault], "{content}");
        }
    }

    #[tokio::test]
    async fn check_of_a_large_file_can_be_stopped() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(format!("Name\n{}", "x\n".repeat(1_000)).as_bytes()).unwrap();
        let file = RecordFile::from_file(file, ReadOptions::default()).unwrap();
        let mut check = pin!(file.check_against(plan(Operation::Create), String::new()));
        assert!(poll_fn(|cx| Poll::Ready(check.as_mut().poll(cx).is_pending())).await);
        assert_eq!(check.await.unwrap().rows(), 1_000);
    }

    #[test]
    fn every_fault_is_counted_and_the_first_are_listed() {
        let content = format!("Count\n{}", "x\n".repeat(50));
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let file = RecordFile::from_file(file, ReadOptions::default()).unwrap();
        let error = check_all(file, plan(Operation::Create)).unwrap_err();
        assert_eq!(error.to_string(), "50 faults in the record file; these are the first 20");
        let CheckError::Faults { faults, .. } = error else { panic!("{error}") };
        assert_eq!(faults.len(), 20);
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_found_in_every_row() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"Name,Count\nx,1\nM\xfcller,1\ny,\xff\n").unwrap();
        let file = RecordFile::from_file(file, ReadOptions::default()).unwrap();
        let error = check_all(file, plan(Operation::Create)).unwrap_err();
        let CheckError::Faults { faults, .. } = error else { panic!("{error}") };
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            faults,
            ["line 3, row 2, column 1: not UTF-8", "line 4, row 3, column 2: not UTF-8"]
        );
    }

    #[test]
    fn cells_are_sent_in_the_type_of_their_field() {
        let content = "NAME,Amount,Count,Active,Born,Account.key__c,_note\r\n\
                       \"Acme \"\"X\"\"\",12345678901234567.89,7,TRUE,2026-12-31,k1,old\r\n\
                       #N/A,,#N/A,0,,,\r\n";
        assert_eq!(
            sent(Operation::Create, content),
            [
                r#""Name":"Acme \"X\"","Amount":12345678901234567.89,"Count":7,"Active":true,"Born":"2026-12-31","Account":{"Key__c":"k1"}"#,
                r#""Name":null,"Count":null,"Active":false"#,
            ]
        );
    }

    #[test]
    fn json_is_sent_unchanged() {
        let content = r#"[{"attributes":{"type":"Contact","url":"/x"},"name":"\u00e4",
            "Amount":1.50,"Account":{"attributes":{"type":"Account","url":"/y"},"Key__c":"k1"},
            "Place":{"a": 1.0},"_error":"old"}]"#;
        let account = r#"{"attributes":{"type":"Account"},"Key__c":"k1"}"#;
        assert_eq!(
            sent(Operation::Create, content),
            [format!(r#""Name":"\u00e4","Amount":1.50,"Account":{account},"Place":{{"a": 1.0}}"#)]
        );
    }

    #[test]
    fn values_that_the_bulk_api_cannot_express_are_faults_of_its_plan() {
        for (fields, fault) in [
            (r#""Name":"A","Account":{"Key__c":"k1"}"#, None),
            (r#""Name":null"#, None),
            (r#""Name":"\u0023N/A""#, Some("Name")),
            (r#""Account":{"Key__c":null}"#, Some("Account.Key__c")),
            (r#""Account":{"Key__c":""}"#, Some("Account.Key__c")),
        ] {
            let checked = checked(Operation::Create, &format!("[{{{fields}}}]")).unwrap();
            let error = checked.bulk_plan(false).err().map(|error| error.to_string());
            let place = fault.map(|name| format!("line 1, row 1, field `{name}`: "));
            assert_eq!(error.is_some(), place.is_some(), "{fields}");
            assert!(error.unwrap_or_default().starts_with(&place.unwrap_or_default()), "{fields}");
        }
    }

    #[test]
    fn escapes_are_references_in_an_update_by_external_id_only_if_they_spell_one() {
        for (name, is_reference) in [
            (r"@\u00e4 {", false),
            (r"\u0040 \u007b", false),
            (r"me@acme.com\u000a", false),
            ("@{x}", true),
            (r"@\u007bx}", true),
            (r"\u0040{x}", true),
            (r"\u0040\u007Bx}", true),
        ] {
            let operation = Operation::UpdateBy("Key__c".to_owned());
            let content = format!(r#"[{{"Key__c":"k1","Name":"{name}"}}]"#);
            assert_eq!(checked(operation, &content).is_err(), is_reference, "{name}");
        }
    }

    #[test]
    fn file_of_bare_ids_or_with_other_columns_deletes() {
        let expected = [format!("\"Id\":\"{ID_1}\"")];
        for content in [
            format!("{ID_1}\n"),
            format!("\n{ID_1}\r\n"),
            format!(" \t\n\n {ID_1} \r\n  \n"),
            format!("Id\n{ID_1}\n"),
            format!("Name,ID,CreatedDate\nx,{ID_1},y\n"),
            format!("[{{\"Id\":\"{ID_1}\",\"Name\":5}}]"),
        ] {
            assert_eq!(sent(Operation::Delete, &content), expected, "{content}");
        }
    }

    #[test]
    fn object_without_a_key_prefix_takes_every_id() {
        let mut plan = plan(Operation::Delete);
        plan.schema.object.key_prefix = None;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"001xx0000000001AAA\n").unwrap();
        let file = RecordFile::from_file(file, ReadOptions::default()).unwrap();
        assert_eq!(check_all(file, plan).unwrap().rows(), 1);
    }
}
