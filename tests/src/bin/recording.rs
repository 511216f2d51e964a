//! Records `setup`, `doctor` and `query` in a terminal, against a fake org: `recording FILE.svg`.
//!
//! The output is that of the program, with its colours. Only the path of the home folder is replaced.
#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use conformance::program;
use conformance::test_org::{CLIENT_ID, MY_DOMAIN, TestOrg};
use orgtoken_fake_org::User;
use rustix::termios::{Winsize, tcsetwinsize};

fn main() -> Result<()> {
    let file = env::args().nth(1).context("the argument is the file to write")?;
    let org = TestOrg::with(User::new(ROBOT), |org| org);
    let mut recording = Recording::default();
    let setup = ["setup", "--instance-url", MY_DOMAIN, "--username", ROBOT, "--app", "external"];
    recording.run(&org, &setup, &[CLIENT_ID])?;
    recording.run(&org, &["doctor"], &[])?;
    recording.run(&org, &["query", "SELECT Name, Phone FROM Account ORDER BY Name"], &[])?;
    ensure!(org.logins() > 0, "the commands log in");
    fs::write(file, recording.svg()).context("cannot write the file")
}

/// Lines of a terminal, and when they appear.
#[derive(Default)]
struct Recording {
    lines: Vec<String>,
    /// The number of lines that are there, and the seconds since the moment before.
    moments: Vec<(usize, f32)>,
}

impl Recording {
    /// Runs a command in a terminal. Each answer follows a prompt.
    fn run(&mut self, org: &TestOrg, args: &[&str], answers: &[&str]) -> Result<()> {
        let typed = shlex::try_join(args.iter().copied())?;
        self.lines.push(format!("\x1b[1m$ orgtoken {typed}\x1b[0m"));
        self.moments.push((self.lines.len(), 1.0));
        for (at, text) in terminal(org, args, answers)?.into_iter().enumerate() {
            let home = org.folder.path().to_str().context("a path in UTF-8")?;
            let text = text.replace(home, "~").replace("\r\n", "\n");
            // The first text ends with the prompt, and the next one begins with the answer.
            let mut lines = text.trim_end_matches('\n').split('\n').map(last_written);
            if at > 0 {
                let first = lines.next().unwrap_or_default();
                self.lines.last_mut().context("a prompt")?.push_str(first);
            }
            self.lines.extend(lines.flat_map(wrapped));
            self.moments.push((self.lines.len(), if at > 0 { 3.0 } else { 1.0 }));
        }
        self.lines.push(String::new());
        self.moments.push((self.lines.len(), 4.0));
        Ok(())
    }

