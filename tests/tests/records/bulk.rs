//! Bulk API 2.0: jobs, query results, and record files by jobs.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::future::{Future, poll_fn};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use conformance::test_org::{TestOrg, USER};
use orgtoken_assertion::{Diagnostic, UnixTime};
use orgtoken_fake_org::{Scenario, User};
use orgtoken_rest::bulk::{
    Job, JobData, JobDelimiter, JobKind, JobOperation, JobRows, JobState, QueryJobOptions,
    ResultFile,
};
use orgtoken_rest::load::{
    BulkLoad, BulkPlan, BulkStep, CheckedFile, Journal, Load, LoadError, Operation, Outcome,
    Output, Outputs, ReadOptions, RecordFile, Report, RowResult,
};
use orgtoken_rest::{Backoff, Org};
use tempfile::TempDir;

use crate::support::ConnectedOrg;

/// An org with an object that has a unique key and a restricted picklist. Its jobs are complete at
/// the first look.
fn org() -> ConnectedOrg {
    let describe = br#"{"name":"Case__c","label":"Case","labelPlural":"Cases","keyPrefix":"a02",
        "fields":[{"name":"Id","label":"Id","type":"id","createable":false},
        {"name":"Key__c","label":"Key","type":"string","length":99,"externalId":true},
        {"name":"Text__c","label":"Text","type":"string","length":99},
        {"name":"Place__c","label":"Place","type":"location"},
        {"name":"Done__c","label":"Done","type":"boolean"},
        {"name":"Amount__c","label":"Amount","type":"double","precision":18,"scale":2},
        {"name":"State__c","label":"State","type":"picklist","restrictedPicklist":true,
        "picklistValues":[{"value":"Open","active":true}]}]}"#;
    let org = ConnectedOrg::to(TestOrg::with(User::new(USER), |org| org.object(describe).unwrap()));
    org.server.set_job_polls(1);
    org
}

async fn checked(org: &ConnectedOrg, path: &Path, operation: Operation) -> CheckedFile {
    let file = RecordFile::open(path, ReadOptions::default()).unwrap();
    file.check(&org.api, "Case__c", operation).await.unwrap()
}

/// The outputs of a load in this folder, which a resumed load continues.
fn outputs(folder: &TempDir) -> Outputs {
    let file = |name: &str| Some(Output::Append(folder.path().join(name)));
    let mut outputs = Outputs::default();
    (outputs.success, outputs.failed) = (file("success.csv"), file("failed.csv"));
    (outputs.unknown, outputs.unprocessed) = (file("unknown.csv"), file("unprocessed.csv"));
    outputs.not_sent = Some(folder.path().join("not-sent.csv"));
    outputs
}

async fn run(load: &mut BulkLoad<'_>) -> Result<Vec<RowResult>, LoadError> {
    let mut all = Vec::new();
    while let Some(step) = load.next().await? {
        if let BulkStep::Rows(rows) = step {
            all.extend(rows);
        }
    }
    Ok(all)
}

/// The values of a column of a file of rows.
fn column(folder: &TempDir, file: &str, name: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.path().join(file)).unwrap();
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    let at = header.split(',').position(|column| column == name);
    let at = at.unwrap_or_else(|| panic!("{file} has no column {name}: {header}"));
    lines.map(|line| line.split(',').nth(at).unwrap().to_owned()).collect()
}

async fn keys(org: &ConnectedOrg) -> Vec<String> {
    let mut pages = org.api.query("SELECT Key__c FROM Case__c ORDER BY Key__c");
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        keys.extend(page.records.iter().map(|it| it["Key__c"].as_str().unwrap().to_owned()));
    }
    keys
}

