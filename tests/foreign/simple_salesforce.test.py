"""simple-salesforce: queries and bulk jobs."""

from salesforce_login import sf

accounts = sf.bulk2.Account

rows = [{"Name": f'Bulk "{i}", x', "ExternalId__c": f"k{i}"} for i in range(20)]
[job] = accounts.insert(records=[*rows, {"Name": "", "ExternalId__c": "bad"}])
assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (21, 1), job
failed = accounts.get_failed_records(job["job_id"])
assert "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --" in failed, failed
assert len(accounts.get_successful_records(job["job_id"]).splitlines()) == 21
# The client writes the columns of records in the order of a set.
unprocessed = accounts.get_unprocessed_records(job["job_id"]).strip().split(",")
assert sorted(unprocessed) == ['"ExternalId__c"', '"Name"'], unprocessed
print("simple-salesforce: insert")

[job] = accounts.upsert(
    records=[{"Name": "Z", "ExternalId__c": "k1"}], external_id_field="ExternalId__c"
)
assert job["numberRecordsFailed"] == 0, job
print("simple-salesforce: upsert")

query = "SELECT Id, Name FROM Account WHERE ExternalId__c != null"
parts = list(accounts.query(query, max_records=7))
assert [len(part.splitlines()) for part in parts] == [8, 8, 7], parts
print("simple-salesforce: query in parts")

ids = [{"Id": line.split(",")[0].strip('"')} for part in parts for line in part.splitlines()[1:]]
[job] = accounts.delete(records=ids)
assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (20, 0), job
print("simple-salesforce: delete")

total = sf.query("SELECT COUNT(Id) n FROM Account")["records"][0]["n"]
assert total == 2, total
assert sf.search("FIND {Globex}")["searchRecords"]
assert sf.Account.describe()["recordTypeInfos"]
print("simple-salesforce: aggregate, search, describe")
