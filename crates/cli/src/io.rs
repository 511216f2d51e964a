//! The terminal and files: results, messages, questions, and the reading and writing of files.

pub(crate) mod console;
pub(crate) mod input;
pub(crate) mod jq;
pub(crate) mod json;
pub(crate) mod log;
pub(crate) mod look;
pub(crate) mod new_file;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod stderr;
pub(crate) mod table;
pub(crate) mod text;
