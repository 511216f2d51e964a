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
use crate::io::text::{counted, opened, printable, quoted, sh_quoted};
use crate::runtime::interrupts::{Interrupts, Waited, interrupted};

/// The destination of the records of a query job.
pub(crate) enum Output<'a> {
    /// A file, which is whole or does not exist.
    File { path: &'a Path, file: ResultFile, bom: bool },
    /// Standard output, from the page with this locator on.
    Stdout { bom: bool, locator: Option<&'a str> },
}

impl<'a> Output<'a> {
    /// Begins the output to a file, or to standard output without one. A file that cannot be written
    /// is an error at once.
    pub(crate) fn begin(
        out: Option<&'a Path>,
        bom: bool,
        console: &Console,
    ) -> Result<Self, Failure> {
        match out.filter(|path| !is_stdin(path)) {
            None => Ok(Self::Stdout { bom, locator: None }),
            Some(path) => {
                refuse_secret(path)?;
                let file = ResultFile::create(path, if bom { BOM } else { b"" })?;
                if let Some(EarlierDownload { job, records, .. }) = file.earlier() {
                    console.warn(&format_args!(
                        "an earlier download to `{}` ended after {} of job {job}; the first page \
                         of this one replaces it",
                        opened(path),
                        counted(*records, "record")
                    ));
                }
                Ok(Self::File { path, file, bom })
            }
        }
    }

    /// Continues a file that an earlier download of this job began.
    pub(crate) fn resume(path: &'a Path, job: &str) -> Result<Self, Failure> {
        let file = ResultFile::resume(path, job)?;
        Ok(Self::File { path, file, bom: false })
    }

    /// Returns the command that writes the results of a job from its current place on.
    pub(crate) fn resume_command(&self, job: &str) -> String {
        let flag = |is_set, flag: &str| if is_set { format!(" {flag}") } else { String::new() };
        let command = format!("orgtoken bulk results {}", printable(job));
        match self {
            Self::File { path, file, bom } => {
                let resume = file.is_resumable();
                let (path, bom) = (quoted(path), *bom && !resume);
                format!("{command} --out {path}{}{}", flag(resume, "--resume"), flag(bom, "--bom"))
            }
            Self::Stdout { bom, locator: None } => format!("{command}{}", flag(*bom, "--bom")),
            Self::Stdout { locator: Some(locator), .. } => {
                format!("{command} --locator {}", sh_quoted(&printable(locator)))
            }
        }
    }

    /// Downloads the results of a job that is complete.
    pub(crate) async fn write(
        self,
        org: &Org,
        job: &Job,
        console: &Console,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let org = &org.in_version_of(job);
        let total = job.number_records_processed.unwrap_or_default();
        let mut progress = match self {
            Self::File { .. } => console.progress(),
            Self::Stdout { .. } => console.progress_of_rows(),
        };
        match self {
            Self::File { path, mut file, bom } => loop {
                progress.count(file.records(), total);
                let failure = match interrupts.wait(file.next(org, &job.id)).await {
                    Waited::Done(Ok(Some(_))) => continue,
                    Waited::Done(Ok(None)) => {
                        drop(progress);
                        let records = counted(file.records(), "record");
                        console.remark(&format_args!("{records}: {}", opened(path)));
                        return Ok(());
                    }
                    Waited::Done(Err(error)) => Failure::from(error),
                    Waited::Interrupted => interrupted(STOPPED),
                };
                let command = Self::File { path, file, bom }.resume_command(&job.id);
                return Err(failure.with_resume([command]));
            },
            Self::Stdout { bom, locator } => {
                // A typed locator is not repeated: it may be something else.
                let again = match locator {
                    None => Some(Output::Stdout { bom, locator }.resume_command(&job.id)),
                    Some(_) => None,
                };
                let mut pages = org.query_pages(&job.id, locator);
                let (mut page, mut records, mut is_begun) = (Page::new()?, 0, false);
                loop {
                    let is_first = pages.locator().is_none();
                    let failure = match interrupts.wait(pages.next(page.empty()?)).await {
                        Waited::Done(Ok(Some(written))) => {
                            let start = if bom && is_first { BOM } else { b"" };
                            if let Err(failure) = page.print(start, console) {
                                let note = "the output is incomplete: begin it again";
                                return Err(failure.with_note(note).with_resume(again));
                            }
                            (records, is_begun) = (records + written.records, true);
                            progress.count(records, total);
                            // A signal has nothing left to stop.
                            if pages.is_done() {
                                return Ok(());
                            }
                            continue;
                        }
                        Waited::Done(Ok(None)) => return Ok(()),
                        Waited::Done(Err(error)) => of_page(error),
                        Waited::Interrupted => interrupted(STOPPED),
                    };
                    // A page without records has a header.
                    if !is_begun {
                        return Err(failure.with_resume(again));
                    }
                    let rest = Output::Stdout { bom, locator: pages.locator() };
                    let failure = failure.with_resume([rest.resume_command(&job.id)]);
                    let printed = counted(records, "record");
                    let note = format!("the output is incomplete: it ends after {printed}");
                    return Err(failure.with_note(note));
                }
            }
        }
    }
}

/// A page of results in a temporary file. It is complete before its first byte is printed.
pub(super) struct Page(File);

impl Page {
    pub(super) fn new() -> Result<Self, Failure> {
        tempfile::tempfile().map(Self).map_err(Failure::of_temporary_file)
    }

    /// Returns the file without its content.
    pub(super) fn empty(&mut self) -> Result<&mut File, Failure> {
        self.0.set_len(0).and_then(|()| self.0.rewind()).map_err(Failure::of_temporary_file)?;
        Ok(&mut self.0)
    }

    /// Prints a text and the page.
    pub(super) fn print(&mut self, start: &[u8], console: &Console) -> Result<(), Failure> {
        self.0.rewind().map_err(Failure::of_temporary_file)?;
        console.data(start)?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            match self.0.read(&mut buffer).map_err(Failure::of_temporary_file)? {
                0 => return Ok(()),
                read => console.data(&buffer[..read])?,
            }
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
const STOPPED: &str = "the download was stopped";
