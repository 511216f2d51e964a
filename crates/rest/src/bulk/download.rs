use std::fs::File;
use std::io::{Seek, Write};

use tokio::time::sleep;
use tracing::info;

use super::{JobRows, ResultPage};
use crate::{Backoff, Body, Org, RestError};

/// The results of a query job, page by page. Each page is complete before it is passed on.
///
/// ```no_run
/// # async fn export(org: orgtoken_rest::Org, id: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let mut pages = org.query_pages(id, None);
/// let mut page = std::fs::File::create("page")?;
/// while let Some(done) = pages.next(&mut page).await? {
///     println!("{} records in `page`", done.records);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the pages are read by `next`"]
pub struct QueryPages {
    org: Org,
    id: String,
    next: Next,
    page_size: u32,
}

#[derive(Debug)]
enum Next {
    First,
    At(String),
    Done,
}

/// A page that [`QueryPages::next`] has written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct WrittenPage {
    /// The number of records.
    pub records: u64,
    /// The number of bytes.
    pub bytes: u64,
}

impl Org {
    /// Returns the pages of a query job that is complete, from the beginning or from the page of a
    /// [`locator`](QueryPages::locator).
    pub fn query_pages(&self, id: &str, locator: Option<&str>) -> QueryPages {
        let next = locator.map_or(Next::First, |locator| Next::At(locator.to_owned()));
        QueryPages { org: self.clone(), id: id.to_owned(), next, page_size: PAGE_SIZE }
    }

    /// Writes one of the results of a job to a file, at its current position, and returns the
    /// number of rows. A download that fails is repeated.
    pub async fn write_job_rows(
        &self,
        id: &str,
        rows: JobRows,
        to: &mut File,
    ) -> Result<u64, DownloadError> {
        let get = async || {
            let body = self.job_rows(id, rows).await?;
            Ok(ResultPage { records: None, locator: None, csv: body })
        };
        let (_, written) = download(self.backoff, get, to, true).await?;
        Ok(written.records)
    }
}

impl QueryPages {
    /// Sets the largest number of records of a page; default: 100,000. It bounds what is downloaded
    /// again after a lost connection.
    pub fn page_size(mut self, records: u32) -> Self {
        self.page_size = records.max(1);
        self
    }

    /// The locator of the next page; `None` before the first page and after the last one.
    pub fn locator(&self) -> Option<&str> {
        match &self.next {
            Next::At(locator) => Some(locator),
            Next::First | Next::Done => None,
        }
    }

    /// Whether the last page was written.
    pub fn is_done(&self) -> bool {
        matches!(self.next, Next::Done)
    }

    /// Writes the next page to a file, at its current position; `None` after the last page. Only
    /// the first page of the job has a header. A download that fails is repeated.
    ///
    /// If the future is dropped or fails, the file may end with a part of the page. Cut the file to
    /// its earlier length before the next call, which writes the page from its beginning.
    pub async fn next(&mut self, to: &mut File) -> Result<Option<WrittenPage>, DownloadError> {
        let locator = match &self.next {
            Next::First => None,
            Next::At(locator) => Some(locator.clone()),
            Next::Done => return Ok(None),
        };
        let get = || self.org.query_results(&self.id, locator.as_deref(), self.page_size);
        let is_first = locator.is_none();
        let (next, page) = download(self.org.backoff, get, to, is_first).await?;
        if next.is_some() && next == locator {
            return Err(RestError::Loop.into());
        }
        self.next = next.map_or(Next::Done, Next::At);
        Ok(Some(page))
    }
}

/// Downloads a page until it is complete. Returns the locator of the next one.
async fn download(
    backoff: Backoff,
    get: impl AsyncFn() -> Result<ResultPage, RestError>,
    to: &mut File,
    with_header: bool,
) -> Result<(Option<String>, WrittenPage), DownloadError> {
    let start = to.stream_position().map_err(DownloadError::Write)?;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let error = match attempt(&get, to, with_header).await {
            Ok(done) => return Ok(done),
            Err(DownloadError::Call(error)) => error,
            Err(error) => return Err(error),
        };
        let wait = backoff.wait(attempts, &http::Method::GET, &error);
        let Some(wait) = wait else { return Err(error.into()) };
        info!("the download failed, trying again in {wait:?}: {error}");
        let rewound = to.set_len(start).and_then(|()| to.seek(std::io::SeekFrom::Start(start)));
        rewound.map_err(DownloadError::Write)?;
        sleep(wait).await;
    }
}

