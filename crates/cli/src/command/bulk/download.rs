//! The download of the results of a query job, to standard output or to a file.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use orgtoken_rest::Org;
use orgtoken_rest::bulk::{DownloadError, EarlierDownload, Job, ResultFile};

use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::is_stdin;
use crate::io::new_file::refuse_secret;
use crate::io::text::{counted, opened, printable, sh_quoted};
use crate::runtime::interrupts::Interrupts;

/// The destination of the records of a query job.
pub(crate) enum Output<'a> {
    /// A file, which is whole or does not exist.
    File { path: &'a Path, file: ResultFile, bom: bool },
    /// Standard output, from the page of the locator `start` on. `next` is that of the next page, if
    /// whole pages were printed.
    Stdout { bom: bool, start: Option<&'a str>, next: Option<String>, records: u64 },
}

impl<'a> Output<'a> {
    /// Begins the output to a file, or to standard output without one. A file that cannot be written
    /// is an error at once.
    pub(crate) fn begin(
        out: Option<&'a Path>,
        bom: bool,
        console: &Console,
    ) -> Result<Self, Failure> {
        let Some(path) = out.filter(|path| !is_stdin(path)) else {
            return Ok(Self::Stdout { bom, start: None, next: None, records: 0 });
        };
        refuse_secret(path)?;
        let file = ResultFile::create(path, if bom { BOM } else { b"" })?;
        if let Some(EarlierDownload { job, records, .. }) = file.earlier() {
            console.warn(&format_args!(
                "an earlier download to `{}` ended after {} of job {job}; the first page of this \
                 one replaces it",
                opened(path),
                counted(*records, "record")
            ));
        }
        Ok(Self::File { path, file, bom })
    }

    /// Continues a file that an earlier download of this job began.
    pub(crate) fn resume(path: &'a Path, job: &str) -> Result<Self, Failure> {
        Ok(Self::File { path, file: ResultFile::resume(path, job)?, bom: false })
    }

    /// Prints the rest of an output that ended early.
    pub(crate) fn rest(locator: &'a str) -> Self {
        Self::Stdout { bom: false, start: Some(locator), next: None, records: 0 }
    }

    /// Returns the command that writes the results of a job from its current place on.
    pub(crate) fn resume_command(&self, job: &str) -> Option<String> {
        let command = format!("orgtoken bulk results {}", printable(job));
        match self {
            Self::File { path, file, bom } => {
                let flag = match (file.is_resumable(), bom) {
                    (true, _) => " --resume",
                    (false, true) => " --bom",
                    (false, false) => "",
                };
                Some(format!("{command} --out {}{flag}", sh_quoted(&opened(path))))
            }
            Self::Stdout { next: Some(next), .. } => {
                Some(format!("{command} --locator {}", sh_quoted(&printable(next))))
            }
            // A typed locator is not repeated: it may be something else.
            Self::Stdout { start: Some(_), .. } => None,
            Self::Stdout { bom, .. } => Some(command + if *bom { " --bom" } else { "" }),
        }
    }

    /// Downloads the results of a job that is complete.
    pub(crate) async fn write(
        mut self,
        org: &Org,
        job: &Job,
        console: &Console,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let org = org.in_version_of(job);
        let total = job.number_records_processed.unwrap_or_default();
        let mut progress = match self {
            Self::File { .. } => console.progress(),
            Self::Stdout { .. } => console.progress_of_rows(),
        };
        loop {
            progress.count(self.records(), total);
            let page = self.page(&org, &job.id, console);
            let is_more = interrupts.run(page, "the download was stopped").await;
            let is_more = is_more.map_err(|failure| {
                let failure = failure.with_resume(self.resume_command(&job.id));
                let Self::Stdout { next: Some(_), records, .. } = self else { return failure };
                let records = counted(records, "record");
                failure.with_note(format!("the output is incomplete: it ends after {records}"))
            })?;
            if !is_more {
                break;
            }
        }
        drop(progress);
        if let Self::File { path, file, .. } = &self {
            let records = counted(file.records(), "record");
            console.remark(&format_args!("{records}: {}", opened(path)));
        }
        Ok(())
    }

    /// Writes the next page. Returns whether there are more.
    async fn page(&mut self, org: &Org, job: &str, console: &Console) -> Result<bool, Failure> {
        match self {
            Self::File { file, .. } => Ok(file.next(org, job).await?.is_some()),
            Self::Stdout { bom, start, next, records } => {
                let mut page = temporary_file()?;
                let mut pages = org.query_pages(job, next.as_deref().or(*start));
                let written = pages.next(&mut page).await.map_err(of_page)?;
                let mark = if *bom && next.is_none() { BOM } else { b"" };
                *next = None;
                print(page, mark, console).map_err(|failure| {
                    failure.with_note("the output is incomplete: begin it again")
                })?;
                *next = pages.locator().map(str::to_owned);
                *records += written.map_or(0, |page| page.records);
                Ok(!pages.is_done())
            }
        }
    }

    /// The number of records that are written.
    fn records(&self) -> u64 {
        match self {
            Self::File { file, .. } => file.records(),
            Self::Stdout { records, .. } => *records,
        }
    }
}

/// Returns a file for a page, which is complete before its first byte is printed.
pub(super) fn temporary_file() -> Result<File, Failure> {
    tempfile::tempfile().map_err(Failure::of_temporary_file)
}

/// Prints a text and a page.
pub(super) fn print(mut page: File, start: &[u8], console: &Console) -> Result<(), Failure> {
    page.rewind().map_err(Failure::of_temporary_file)?;
    console.data(start)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        match page.read(&mut buffer).map_err(Failure::of_temporary_file)? {
            0 => return Ok(()),
            read => console.data(&buffer[..read])?,
        }
    }
}

/// Returns the error of a download to a temporary file.
pub(super) fn of_page(error: DownloadError) -> Failure {
    match error {
        DownloadError::Write(error) => Failure::of_temporary_file(error),
        error => error.into(),
    }
}

const BOM: &[u8] = "\u{feff}".as_bytes();