#[tokio::test]
async fn job_goes_through_its_states_and_has_three_results() {
    let org = org();
    org.server.set_job_polls(2);
    let api = &org.api;
    let job = api.create_job("Case__c", &JobOperation::Insert).await.unwrap();
    assert_eq!((job.state, job.kind()), (JobState::Open, JobKind::Ingest));
    let csv = JobData::from("Key__c,State__c\nk1,Open\nk2,Lost\n");
    api.upload_job_data(&job.id, &csv).await.unwrap();
    assert_eq!(api.close_job(&job.id).await.unwrap().state, JobState::UploadComplete);
    let mut wait =
        api.clone().backoff(Backoff::new(1, Duration::ZERO)).wait_for_job(JobKind::Ingest, &job.id);
    let throttled = r#"{"name": "throttled", "meaning": "too many calls at once", "step": "api",
        "outcome": {"api": {"status": 429, "code": "REQUEST_LIMIT_EXCEEDED", "message": ""}}}"#;
    let throttled: Scenario = serde_json::from_str(throttled).unwrap();
    org.server.set_scenario(USER, Some(throttled.times(1)));
    assert_eq!(wait.next().await.unwrap().state, JobState::InProgress);
    let ended = wait.next().await.unwrap();
    assert_eq!(ended.state, JobState::JobComplete);
    assert_eq!((ended.number_records_processed, ended.number_records_failed), (Some(2), Some(1)));
    for (rows, text) in [
        (JobRows::Successful, "\"k1\",\"Open\"\n"),
        (JobRows::Failed, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:"),
        (JobRows::Unprocessed, "\"Key__c\",\"State__c\"\n"),
    ] {
        let csv = api.job_rows(&job.id, rows).await.unwrap().whole(10_000).await.unwrap();
        let csv = String::from_utf8(csv.to_vec()).unwrap();
        assert!(csv.contains(text), "{rows:?}: {csv}");
    }
    assert_eq!(api.find_job(&job.id).await.unwrap().object, "Case__c");

    let query =
        api.create_query_job("SELECT Id FROM Case__c", &QueryJobOptions::default()).await.unwrap();
    assert_eq!(api.find_job(&query.id).await.unwrap().kind(), JobKind::Query);
    let aborted = api.abort_job(JobKind::Query, &query.id).await.unwrap();
    assert_eq!(aborted.state, JobState::Aborted);
    for (kind, id) in [(JobKind::Ingest, &job.id), (JobKind::Query, &query.id)] {
        let jobs = api.jobs(kind).await.unwrap();
        assert_eq!(jobs.iter().map(|job| &job.id).collect::<Vec<_>>(), [id]);
    }
    let unknown = api.find_job("750000000000AAA").await.unwrap_err();
    assert_eq!(unknown.code(), "api.not_found");
}

#[tokio::test]
async fn query_results_have_one_header_and_continue_at_a_locator() {
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    let rows = insert(&org, 2300).await;
    let job = query(&org, &QueryJobOptions::default()).await;
    let path = folder.path().join("all.csv");
    let mut file = File::create(&path).unwrap();
    let mut pages = org.api.query_pages(&job.id, None).page_size(1000);
    let mut locators = Vec::new();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next(&mut file).await.unwrap() {
        sizes.push(page.records);
        locators.extend(pages.locator().map(str::to_owned));
        org.server.play("api-cut-once");
    }
    assert_eq!((sizes, locators.len()), (vec![1000, 1000, 300], 2));
    let quoted: String = rows.lines().map(|row| format!("\"{row}\"\n")).collect();
    assert!(fs::read_to_string(&path).unwrap() == format!("\"Key__c\"\n{quoted}"));

    let mut file = File::create(&path).unwrap();
    let mut pages = org.api.query_pages(&job.id, Some(&locators[1])).page_size(1000);
    assert_eq!(pages.next(&mut file).await.unwrap().unwrap().records, 300);
    assert!(pages.next(&mut file).await.unwrap().is_none() && pages.is_done());
    assert!(quoted.ends_with(&fs::read_to_string(&path).unwrap()));
}

/// Creates this many records. Returns their keys, one on each line.
async fn insert(org: &ConnectedOrg, number: usize) -> String {
    let rows: String = (0..number).map(|n| format!("k{n:04}\n")).collect();
    let job = org.api.create_job("Case__c", &JobOperation::Insert).await.unwrap();
    let csv = JobData::from(format!("Key__c\n{rows}"));
    org.api.upload_job_data(&job.id, &csv).await.unwrap();
    org.api.close_job(&job.id).await.unwrap();
    org.api.job(JobKind::Ingest, &job.id).await.unwrap();
    rows
}

/// Runs a query for the keys of all records.
async fn query(org: &ConnectedOrg, options: &QueryJobOptions) -> Job {
    let soql = "SELECT Key__c FROM Case__c ORDER BY Key__c";
    let job = org.api.create_query_job(soql, options).await.unwrap();
    org.api.job(JobKind::Query, &job.id).await.unwrap()
}

