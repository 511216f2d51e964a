//! The examples of each command, for its help and its manual page. A test parses each line.

/// An example of a command.
pub(crate) struct Example {
    /// The purpose, in a few words.
    pub(crate) purpose: &'static str,
    /// The line to type in a shell.
    pub(crate) line: &'static str,
}

/// Returns the examples of a command, such as `record get`. Without a name it is the program itself.
pub(crate) fn examples(name: &str) -> &'static [Example] {
    EXAMPLES.iter().find(|(command, _)| *command == name).map_or(&[], |(_, examples)| *examples)
}

const fn of(purpose: &'static str, line: &'static str) -> Example {
    Example { purpose, line }
}

/// The examples by command, in the order of the help.
pub(crate) const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "",
        &[
            of("Configure a login, once", "orgtoken setup"),
            of("Print a token", "orgtoken token"),
            of("Export records", "orgtoken query 'SELECT Id, Name FROM Account' > accounts.csv"),
            of("Find out why a login fails", "orgtoken doctor"),
        ],
    ),
    (
        "token",
        &[
            of("Use the token in a script", "TOKEN=$(orgtoken token -P acme)"),
            of("Token, org and expiry as JSON", "orgtoken token --json"),
            of("A token that is valid for 15 minutes more", "orgtoken token --min-ttl 15m"),
            of("Write the token to a file of mode 0600", "orgtoken token --out token.txt"),
        ],
    ),
    (
        "api",
        &[
            of("Limits of the org", "orgtoken api limits"),
            of("Query", "orgtoken api query -f q='SELECT Id FROM Account LIMIT 5' -X GET"),
            of("Create a record", "orgtoken api sobjects/Account -f Name='Acme AB'"),
            of(
                "Update a record",
                "orgtoken api sobjects/Account/001D000000IqhSLIAZ -X PATCH -f Phone=042",
            ),
            of("Path from the root", "orgtoken api /services/data/"),
        ],
    ),
    (
        "exec",
        &[
            of("Run a program with the token", "orgtoken exec -- sf org list limits"),
            of("Name the variable", "orgtoken exec --token-env TOKEN -- ./sync.sh"),
            of("Several commands", "orgtoken exec -- sh -c './export.sh && ./import.sh'"),
        ],
    ),
    (
        "query",
        &[
            of("Show records", "orgtoken query 'SELECT Id, Name, Owner.Name FROM Account'"),
            of("CSV file", "orgtoken query 'SELECT Id FROM Account' --format csv > ids.csv"),
            of("CSV for Excel", "orgtoken query 'SELECT Name FROM Account' --bom --delimiter ';'"),
            of(
                "A list of any length",
                "orgtoken query 'SELECT Id FROM Case WHERE AccountId IN :a' --bind a=ids.txt",
            ),
            of(
                "Large export",
                "orgtoken query 'SELECT Id, Name FROM Account' --bulk --out accounts.csv",
            ),
            of("Query in a file", "orgtoken query --format ndjson - < accounts.soql"),
            of("Tooling API", "orgtoken query --tooling 'SELECT Name FROM ApexClass'"),
        ],
    ),
    (
        "record",
        &[
            of("Print a record", "orgtoken record get Account 001D000000IqhSLIAZ"),
            of("Create a record", "orgtoken record create Account Name='Acme AB'"),
            of("Create many", "orgtoken record create Account --from accounts.csv"),
        ],
    ),
    (
        "record get",
        &[
            of("All fields", "orgtoken record get Account 001D000000IqhSLIAZ"),
            of("Two fields", "orgtoken record get Account 001D000000IqhSLIAZ --fields Name,Phone"),
        ],
    ),
    (
        "record create",
        &[
            of("One", "orgtoken record create Account Name='Acme AB' NumberOfEmployees:=12"),
            of("From JSON", "orgtoken record create Account --input account.json"),
            of("Check a file first", "orgtoken record create Account --from new.csv --dry-run"),
            of("One record per row", "orgtoken record create Account --from new.csv"),
        ],
    ),
    (
        "record update",
        &[
            of("One", "orgtoken record update Account 001D000000IqhSLIAZ Phone=042"),
            of("By external id", "orgtoken record update Account ExternalId__c/42 Phone=042"),
            of("One per row", "orgtoken record update Account --from changes.csv"),
            of(
                "Continue after an interruption",
                "orgtoken record update Account --from changes.csv --resume",
            ),
        ],
    ),
    (
        "record upsert",
        &[
            of("One", "orgtoken record upsert Account ExternalId__c 42 Name='Acme AB'"),
            of("One per row", "orgtoken record upsert Account ExternalId__c --from accounts.csv"),
        ],
    ),
    (
        "record delete",
        &[
            of("One", "orgtoken record delete Account 001D000000IqhSLIAZ"),
            of(
                "One per line, without asking",
                "orgtoken record delete Account --from ids.txt --yes",
            ),
        ],
    ),
    (
        "describe",
        &[
            of("Fields of an object", "orgtoken describe Account"),
            of("All objects", "orgtoken describe"),
            of("All properties", "orgtoken describe Account --json"),
        ],
    ),
    (
        "bulk",
        &[
            of("Jobs of the org", "orgtoken bulk list"),
            of("Wait for a job", "orgtoken bulk wait 750R0000000zxr8IAA"),
        ],
    ),
    ("bulk list", &[of("Jobs of the org", "orgtoken bulk list")]),
    ("bulk status", &[of("State and counts of a job", "orgtoken bulk status 750R0000000zxr8IAA")]),
    ("bulk wait", &[of("Wait for the end of a job", "orgtoken bulk wait 750R0000000zxr8IAA")]),
    (
        "bulk results",
        &[
            of("Records of a query", "orgtoken bulk results 750R0000000zxr8IAA > accounts.csv"),
            of("Rows that failed", "orgtoken bulk results 750R0000000zxr8IAA --rows failed"),
            of(
                "Continue a download",
                "orgtoken bulk results 750R0000000zxr8IAA --out accounts.csv --resume",
            ),
        ],
    ),
    ("bulk abort", &[of("End a job", "orgtoken bulk abort 750R0000000zxr8IAA")]),
    (
        "whoami",
        &[
            of("User and org of the default login", "orgtoken whoami"),
            of("Only the name of the user", "orgtoken whoami --jq .username"),
        ],
    ),
    ("revoke", &[of("End the session of a profile", "orgtoken revoke -P acme")]),
    (
        "serve",
        &[
            of("All profiles, on a Unix socket", "orgtoken serve"),
            of(
                "On the loopback, with a bearer token",
                "orgtoken serve --listen 127.0.0.1:7523 --bearer-file bearer",
            ),
        ],
    ),
    (
        "blueprint",
        &[of("Save the flow", "orgtoken blueprint > salesforce-generate-access-token.bpmn")],
    ),
    (
        "setup",
        &[
            of("Answer questions", "orgtoken setup"),
            of(
                "Give the answers",
                "orgtoken setup -r https://acme.my.salesforce.com -o robot@acme.com",
            ),
            of("Continue with the consumer key", "orgtoken setup -P acme -i 3MVG9lKcPo --wait"),
        ],
    ),
    (
        "doctor",
        &[
            of("Check the default login", "orgtoken doctor"),
            of("Check a profile", "orgtoken doctor -P acme"),
            of(
                "Only the failed checks",
                "orgtoken doctor --jq '.findings[] | select(.verdict == \"failed\")'",
            ),
        ],
    ),
    (
        "resolve",
        &[
            of("The default login", "orgtoken resolve"),
            of("A sandbox", "orgtoken resolve -r https://acme--uat.sandbox.my.salesforce.com"),
        ],
    ),
    (
        "config",
        &[
            of("List the profiles", "orgtoken config list"),
            of("Choose the default", "orgtoken config use acme"),
            of("Change an entry", "orgtoken config set -P acme token_lifetime 2h"),
        ],
    ),
    ("config list", &[of("Profiles, users and orgs", "orgtoken config list")]),
    ("config show", &[of("The entries of a profile", "orgtoken config show acme")]),
    (
        "config set",
        &[
            of("Set the user", "orgtoken config set -P acme username integration@acme.com"),
            of("Set a list", "orgtoken config set -P acme allow_users www-data backup"),
        ],
    ),
    ("config unset", &[of("Remove an entry", "orgtoken config unset -P acme audience")]),
    ("config use", &[of("Make a profile the default", "orgtoken config use acme")]),
    ("config delete", &[of("Remove a profile, not its key", "orgtoken config delete acme")]),
    ("config edit", &[of("Edit all profiles", "orgtoken config edit")]),
    ("config path", &[of("The file of the profiles", "orgtoken config path")]),
    (
        "settings",
        &[
            of("Check the default login", "orgtoken settings check"),
            of("Print a profile as a record", "orgtoken settings convert -P acme --format record"),
        ],
    ),
    (
        "settings check",
        &[
            of("The default login", "orgtoken settings check"),
            of("A record", "orgtoken settings check salesforce.json"),
        ],
    ),
    (
        "settings convert",
        &[
            of("Variables for a shell", "orgtoken settings convert -P acme --format env"),
            of(
                "Make a profile of a record",
                "orgtoken settings convert -s sf.json --format profile --key-out acme.key",
            ),
        ],
    ),
    (
        "settings pull",
        &[
            of("Print the record", "orgtoken settings pull --hub https://hub.acme.com"),
            of("Use it without a file", "orgtoken token --settings hub:https://hub.acme.com"),
        ],
    ),
    (
        "settings schema",
        &[of("For an editor", "orgtoken settings schema config > config.schema.json")],
    ),
    (
        "key",
        &[
            of("Make a key and its certificate", "orgtoken key generate acme"),
            of("Show what a file is", "orgtoken key inspect acme.key"),
        ],
    ),
    (
        "key generate",
        &[
            of("Write acme.key and acme.crt", "orgtoken key generate acme"),
            of(
                "A longer key, valid for a year",
                "orgtoken key generate acme --size 4096 --days 365",
            ),
        ],
    ),
    (
        "key inspect",
        &[
            of("A file", "orgtoken key inspect acme.key"),
            of("Standard input", "orgtoken key inspect - < acme.key"),
        ],
    ),
    (
        "cert",
        &[
            of("Show a certificate", "orgtoken cert inspect acme.crt"),
            of("Compare it with a key", "orgtoken cert match acme.key acme.crt"),
        ],
    ),
    (
        "cert create",
        &[
            of("For a key file", "orgtoken cert create acme.key > acme.crt"),
            of("For a key of the SSH agent", "orgtoken cert create --ssh-agent acme > acme.crt"),
        ],
    ),
    ("cert inspect", &[of("Subject, validity, key", "orgtoken cert inspect acme.crt")]),
    ("cert match", &[of("Compare", "orgtoken cert match acme.key acme.crt")]),
    (
        "assertion",
        &[of(
            "Create one and look at it",
            "orgtoken assertion create | orgtoken assertion inspect",
        )],
    ),
    (
        "assertion create",
        &[
            of("The assertion of the default login", "orgtoken assertion create"),
            of(
                "With an id, for one minute",
                "orgtoken assertion create --lifetime 60s --token-id 42",
            ),
        ],
    ),
    (
        "assertion inspect",
        &[
            of("A file", "orgtoken assertion inspect assertion.jwt"),
            of("A new one", "orgtoken assertion create | orgtoken assertion inspect"),
        ],
    ),
    (
        "assertion verify",
        &[of(
            "With the certificate of the app",
            "orgtoken assertion verify assertion.jwt --cert acme.crt",
        )],
    ),
    (
        "explain",
        &[
            of("A refusal", "orgtoken explain \"user hasn't approved this consumer\""),
            of("A code of orgtoken", "orgtoken explain key.certificate"),
            of("The output of another tool", "sf org display 2>&1 | orgtoken explain"),
        ],
    ),
    (
        "cache",
        &[
            of("List the cached logins", "orgtoken cache list"),
            of("Log in again at the next command", "orgtoken cache clear"),
        ],
    ),
    (
        "cache list",
        &[
            of("All cached logins of this machine", "orgtoken cache list"),
            of("The Redis server of a profile", "orgtoken cache list --redis -P acme"),
        ],
    ),
    ("cache clear", &[of("Remove all cached logins", "orgtoken cache clear")]),
    (
        "completions",
        &[
            of("bash, in ~/.bashrc", "source <(orgtoken completions bash)"),
            of("zsh, in ~/.zshrc after compinit", "source <(orgtoken completions zsh)"),
            of("fish", "orgtoken completions fish > ~/.config/fish/completions/orgtoken.fish"),
        ],
    ),
    (
        "man",
        &[
            of("Read a page", "orgtoken man token | man -l -"),
            of("Install all pages", "orgtoken man --dir ~/.local/share/man/man1"),
        ],
    ),
    (
        "help",
        &[
            of("A command", "orgtoken help record create"),
            of("A topic", "orgtoken help environment"),
        ],
    ),
];
