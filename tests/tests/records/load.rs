//! Record files and the outcomes of their rows.

use std::fs::{self, File};
use std::future::{Future, poll_fn};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Command;
use std::task::Poll;
use std::thread;

use conformance::test_org::{TestOrg, USER};
use orgtoken_assertion::{Diagnostic, UnixTime};
use orgtoken_fake_org::User;
use orgtoken_rest::load::{
    CheckedFile, Journal, Load, LoadError, Operation, Outcome, Output, Outputs, ReadOptions,
    RecordFile, ResumeError,
};
use tempfile::TempDir;

use crate::support::ConnectedOrg;

async fn checked(org: &ConnectedOrg, path: &Path) -> CheckedFile {
    let file = RecordFile::open(path, ReadOptions::default()).unwrap();
    file.check(&org.api, "Account", Operation::Create).await.unwrap()
}

fn accounts(folder: &TempDir, rows: usize) -> PathBuf {
    let path = folder.path().join("rows.csv");
    let rows: String = (0..rows).map(|n| format!("L{n}\n")).collect();
    fs::write(&path, format!("Name\n{rows}")).unwrap();
    path
}

async fn count(org: &ConnectedOrg) -> u64 {
    let soql = "SELECT Id FROM Account WHERE Name LIKE 'L%'";
    org.api.query(soql).next().await.unwrap().unwrap().total_size
}

