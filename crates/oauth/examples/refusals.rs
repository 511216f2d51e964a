//! Prints the whole catalogue as Markdown: `docs/reference/refusals.md`.

use std::fmt::Display;
use std::io::{self, Write as _};

use orgtoken_oauth::RefusalClass;
use orgtoken_oauth::catalogue::{ApiErrorEntry, Cause, Entry, Fix, api_errors, groups};

fn main() -> io::Result<()> {
    io::stdout().lock().write_all(page().as_bytes())
}

fn page() -> String {
    let mut page = Page(HEAD.to_owned());
    for (title, entries) in groups() {
        page.contents(title, entries);
    }
    for (title, entries) in groups() {
        page.paragraph(&format!("## {title}"));
        for entry in entries {
            page.section(entry);
        }
    }
    page.paragraph(API_HEAD);
    for row in api_errors() {
        page.api_error(row);
    }
    page.0
}

struct Page(String);

impl Page {
    fn contents(&mut self, title: &str, entries: &[Entry]) {
        self.paragraph(&format!("**{title}**"));
        self.line("");
        for entry in entries {
            self.line(&format!("- [{}](#{}): {}", entry.title, entry.id(), entry.meaning));
        }
    }

    fn section(&mut self, entry: &Entry) {
        self.paragraph(&format!("<a id=\"{}\"></a>", entry.id()));
        self.paragraph(&format!("### {}", entry.title));
        self.paragraph(&format!("{}. (`{}`)", capital(entry.meaning), entry.code));
        self.paragraph(&format!("**First:** {}.", entry.first));
        self.paragraph(&format!("**Try again?** {}", again(entry)));
        let causes = entry
            .causes
            .iter()
            .map(|Cause { cause, how_to_tell, .. }| format!("{cause} *{how_to_tell}*"));
        self.list("**Possible causes, most likely first:**", causes);
        match &entry.fix {
            Fix::Any(steps) => self.list("**What to change:**", steps),
            Fix::ByApp { external, connected } => {
                self.list("**External Client App:**", external);
                self.list("**Connected App:**", connected);
            }
            _ => unreachable!("there is no other fix"),
        }
    }

    fn api_error(&mut self, row: &ApiErrorEntry) {
        self.paragraph(&format!("<a id=\"{}\"></a>", row.anchor()));
        let message = row.message().map(|message| format!(": {message}")).unwrap_or_default();
        self.paragraph(&format!("### {}{message}", row.code));
        let again = if row.transient { " It may pass: try again." } else { "" };
        self.paragraph(&format!("{}.{again}", capital(row.meaning)));
        self.paragraph(&format!("**First:** {}.", row.remedy));
        self.list("**Causes:**", &row.causes);
    }

    fn list(&mut self, title: &str, items: impl IntoIterator<Item = impl Display>) {
        self.paragraph(title);
        self.line("");
        for (number, item) in (1..).zip(items) {
            self.line(&format!("{number}. {item}"));
        }
    }

    fn paragraph(&mut self, text: &str) {
        self.line("");
        self.line(text);
    }

    /// Breaks long lines between words, and indents the lines of a list item.
    fn line(&mut self, text: &str) {
        let indent = match text.as_bytes() {
            [b'-', ..] => "  ",
            [b'0'..=b'9', ..] => "   ",
            _ => "",
        };
        let mut column = 0;
        for (index, word) in text.split(' ').enumerate() {
            let width = word.chars().count();
            if index > 0 && column + 1 + width > WIDTH && !text.starts_with('#') {
                self.0 += &format!("\n{indent}");
                column = indent.len();
            } else if index > 0 {
                self.0.push(' ');
                column += 1;
            }
            self.0 += word;
            column += width;
        }
        self.0.push('\n');
    }
}

fn again(entry: &Entry) -> &'static str {
    match entry.class {
        // The token was refused, and not the login.
        _ if entry.code == "refused.session_expired" => "With a new token.",
        RefusalClass::CoolDown => "After an hour, or when the response says so.",
        RefusalClass::PropagationDelay => {
            "Only if something was changed in Setup minutes ago: changes take two to ten minutes."
        }
        RefusalClass::Permanent => "No: something has to be changed first.",
        RefusalClass::Transient => "Yes, a few times, each time with a new assertion.",
        _ => unreachable!("there is no other class"),
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

const WIDTH: usize = 118;

const HEAD: &str = "\
<!-- Written by `cargo xtask refusals` from crates/oauth/src/catalogue: change it there. -->

# Refusals

The refusals of logins by the JWT bearer flow: their texts, their meaning, and the Setup screen to open.
`orgtoken explain` shows the same offline, for the text of a refusal or the error output of another tool.

If there are many possible causes, **Setup > Login History** has the real reason in its column Status: look for the
user, and for Login Type `Remote Access 2.0`. `orgtoken doctor` distinguishes the usual causes.
";

const API_HEAD: &str = "\
## Errors of API calls

Errors of REST API calls, or of one record. `orgtoken explain CODE` shows the same offline.";

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn refusals_md_is_current() {
        let current = include_str!("../../../docs/reference/refusals.md") == page();
        assert!(current, "docs/reference/refusals.md is out of date: run `cargo xtask refusals`");
    }

    #[test]
    fn every_link_within_the_page_has_a_target() {
        let page = page();
        for link in page.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(page.contains(&format!("<a id=\"{link}\"></a>")), "{link}");
        }
    }
}