#[tokio::test]
async fn result_file_that_is_interrupted_anywhere_has_every_record_once() {
    let mut random = 3_u32;
    let mut next = |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((random >> 8) % below) as usize
    };
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    let rows = insert(&org, 2300).await;
    let mut options = QueryJobOptions::default();
    (options.crlf, options.delimiter) = (true, JobDelimiter::from_byte(b';').unwrap());
    let id = query(&org, &options).await.id;
    let whole: String = rows.lines().map(|row| format!("\"{row}\"\r\n")).collect();
    let whole = format!("\u{feff}\"Key__c\"\r\n{whole}");
    let (path, part) = (folder.path().join("all.csv"), folder.path().join("all.csv.part"));
    for round in 0..6 {
        fs::write(&path, "old").unwrap();
        let (mut interruptions, mut file) =
            (0, ResultFile::create(&path, b"\xef\xbb\xbf").unwrap());
        loop {
            file = file.page_size(100);
            let is_done = {
                let mut all =
                    pin!(async { while file.next(&org.api, &id).await.unwrap().is_some() {} });
                let mut left = next(400) + 1;
                poll_fn(|context| {
                    left -= 1;
                    match all.as_mut().poll(context) {
                        Poll::Pending if left > 0 => Poll::Pending,
                        done => Poll::Ready(done.is_ready()),
                    }
                })
                .await
            };
            if is_done {
                break;
            }
            interruptions += 1;
            assert!(interruptions < 400, "round {round}: no progress");
            assert_eq!(fs::read_to_string(&path).unwrap(), "old");
            let is_kept = file.is_resumable() || next(2) == 0;
            if file.is_resumable() == is_kept {
                drop(file);
            } else {
                // A process that is killed in the first page leaves these files.
                let copied = fs::read(&part).unwrap();
                let state = fs::read(part.with_extension("part.json"));
                drop(file);
                let Ok(state) = state else {
                    file = ResultFile::create(&path, b"\xef\xbb\xbf").unwrap();
                    continue;
                };
                fs::write(&part, copied).unwrap();
                fs::write(part.with_extension("part.json"), state).unwrap();
            }
            assert_eq!(part.exists(), is_kept);
            file = if is_kept {
                // A process that is killed may leave a part of a page.
                let mut part = File::options().append(true).open(&part).unwrap();
                part.write_all(b"\"k00").unwrap();
                ResultFile::resume(&path, &id).unwrap()
            } else {
                ResultFile::create(&path, b"\xef\xbb\xbf").unwrap()
            };
        }
        assert_eq!((file.records(), file.next(&org.api, &id).await.unwrap()), (2300, None));
        assert!(fs::read_to_string(&path).unwrap() == whole, "round {round}");
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "round {round}: only the file remains");
    }
}

#[tokio::test]
async fn result_file_is_that_of_one_job_and_one_process() {
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    insert(&org, 5).await;
    let id = query(&org, &QueryJobOptions::default()).await.id;
    let path = folder.path().join("all.csv");
    let code = |found: Result<ResultFile, orgtoken_rest::bulk::ResultFileError>| {
        found.err().map(|error| (error.code().to_owned(), error.to_string()))
    };
    let text = |text: &str| text.replace("PATH", &path.to_string_lossy());
    let refused = |code: &str, message| Some((code.to_owned(), text(message)));
    let missing = refused("usage.resume", "there is no download to `PATH` that ended early");
    assert_eq!(code(ResultFile::resume(&path, &id)), missing);
    let mut file = ResultFile::create(&path, b"").unwrap().page_size(2);
    let busy = refused("io.write", "another download uses `PATH.part`");
    assert_eq!(code(ResultFile::create(&path, b"")), busy);
    file.next(&org.api, &id).await.unwrap().unwrap();
    drop(file);
    let other = ResultFile::resume(&path, "750000000000AAA").err().unwrap().to_string();
    assert_eq!(other, text(&format!("the download to `PATH` is that of job {id}")));
    ResultFile::resume(&path, &id[..15]).unwrap();
    fs::write(folder.path().join("all.csv.part"), "k").unwrap();
    assert_eq!(code(ResultFile::resume(&path, &id)), missing);
    // The part of an earlier download remains until the next one begins.
    let mut file = ResultFile::create(&path, b"").unwrap().page_size(2);
    assert!(file.earlier().is_none());
    file.next(&org.api, &id).await.unwrap().unwrap();
    drop(file);
    for _ in 0..2 {
        let file = ResultFile::create(&path, b"start").unwrap();
        let earlier = file.earlier().unwrap();
        assert_eq!((&earlier.job, earlier.records), (&id, 2));
    }
    assert_eq!(ResultFile::resume(&path, &id).unwrap().records(), 2);
    let mut file = ResultFile::create(&path, b"start").unwrap();
    file.next(&org.api, &id).await.unwrap().unwrap();
    assert!(file.earlier().is_none() && file.is_resumable());
    assert!(fs::read(folder.path().join("all.csv.part")).unwrap().starts_with(b"start\""));
    drop(file);
    // That of another program is not touched.
    fs::remove_file(folder.path().join("all.csv.part.json")).unwrap();
    let before = fs::read(folder.path().join("all.csv.part")).unwrap();
    let foreign = refused("io.write", "`PATH.part` is not the part of a download");
    assert_eq!(code(ResultFile::create(&path, b"")), foreign);
    assert_eq!(fs::read(folder.path().join("all.csv.part")).unwrap(), before);
    fs::remove_file(folder.path().join("all.csv.part")).unwrap();
    // Another program has deleted the part.
    let mut file = ResultFile::create(&path, b"").unwrap();
    file.next(&org.api, &id).await.unwrap().unwrap();
    fs::remove_file(folder.path().join("all.csv.part")).unwrap();
    assert_eq!(file.next(&org.api, &id).await.unwrap_err().code(), "io.write");
    let open = File::open(folder.path().join("all.csv.part.json")).unwrap();
    let descriptor = format!("/proc/self/fd/{}", open.as_raw_fd());
    for other in ["/", "/dev/stdout", &descriptor] {
        let (code, message) = code(ResultFile::create(Path::new(other), b"")).unwrap();
        assert_eq!(code, "io.write");
        assert!(message.ends_with("` is not a regular file"), "{message}");
    }
}

