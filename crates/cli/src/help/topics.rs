//! The topics of `orgtoken help TOPIC`.

use clap::{Args as _, Command};

use super::{has, is_shared, setting_variables, settings_of_profiles};
use crate::args::Caller;
use crate::failure::EXIT_CODES;
use crate::io::look::Look;

/// A text about something that several commands have in common.
pub(crate) struct Topic {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Paragraphs. A line that begins with blanks is not wrapped.
    text: &'static str,
    /// The table below the text, which may be empty.
    table: fn(Look) -> String,
}

impl Topic {
    /// Whether the help of a command refers to it.
    pub(super) fn is_about(&self, command: &Command, path: &[String]) -> bool {
        let group = path.first().map(String::as_str).unwrap_or_default();
        match self.name {
            "login" | "environment" => has(command, "login_url"),
            "caching" => has(command, "no_cache") || group == "cache",
            "exit-codes" => !command.has_subcommands(),
            "formatting" => ["query", "token", "api", "record", "doctor"].contains(&group),
            "keys" => ["key", "cert", "setup", "assertion"].contains(&group),
            "profiles" => ["config", "setup", "settings", "serve"].contains(&group),
            "scripts" => ["token", "exec"].contains(&group),
            _ => false,
        }
    }

    /// Returns the text, wrapped.
    pub(crate) fn text(&self, look: Look) -> String {
        let mut text = look.wrapped("", "", &format!("{}: {}", self.name, self.about));
        for paragraph in self.text.split("\n\n") {
            text.push('\n');
            if paragraph.starts_with(' ') {
                text += &format!("{paragraph}\n");
            } else {
                text += &look.wrapped("", "", paragraph);
            }
        }
        match (self.table)(look) {
            table if table.is_empty() => text,
            table => text + "\n" + &table,
        }
    }
}

/// Formats rows of a name and its meaning. A long name is above its meaning.
fn rows(rows: impl IntoIterator<Item = (String, String)>, width: usize, look: Look) -> String {
    let indent = " ".repeat(width + 4);
    let row = |(name, meaning): (String, String)| match name.len() {
        length if length <= width => look.wrapped(&format!("  {name:width$}  "), &indent, &meaning),
        _ => format!("  {name}\n{}", look.wrapped(&indent, &indent, &meaning)),
    };
    rows.into_iter().map(row).collect()
}

/// Returns the flags that all commands with a login share, as their own help shows them.
fn login_flags(_: Look) -> String {
    let mut command = Caller::augment_args(Command::new("orgtoken"))
        .disable_help_flag(true)
        .help_template("{options}")
        .max_term_width(100);
    command.build();
    debug_assert!(command.get_arguments().all(is_shared));
    format!("{}\n", command.render_help().to_string().trim_matches('\n'))
}

fn exit_codes(look: Look) -> String {
    let codes = EXIT_CODES.iter().map(|(code, meaning)| (code.to_string(), (*meaning).to_owned()));
    rows(codes, 5, look)
}

fn no_table(_: Look) -> String {
    String::new()
}

