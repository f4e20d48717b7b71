//! Who runs us, and as whom a server should run that refuses to run as root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Accounts that a server may borrow from root, in order of preference. Each needs an entry in the user database.
const SERVICE_ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// Any user may enter and create files, as in `/tmp`.
const ENTER_AND_WRITE_FOR_ALL: u32 = 0o003;
const ENTER_FOR_ALL: u32 = 0o001;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub user: u32,
    pub group: u32,
}

pub fn is_root() -> Result<bool> {
    Ok(id(&["-u"])?.context("`id -u` failed")? == 0)
}

/// The account a server should switch to: none for an ordinary user, who runs it as himself.
pub fn service_account() -> Result<Option<Account>> {
    if !is_root()? {
        return Ok(None);
    }
    for name in SERVICE_ACCOUNTS {
        if let (Some(user), Some(group)) = (id(&["-u", name])?, id(&["-g", name])?) {
            return Ok(Some(Account { name: name.to_owned(), user, group }));
        }
    }
    bail!(
        "PostgreSQL refuses to run as root, and none of the users {} exists to run it; run this as an ordinary user",
        SERVICE_ACCOUNTS.join(", ")
    )
}

/// Where throw-away folders are made. A server under another account must be able to reach its folder, which a
/// private `TMPDIR` would prevent, and to remove it, which needs a parent that all may write to.
pub fn temporary_folder(account: Option<&Account>) -> Result<PathBuf> {
    let own = own_temporary_folder();
    if account.is_none() {
        return Ok(own);
    }
    [own, PathBuf::from("/tmp"), PathBuf::from("/var/tmp")]
        .into_iter()
        .find(|folder| open_to_all(folder))
        .context("neither TMPDIR nor /tmp nor /var/tmp is a folder that every user may enter and write to")
}

#[expect(clippy::disallowed_methods, reason = "the one place that decides where throw-away folders are made")]
fn own_temporary_folder() -> PathBuf {
    std::env::temp_dir()
}

/// Whether any user may get to this file or folder.
pub fn reachable_by_all(path: &Path) -> bool {
    path.canonicalize().is_ok_and(|real| real.ancestors().all(|part| has_mode(part, ENTER_FOR_ALL)))
}

fn open_to_all(folder: &Path) -> bool {
    has_mode(folder, ENTER_AND_WRITE_FOR_ALL) && reachable_by_all(folder)
}

fn has_mode(path: &Path, wanted: u32) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & wanted == wanted)
}

/// `None` when there is no such user.
fn id(arguments: &[&str]) -> Result<Option<u32>> {
    let output = Command::new("id")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .context("cannot start `id`, which tells who runs us")?;
    if !output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(Some(text.trim().parse().with_context(|| format!("`id` wrote {text:?} instead of a number"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_who_does_not_exist_has_no_number() {
        assert_eq!(id(&["-u", "no-such-user-here"]).unwrap(), None);
        assert!(id(&["-u"]).unwrap().is_some());
    }

    #[test]
    fn a_folder_is_open_to_all_only_when_every_parent_is() {
        assert!(!open_to_all(Path::new("/no/such/folder")));
        assert!(reachable_by_all(Path::new("/")));
        assert!(!open_to_all(Path::new("/")), "only root may write there");
    }
}
