//! Permissions of the files of private keys, passphrases and tokens, of records with a private key
//! and of `config.toml`. The rules are those of OpenSSH.

use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;
use zeroize::Zeroizing;

use super::{Fault, InputError, Kind};
use crate::io::text::quoted;

/// Reads a passphrase file, if no other user can have read or replaced it. Owner and mode are those
/// of the opened file.
pub(crate) fn read_passphrase(path: &Path) -> Result<Zeroizing<Vec<u8>>, InputError> {
    read_secret(path, Kind::Key, "passphrase file")
}

/// Reads a bearer file of the token service, by the same rules.
pub(crate) fn read_bearer(path: &Path) -> Result<Zeroizing<Vec<u8>>, InputError> {
    read_secret(path, Kind::Settings, "bearer file")
}

/// Reads the file with the token for the Hub, by the same rules.
pub(crate) fn read_hub_token(path: &Path) -> Result<Zeroizing<Vec<u8>>, InputError> {
    read_secret(path, Kind::Settings, "file of the Hub's token")
}

fn read_secret(
    path: &Path,
    kind: Kind,
    what: &'static str,
) -> Result<Zeroizing<Vec<u8>>, InputError> {
    let (bytes, unsafe_file) = read_with_permissions(path, kind)?;
    unsafe_file.map_or(Ok(()), |file| file.refuse(kind, what))?;
    Ok(bytes)
}

/// Reads `config.toml`, which names commands to run and hosts to send assertions to. No other user
/// may have written or replaced it.
pub(crate) fn read_config(path: &Path) -> Result<Zeroizing<Vec<u8>>, InputError> {
    let file = super::open(path, Kind::Settings)?;
    let metadata = file.metadata().map_err(|error| InputError::os(Kind::Settings, path, error))?;
    if metadata.is_file() {
        refuse_foreign_writers(path, &metadata)?;
        let real = path.canonicalize().unwrap_or_else(|_| path.into());
        for folder in [path, &real].into_iter().filter_map(Path::parent) {
            let found =
                folder.metadata().map_err(|error| InputError::os(Kind::Settings, folder, error))?;
            // In a sticky folder, users cannot replace files of others.
            if found.mode() & STICKY == 0 {
                refuse_foreign_writers(folder, &found)?;
            }
        }
    }
    super::read_open(file, path, Kind::Settings)
}

fn refuse_foreign_writers(path: &Path, metadata: &Metadata) -> Result<(), InputError> {
    let me = rustix::process::geteuid().as_raw();
    let is_private = |group| {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        is_private_group(group, me, &text("/etc/passwd"), &text("/etc/group"))
    };
    let fault = write_fault(metadata.uid(), metadata.mode(), me, || is_private(metadata.gid()));
    let what = if metadata.is_dir() { "folder" } else { "file" };
    let unsafe_file = |fault| InputError::new(Kind::Settings, path, Fault::Unsafe { what, fault });
    fault.map_or(Ok(()), |fault| Err(unsafe_file(fault)))
}

fn write_fault(
    owner: u32,
    mode: u32,
    me: u32,
    group_is_private: impl FnOnce() -> bool,
) -> Option<FileFault> {
    if owner != me && owner != ROOT {
        Some(FileFault::ForeignConfig)
    } else if mode & 0o002 != 0 || (mode & 0o020 != 0 && !group_is_private()) {
        Some(FileFault::Writable { mode: mode & 0o7777 })
    } else {
        None
    }
}

/// Whether the user is the only member of the group, as with user private groups.
fn is_private_group(group: u32, user: u32, passwd: &str, groups: &str) -> bool {
    let number = |field: Option<&&str>| field.and_then(|field| field.parse::<u32>().ok());
    let users: Vec<Vec<&str>> = passwd.lines().map(|line| line.split(':').collect()).collect();
    let mut members = users.iter().filter(|fields| number(fields.get(3)) == Some(group));
    let (Some(member), None) = (members.next(), members.next()) else { return false };
    let name = member.first().copied().unwrap_or_default();
    let mut listed = groups
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .filter(|fields| number(fields.get(2)) == Some(group))
        .flat_map(|fields| fields.get(3).copied().unwrap_or_default().split(','))
        .filter(|listed| !listed.is_empty());
    number(member.get(2)) == Some(user) && listed.all(|listed| listed == name)
}

/// Reads a file. The caller refuses an unsafe file if it contains a secret.
pub(crate) fn read_with_permissions(
    path: &Path,
    kind: Kind,
) -> Result<(Zeroizing<Vec<u8>>, Option<UnsafeFile>), InputError> {
    // The mode of standard input and pipes has no meaning.
    if super::is_stdin(path) {
        return Ok((super::read(path, kind)?, None));
    }
    let file = super::open(path, kind)?;
    let metadata = file.metadata().map_err(|error| InputError::os(kind, path, error))?;
    let unsafe_file = if metadata.is_file() { unsafe_file(path, &file, &metadata) } else { None };
    Ok((super::read_open(file, path, kind)?, unsafe_file))
}

