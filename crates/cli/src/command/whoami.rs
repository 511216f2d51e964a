//! The logged-in user.

use orgtoken_rest::{Object, Value};

use crate::args::Caller;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::table::{Row, table};
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
    let text = Option::as_deref;
    let values = [
        ("username", "user", text(&user.username)),
        ("name", "name", text(&user.name)),
        ("email", "email", text(&user.email)),
        ("user_id", "user id", text(&user.user_id)),
        ("org_id", "org id", text(&user.org_id)),
        ("user_type", "type", text(&user.user_type)),
        ("instance_url", "instance", Some(&*instance_url)),
        ("api_version", "api version", Some(&*api_version)),
    ];
    let value = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    let document = Object::from_iter(values.map(|(name, _, text)| (name.to_owned(), value(text))));
    let rows = values.into_iter().filter_map(|(_, name, text)| Some(Row::new(name, text?)));
    Ok(console.result(&document, || table(rows, console.look()))?)
}
