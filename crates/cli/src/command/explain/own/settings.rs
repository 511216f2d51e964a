//! Settings and addresses.

use super::OwnCode;

pub(super) const CODES: &[OwnCode] = &[
    OwnCode {
        code: "settings.access_token",
        meaning: "the variable SF_ACCESS_TOKEN is not an access token, or the URL of its org is not set",
        next: "set SF_INSTANCE_URL beside it, or name a login with `--profile`",
    },
    OwnCode {
        code: "settings.allow_groups",
        meaning: "a group that may ask for tokens does not exist on this machine",
        next: "correct `allow_groups`, or give the number of the group",
    },
    OwnCode {
        code: "settings.allow_users",
        meaning: "a user who may ask for tokens does not exist on this machine",
        next: "correct `allow_users`, or give the number of the user",
    },
    OwnCode {
        code: "settings.bearer",
        meaning: "the bearer token of the service is too short, or no visible ASCII",
        next: "make one of 32 characters or more, such as `openssl rand -hex 32` does",
    },
    OwnCode {
        code: "settings.cache",
        meaning: "the address of the token cache is none that can be used",
        next: "write it as `redis://host:port` or `rediss://host:port`",
    },
    OwnCode {
        code: "settings.conflict",
        meaning: "two settings exclude each other",
        next: "keep one of the two",
    },
    OwnCode {
        code: "settings.duplicate",
        meaning: "a name stands twice, and which one counts is not for a program to guess",
        next: "keep one of them",
    },
    OwnCode {
        code: "settings.empty",
        meaning: "the settings are empty",
        next: "give an Onify record or a profile; `orgtoken setup` leads from nothing to a token",
    },
    OwnCode {
        code: "settings.encoding",
        meaning: "the settings are not text in UTF-8",
        next: "save the file as UTF-8",
    },
    OwnCode {
        code: "settings.exists",
        meaning: "the profile is there already and says otherwise, and nothing is overwritten",
        next: "change config.toml by hand, or name another `--profile`",
    },
    OwnCode {
        code: "settings.home",
        meaning: "there is no folder in which config.toml could be",
        next: "set HOME or XDG_CONFIG_HOME to a full path",
    },
    OwnCode {
        code: "settings.hub_address",
        meaning: "the Hub's address is none, or holds a user name or a password",
        next: "give it as https://hub.acme.com",
    },
    OwnCode {
        code: "settings.hub_record",
        meaning: "the Hub has no setting of that key",
        next: "name it with `--settings-key`, or add it at /admin/settings of the Hub",
    },
    OwnCode {
        code: "settings.hub_status",
        meaning: "the Hub answered with neither the record nor a refusal",
        next: "check that the address is the Hub's API, and no redirect to it",
    },
    OwnCode {
        code: "settings.hub_token",
        meaning: "there is no token for the Hub, or the Hub refused it",
        next: "put one into ORGTOKEN_HUB_TOKEN, of a user who has a role of the setting",
    },
    OwnCode {
        code: "settings.json",
        meaning: "the record is not JSON",
        next: "correct it at the line and column that the error names",
    },
    OwnCode {
        code: "settings.listen",
        meaning: "the service would listen where other machines reach it",
        next: "choose an address such as 127.0.0.1:8080",
    },
    OwnCode {
        code: "settings.missing",
        meaning: "a setting that a login needs is nowhere",
        next: "add it; `orgtoken settings check` shows what is there and where it came from",
    },
    OwnCode {
        code: "settings.permissions",
        meaning: "other users may write config.toml, or its folder",
        next: "take their right to write away: `chmod go-w` with the path that the error names",
    },
    OwnCode {
        code: "settings.placeholder",
        meaning: "a placeholder was left in where a value should be",
        next: "put the value in its place",
    },
    OwnCode {
        code: "settings.profile",
        meaning: "there is no profile of that name, or several, and none was named",
        next: "name one of config.toml with `--profile`",
    },
    OwnCode {
        code: "settings.read",
        meaning: "a file or variable that the settings name cannot be read",
        next: "check the name, and who may read it",
    },
    OwnCode {
        code: "settings.shape",
        meaning: "the JSON is not of the form that a record has",
        next: "give one object with the settings; `orgtoken settings schema` describes it",
    },
    OwnCode {
        code: "settings.socket",
        meaning: "the path of the socket is longer than the system takes",
        next: "choose a shorter path",
    },
    OwnCode {
        code: "settings.swapped",
        meaning: "a value stands where another one belongs",
        next: "put it where the error says",
    },
    OwnCode {
        code: "settings.toml",
        meaning: "config.toml is not TOML",
        next: "correct it at the line that the error names",
    },
    OwnCode {
        code: "settings.too_large",
        meaning: "a value, or the whole file, is longer than any that is right",
        next: "check that it is the right value or file",
    },
    OwnCode {
        code: "settings.type",
        meaning: "a value has another type than it should",
        next: "write it as the error says",
    },
    OwnCode {
        code: "settings.unknown",
        meaning: "there is no setting of that name",
        next: "correct or remove it; `orgtoken settings schema` has the names",
    },
    OwnCode {
        code: "settings.value",
        meaning: "a value is none that the setting can have",
        next: "write it as the error says",
    },
    OwnCode {
        code: "url.allowed_host",
        meaning: "an entry of the allowed hosts is no host",
        next: "write it as `acme.example` or `127.0.0.1:8443`, without `https://`",
    },
    OwnCode {
        code: "url.audience",
        meaning: "the audience does not fit the token endpoint, or is no host of Salesforce",
        next: "leave the audience out",
    },
    OwnCode {
        code: "url.host",
        meaning: "the host is not one to which an assertion may be sent",
        next: "give the My Domain of the org, as in `https://acme.my.salesforce.com`",
    },
    OwnCode {
        code: "url.path",
        meaning: "the URL goes on after the host",
        next: "give only what the error names",
    },
    OwnCode {
        code: "url.port",
        meaning: "the URL names a port, and Salesforce answers on 443 only",
        next: "remove the port",
    },
    OwnCode {
        code: "url.scheme",
        meaning: "the URL does not begin with `https://`",
        next: "write it as `https://acme.my.salesforce.com`",
    },
    OwnCode {
        code: "url.syntax",
        meaning: "the URL is empty, or has a character that does not belong there",
        next: "write it as `https://acme.my.salesforce.com`",
    },
    OwnCode {
        code: "url.userinfo",
        meaning: "the URL has a user name or password before the host",
        next: "remove everything between `https://` and the host",
    },
];
