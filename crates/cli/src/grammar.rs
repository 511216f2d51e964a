//! The arguments of the program.

use std::ffi::OsString;

use clap::builder::NonEmptyStringValueParser;
use clap::error::ErrorKind;
use clap::{Args as _, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::args::behind_command;
use crate::command;
use crate::help::documented;

/// Salesforce access tokens by the OAuth 2.0 JWT bearer flow, from the shell.
///
/// Signs a short-lived assertion with a private key, exchanges it at the token endpoint of the org
/// for an access token, and prints the token. When Salesforce refuses, it explains why.
#[derive(Debug, Parser)]
#[command(
    name = "orgtoken",
    bin_name = "orgtoken",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
#[command(arg_required_else_help = true, args_override_self = true)]
pub(crate) struct Args {
    /// Command to run
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Options of every command.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// Print the result or the error as one JSON document
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Log each step to standard error (-vv for more)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Filter the JSON result with an expression of jq
    #[arg(short = 'q', long, global = true, value_name = "EXPRESSION", hide_short_help = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) jq: Option<String>,
    /// When to use colours
    #[arg(long, global = true, value_name = "auto|always|never", default_value = "auto")]
    #[arg(hide_short_help = true, hide_default_value = true, hide_possible_values = true)]
    pub(crate) color: clap::ColorChoice,
}

/// The commands, in the order of the help.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Token(command::token::Args),
    Api(command::api::Args),
    Exec(command::exec::Args),
    Query(command::query::Args),
    #[command(subcommand)]
    Record(command::record::Command),
    Describe(command::describe::Args),
    #[command(subcommand)]
    Bulk(command::bulk::Command),
    Whoami(command::whoami::Args),
    Revoke(command::revoke::Args),
    Serve(command::serve::Args),
    Blueprint(command::blueprint::Args),
    Setup(command::setup::Args),
    Doctor(command::doctor::Args),
    Resolve(command::resolve::Args),
    #[command(subcommand)]
    Config(command::config::Command),
    #[command(subcommand)]
    Settings(command::settings::Command),
    #[command(subcommand)]
    Key(command::key::Command),
    #[command(subcommand)]
    Cert(command::cert::Command),
    #[command(subcommand)]
    Assertion(command::assertion::Command),
    Explain(command::explain::Args),
    #[command(subcommand)]
    Cache(command::cache::Command),
    Completions(command::completions::Args),
    Man(command::man::Args),
    Help(command::help::Args),
}

impl Command {
    /// Whether the command only prints. Then a reader that closes the pipe is not an error. Other
    /// commands create or change something, and their result was not read.
    pub(crate) fn only_prints(&self) -> bool {
        use command::{assertion, bulk, cache, cert, config, key, record, settings};
        match self {
            Self::Api(args) => args.only_reads(),
            Self::Query(_) | Self::Describe(_) | Self::Whoami(_) | Self::Blueprint(_) => true,
            Self::Doctor(_) | Self::Resolve(_) | Self::Explain(_) => true,
            Self::Completions(_) | Self::Man(_) | Self::Help(_) => true,
            Self::Assertion(command) => !matches!(command, assertion::Command::Create(_)),
            Self::Bulk(command) => !matches!(command, bulk::Command::Abort(_)),
            Self::Cache(command) => matches!(command, cache::Command::List(_)),
            Self::Cert(command) => !matches!(command, cert::Command::Create(_)),
            Self::Config(command) => {
                use config::Command::{List, Path, Show};
                matches!(command, List | Show(_) | Path)
            }
            Self::Key(command) => matches!(command, key::Command::Inspect(_)),
            Self::Record(command) => matches!(command, record::Command::Get(_)),
            Self::Settings(command) => {
                matches!(command, settings::Command::Check(_) | settings::Command::Schema(_))
            }
            Self::Token(_) | Self::Exec(_) | Self::Revoke(_) | Self::Serve(_) | Self::Setup(_) => {
                false
            }
        }
    }

    /// The change that the command makes before it prints its result, for an error of the output.
    /// `api`, `bulk` and `record` name their changes themselves.
    pub(crate) fn change(&self) -> Option<&'static str> {
        use command::{cache, config, key, settings};
        match self {
            Self::Cache(cache::Command::Clear(_)) => Some("the cached logins were removed"),
            Self::Config(
                config::Command::Set(_)
                | config::Command::Unset(_)
                | config::Command::Use(_)
                | config::Command::Delete(_),
            ) => Some("config.toml was changed"),
            Self::Key(key::Command::Generate(_)) => {
                Some("the key and its certificate were written")
            }
            Self::Revoke(_) => Some("the cached token was revoked, if there was one"),
            Self::Settings(settings::Command::Convert(args)) if args.writes_key() => {
                Some("the private key, if it is local, was written to its file")
            }
            // A profile that is in use is changed after the login has succeeded.
            Self::Setup(_) => Some("the profile may have been saved"),
            _ => None,
        }
    }

    /// Whether the result cannot be JSON, so that `--jq` has nothing to filter.
    pub(crate) fn lacks_json(&self) -> bool {
        match self {
            Self::Blueprint(_) | Self::Completions(_) | Self::Exec(_) | Self::Help(_) => true,
            Self::Config(command) => matches!(command, command::config::Command::Edit),
            Self::Man(_) => true,
            Self::Serve(args) => !args.only_checks(),
            _ => false,
        }
    }
}

