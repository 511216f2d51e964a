//! `cargo xtask book`: builds the book in `docs/`. `cargo xtask tidy` checks its pages and links.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::build;
use crate::summary::leave_out;
use crate::tools::tool;

/// Builds the book into `target/book`. If mdBook cannot be built, for example without a network, the
/// book is left out. In the pipeline that is a failure.
pub(crate) fn book(sh: &Shell) -> Result<()> {
    let mdbook = match tool(sh, "mdbook") {
        Ok(mdbook) => mdbook,
        Err(reason) => {
            return leave_out("book", &format!("mdBook cannot be built: {reason:#}"));
        }
    };
    let out = build::target_folder(sh)?.join("book");
    cmd!(sh, "{mdbook} build --dest-dir {out}").run()?;
    println!("the book is in {}", out.display());
    Ok(())
}
