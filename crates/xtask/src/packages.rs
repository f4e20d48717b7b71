//! Installs a Debian package where we may, and otherwise says who has to install what.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::account::is_root;
use crate::steps::{CommandFailed, say};

pub struct Package {
    /// The name in Debian and its relatives.
    pub debian: &'static str,
    /// System and command, for a person.
    pub by_hand: &'static [(&'static str, &'static str)],
    /// A file that exists only while the package is being installed, to keep it from setting up what nobody wants.
    pub while_installing: Option<(&'static str, &'static str)>,
}

/// Arguments: the package, and optionally a file and its text. Stale package lists are better than none, so only
/// the installation decides.
const INSTALL: &str = r#"
set -eu
export DEBIAN_FRONTEND=noninteractive
if [ "$#" -eq 3 ] && [ ! -e "$2" ]; then
    mkdir -p "$(dirname "$2")"
    trap 'rm -f -- "$2"' EXIT
    printf '%s' "$3" >"$2"
fi
apt-get update || echo "the package lists could not be refreshed; going on with those at hand" >&2
apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "$1"
"#;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Root,
    Sudo,
    /// And why there is none.
    None(&'static str),
}

pub fn install(package: &Package) -> Result<()> {
    let mut command = match way()? {
        Way::Root => Command::new("sh"),
        Way::Sudo => sudo("sh"),
        Way::None(reason) => bail!("cannot be installed from here, because {reason}.\n{}", by_hand(package)),
    };
    say(&format!("$ apt-get install {}", package.debian));
    command.args(["-c", INSTALL, "install", package.debian]).stdin(Stdio::null());
    if let Some((file, text)) = package.while_installing {
        command.args([file, text]);
    }
    let status = command.status().context("cannot start the installation")?;
    if !status.success() {
        let failed = CommandFailed { command: format!("apt-get install {}", package.debian), status };
        return Err(anyhow::Error::new(failed).context(by_hand(package)));
    }
    Ok(())
}

/// How a person gets the package.
pub fn by_hand(package: &Package) -> String {
    let lines = package.by_hand.iter().map(|(system, command)| format!("  {system:<16}{command}\n"));
    format!("Install them and run this again:\n{}", lines.collect::<String>())
}

fn way() -> Result<Way> {
    let has_apt = succeeds(Command::new("apt-get").arg("--version"));
    let root = is_root()?;
    Ok(choose(has_apt, root, || succeeds(&mut sudo("true"))))
}

fn choose(has_apt: bool, root: bool, sudo_works: impl FnOnce() -> bool) -> Way {
    if !has_apt {
        Way::None("there is no apt-get on this machine")
    } else if root {
        Way::Root
    } else if sudo_works() {
        Way::Sudo
    } else {
        Way::None("you are not root, and sudo is not there or asks for a password")
    }
}

fn sudo(program: &str) -> Command {
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_needs_no_sudo_and_nobody_installs_without_apt() {
        assert_eq!(choose(true, true, || panic!("root does not ask sudo")), Way::Root);
        assert_eq!(choose(true, false, || true), Way::Sudo);
        assert!(matches!(choose(true, false, || false), Way::None(reason) if reason.contains("sudo")));
        assert!(matches!(choose(false, true, || true), Way::None(reason) if reason.contains("apt-get")));
    }

    #[test]
    fn the_words_for_a_person_name_each_system() {
        let package = Package { debian: "x", by_hand: &[("Debian", "apt-get install x")], while_installing: None };
        assert_eq!(by_hand(&package), "Install them and run this again:\n  Debian          apt-get install x\n");
    }
}