impl Args {
    /// Parses the typed words, and puts login flags behind the command. An error may be a request for
    /// help.
    pub(crate) fn read(typed: &mut Vec<OsString>) -> Result<Self, clap::Error> {
        *typed = behind_command(std::mem::take(typed), Common::augment_args, grammar)?;
        let typed = &*typed;
        // The grammar of all commands reports wrong arguments and prints help.
        let matches = match token_command().try_get_matches_from(typed) {
            Ok(matches) => matches,
            Err(_) => {
                grammar().try_get_matches_from(typed).map_err(|error| match error.kind() {
                    // Only help needs the texts that are not in the grammar.
                    ErrorKind::DisplayHelp
                    | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                        documented(grammar()).try_get_matches_from(typed).err().unwrap_or(error)
                    }
                    _ => error,
                })?
            }
        };
        Self::from_arg_matches(&matches)
    }
}

/// Returns the grammar of `token` alone.
///
/// The grammar of all commands takes 0.4 ms more to build: a quarter of the budget of a cached token
/// (2.5 × `/bin/true`). `defer = true` does not help: `--help` would list commands without texts.
fn token_command() -> clap::Command {
    let token = command::token::Args::augment_args(clap::Command::new("token"));
    let program = clap::Command::new("orgtoken").args_override_self(true).subcommand_required(true);
    Common::augment_args(program).subcommand(token)
}

/// Returns the grammar of all commands.
///
/// In `api`, `-f` and `-i` are those of `gh api`, so the login flags have only their long names.
pub(crate) fn grammar() -> clap::Command {
    Args::command().mut_subcommand("api", |api| {
        ["username", "client_id", "jwt_key_file", "instance_url"]
            .into_iter()
            .fold(api, |api, id| api.mut_arg(id, |arg| arg.short(None)))
    })
}

#[cfg(test)]
mod tests {
    use orgtoken_assertion::Diagnostic;

    use super::*;
    use crate::args::UsageError;

    #[test]
    fn grammar_is_consistent() {
        grammar().debug_assert();
    }

