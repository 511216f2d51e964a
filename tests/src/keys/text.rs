//! PEM as JSON, YAML, spreadsheets, chats and shells change it.

use base64ct::{Base64, Encoding};

use super::Table;
use super::rsa::Rsa;

/// PEM as OpenSSL writes it.
pub(super) fn pem(label: &str, content: &[u8]) -> String {
    wrapped(label, content, 64)
}

pub(super) fn fill(table: &mut Table, key: &Rsa) {
    let whole = pem(LABEL, &key.pkcs8());
    accepted(table, key, &whole);
    armour(table, &whole);
    body(table, &whole);

    let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    table.accept("key, then certificate", key, format!("{whole}{certificate}"));
    table.accept("certificate, then key", key, format!("{certificate}{whole}"));
    table.refuse("two private keys", "key.several", format!("{whole}{whole}"));
    table.accept("PKCS#1 labelled PRIVATE KEY", key, pem(LABEL, &key.pkcs1()));
    table.accept("PKCS#8 labelled RSA PRIVATE KEY", key, pem("RSA PRIVATE KEY", &key.pkcs8()));
}

fn accepted(table: &mut Table, key: &Rsa, whole: &str) {
    let pkcs8 = key.pkcs8();
    let indented: String = whole.lines().map(|line| format!("    {line}\n")).collect();
    let trailing: String = whole.lines().map(|line| format!("{line}  \t\n")).collect();
    for (name, text) in [
        ("CRLF", whole.replace('\n', "\r\n")),
        ("lone CR", whole.replace('\n', "\r")),
        ("no final newline", whole.trim_end().to_owned()),
        ("leading blank lines", format!("\n\n  \n{whole}")),
        ("trailing blank lines", format!("{whole}\n \n\n")),
        ("indented", indented),
        ("blanks after each line", trailing),
        ("literal backslash n", whole.replace('\n', "\\n")),
        ("literal backslash r backslash n", whole.replace('\n', "\\r\\n")),
        ("literal backslash n, in double quotes", format!("\"{}\"", whole.replace('\n', "\\n"))),
        ("in single quotes", format!("'{}'", whole.trim_end())),
        ("blanks for line breaks", whole.replace('\n', " ")),
        ("wrapped at 76", wrapped(LABEL, &pkcs8, 76)),
        ("wrapped at 1", wrapped(LABEL, &pkcs8, 1)),
        ("not wrapped", wrapped(LABEL, &pkcs8, usize::MAX)),
        ("all on one line, no blanks", whole.replace('\n', "")),
        ("byte order mark", format!("\u{feff}{whole}")),
        (
            "bag attributes before",
            format!(
                "Bag Attributes\n    friendlyName: app\nKey Attributes: <No Attributes>\n{whole}"
            ),
        ),
        ("text after", format!("{whole}\nThat is the key for the integration user.\n")),
    ] {
        table.accept(name, key, text);
    }
    changed_by_tools(table, whole);
}

/// Text that programs changed is refused, not repaired.
fn changed_by_tools(table: &mut Table, whole: &str) {
    let quoted: String = whole.lines().map(|line| format!("> {line}\n")).collect();
    let joined: String = whole.lines().map(|line| format!("  \"{line}\\n\" +\n")).collect();
    let twice = Base64::encode_string(Base64::encode_string(whole.as_bytes()).as_bytes());
    for (name, text) in [
        ("HTML, &#10; for line breaks", whole.replace('\n', "&#10;")),
        ("HTML, <br> for line breaks", whole.replace('\n', "<br>")),
        ("URL, %0A for line breaks", whole.replace('\n', "%0A")),
        ("mail, quoted", quoted),
        ("strings of a program", joined),
    ] {
        table.refuse(name, "key.pem", text);
    }
    table.refuse("base64 of base64 of PEM", "key.not_a_key", twice);
}

fn armour(table: &mut Table, whole: &str) {
    for (name, text) in [
        ("zero-width space in the armour", whole.replacen("BEGIN ", "BEGIN\u{200b} ", 1)),
        ("no-break space in the armour", whole.replacen("BEGIN ", "BEGIN\u{a0}", 1)),
        ("em dashes", whole.replace("-----", "\u{2014}\u{2014}-")),
        ("BEGIN and END differ", whole.replacen("END PRIVATE", "END RSA PRIVATE", 1)),
        ("four dashes", whole.replacen("-----BEGIN", "----BEGIN", 1)),
        ("lower case", whole.replacen("BEGIN PRIVATE KEY", "begin private key", 1)),
    ] {
        table.refuse(name, "key.pem", text);
    }
    let no_end = whole.split("-----END").next().unwrap_or_default();
    table.refuse("END missing", "key.truncated", no_end);
}

fn body(table: &mut Table, whole: &str) {
    let mut lines: Vec<&str> = whole.lines().collect();
    let first = lines[1];
    lines.drain(10..14);
    table.refuse("lines missing from the body", "key.truncated", lines.join("\n"));
    let illegal = format!("{}*{}", &first[..20], &first[21..]);
    table.refuse("illegal character", "key.pem", whole.replacen(first, &illegal, 1));
    let url_safe = format!("{}-_{}", &first[..20], &first[22..]);
    table.refuse("URL-safe characters", "key.pem", whole.replacen(first, &url_safe, 1));
    table.refuse("an ellipsis for the rest", "key.pem", whole.replacen(first, "MIIEv...", 1));
}

fn wrapped(label: &str, content: &[u8], width: usize) -> String {
    let body = Base64::encode_string(content);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(width.min(rest.len()));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text + &format!("-----END {label}-----\n")
}

const LABEL: &str = "PRIVATE KEY";
