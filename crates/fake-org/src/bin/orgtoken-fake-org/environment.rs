use std::io::{self, Write};
use std::path::Path;

use orgtoken_fake_org::FakeOrg;

use crate::args::{Args, Form};

/// The variables that clients need to reach the org.
pub(crate) struct Environment(Vec<(&'static str, String)>);

impl Environment {
    /// Collects the variables of `orgtoken`, then those of other clients.
    pub(crate) fn new(args: &Args, org: &FakeOrg) -> Self {
        let url = org.url().to_owned();
        let host = org.address().to_owned();
        let user = args.user.first().map(|user| user.username().to_owned()).unwrap_or_default();
        let mut variables = vec![
            ("ORGTOKEN_USERNAME", user.clone()),
            ("ORGTOKEN_CLIENT_ID", args.client_id.clone()),
            ("ORGTOKEN_INSTANCE_URL", url.clone()),
            ("ORGTOKEN_LOGIN_URL", url.clone()),
            ("ORGTOKEN_ALLOW_HOSTS", host),
            ("SF_USERNAME", user),
            ("SF_CLIENT_ID", args.client_id.clone()),
            ("SF_LOGIN_URL", url.clone()),
            ("FAKE_ORG_URL", url),
        ];
        if let Some(file) = &args.new_key {
            let file = absolute(file);
            variables.push(("ORGTOKEN_PRIVATE_KEY_FILE", file.clone()));
            variables.push(("FAKE_ORG_KEY_FILE", file));
        }
        if let Some(file) = &args.https {
            let file = absolute(file);
            for name in CA_VARIABLES {
                variables.push((name, file.clone()));
            }
            variables.push(("FAKE_ORG_PROXY", org.proxy_url()));
        }
        Self(variables)
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Prints the variables in one write, so that a reader that waits for output gets all of it.
    pub(crate) fn print(&self, form: Form, org: &FakeOrg, out: &mut impl Write) -> io::Result<()> {
        let text = match form {
            Form::Env => {
                let line = |(name, value)| {
                    format!("export {name}={}\n", shlex::try_quote(value).unwrap_or_default())
                };
                self.variables().map(line).collect()
            }
            Form::Json => {
                let member = |(name, value): (&str, &str)| (name.to_owned(), value.into());
                let object = self.variables().map(member).collect();
                format!("{}\n", serde_json::Value::Object(object))
            }
            Form::Url => format!("{}\n", org.url()),
        };
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

fn absolute(file: &Path) -> String {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    absolute.to_string_lossy().into_owned()
}

/// Variables of orgtoken, OpenSSL, curl, Node, Python and our own.
const CA_VARIABLES: [&str; 6] = [
    "ORGTOKEN_CA_FILE",
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "FAKE_ORG_CA_FILE",
];
