//! Links between our pages have a target, and the book in `docs/` has every page.

use super::Source;

pub(super) fn check(sources: &[Source], problems: &mut Vec<String>) {
    for page in sources.iter().filter(|source| source.path.ends_with(".md")) {
        for (line, link) in links(page) {
            if let Some(what) = broken(sources, page, link) {
                problems.push(format!("{}:{line}: link `{link}`: {what}", page.path));
            }
        }
    }
    if let Some(summary) = sources.iter().find(|source| source.path == SUMMARY) {
        let listed: Vec<_> =
            links(summary).into_iter().map(|(_, link)| resolve(SUMMARY, link)).collect();
        for page in sources.iter().filter(|source| is_in_book(source) && source.path != SUMMARY) {
            if !listed.contains(&page.path) {
                problems.push(format!("{}: add it to {SUMMARY}", page.path));
            }
        }
    }
}

fn is_in_book(page: &Source) -> bool {
    page.path.starts_with("docs/") && page.path.ends_with(".md")
}

/// Returns why a link is broken. Links to other sites are not checked.
fn broken(sources: &[Source], page: &Source, link: &str) -> Option<&'static str> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }

    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, at)| (path, Some(at)));
    let target = resolve(&page.path, path);
    let file = sources.iter().find(|source| source.path == target);
    let folder = || sources.iter().any(|source| source.path.starts_with(&format!("{target}/")));
    match (file, anchor) {
        _ if is_in_book(page) && (file.is_none() || !target.starts_with("docs/")) => {
            Some("no such file in the book: fix the path, or link to the repository")
        }
        (None, _) if !folder() => Some("no such file: fix the path"),
        (Some(file), Some(anchor)) if file.path.ends_with(".md") && !has(file, anchor) => {
            Some("no such heading: fix the part after `#`")
        }
        _ => None,
    }
}

/// Returns the path from the root of a link in `page`.
fn resolve(page: &str, link: &str) -> String {
    if link.is_empty() {
        return page.to_owned();
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether a page has a heading or an anchor with this name.
fn has(page: &Source, anchor: &str) -> bool {
    let own = [format!("id=\"{anchor}\""), format!("name=\"{anchor}\"")];
    prose(page).any(|(_, line)| {
        line.starts_with('#') && slug(line) == anchor || own.iter().any(|own| line.contains(own))
    })
}

/// Returns the anchor that GitHub makes of a heading.
fn slug(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Returns every target of `[text](target)` and `[label]: target`.
fn links(page: &Source) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    for (number, line) in prose(page) {
        if let Some((label, target)) = line.split_once("]: ")
            && label.starts_with('[')
        {
            links.push((number, target.trim()));
        }
        for (_, after) in line.match_indices("](").map(|(at, _)| line.split_at(at + 2)) {
            links.extend(after.split([')', ' ']).next().map(|target| (number, target)));
        }
    }
    links
}

/// Returns the lines outside code blocks.
fn prose(page: &Source) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    page.lines().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

const SUMMARY: &str = "docs/SUMMARY.md";

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn broken_links_are_found() {
        let pages = |link: &str| {
            let text = format!("# Set up\n\nsee [it]({link})\n\n```\n[not](gone.md)\n```\n");
            [
                sample("SETUP.md", &text),
                sample("README.md", "# `orgtoken`: a token\n\n<a id=\"codes\"></a>\n"),
                sample("crates/oauth/src/lib.rs", ""),
            ]
        };
        for (link, found) in [
            ("https://example.com/x", 0),
            ("README.md", 0),
            ("README.md#orgtoken-a-token", 0),
            ("README.md#codes", 0),
            ("README.md#gone", 1),
            ("#set-up", 0),
            ("#gone", 1),
            ("crates/oauth", 0),
            ("crates/gone", 1),
            ("docs/README.md", 1),
        ] {
            let mut problems = Vec::new();
            check(&pages(link), &mut problems);
            assert_eq!(problems.len(), found, "{link}: {problems:?}");
        }
    }

    #[test]
    fn page_and_links_of_the_book_are_in_the_book() {
        let pages = |link: &str| {
            [
                sample(SUMMARY, "# Contents\n\n- [Keys](a/keys.md)\n"),
                sample("docs/a/keys.md", &format!("# Keys\n\n[x]({link})\n")),
                sample("docs/a/key.pem", ""),
                sample("README.md", ""),
            ]
        };
        for (link, found) in
            [("key.pem", 0), ("#keys", 0), ("../a", 1), ("../gone.md", 1), ("../../README.md", 1)]
        {
            let mut problems = Vec::new();
            check(&pages(link), &mut problems);
            assert_eq!(problems.len(), found, "{link}: {problems:?}");
        }
        let mut problems = Vec::new();
        check(&[sample(SUMMARY, ""), sample("docs/a.md", "")], &mut problems);
        assert_eq!(problems, ["docs/a.md: add it to docs/SUMMARY.md"]);
    }
}