#[tokio::test]
async fn job_takes_an_assignment_rule_by_its_id_for_cases_and_leads() {
    use orgtoken_rest::{AssignmentRule, RecordOptions};
    let org = org();
    let (default, off) = (AssignmentRule::Default, AssignmentRule::Off);
    let rule = AssignmentRule::Id("01Q000000000001".to_owned());
    for (rule, object, expected) in [
        (&rule, "lead", Ok(())),
        (&rule, "Account", Err("Bulk API 2.0 has assignment rules for cases and leads only")),
        (&default, "Lead", Err("Bulk API 2.0 takes an assignment rule by its id only")),
        (&off, "Lead", Err("Bulk API 2.0 takes an assignment rule by its id only")),
    ] {
        let mut options = RecordOptions::default();
        options.assignment_rule = Some(rule.clone());
        let api = org.api.clone().record_options(options);
        let calls = org.calls();
        let created = api.create_job(object, &JobOperation::Insert).await;
        match created {
            Ok(job) => {
                let path = format!("jobs/ingest/{}", job.id);
                let job = org.call(http::Method::GET, &path, "").await.unwrap().into_body();
                let job: serde_json::Value = serde_json::from_slice(&job).unwrap();
                assert_eq!(
                    (&job["assignmentRuleId"], expected),
                    (&"01Q000000000001".into(), Ok(()))
                );
            }
            Err(error) => {
                assert_eq!((error.code(), expected), ("usage.bulk", Err(&*error.to_string())));
                assert_eq!(org.calls(), calls);
            }
        }
    }
}

#[tokio::test]
async fn results_are_those_of_a_job_of_any_version() {
    let org = org();
    let job = query(&org, &QueryJobOptions::default()).await;
    let other =
        Org::new(crate::support::transport(&org.server), crate::support::source(&org.server), 60);
    let refused = other.query_results(&job.id, None, 10).await.unwrap_err();
    assert_eq!(refused.api_error().unwrap().status(), 409);
    other.in_version_of(&job).query_results(&job.id, None, 10).await.unwrap();
    let found = other.find_job(&job.id).await.unwrap();
    other.in_version_of(&found).query_results(&job.id, None, 10).await.unwrap();
    // A response without a version changes nothing.
    other.in_version_of(&Job::default()).find_job(&job.id).await.unwrap();
}

#[tokio::test]
async fn jobs_use_at_least_the_version_that_introduced_them() {
    let org = org();
    let old =
        Org::new(crate::support::transport(&org.server), crate::support::source(&org.server), 40);
    let job = old.create_job("Case__c", &JobOperation::Insert).await.unwrap();
    assert_eq!(old.job(JobKind::Ingest, &job.id).await.unwrap().state, JobState::Open);
    // Otherwise a job that was not found could be taken for one that was deleted.
    let unknown = old.job(JobKind::Ingest, "750000000000AAA").await.unwrap_err();
    assert_eq!(unknown.code(), "api.not_found");
    let query = old.create_query_job("SELECT Id FROM Case__c", &QueryJobOptions::default()).await;
    let query = query.unwrap();
    old.job(JobKind::Query, &query.id).await.unwrap();
    old.query_results(&query.id, None, 10).await.unwrap();
}

#[tokio::test]
async fn queries_with_unsupported_parts_make_no_job() {
    let org = org();
    for (soql, what) in [
        ("SELECT COUNT() FROM Case__c", "aggregate functions such as COUNT()"),
        ("SELECT Id, place__c FROM Case__c", "the compound field `Place__c`"),
    ] {
        let error = org.api.check_bulk_query(soql).await.unwrap_err();
        assert_eq!(error.to_string(), format!("Bulk API 2.0 does not support {what}"));
        assert_eq!(error.code(), "usage.bulk");
    }
    org.api.check_bulk_query("SELECT Id, Owner.Name, Text__c FROM Case__c").await.unwrap();
    // Salesforce refuses it, and says why.
    org.api.check_bulk_query("SELECT Id FROM Nothing").await.unwrap();
}

