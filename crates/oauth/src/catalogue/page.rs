use super::{Cause, Entry, Family, Fix, families};
use crate::refusal::RefusalClass;

/// The whole catalogue as Markdown: `docs/refusals.md`.
pub fn page() -> String {
    let mut page = String::from(HEAD);
    for family in families() {
        contents(&mut page, &family);
    }
    for family in families() {
        push(&mut page, &format!("\n## {}\n", family.title));
        for entry in family.entries {
            push(&mut page, &section(entry));
        }
    }
    page
}

fn contents(page: &mut String, family: &Family) {
    push(page, &format!("\n**{}**\n", family.title));
    for entry in family.entries {
        push(page, &format!("- [{}](#{}): {}", entry.title, entry.id(), entry.meaning));
    }
}

fn section(entry: &Entry) -> String {
    let mut text = format!("\n<a id=\"{}\"></a>\n\n### {}\n", entry.id(), entry.title);
    push(&mut text, &format!("{}. (`{}`)\n", capital(entry.meaning), entry.code));
    push(&mut text, &format!("**First:** {}.\n", entry.first));
    push(&mut text, &format!("**Try again?** {}\n", again(entry.class)));
    push(&mut text, "**Causes, the likeliest first, and how to tell:**\n");
    for (number, Cause { what, tell }) in (1..).zip(entry.causes) {
        push(&mut text, &format!("{number}. {what} *{tell}*"));
    }
    push(&mut text, &fix(entry.fix));
    text.trim_end().to_owned()
}

fn fix(fix: Fix) -> String {
    match fix {
        Fix::Any(list) => format!("\n**What to change:**\n\n{}", steps(list)),
        Fix::ByApp { external, connected } => format!(
            "\n**External Client App:**\n\n{}\n**Connected App:**\n\n{}",
            steps(external),
            steps(connected)
        ),
    }
}

fn steps(list: &[&str]) -> String {
    (1..).zip(list).fold(String::new(), |mut text, (number, step)| {
        push(&mut text, &format!("{number}. {step}"));
        text
    })
}

fn again(class: RefusalClass) -> &'static str {
    match class {
        RefusalClass::CoolDown => "Not before an hour has passed, or as long as the answer says.",
        RefusalClass::JustChanged => {
            "Only if something was changed in Setup minutes ago: changes take two to ten minutes."
        }
        RefusalClass::Permanent => "No: nothing changes until a person acts.",
        RefusalClass::Transient => "Yes, a few times, with an assertion signed anew.",
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

/// Lines longer than a screen are broken between words; what belongs to a list item is indented.
fn push(page: &mut String, line: &str) {
    let indent = if line.starts_with(|c: char| c.is_ascii_digit()) { "   " } else { "" };
    let indent = if line.starts_with("- ") { "  " } else { indent };
    let mut column = 0;
    for (index, word) in line.split(' ').enumerate() {
        if index > 0 && column + 1 + word.chars().count() > WIDTH && !line.starts_with('#') {
            page.push('\n');
            page.push_str(indent);
            column = indent.len();
        } else if index > 0 {
            page.push(' ');
            column += 1;
        }
        page.push_str(word);
        column += word.chars().count();
    }
    page.push('\n');
}

const WIDTH: usize = 118;

const HEAD: &str = "\
<!-- Written by `cargo xtask refusals` from crates/oauth/src/catalogue: change it there. -->

# Refusals

What Salesforce says when it refuses a login by the JWT bearer flow, what it means, and which screen of Setup to
open. `orgtoken explain` says the same offline: give it the text of a refusal, or the error output of another tool.

Where the causes are many, **Setup > Login History** has the true reason in its column Status: look for the user, and
for Login Type `Remote Access 2.0`. `orgtoken doctor` tells the usual causes apart.
";