#[tokio::test]
async fn dropped_call_is_reported_as_unknown_and_not_sent_again() {
    let (org, folder) = (ConnectedOrg::new(), tempfile::tempdir().unwrap());
    let path = accounts(&folder, 500);
    let checked = checked(&org, &path).await;
    let journal = folder.path().join("journal");
    let mut outputs = Outputs::default();
    outputs.unknown = Some(Output::Fresh(folder.path().join("unknown.csv")));
    outputs.not_sent = Some(folder.path().join("not-sent.csv"));
    let (created, earlier) = Journal::begin(&journal, &checked, UnixTime::from_secs(0)).unwrap();
    assert!(earlier.is_none());
    let mut load = Load::begin(&org.api, &checked, outputs.clone(), Some(created)).unwrap();
    {
        let mut next = pin!(load.next());
        poll_fn(|context| {
            assert!(next.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
    }
    assert!(load.next().await.unwrap().is_none());
    let report = load.finish();
    assert_eq!((report.counts.unknown, report.counts.not_sent), (200, 300));
    assert_eq!(report.unknown, [(1, 200)]);
    let lines = |path: Option<PathBuf>| fs::read_to_string(path.unwrap()).unwrap().lines().count();
    let not_sent = report.not_sent_file.clone().unwrap();
    assert_eq!((lines(report.unknown_file), lines(report.not_sent_file)), (201, 301));

    // Rows that the user has edited are not removed.
    let written = fs::read(&not_sent).unwrap();
    fs::write(&not_sent, "Name\nL201 AB\n").unwrap();
    let opened = Journal::open(&journal).unwrap();
    let error = Load::begin(&org.api, &checked, outputs.clone(), Some(opened)).err().unwrap();
    assert!(matches!(error, LoadError::Resume(ResumeError::Edited(_))), "{error}");
    fs::write(&not_sent, written).unwrap();

    let opened = Journal::open(&journal).unwrap();
    let mut load = Load::begin(&org.api, &checked, outputs, Some(opened)).unwrap();
    let mut sent = Vec::new();
    while let Some(results) = load.next().await.unwrap() {
        sent.extend(results.into_iter().map(|result| result.row));
    }
    let report = load.finish();
    assert_eq!(sent, (201..=500).collect::<Vec<_>>());
    assert_eq!((report.counts.created, report.counts.unknown), (300, 200));
    assert!(report.journal.is_none() && !not_sent.exists());
    // A process that is killed before it has shown the report creates nothing again.
    assert!(journal.exists());
    report.remove_journal().unwrap();
    assert!(!journal.exists());
}

#[tokio::test]
async fn output_is_replaced_before_the_journal_can_be_resumed() {
    let (org, folder) = (ConnectedOrg::new(), tempfile::tempdir().unwrap());
    let path = folder.path().join("rows.csv");
    // A pipe has no place for this header: it is written while it is read.
    fs::write(&path, format!("Name,_{}\nL1,\n", "x".repeat(128 << 10))).unwrap();
    let checked = checked(&org, &path).await;
    let (journal, success) = (folder.path().join("journal"), folder.path().join("success.csv"));
    assert!(Command::new("mkfifo").arg(&success).status().unwrap().success());
    let (created, _) = Journal::begin(&journal, &checked, UnixTime::from_secs(0)).unwrap();
    let mut outputs = Outputs::default();
    outputs.success = Some(Output::Replace(success.clone()));
    let noted = thread::scope(|scope| {
        let noted = scope.spawn(|| {
            let mut success = File::open(&success).unwrap();
            success.read_exact(&mut [0]).unwrap();
            let noted = journal.metadata().unwrap().len();
            io::copy(&mut success, &mut io::sink()).unwrap();
            noted
        });
        drop(Load::begin(&org.api, &checked, outputs, Some(created)).unwrap());
        noted.join().unwrap()
    });
    assert_eq!(noted, 0);
    assert!(journal.metadata().unwrap().len() > 0);
}

#[tokio::test]
async fn row_that_a_killed_process_wrote_in_part_is_removed() {
    for (name, output, is_first, created) in [
        ("second write", Output::Replace as fn(PathBuf) -> Output, false, 300),
        ("first write to a new file", Output::Fresh, true, 100),
    ] {
        let (org, folder) = (ConnectedOrg::new(), tempfile::tempdir().unwrap());
        let path = accounts(&folder, 300);
        let checked = checked(&org, &path).await;
        let (journal, success) = (folder.path().join("journal"), folder.path().join("success.csv"));
        let (begun, _) = Journal::begin(&journal, &checked, UnixTime::from_secs(0)).unwrap();
        let mut outputs = Outputs::default();
        outputs.success = Some(output(success.clone()));
        let mut load = Load::begin(&org.api, &checked, outputs.clone(), Some(begun)).unwrap();
        assert_eq!(load.next().await.unwrap().unwrap().len(), 200, "{name}");
        drop(load);
        let mut written = fs::read_to_string(&success).unwrap();
        if is_first {
            // The last state of the journal is the one before the write.
            let states = fs::read_to_string(&journal).unwrap();
            fs::write(&journal, states.replace("\"settled\":200", "\"settled\":2  ")).unwrap();
            written.truncate(written.find('\n').unwrap() + 1);
        }
        fs::write(&success, written + "201,\"001").unwrap();

        outputs.success = Some(Output::Append(success.clone()));
        let opened = Journal::open(&journal).unwrap();
        let mut load = Load::begin(&org.api, &checked, outputs, Some(opened)).unwrap();
        while load.next().await.unwrap().is_some() {}
        assert_eq!(load.finish().counts.created, created, "{name}");
        let written = fs::read_to_string(&success).unwrap();
        let lines = written.lines().count() as u64;
        assert_eq!((lines, written.contains('"')), (created + 1, false), "{name}");
    }
}

#[tokio::test]
async fn refused_call_can_be_repeated() {
    let (org, folder) = (ConnectedOrg::new(), tempfile::tempdir().unwrap());
    let path = accounts(&folder, 3);
    let checked = checked(&org, &path).await;
    let mut load = Load::begin(&org.api, &checked, Outputs::default(), None).unwrap();
    org.server.play("api-disabled");
    let error = load.next().await.unwrap_err();
    assert_eq!(error.code(), "api.forbidden");
    org.server.set_scenario(USER, None);
    assert_eq!(load.next().await.unwrap().unwrap().len(), 3);
    let report = load.finish();
    assert_eq!((report.counts.created, report.counts.done()), (3, 3));
    assert_eq!(count(&org).await, 3);
}

#[tokio::test]
async fn lost_answer_leaves_its_rows_unknown() {
    let (org, folder) = (ConnectedOrg::new(), tempfile::tempdir().unwrap());
    for scenario in ["api-closed-once", "api-cut-once", "api-unavailable-once"] {
        let path = accounts(&folder, 3);
        let checked = checked(&org, &path).await;
        let mut load = Load::begin(&org.api, &checked, Outputs::default(), None).unwrap();
        org.server.play(scenario);
        assert!(matches!(load.next().await, Err(LoadError::Call(_))), "{scenario}");
        assert!(load.next().await.unwrap().is_none(), "{scenario}");
        assert_eq!(load.finish().unknown, [(1, 3)], "{scenario}");
    }
}

#[tokio::test]
async fn file_that_changes_after_the_check_is_not_sent() {
    let (org, folder) = (ConnectedOrg::new(), tempfile::tempdir().unwrap());
    let path = accounts(&folder, 3);
    let checked = checked(&org, &path).await;
    fs::write(&path, "Name\nL7\nL8\nL9\n").unwrap();
    let mut load = Load::begin(&org.api, &checked, Outputs::default(), None).unwrap();
    for _ in 0..2 {
        assert!(matches!(load.next().await, Err(LoadError::Changed)));
    }
    assert_eq!(load.finish().counts.not_sent, 3);
    assert_eq!(count(&org).await, 0);
}

#[tokio::test]
async fn invalid_file_makes_no_call() {
    let (org, folder) = (ConnectedOrg::new(), tempfile::tempdir().unwrap());
    let path = folder.path().join("rows.csv");
    fs::write(&path, "\"Name\nx\n").unwrap();
    let file = RecordFile::open(&path, ReadOptions::default()).unwrap();
    let error = file.check(&org.api, "Account", Operation::Create).await.unwrap_err();
    assert_eq!(error.code(), "usage.records");
    assert_eq!((org.calls(), org.server.logins()), (0, 0));
}

#[tokio::test]
async fn rows_that_the_org_refuses_are_counted_by_reason() {
    let describe = br#"{"name":"Case__c","label":"Case","labelPlural":"Cases","keyPrefix":"a02",
        "fields":[{"name":"Id","label":"Id","type":"id","createable":false},
        {"name":"Key__c","label":"Key","type":"string","length":9,"externalId":true,"unique":true},
        {"name":"State__c","label":"State","type":"picklist","restrictedPicklist":true,
        "picklistValues":[{"value":"Open","active":true}]}]}"#;
    let org = ConnectedOrg::to(TestOrg::with(User::new(USER), |org| org.object(describe).unwrap()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    fs::write(&path, "Key__c,State__c\nk1,Open\nk2,Lost\nk1,Open\nk3,Gone\nk4,\n").unwrap();
    let file = RecordFile::open(&path, ReadOptions::default()).unwrap();
    let checked = file.check(&org.api, "case__c", Operation::Create).await.unwrap();
    assert_eq!(checked.object(), "Case__c");
    let mut outputs = Outputs::default();
    outputs.failed = Some(Output::Fresh(folder.path().join("failed.csv")));
    let mut load = Load::begin(&org.api, &checked, outputs, None).unwrap();
    let results = load.next().await.unwrap().unwrap();
    let failed = |result: &orgtoken_rest::load::RowResult| {
        matches!(result.outcome, Outcome::Failed(_)).then_some(result.row)
    };
    assert_eq!(results.iter().filter_map(failed).collect::<Vec<_>>(), [2, 3, 4]);
    assert!(load.next().await.unwrap().is_none());
    let report = load.finish();
    let reasons: Vec<_> = report.reasons.iter().map(|it| (it.rows, it.first_row)).collect();
    assert_eq!(reasons, [(2, 2), (1, 3)]);
    let code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST";
    assert!(report.reasons[0].text.starts_with(code), "{}", report.reasons[0].text);

    // The file of failed rows can be loaded unchanged.
    let failed = report.failed_file.unwrap();
    let file = RecordFile::open(&failed, ReadOptions::default()).unwrap();
    let checked = file.check(&org.api, "Case__c", Operation::Create).await.unwrap();
    assert_eq!((checked.rows(), checked.ignored()), (3, &["_error".into(), "_row".into()][..]));
}
