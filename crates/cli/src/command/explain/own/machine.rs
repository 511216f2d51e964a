//! Calls, commands and the machine.

use super::OwnCode;

pub(super) const CODES: &[OwnCode] = &[
    OwnCode {
        code: "api.forbidden",
        meaning: "the user may not make this call",
        next: "give the user the permission that Salesforce names",
    },
    OwnCode {
        code: "api.not_found",
        meaning: "the org has nothing at this path, or the user may not see it",
        next: "check path, object name and API version",
    },
    OwnCode {
        code: "api.path",
        meaning: "the path is not one of the org's",
        next: "give one from the root, `/services/…`, or one below the version: `limits`",
    },
    OwnCode {
        code: "api.record",
        meaning: "a record to send is not a JSON object",
        next: "pass a struct, a map or a JSON object",
    },
    OwnCode {
        code: "api.records",
        meaning: "some of the records were refused, or their outcome is unknown; the others are written",
        next: "correct those in the file that `--failed` names, and send that file",
    },
    OwnCode {
        code: "api.redirect",
        meaning: "the org has moved to another host",
        next: "use the My Domain of the org as instance URL",
    },
    OwnCode {
        code: "api.refused",
        meaning: "Salesforce refused the call, for the reason that it gives",
        next: "correct what Salesforce names",
    },
    OwnCode {
        code: "api.segment",
        meaning: "an id, an external id or a name is empty, or is `.` or `..`",
        next: "check where the value comes from; `record upsert --from` takes any external id",
    },
    OwnCode {
        code: "api.too_many",
        meaning: "there are more of these than one call takes",
        next: "make several calls",
    },
    OwnCode {
        code: "api.unauthorized",
        meaning: "Salesforce does not take the token",
        next: "get a new one; if that is refused as well, check the user's session policies",
    },
    OwnCode {
        code: "bug",
        meaning: "there is a fault in orgtoken itself",
        next: "report it with what the error says, and the command that led there",
    },
    OwnCode {
        code: "cache.redis",
        meaning: "the token cache in Redis cannot be used",
        next: "check that it runs and lets you in; `--no-cache` goes without",
    },
    OwnCode {
        code: "cache.unsafe",
        meaning: "the folder of the token cache could be read or replaced by others",
        next: "make it yours alone, `chmod 700`, or go without: `--no-cache`",
    },
    OwnCode {
        code: "exec.cannot_run",
        meaning: "the command is there and cannot be run",
        next: "check that it is a program, and that you may run it",
    },
    OwnCode {
        code: "exec.not_found",
        meaning: "there is no such command",
        next: "check its name, and PATH",
    },
    OwnCode {
        code: "interrupted",
        meaning: "somebody interrupted the program at a question",
        next: "run it again",
    },
    OwnCode {
        code: "io.changed",
        meaning: "a record file was changed while it was being sent; the rest of it was not sent",
        next: "find out what writes to the file, then look at the rows that were not sent",
    },
    OwnCode {
        code: "io.encoding",
        meaning: "a file is not text in UTF-8, or not of the form that is read",
        next: "save the file as UTF-8",
    },
    OwnCode {
        code: "io.exists",
        meaning: "a file of that name is there, and nothing is overwritten",
        next: "choose another name, or move the file away",
    },
    OwnCode {
        code: "io.not_socket",
        meaning: "something else than a socket stands at the socket's path",
        next: "move it away, or choose another path",
    },
    OwnCode {
        code: "io.random",
        meaning: "this machine has no random numbers to give",
        next: "check that the system's random generator works",
    },
    OwnCode {
        code: "io.read",
        meaning: "a file cannot be read",
        next: "check the path, and who may read the file",
    },
    OwnCode {
        code: "io.socket_folder",
        meaning: "the folder of the socket cannot be used, or others can write to it",
        next: "choose a folder of your own, such as `$XDG_RUNTIME_DIR`",
    },
    OwnCode {
        code: "io.stdout",
        meaning: "the result could not be written to standard output",
        next: "check where it goes: a full disk, a closed pipe",
    },
    OwnCode {
        code: "io.too_large",
        meaning: "a file is larger than is read",
        next: "check that it is the right file",
    },
    OwnCode {
        code: "io.resources",
        meaning: "the system refuses the process a thread or a descriptor",
        next: "raise the limits of processes and of open files: `ulimit -u`, `ulimit -n`",
    },
    OwnCode {
        code: "io.write",
        meaning: "a file cannot be written",
        next: "check that the folder exists, and that you may write there",
    },
    OwnCode {
        code: "usage.conflict",
        meaning: "two arguments cannot be used together",
        next: "leave one of them out",
    },
    OwnCode {
        code: "usage.missing",
        meaning: "an argument is missing",
        next: "add it; `--help` shows how",
    },
    OwnCode {
        code: "usage.record",
        meaning: "the record is no JSON object",
        next: "write it as `{\"Name\": \"Acme\"}`",
    },
    OwnCode {
        code: "usage.records",
        meaning: "a record file does not fit the rules of record files; nothing was sent",
        next: "fix the rows that the error names; `--dry-run` checks the file alone",
    },
    OwnCode {
        code: "usage.resume",
        meaning: "there is no journal to continue a load with, or it is about something else",
        next: "continue with the same file, options and org, or begin a new load without `--resume`",
    },
    OwnCode {
        code: "usage.secret_in_argv",
        meaning: "a secret was given as an argument, where every user of the machine can read it",
        next: "give it in a file, by standard input or in a variable, and make a new one",
    },
    OwnCode {
        code: "usage.unknown",
        meaning: "there is no such command or argument",
        next: "see `--help`",
    },
    OwnCode {
        code: "usage.value",
        meaning: "an argument does not take this value",
        next: "write it as the error says, or see `--help`",
    },
];