    #[test]
    fn every_command_and_argument_has_help() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {argument}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&grammar());
    }

    #[test]
    fn grammar_of_token_agrees_with_the_grammar_of_all_commands() {
        for typed in [
            ["orgtoken", "token", "--json"].as_slice(),
            &["orgtoken", "-vv", "token", "-o", "user@acme.com", "--format", "env"],
            &["orgtoken", "token", "-i", "one", "-i", "other", "--no-cache"],
        ] {
            let read = |grammar: clap::Command| {
                let matches = grammar.try_get_matches_from(typed).expect("the arguments are valid");
                format!(
                    "{:?}",
                    Args::from_arg_matches(&matches).expect("the arguments are complete")
                )
            };
            assert_eq!(read(token_command()), read(grammar()), "{typed:?}");
        }
    }

    #[test]
    fn login_flags_may_come_before_the_command() {
        for (typed, moved) in [
            ("token -P acme", "token -P acme"),
            ("--json -v token", "token --json -v"),
            ("-P acme token --json", "token -P acme --json"),
            ("-vvPacme --json token", "token -vvPacme --json"),
            ("-P acme --retry api x -f a=b", "api -P acme --retry x -f a=b"),
            ("-f app.key api x -f a=b", "-f app.key api x -f a=b"),
            ("-P acme -vi 3MVG9 api x", "-vi 3MVG9 -P acme api x"),
            ("--retry --profile=acme record get A 1", "record get --retry --profile=acme A 1"),
            ("--allow-host a --allow-host b whoami", "whoami --allow-host a --allow-host b"),
            ("--timeout soon token", "token --timeout soon"),
            ("-P acme exec -- env -P x", "exec -P acme -- env -P x"),
            ("-P acme", "-P acme"),
        ] {
            let words = |line: &str| -> Vec<OsString> {
                std::iter::once("orgtoken").chain(line.split(' ')).map(Into::into).collect()
            };
            let actual = behind_command(words(typed), Common::augment_args, grammar);
            assert_eq!(actual.expect(typed), words(moved), "{typed}");
        }
    }

    #[test]
    fn habits_of_other_programs_get_a_hint() {
        for (typed, message, hint) in [
            ("token acme", "unexpected argument `acme`", "choose a profile with `-P acme`"),
            ("token S3cr3t", "unexpected argument", "choose a profile with `-P NAME`"),
            (
                "bulk wait 750R0000000zxr8IAA b",
                "unexpected argument `b`",
                "see `orgtoken bulk wait --help`",
            ),
            ("token -u a@acme.com", "unknown argument `-u`", "the user is `--username USER`"),
            ("token --raw", "unknown argument `--raw`", "choose a format with `--format FORMAT`"),
            (
                "token -q",
                "`--jq` needs a value",
                "give one or leave it out; a variable of the shell may not be set",
            ),
            ("whoami --format json", "unknown argument `--format`", "use `--json`"),
            ("whoami --csv", "unknown argument `--csv`", "see `orgtoken whoami --help`"),
            ("record get --csv", "unknown argument `--csv`", "see `orgtoken record get --help`"),
            ("explain --org", "unknown argument `--org`", "see `orgtoken explain --help`"),
            ("-P acme --nonsense token", "unknown argument `--nonsense`", "see `orgtoken --help`"),
            ("-P acme -i x api limits", "unknown argument `-i`", "see `orgtoken --help`"),
            ("-vf app.key api limits", "unknown argument `-f`", "see `orgtoken --help`"),
            ("org display", "unknown command `org`", ""),
            (
                "query -q SELECT",
                "missing `<SOQL>`",
                "the query is an argument, and `-q` is `--jq`: `orgtoken query 'SELECT Id, Name, \
                 Owner.Name FROM Account'`",
            ),
            (
                "query --query SELECT",
                "unknown argument `--query`",
                "run `orgtoken query 'SELECT Id FROM Account'`",
            ),
            ("query --file q.soql", "unknown argument `--file`", "run `orgtoken query - < FILE`"),
            (
                "query SELECT --result-format csv",
                "unknown argument `--result-format`",
                "choose a format with `--format FORMAT`",
            ),
            (
                "api GET limits",
                "unexpected argument `limits`",
                "give the method as a flag: `orgtoken api PATH -X METHOD`",
            ),
            ("api sobjects/Account -d {}", "unknown argument `-d`", ""),
            (
                "record create --sobject Account",
                "unknown argument `--sobject`",
                "give object, id and fields without flags: `orgtoken record update Account ID \
                 Name='Acme'`",
            ),
            (
                "record create Account --file rows.csv",
                "unknown argument `--file`",
                "read records with `--from FILE`",
            ),
            (
                "record get Account 1 --fields Name Phone",
                "unexpected argument",
                "separate fields by commas: `--fields Name,Phone`",
            ),
            ("record create Account {}", "invalid value for `FIELD=VALUE`: ", ""),
            (
                "assertion verify a",
                "missing `--cert`",
                "for example `orgtoken assertion verify assertion.jwt --cert acme.crt`; see \
                 `orgtoken assertion verify --help`",
            ),
            ("explain -x", "unknown argument `-x`", "see `orgtoken explain --help`"),
        ] {
            let mut words =
                ["orgtoken"].into_iter().chain(typed.split(' ')).map(Into::into).collect();
            let error = Args::read(&mut words).expect_err(typed);
            let Ok(error) = UsageError::of_clap(error, grammar) else { panic!("{typed}") };
            assert!(error.to_string().starts_with(message), "{typed}: {error}");
            let shown = error.hint().unwrap_or_default();
            assert!(hint.is_empty() || shown == hint, "{typed}: {shown}");
        }
    }

    #[test]
    fn own_flags_are_not_below_the_headings_of_shared_flags() {
        fn check(command: &clap::Command, shared: &clap::Command) {
            for argument in command.get_arguments() {
                let is_shared =
                    shared.get_arguments().any(|flag| flag.get_id() == argument.get_id());
                let heading = argument.get_help_heading();
                let is_below = matches!(heading, Some("Login" | "Token" | "Network"));
                assert!(is_shared || !is_below, "{} {argument}", command.get_name());
            }
            command.get_subcommands().for_each(|command| check(command, shared));
        }
        check(&grammar(), &crate::args::Caller::augment_args(clap::Command::new("shared")));
    }

    #[test]
    fn no_flag_takes_a_secret() {
        fn check(command: &clap::Command) {
            let takes_value = |arg: &&clap::Arg| arg.get_action().takes_values();
            for flag in command.get_arguments().filter(takes_value).filter_map(|arg| arg.get_long())
            {
                let secret =
                    ["key", "pass", "secret", "token"].iter().any(|word| flag.contains(word));
                let named =
                    ["-env", "-file", "-id", "-key", "-out"].iter().any(|end| flag.ends_with(end));
                assert!(!secret || named, "{}: --{flag}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&grammar());
    }
}