#[tokio::test]
async fn rows_of_several_jobs_are_reported_in_the_order_of_the_file() {
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    let path = folder.path().join("rows.csv");
    let mut rows = "Key__c,Text__c,State__c,_note\n".to_owned();
    for n in 0..250 {
        // Some fail, and some are equal.
        let (key, state) = if n % 10 == 3 { (n, "Lost") } else { (n / 2, "Open") };
        rows.push_str(
            &format!("k{key}, \"a \"\"{key}\"\"\n, b\",{state},{n}\n").replace(", \"", ",\""),
        );
    }
    fs::write(&path, &rows).unwrap();
    let checked = checked(&org, &path, Operation::Create).await;
    let plan = checked.bulk_plan(false).unwrap().max_rows(100);
    let mut load = BulkLoad::begin(&org.api, &checked, &plan, outputs(&folder), None).unwrap();
    let results = run(&mut load).await.unwrap();
    let report = load.finish();
    assert_eq!(results.iter().map(|it| it.row).collect::<Vec<_>>(), (1..=250).collect::<Vec<_>>());
    assert_eq!((report.counts.created, report.counts.failed), (225, 25));
    assert_eq!((report.counts.unknown, report.unmatched), (0, 0));
    for result in &results {
        let is_bad = (result.row - 1) % 10 == 3;
        assert_eq!(matches!(result.outcome, Outcome::Failed(_)), is_bad, "{result:?}");
    }
    let ids: BTreeSet<_> = results.iter().filter_map(|result| result.id.clone()).collect();
    assert_eq!(ids.len(), 225);
    assert!(report.reasons[0].text.starts_with("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: "));
    // The file of failed rows can be loaded unchanged.
    let failed = RecordFile::open(&report.failed_file.unwrap(), ReadOptions::default()).unwrap();
    let failed = failed.check(&org.api, "Case__c", Operation::Create).await.unwrap();
    assert_eq!(failed.rows(), 25);
    // Each id belongs to the row that it is reported for.
    for result in results.iter().filter(|result| result.id.is_some()) {
        let found = org.api.get("Case__c", result.id.as_ref().unwrap(), &["Key__c"]).await;
        let found: orgtoken_rest::Object = found.unwrap();
        assert_eq!(found["Key__c"].as_str().unwrap(), format!("k{}", (result.row - 1) / 2));
    }
}

#[tokio::test]
async fn values_of_every_form_are_sent_as_the_rest_api_would() {
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    let path = folder.path().join("rows.json");
    fs::write(
        &path,
        r#"[{"Key__c":"a","Done__c":"YES","Amount__c":1.50},{"Key__c":"b","Text__c":"x, \"y\""},
           {"key__c":"c","Amount__c":null,"attributes":{"type":"Case__c"}}]"#,
    )
    .unwrap();
    let checked_file = checked(&org, &path, Operation::Upsert("key__c".into())).await;
    let plan = checked_file.bulk_plan(false).unwrap();
    assert_eq!(plan.operation(), &JobOperation::Upsert("Key__c".into()));
    let mut load =
        BulkLoad::begin(&org.api, &checked_file, &plan, Outputs::default(), None).unwrap();
    let results = run(&mut load).await.unwrap();
    assert!(results.iter().all(|result| result.outcome == Outcome::Created), "{results:?}");
    load.finish();
    let soql = "SELECT Key__c, Text__c, Done__c, Amount__c FROM Case__c ORDER BY Key__c";
    let records: Vec<orgtoken_rest::Object> = org.api.query(soql).rows().await.unwrap();
    assert_eq!(records[0]["Done__c"].as_bool(), Some(true));
    assert_eq!(records[0]["Amount__c"].as_number().unwrap().as_str(), "1.5");
    assert_eq!(records[1]["Text__c"].as_str(), Some("x, \"y\""));

    // A value that CSV cannot express is a fault, before anything is sent.
    fs::write(&path, r#"[{"Key__c":"d","Text__c":"y"},{"Key__c":"e","Text__c":"\u0023N/A"}]"#)
        .unwrap();
    let checked_file = checked(&org, &path, Operation::Create).await;
    let error = checked_file.bulk_plan(false).unwrap_err();
    let text = "line 1, row 2, field `Text__c`: the Bulk API empties a field with this text";
    assert_eq!((error.to_string().as_str(), error.code()), (text, "usage.records"));

    // Deleted for good, from a list of ids.
    let ids: Vec<String> = results.into_iter().filter_map(|result| result.id).collect();
    let path = folder.path().join("ids.txt");
    fs::write(&path, ids.join("\n")).unwrap();
    let checked_file = checked(&org, &path, Operation::Delete).await;
    let plan = checked_file.bulk_plan(true).unwrap();
    assert_eq!(plan.operation(), &JobOperation::HardDelete);
    let mut load =
        BulkLoad::begin(&org.api, &checked_file, &plan, Outputs::default(), None).unwrap();
    assert_eq!(run(&mut load).await.unwrap().len(), 3);
    assert_eq!(load.finish().counts.deleted, 3);
    let all = org.api.query("SELECT Id FROM Case__c").all_rows().next().await.unwrap().unwrap();
    assert_eq!(all.total_size, 0);
}