    /// Returns the recording as a picture that moves. It scrolls, so that the newest line is at the
    /// bottom.
    fn svg(&self) -> String {
        let total: f32 = self.moments.iter().map(|(_, seconds)| seconds).sum::<f32>() + 2.0;
        let mut at = 0.0;
        let mut frames = String::new();
        for (lines, seconds) in &self.moments {
            at += seconds;
            let up = (*lines as f32 - ROWS as f32) * LINE;
            frames += &format!("{:.2}%{{transform:translateY({}px)}}", at / total * 100.0, -up);
        }
        let first = ROWS as f32 * LINE;
        let last = -(self.lines.len() as f32 - ROWS as f32) * LINE;
        let (width, height) = (COLUMNS as f32 * COLUMN + 2.0 * PAD, ROWS as f32 * LINE + 2.0 * PAD);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
             <title>orgtoken setup, doctor and query in a terminal</title>\n<style>\n\
             text{{font:14px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#d8dee9;white-space:pre}}\n\
             .b{{font-weight:bold}}.d{{fill:#8892a2}}.r{{fill:#ff7b72}}.g{{fill:#7ee787}}.y{{fill:#e3b341}}.c{{fill:#79c0ff}}\n\
             #lines{{transform:translateY({last}px)}}\n\
             @media (prefers-reduced-motion:no-preference){{#lines{{animation:scroll {total}s step-end infinite}}}}\n\
             @keyframes scroll{{0%{{transform:translateY({first}px)}}{frames}100%{{transform:translateY({last}px)}}}}\n\
             </style>\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#161b22\"/>\n\
             <svg x=\"{PAD}\" y=\"{PAD}\" width=\"{}\" height=\"{}\"><g id=\"lines\">\n",
            width - 2.0 * PAD,
            height - 2.0 * PAD
        );
        for (row, line) in self.lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
            let y = (row as f32 + 0.75) * LINE;
            svg += &format!("<text y=\"{y}\" xml:space=\"preserve\">{}</text>\n", spans(line));
        }
        svg + "</g></svg>\n</svg>\n"
    }
}

/// Returns what a line shows in the end: a spinner returns to the start of its line.
fn last_written(line: &str) -> &str {
    line.rsplit('\r').next().unwrap_or_default()
}

/// Breaks a line where a terminal does. Lines with colours are shorter: the program wraps them.
fn wrapped(line: &str) -> Vec<String> {
    let characters: Vec<char> = line.chars().collect();
    match characters.len() {
        0..=COLUMNS => vec![line.to_owned()],
        _ if line.contains('\x1b') => vec![line.to_owned()],
        _ => characters.chunks(COLUMNS).map(|chunk| chunk.iter().collect()).collect(),
    }
}

/// Returns what the command writes to a terminal before and after each answer.
fn terminal(org: &TestOrg, args: &[&str], answers: &[&str]) -> Result<Vec<String>> {
    let (user, screen) = program::terminal();
    let size = Winsize { ws_row: ROWS as u16, ws_col: COLUMNS as u16, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&screen, size)?;
    let mut command = org.bare(args);
    command.env("HTTPS_PROXY", org.proxy_url()).env("SSL_CERT_FILE", org.path("ca.pem"));
    command.env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
    let streams = [screen.try_clone()?, screen.try_clone()?, screen].map(Stdio::from);
    let [input, output, errors] = streams;
    let mut child = command.stdin(input).stdout(output).stderr(errors).spawn()?;
    // It has the other end of the terminal, which has to be closed when the child ends.
    drop(command);

    let (sender, chunks) = channel();
    let mut reader = user.try_clone()?;
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        // Linux reports the end of a terminal as an error.
        while let Ok(read @ 1..) = reader.read(&mut bytes) {
            if sender.send(bytes[..read].to_vec()).is_err() {
                break;
            }
        }
    });
    let (mut texts, mut bytes) = (Vec::new(), Vec::new());
    let mut answers = answers.iter();
    loop {
        match chunks.recv_timeout(Duration::from_secs(2)) {
            Ok(chunk) => bytes.extend(chunk),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if !bytes.ends_with(b"\n") => {
                let Some(answer) = answers.next() else { continue };
                texts.push(String::from_utf8(std::mem::take(&mut bytes))?);
                upload(org);
                (&user).write_all(format!("{answer}\n").as_bytes())?;
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    texts.push(String::from_utf8(bytes)?);
    ensure!(child.wait()?.success(), "{args:?} failed:\n{}", texts.join(""));
    Ok(texts)
}

/// Uploads the certificate that `setup` has made, like an administrator.
fn upload(org: &TestOrg) {
    if let Ok(certificate) = fs::read(org.path(".config/orgtoken/acme.crt")) {
        let _ = org.upload_certificate(&certificate);
    }
}

/// Turns the colours of a terminal into elements. Other control sequences are dropped.
fn spans(line: &str) -> String {
    let mut svg = String::new();
    let (mut bold, mut colour) = (false, "");
    for (at, part) in line.split('\x1b').enumerate() {
        let mut text = part;
        if at > 0 {
            let end =
                part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |end| end + 1);
            let (code, rest) = part.split_at(end);
            text = rest;
            for number in code.trim_start_matches('[').trim_end_matches('m').split(';') {
                match number {
                    "" | "0" => (bold, colour) = (false, ""),
                    "1" => bold = true,
                    "22" => bold = false,
                    "2" | "90" => colour = "d",
                    "31" | "91" => colour = "r",
                    "32" | "92" => colour = "g",
                    "33" | "93" => colour = "y",
                    "34" | "36" | "94" | "96" => colour = "c",
                    "39" => colour = "",
                    _ => {}
                }
            }
        }
        if text.is_empty() {
            continue;
        }
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let class =
            format!("{}{}{colour}", if bold { "b" } else { "" }, if bold { " " } else { "" });
        svg += &match class.trim() {
            "" => text,
            class => format!("<tspan class=\"{class}\">{text}</tspan>"),
        };
    }
    svg
}

const ROBOT: &str = "robot@acme.com";

const COLUMNS: usize = 104;
const ROWS: usize = 30;
const COLUMN: f32 = 8.43;
const LINE: f32 = 19.0;
const PAD: f32 = 16.0;
