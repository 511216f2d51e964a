//! `cargo xtask book`: builds the book in `docs/`, and checks its links.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::build;
use crate::summary::leave_out;
use crate::tidy::resolve;
use crate::tools::tool;

/// Builds the book into `target/book`. If mdBook cannot be built, for example without a network, the
/// book is left out. In the pipeline that is a failure.
pub(crate) fn book(sh: &Shell) -> Result<()> {
    let mdbook = match tool(sh, "mdbook") {
        Ok(mdbook) => mdbook,
        Err(reason) => {
            return leave_out("book", &format!("mdBook cannot be built: {reason:#}"));
        }
    };
    let out = build::target_folder(sh)?.join("book");
    cmd!(sh, "{mdbook} build --dest-dir {out}").run()?;
    let mut problems = unlisted(sh, &out)?;
    problems.extend(broken_links(&pages(&out)?));
    for problem in &problems {
        println!("{problem}");
    }
    ensure!(problems.is_empty(), "{} problems in the book", problems.len());
    println!("the book is in {}", out.display());
    Ok(())
}

/// Returns the pages that `SUMMARY.md` does not list: they are not in the book.
fn unlisted(sh: &Shell, out: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for page in files(&sh.current_dir().join("docs"), "md")? {
        let name = page.strip_prefix(sh.current_dir().join("docs"))?;
        let built = match name.file_name().and_then(|name| name.to_str()) {
            Some("SUMMARY.md") => continue,
            Some("README.md") => name.with_file_name("index.html"),
            _ => name.with_extension("html"),
        };
        if !out.join(built).is_file() {
            problems.push(format!("docs/{}: add it to docs/SUMMARY.md", name.display()));
        }
    }
    Ok(problems)
}

/// The links and anchors of a built page.
struct Page {
    links: Vec<String>,
    anchors: BTreeSet<String>,
}

impl Page {
    fn parse(html: &str) -> Self {
        let links = ["href", "src"].into_iter().flat_map(|name| attributes(html, name));
        let anchors = ["id", "name"].into_iter().flat_map(|name| attributes(html, name));
        Self { links: links.collect(), anchors: anchors.collect() }
    }
}

/// Returns the values of an attribute. mdBook writes them in double quotes.
fn attributes(html: &str, name: &str) -> impl Iterator<Item = String> {
    let start = format!(" {name}=\"");
    let values = html.split(&start).skip(1).filter_map(|rest| rest.split('"').next());
    values.map(|value| value.replace("&amp;", "&")).collect::<Vec<_>>().into_iter()
}

/// Returns the pages of the built book. Links of `404.html` are those of any folder.
fn pages(out: &Path) -> Result<BTreeMap<PathBuf, Page>> {
    let mut pages = BTreeMap::new();
    for path in files(out, "html")? {
        if !path.ends_with("404.html") {
            let html = fs::read_to_string(&path).context("cannot read a page")?;
            pages.insert(path, Page::parse(&html));
        }
    }
    if pages.is_empty() {
        bail!("the book has no page");
    }
    Ok(pages)
}

/// Returns the links to files and headings that do not exist. Links to other sites are not checked.
fn broken_links(pages: &BTreeMap<PathBuf, Page>) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, page) in pages {
        for link in page.links.iter().filter(|link| !is_external(link)) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = PathBuf::from(resolve(&path.to_string_lossy(), file));
            let known = pages.get(&target);
            if known.is_none() && !target.is_file() {
                problems.push(format!("{}: link `{link}`: no such file", path.display()));
            } else if known.is_some_and(|page| !anchor.is_empty() && !page.anchors.contains(anchor))
            {
                problems.push(format!("{}: link `{link}`: no such heading", path.display()));
            }
        }
    }
    problems
}

fn is_external(link: &str) -> bool {
    ["https:", "http:", "mailto:", "data:"].iter().any(|scheme| link.starts_with(scheme))
}

/// Returns the files below a folder whose names end in `.extension`.
fn files(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|end| end == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_links_of_the_book_are_found() {
        let from = |link: &str| format!("<h1 id=\"top\"></h1><a class=\"x\" href=\"{link}\">x</a>");
        for (link, broken) in [
            ("https://example.com/x", 0),
            ("#top", 0),
            ("#gone", 1),
            ("../a/keys.html#rotation", 0),
            ("keys.html", 0),
            ("keys.html#gone", 1),
            ("../keys.html", 1),
        ] {
            let pages = BTreeMap::from([
                ("book/a/setup.html".into(), Page::parse(&from(link))),
                ("book/a/keys.html".into(), Page::parse("<h2 id=\"rotation\">Rotation</h2>")),
            ]);
            let problems = broken_links(&pages);
            assert_eq!(problems.len(), broken, "{link}: {problems:?}");
        }
    }
}