#[tokio::test]
async fn blanks_empty_a_field_by_a_job_as_by_the_rest_api() {
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    let path = folder.path().join("rows.csv");
    let soql = "SELECT Key__c, Text__c FROM Case__c ORDER BY Key__c";
    let mut found = Vec::new();
    for is_bulk in [false, true] {
        for rows in ["Key__c,Text__c\na,x\nb,x\n", "Key__c,Text__c\na,\"  \"\nb,\n"] {
            fs::write(&path, rows).unwrap();
            let checked = checked(&org, &path, Operation::Upsert("Key__c".into())).await;
            if is_bulk {
                let plan = checked.bulk_plan(false).unwrap();
                let outputs = Outputs::default();
                let mut load = BulkLoad::begin(&org.api, &checked, &plan, outputs, None).unwrap();
                run(&mut load).await.unwrap();
                assert_eq!(load.finish().counts.done(), 2);
            } else {
                let mut load = Load::begin(&org.api, &checked, Outputs::default(), None).unwrap();
                while load.next().await.unwrap().is_some() {}
                assert_eq!(load.finish().counts.done(), 2);
            }
        }
        let records: Vec<orgtoken_rest::Object> = org.api.query(soql).rows().await.unwrap();
        let texts = records.iter().map(|it| it["Text__c"].as_str().map(str::to_owned));
        found.push(texts.collect::<Vec<_>>());
    }
    assert_eq!(found, [[None, Some("x".to_owned())], [None, Some("x".to_owned())]]);
}

#[tokio::test]
async fn rows_of_a_failed_job_are_listed_and_later_rows_are_not_sent() {
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    let path = folder.path().join("rows.csv");
    let rows: String = (0..300).map(|n| format!("k{n:03}\n")).collect();
    fs::write(&path, format!("Key__c\n{rows}")).unwrap();
    let checked = checked(&org, &path, Operation::Create).await;
    let plan = checked.bulk_plan(false).unwrap().max_rows(100);
    let journal = folder.path().join("journal");
    let (created, _) = Journal::begin(&journal, &checked, UnixTime::from_secs(0)).unwrap();
    let mut load =
        BulkLoad::begin(&org.api, &checked, &plan, outputs(&folder), Some(created)).unwrap();
    org.server.fail_next_job(30, "ApexError : x");
    let error = run(&mut load).await.unwrap_err();
    assert_eq!(error.code(), "api.job");
    assert!(error.to_string().ends_with(" failed: ApexError : x"), "{error}");
    let report = load.finish();
    let counts = report.counts;
    assert_eq!((counts.created, counts.unprocessed, counts.not_sent), (30, 70, 200));
    assert_eq!(column(&folder, "unprocessed.csv", "Key__c").len(), 70);
    assert_eq!(column(&folder, "not-sent.csv", "Key__c")[0], "k100");

    // The rest is sent by a resumed load, and the unprocessed rows by one of their file.
    let opened = Some(Journal::open(&journal).unwrap());
    let mut load = BulkLoad::begin(&org.api, &checked, &plan, outputs(&folder), opened).unwrap();
    assert_eq!(run(&mut load).await.unwrap().len(), 200);
    let report = load.finish();
    assert_eq!((report.counts.created, report.counts.unprocessed), (230, 70));
    assert!(report.journal.is_none() && !folder.path().join("not-sent.csv").exists());
    let missing: BTreeSet<_> = column(&folder, "unprocessed.csv", "Key__c").into_iter().collect();
    let made: BTreeSet<_> = keys(&org).await.into_iter().collect();
    assert_eq!((made.len(), missing.len(), made.intersection(&missing).count()), (230, 70, 0));
}

#[tokio::test]
async fn outcomes_that_cannot_be_written_are_reported_by_a_resumed_load() {
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    let (path, journal) = (folder.path().join("rows.csv"), folder.path().join("journal"));
    fs::write(&path, "Key__c,State__c\na,Open\nb,Lost\nc,Open\n").unwrap();
    let checked = checked(&org, &path, Operation::Create).await;
    let plan = checked.bulk_plan(false).unwrap().max_rows(2);
    let (created, _) = Journal::begin(&journal, &checked, UnixTime::from_secs(0)).unwrap();
    let mut broken = outputs(&folder);
    broken.failed = Some(Output::Fresh(folder.path().join("missing/failed.csv")));
    let mut load = BulkLoad::begin(&org.api, &checked, &plan, broken, Some(created)).unwrap();
    assert!(matches!(run(&mut load).await, Err(LoadError::Output { .. })));
    assert!(load.next().await.unwrap().is_none());
    let counts = load.finish().counts;
    assert_eq!((counts.created, counts.pending, counts.not_sent), (0, 2, 1));
    assert_eq!(column(&folder, "not-sent.csv", "Key__c"), ["c"]);

    let opened = Some(Journal::open(&journal).unwrap());
    let mut load = BulkLoad::begin(&org.api, &checked, &plan, outputs(&folder), opened).unwrap();
    assert_eq!(run(&mut load).await.unwrap().len(), 3);
    let counts = load.finish().counts;
    assert_eq!((counts.created, counts.failed), (2, 1));
    assert_eq!(column(&folder, "success.csv", "Key__c"), ["a", "c"]);
    assert_eq!(column(&folder, "failed.csv", "Key__c"), ["b"]);
}