fn unsafe_file(path: &Path, file: &File, metadata: &Metadata) -> Option<UnsafeFile> {
    let me = rustix::process::geteuid().as_raw();
    let fault = fault(path, metadata, me)?;
    let is_managed = path.canonicalize().is_ok_and(|path| path.starts_with("/run/secrets"))
        || is_managed(metadata.uid(), metadata.mode(), me, Mount::of(file));
    Some(UnsafeFile { path: path.into(), fault, is_managed })
}

/// Returns the reason why others may have read or replaced the file of user `me`.
fn fault(path: &Path, metadata: &Metadata, me: u32) -> Option<FileFault> {
    let mode = metadata.mode() & 0o7777;
    if metadata.uid() != me && metadata.uid() != ROOT {
        Some(FileFault::Foreign)
    } else if mode & 0o077 != 0 {
        Some(FileFault::Readable { mode })
    } else if is_replaceable(path) {
        Some(FileFault::Replaceable)
    } else {
        None
    }
}

/// Whether every user may replace the file. In a sticky folder such as `/tmp` they may not.
fn is_replaceable(path: &Path) -> bool {
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return false,
    };
    folder.metadata().is_ok_and(|folder| folder.mode() & (STICKY | 0o002) == 0o002)
}

/// Whether root provides the file and this user cannot change it: a mount of a container platform
/// or of systemd, or a file of the user's group.
fn is_managed(owner: u32, mode: u32, me: u32, mount: Mount) -> bool {
    let may_change = !mount.read_only && (me == ROOT || mode & 0o022 != 0);
    let is_of_platform = mount.read_only || mount.in_memory;
    owner == ROOT && !may_change && (is_of_platform || mode & 0o007 == 0)
}

/// The file system of a file.
#[derive(Clone, Copy, Default)]
struct Mount {
    read_only: bool,
    in_memory: bool,
}

impl Mount {
    fn of(file: &File) -> Self {
        let read_only = rustix::fs::fstatvfs(file)
            .is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::RDONLY));
        Self { read_only, in_memory: is_in_memory(file) }
    }
}

#[cfg(target_os = "linux")]
fn is_in_memory(file: &File) -> bool {
    const RAMFS: u32 = 0x8584_58f6;
    const TMPFS: u32 = 0x0102_1994;
    // Width and sign of the field depend on the processor.
    rustix::fs::fstatfs(file).is_ok_and(|found| [RAMFS, TMPFS].contains(&(found.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn is_in_memory(_: &File) -> bool {
    false
}

/// A file that others may have read or replaced.
#[derive(Debug)]
pub(crate) struct UnsafeFile {
    path: PathBuf,
    fault: FileFault,
    is_managed: bool,
}

impl UnsafeFile {
    /// Refuses a file with a secret, or warns about it if root manages it.
    pub(crate) fn refuse(self, kind: Kind, what: &'static str) -> Result<(), InputError> {
        let Self { path, fault, is_managed } = self;
        let error = InputError { kind, path, fault: Fault::Unsafe { what, fault } };
        if !is_managed {
            return Err(error);
        }
        tracing::warn!("{error}");
        Ok(())
    }
}

/// An unsafe owner, mode or folder of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileFault {
    /// Another user owns the file.
    #[error("belongs to another user")]
    Foreign,
    /// The same of `config.toml` or its folder.
    #[error("belongs to another user")]
    ForeignConfig,
    /// Group or others can read the file.
    #[error("is open to other users (mode {mode:04o})")]
    Readable { mode: u32 },
    /// Every user can replace the file.
    #[error("is in a world-writable folder")]
    Replaceable,
    /// Group or others can write the file.
    #[error("can be changed by other users (mode {mode:04o})")]
    Writable { mode: u32 },
}

impl FileFault {
    pub(super) fn remedy(self, what: &str, path: &Path) -> String {
        let path = quoted(path);
        let remedy = match self {
            Self::Foreign => format!("copy it to a file that you own: install -m 600 {path} ~/"),
            Self::ForeignConfig => "use a file and folder that belong to you; XDG_CONFIG_HOME \
                names another folder"
                .into(),
            Self::Readable { .. } => format!("run: chmod 600 {path}"),
            Self::Replaceable => "move it to a folder that only you can write to".into(),
            Self::Writable { .. } => format!("run: chmod go-w {path}"),
        };
        match what {
            KEY_IN_RECORD => format!("{remedy}, or pass it as `--settings - < {path}`"),
            _ => remedy,
        }
    }
}

/// A private key in a record.
pub(crate) const KEY_IN_RECORD: &str = "private key in record";
const ROOT: u32 = 0;
const STICKY: u32 = 0o1000;

#[cfg(test)]
mod tests;