/// The topics, in the order of the help.
pub(crate) const TOPICS: &[Topic] = &[
    Topic {
        name: "login",
        about: "how a login is chosen, and its flags",
        text: "A login needs a user, the consumer key of an app, a private key and an org. Each of \
               them is looked for in this order, and the first value is used:\n\
               \n  1. flags, such as --username\
               \n  2. the variables ORGTOKEN_*\
               \n  3. the profile or record that a flag or variable names\
               \n  4. variables of other tools, such as SF_USERNAME\
               \n  5. the default profile of config.toml\n\
               \n`orgtoken settings check` shows each value and its source. `orgtoken resolve` shows \
               the token endpoint and the audience. These flags are the same in all commands; in \
               `orgtoken api` they have only their long names.",
        table: login_flags,
    },
    Topic {
        name: "profiles",
        about: "logins with a name, in config.toml",
        text: "A profile is a login with a name. Profiles are in config.toml, in the folder \
               $XDG_CONFIG_HOME/orgtoken or ~/.config/orgtoken:\n\
               \n  default_profile = \"acme\"\n\
               \n  [profile.acme]\
               \n  instance_url = \"https://acme.my.salesforce.com\"\
               \n  username = \"integration@acme.com\"\
               \n  client_id = \"3MVG9...\"\
               \n  private_key_file = \"acme.key\"\n\
               \n`orgtoken setup` makes a profile, `orgtoken config list` lists them, and `orgtoken \
               config use NAME` makes one the default. A single profile is the default. Choose \
               another one with -P NAME or ORGTOKEN_PROFILE. `orgtoken config set` and `orgtoken \
               config edit` change entries. A profile contains no secret: it names the file, \
               variable, agent or command that has the key. Paths are relative to the folder of \
               config.toml. A profile can have these entries:",
        table: |look| rows(settings_of_profiles(), 17, look),
    },
    Topic {
        name: "environment",
        about: "environment variables",
        text: "A flag takes precedence over a variable. An empty variable counts as unset. A \
               variable that ends in _FILE names a file that holds the value. Variables of other \
               tools, such as SF_USERNAME, come after a named profile or record, and before the \
               default profile.\n\
               \nHTTPS_PROXY and NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR have their usual meaning. \
               SF_ACCESS_TOKEN with SF_INSTANCE_URL is a token that `query`, `api`, `record`, \
               `bulk`, `describe` and `whoami` use instead of a login. XDG_CONFIG_HOME, \
               XDG_CACHE_HOME and XDG_RUNTIME_DIR are the folders of configuration, cache and \
               sockets. NO_COLOR turns colours off. SSH_AUTH_SOCK is the socket of the SSH agent.",
        table: |look| rows(setting_variables(), 26, look),
    },
    Topic {
        name: "keys",
        about: "private keys, passphrases and certificates",
        text: "Salesforce verifies a signature with the certificate of the app. The private key \
               stays with you: an RSA key of 2048 to 4096 bits. Make both with `orgtoken setup` or \
               `orgtoken key generate NAME`, and upload only NAME.crt.\n\
               \nA key can be PEM (PKCS#8, PKCS#1), encrypted PKCS#8, DER, base64 of these, or a \
               JWK. Line breaks that were mangled in a variable are accepted. `orgtoken key inspect \
               FILE` says what a file contains. Only you may be able to read the file of a key: \
               chmod 600.\n\
               \nA key can be in one of these places:\n\
               \n  file           -f FILE, private_key_file, ORGTOKEN_PRIVATE_KEY_FILE\
               \n  standard input -f -\
               \n  variable       ORGTOKEN_PRIVATE_KEY, private_key_env\
               \n  SSH agent      ssh_agent, ORGTOKEN_SSH_AGENT\
               \n  command        signer_command with public_key_file\n\
               \nThe passphrase of an encrypted key comes from --key-passphrase-file, \
               --key-passphrase-env, ORGTOKEN_PASSPHRASE, ORGTOKEN_PASSPHRASE_FILE or \
               passphrase_file. On a terminal, orgtoken asks for it.",
        table: no_table,
    },
    Topic {
        name: "caching",
        about: "where tokens are cached, and for how long",
        text: "Commands share one login until its token has to be renewed. Tokens are cached in \
               $XDG_CACHE_HOME/orgtoken or ~/.cache/orgtoken, encrypted with a key that is derived \
               from the private key. A token is used for 10 minutes, or as long as Salesforce says, \
               or for the token_lifetime of the profile.\n\
               \n--min-ttl TIME logs in again if the token expires sooner. --no-cache reads and \
               writes no cache. A refusal that needs a change in Setup is cached, too, for up to 30 \
               minutes; --retry, `orgtoken doctor` and `orgtoken setup` ask again.\n\
               \nWith `cache = \"rediss://HOST\"` in a profile, several machines share a login. \
               `orgtoken cache list` shows the cached logins, `orgtoken cache clear` removes them, \
               and `orgtoken revoke` ends the session at Salesforce as well.",
        table: no_table,
    },
    Topic {
        name: "formatting",
        about: "forms of output, for people and for programs",
        text: "Results are on standard output. Errors, warnings and progress are on standard \
               error.\n\
               \n--json makes each result one JSON document, and each error one on standard error:\n\
               \n  {\"error\":{\"code\",\"message\",\"hint\",\"exit\",\"problems\":[]}}\n\
               \n`orgtoken query --format table|csv|json|ndjson` prints records; the default is a \
               table on a terminal and CSV in a pipe. `orgtoken token --help` lists the forms of a \
               token. In `orgtoken record`, --format is the form of the file that is read.\n\
               \n--jq EXPRESSION, or -q, filters a JSON result with the language of jq. Text is printed \
               without quotes. Unlike jq, `.[0]` of an object is null and not an error, and `env` is \
               empty.\n\
               \nOn a terminal, control characters in data are shown as escapes. A pipe gets the data \
               as it is.",
        table: no_table,
    },
    Topic {
        name: "exit-codes",
        about: "exit codes, for scripts",
        text: "The exit code says what kind of error ended the command, so that a script can tell \
               a refusal from a network that is down. With --json the error has the exit code, too. \
               `orgtoken explain CODE` explains the code of an error, such as key.certificate. \
               `orgtoken exec` passes the exit code of its command on.",
        table: exit_codes,
    },
    Topic {
        name: "scripts",
        about: "use in scripts, cron jobs and pipelines",
        text: "Without a terminal, orgtoken never asks. What is missing is an error.\n\
               \nPrefer `orgtoken exec -- COMMAND`: the token is in the environment of one command, \
               and in no argument that other users can see. In a pipeline, give the login in \
               variables:\n\
               \n  ORGTOKEN_USERNAME       integration@acme.com\
               \n  ORGTOKEN_CLIENT_ID      3MVG9...\
               \n  ORGTOKEN_INSTANCE_URL   https://acme.my.salesforce.com\
               \n  ORGTOKEN_PRIVATE_KEY    the key, a masked variable of the pipeline\n\
               \n`orgtoken settings convert -P NAME --format env` prints them for an existing \
               profile. Exit codes 6, 7 and 8 are faults that may pass: try again later. If the \
               command changes records, check first what it has changed. All other codes need a \
               change.",
        table: no_table,
    },
];