#[tokio::test]
async fn file_that_changes_is_neither_sent_nor_copied_to_an_output() {
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    let (path, journal) = (folder.path().join("rows.csv"), folder.path().join("journal"));
    let (before, after) = ("Key__c\na\nb\nc\n", "Key__c\nx\ny\nlong\n");
    fs::write(&path, before).unwrap();
    let old = checked(&org, &path, Operation::Create).await;
    let plan = old.bulk_plan(false).unwrap().max_rows(2);
    let (created, _) = Journal::begin(&journal, &old, UnixTime::from_secs(0)).unwrap();
    let mut load = BulkLoad::begin(&org.api, &old, &plan, outputs(&folder), Some(created)).unwrap();
    assert!(matches!(load.next().await.unwrap(), Some(BulkStep::Closed(_))));
    fs::write(&path, after).unwrap();
    assert!(matches!(run(&mut load).await, Err(LoadError::Changed)));
    let counts = load.finish().counts;
    assert_eq!((counts.created, counts.pending, counts.not_sent), (0, 2, 1));
    assert_eq!(column(&folder, "success.csv", "Key__c"), [""; 0]);
    let mut load = BulkLoad::begin(&org.api, &old, &plan, Outputs::default(), None).unwrap();
    for _ in 0..2 {
        assert!(matches!(load.next().await, Err(LoadError::Changed)));
    }

    fs::write(&path, before).unwrap();
    let same = checked(&org, &path, Operation::Create).await;
    let opened = Some(Journal::open(&journal).unwrap());
    let mut load = BulkLoad::begin(&org.api, &same, &plan, outputs(&folder), opened).unwrap();
    assert_eq!(run(&mut load).await.unwrap().len(), 3);
    assert_eq!(column(&folder, "success.csv", "Key__c"), ["a", "b", "c"]);
    assert_eq!(keys(&org).await, ["a", "b", "c"]);
}

#[tokio::test]
async fn aborted_job_reports_its_rows_and_a_deleted_one_leaves_them_unknown() {
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    let path = folder.path().join("rows.csv");
    fs::write(&path, "Key__c\na\nb\nc\n").unwrap();
    let checked = checked(&org, &path, Operation::Create).await;
    let plan = checked.bulk_plan(false).unwrap();
    for is_deleted in [false, true] {
        let mut load = BulkLoad::begin(&org.api, &checked, &plan, outputs(&folder), None).unwrap();
        let job = loop {
            if let Some(BulkStep::Closed(job)) = load.next().await.unwrap() {
                break job;
            }
        };
        assert_eq!(load.job(), Some(&job));
        if is_deleted {
            org.api.abort_job(JobKind::Ingest, &job.id).await.unwrap();
            let path = format!("jobs/ingest/{}", job.id);
            org.call(http::Method::DELETE, &path, "").await.unwrap();
            assert_eq!(run(&mut load).await.unwrap().len(), 3);
            assert_eq!(load.finish().counts.unknown, 3);
        } else {
            load.abort().await.unwrap();
            assert!(matches!(
                run(&mut load).await,
                Err(LoadError::Job { state: JobState::Aborted, .. })
            ));
            assert_eq!(load.finish().counts.unprocessed, 3);
        }
    }
    assert_eq!(keys(&org).await, [""; 0]);
}

