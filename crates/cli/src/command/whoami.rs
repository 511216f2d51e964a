//! The logged-in user.

use orgtoken_oauth::session::UserInfo;
use serde::Serialize;

use crate::args::Caller;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::table::Row;
use crate::login::resolved_login;
use crate::runtime::wait_for;

/// Show the logged-in user and the org
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    caller: Caller,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let (org, api_version) = resolved_login::org(&args.caller, console)?;
    let api_version = api_version.to_string();
    let (user, instance_url) = wait_for(async {
        let user = org.userinfo().await?;
        Ok::<_, Failure>((user, org.url().await?))
    })?;
    let identity = Identity { user: &user, instance_url: &instance_url, api_version: &api_version };
    if console.json() {
        return Ok(console.document(&identity.document())?);
    }
    Ok(console.table(identity.rows())?)
}

/// The user from the org, with values from the settings.
struct Identity<'a> {
    user: &'a UserInfo,
    instance_url: &'a str,
    api_version: &'a str,
}

impl<'a> Identity<'a> {
    fn rows(&self) -> Vec<Row> {
        let user = self.user;
        let user_rows = [
            ("user", &user.username),
            ("name", &user.name),
            ("email", &user.email),
            ("user id", &user.user_id),
            ("org id", &user.org_id),
            ("type", &user.user_type),
        ];
        let user_rows =
            user_rows.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        let own = [("instance", self.instance_url), ("api version", self.api_version)];
        user_rows.chain(own).map(|(name, value)| Row::new(name, value)).collect()
    }

    fn document(&self) -> Document<'a> {
        Document {
            username: self.user.username.as_deref(),
            name: self.user.name.as_deref(),
            email: self.user.email.as_deref(),
            user_id: self.user.user_id.as_deref(),
            org_id: self.user.org_id.as_deref(),
            user_type: self.user.user_type.as_deref(),
            instance_url: self.instance_url,
            api_version: self.api_version,
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    username: Option<&'a str>,
    name: Option<&'a str>,
    email: Option<&'a str>,
    user_id: Option<&'a str>,
    org_id: Option<&'a str>,
    user_type: Option<&'a str>,
    instance_url: &'a str,
    api_version: &'a str,
}