async fn attempt(
    get: impl AsyncFn() -> Result<ResultPage, RestError>,
    to: &mut File,
    with_header: bool,
) -> Result<(Option<String>, WrittenPage), DownloadError> {
    let ResultPage { records: announced, locator, csv } = get().await?;
    let mut counter = Counter { with_header, ..Counter::default() };
    let bytes = write(csv, to, &mut counter).await?;
    let records = counter.records();
    match announced {
        Some(announced) if announced != records => Err(DownloadError::Count { announced, records }),
        // The next page would continue the last record.
        Some(_) if counter.is_quoted || (counter.is_open && locator.is_some()) => {
            Err(DownloadError::Cut)
        }
        _ => Ok((locator, WrittenPage { records, bytes })),
    }
}

async fn write(mut csv: Body, to: &mut File, counter: &mut Counter) -> Result<u64, DownloadError> {
    let mut bytes = 0;
    while let Some(piece) = csv.piece().await? {
        let kept = counter.take(&piece);
        to.write_all(kept).map_err(DownloadError::Write)?;
        bytes += kept.len() as u64;
    }
    Ok(bytes)
}

/// Counts the records of CSV that arrives in pieces.
#[derive(Debug, Default)]
struct Counter {
    with_header: bool,
    is_quoted: bool,
    /// Ends of lines outside of quotes.
    lines: u64,
    /// Whether there is text after the last of them.
    is_open: bool,
}

impl Counter {
    /// Counts the lines of the next piece, and returns it without the header if that is to be left
    /// out.
    fn take<'a>(&mut self, piece: &'a [u8]) -> &'a [u8] {
        let mut start = if self.with_header || self.lines > 0 { 0 } else { piece.len() };
        for (at, byte) in piece.iter().enumerate() {
            match byte {
                // A doubled quote changes nothing.
                b'"' => self.is_quoted = !self.is_quoted,
                b'\n' if !self.is_quoted => {
                    if self.lines == 0 && !self.with_header {
                        start = at + 1;
                    }
                    self.lines += 1;
                }
                _ => {}
            }
        }
        if let Some(last) = piece.last() {
            self.is_open = self.is_quoted || *last != b'\n';
        }
        &piece[start..]
    }

    fn records(&self) -> u64 {
        (self.lines + u64::from(self.is_open)).saturating_sub(1)
    }
}

/// The error of a download.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] RestError),
    /// A page has another number of records than Salesforce announced.
    #[error("Salesforce announced {announced} records and sent {records}")]
    Count {
        /// The value of `Sforce-NumberOfRecords`.
        announced: u64,
        /// The records in the page.
        records: u64,
    },
    /// A page ends in the middle of a record.
    #[error("a page of the results ends in the middle of a record")]
    Cut,
    /// The file cannot be written.
    #[error("cannot write the results")]
    Write(#[source] std::io::Error),
}

impl orgtoken_assertion::Diagnostic for DownloadError {
    fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Count { .. } | Self::Cut => "resp.page",
            Self::Write(_) => "io.write",
        }
    }

    fn hint(&self) -> Option<std::borrow::Cow<'_, str>> {
        match self {
            Self::Call(error) => error.hint(),
            Self::Count { .. } | Self::Cut => {
                Some("download the results again; Salesforce keeps them for seven days".into())
            }
            Self::Write(_) => Some("check free space and permissions".into()),
        }
    }
}

const PAGE_SIZE: u32 = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(csv: &str, piece: usize, with_header: bool) -> (String, u64) {
        let mut counter = Counter { with_header, ..Counter::default() };
        let mut kept = Vec::new();
        for piece in csv.as_bytes().chunks(piece) {
            kept.extend_from_slice(counter.take(piece));
        }
        (String::from_utf8(kept).unwrap(), counter.records())
    }

    #[test]
    fn records_are_counted_and_the_header_is_left_out_at_any_size_of_pieces() {
        for (csv, rest, records) in [
            (
                "\"Id\",\"Name\"\n\"1\",\"a\nb\"\n\"2\",\"\"\"\"\n",
                "\"1\",\"a\nb\"\n\"2\",\"\"\"\"\n",
                2,
            ),
            ("Id\n1\n2", "1\n2", 2),
            ("Id\r\n1\r\n", "1\r\n", 1),
            ("Id\n", "", 0),
            ("Id", "", 0),
            ("", "", 0),
        ] {
            for piece in [1, 2, 3, 1000] {
                assert_eq!(read(csv, piece, false), (rest.to_owned(), records), "{csv:?} {piece}");
                assert_eq!(read(csv, piece, true), (csv.to_owned(), records), "{csv:?} {piece}");
            }
        }
    }
}