#[tokio::test]
async fn resumed_load_aborts_a_job_that_has_its_data_and_was_not_closed() {
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    let path = folder.path().join("rows.csv");
    fs::write(&path, "Key__c\na\nb\nc\n").unwrap();
    let checked = checked(&org, &path, Operation::Create).await;
    let plan = checked.bulk_plan(false).unwrap();
    let journal = folder.path().join("journal");
    let (created, _) = Journal::begin(&journal, &checked, UnixTime::from_secs(0)).unwrap();
    let mut load =
        BulkLoad::begin(&org.api, &checked, &plan, outputs(&folder), Some(created)).unwrap();
    {
        let mut next = pin!(load.next());
        poll_fn(|context| {
            assert!(next.as_mut().poll(context).is_pending());
            let noted = String::from_utf8_lossy(&fs::read(&journal).unwrap()).into_owned();
            if noted.contains("\"is_complete\":true") { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
    drop(load);
    let opened = Some(Journal::open(&journal).unwrap());
    let mut load = BulkLoad::begin(&org.api, &checked, &plan, outputs(&folder), opened).unwrap();
    load.abort().await.unwrap();
    let error = run(&mut load).await.unwrap_err();
    assert!(matches!(error, LoadError::Job { state: JobState::Aborted, .. }), "{error}");
    let report = load.finish();
    assert_eq!((report.counts.unprocessed, report.counts.unknown), (3, 0));
    assert_eq!(column(&folder, "unprocessed.csv", "Key__c"), ["a", "b", "c"]);
    assert!(report.journal.is_none());
    assert_eq!(keys(&org).await, [""; 0]);
}

/// Runs a load until its future has been polled this often, and drops it. Returns its report, or
/// `None` if the "process" was killed, which ends nothing in order.
async fn interrupted(
    org: &ConnectedOrg,
    checked: &CheckedFile,
    plan: &BulkPlan,
    folder: &TempDir,
    polls: usize,
    is_killed: bool,
) -> Option<Report> {
    let journal = folder.path().join("journal");
    let opened = match Journal::open(&journal) {
        Ok(journal) => journal,
        Err(_) => Journal::begin(&journal, checked, UnixTime::from_secs(0)).unwrap().0,
    };
    let mut load = BulkLoad::begin(&org.api, checked, plan, outputs(folder), Some(opened)).unwrap();
    {
        let mut all = pin!(run(&mut load));
        let mut left = polls;
        poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            all.as_mut().poll(context).map(|result| drop(result.unwrap()))
        })
        .await;
    }
    if is_killed {
        return None;
    }
    Some(load.finish())
}

#[tokio::test]
async fn load_interrupted_at_every_moment_and_resumed_writes_every_row_once() {
    let mut random = 7_u32;
    let mut next = |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((random >> 8) % below) as usize
    };
    for round in 0..12 {
        let (org, folder) = (org(), tempfile::tempdir().unwrap());
        let path = folder.path().join("rows.csv");
        let row =
            |n: usize| format!("k{n:03},{}\n", if n.is_multiple_of(7) { "Lost" } else { "Open" });
        let rows: String = (0..60).map(row).collect();
        fs::write(&path, format!("Key__c,State__c\n{rows}")).unwrap();
        let checked = checked(&org, &path, Operation::Create).await;
        let plan = checked.bulk_plan(false).unwrap().max_rows(20);
        let mut runs = 0;
        let report = loop {
            runs += 1;
            assert!(runs < 400, "round {round}: no progress");
            let (polls, is_killed) = (next(25) + 1, next(2) == 0);
            let report = interrupted(&org, &checked, &plan, &folder, polls, is_killed).await;
            if let Some(report) = report
                && report.journal.is_none()
            {
                break report;
            }
            // Only `finish` deletes the journal, even if the last row was sent.
            let journal = Journal::open(&folder.path().join("journal"));
            assert!(journal.is_ok(), "round {round}: the journal is gone");
        };
        let counts = report.counts;
        assert_eq!((counts.created, counts.failed, counts.unknown), (51, 9, 0), "round {round}");
        let made = keys(&org).await;
        let wanted: Vec<_> = (0..60).filter(|n| n % 7 != 0).map(|n| format!("k{n:03}")).collect();
        assert_eq!(made, wanted, "round {round}, {runs} runs");
        assert_eq!(column(&folder, "success.csv", "Key__c"), wanted, "round {round}");
        assert_eq!(column(&folder, "failed.csv", "Key__c").len(), 9, "round {round}");
    }
}

#[tokio::test]
async fn lost_responses_cost_another_attempt_and_no_row_is_sent_twice() {
    for scenario in ["api-closed-once", "api-cut-once", "api-unavailable-once"] {
        let (org, folder) = (org(), tempfile::tempdir().unwrap());
        let path = folder.path().join("rows.csv");
        fs::write(&path, "Key__c\na\nb\n").unwrap();
        let checked = checked(&org, &path, Operation::Create).await;
        let plan = checked.bulk_plan(false).unwrap();
        let api = org.api.clone().backoff(Backoff::new(10, Duration::from_millis(1)));
        let mut load = BulkLoad::begin(&api, &checked, &plan, outputs(&folder), None).unwrap();
        // About every third call loses its response: those that create the job, send its data, close
        // it, poll it and download its results.
        let (calls, mut lost) = (org.calls(), 0);
        {
            let mut all = pin!(run(&mut load));
            let results = poll_fn(|context| {
                if org.calls() - calls >= 3 * lost {
                    org.server.play(scenario);
                    lost += 1;
                }
                all.as_mut().poll(context)
            });
            assert_eq!(results.await.unwrap().len(), 2, "{scenario}");
        }
        assert!(lost > 3, "{scenario}: {lost}");
        assert_eq!(load.finish().counts.created, 2, "{scenario}");
        assert_eq!(keys(&org).await, ["a", "b"], "{scenario}");
    }
}
