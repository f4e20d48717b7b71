//! Collections of mails that break parsers, which the tests pour through the desk: those that Python tests its mail
//! library with, and those that our own parser ships.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::cargo;
use crate::steps::say;

/// A Debian package holds them. It is only unpacked, never installed, so anybody may do it.
const PYTHON_PACKAGES: [&str; 3] = ["libpython3.11-testsuite", "libpython3.13-testsuite", "libpython3.12-testsuite"];
const PYTHON_FOLDER: &str = "test/test_email/data";
const PARSER_PACKAGE: &str = "mail-parser";

pub fn find_or_fetch() -> Result<Vec<(&'static str, String)>> {
    let python = python_mails()?;
    let parser = parser_mails()?;
    Ok(vec![
        ("WATCHDESK_TEST_MAILS_PYTHON", python.display().to_string()),
        ("WATCHDESK_TEST_MAILS_PARSER", parser.display().to_string()),
    ])
}

fn parser_mails() -> Result<PathBuf> {
    let metadata = cargo::metadata()?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let package = packages.iter().find(|package| package["name"] == PARSER_PACKAGE);
    let manifest =
        package.and_then(|package| package["manifest_path"].as_str()).context("mail-parser is not in the lock file")?;
    let folder = Path::new(manifest).with_file_name("resources").join("eml");
    if !folder.is_dir() {
        bail!("{PARSER_PACKAGE} no longer ships its mails in {}", folder.display());
    }
    say(&format!("mails of {PARSER_PACKAGE}: {}", folder.display()));
    Ok(folder)
}

fn python_mails() -> Result<PathBuf> {
    let unpacked = cargo::workspace_root().join("target/mail-collections");
    if let Some(folder) = find_python_folder(&unpacked) {
        say(&format!("mails of Python: {}", folder.display()));
        return Ok(folder);
    }
    std::fs::create_dir_all(&unpacked).with_context(|| format!("cannot create {}", unpacked.display()))?;
    for package in PYTHON_PACKAGES {
        if fetch(package, &unpacked)? {
            break;
        }
    }
    let Some(folder) = find_python_folder(&unpacked) else {
        bail!(
            "Python's test mails are missing, and `apt-get download` brought none of {}.\nUnpack that Debian package into {} with `dpkg -x` and run this again",
            PYTHON_PACKAGES.join(", "),
            unpacked.display()
        );
    };
    say(&format!("mails of Python: {}", folder.display()));
    Ok(folder)
}

/// `usr/lib/python3.N/test/test_email/data` below the folder.
fn find_python_folder(unpacked: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(unpacked.join("usr/lib")).ok()?;
    versions.flatten().map(|version| version.path().join(PYTHON_FOLDER)).find(|folder| folder.is_dir())
}

/// Package lists may be older than the archive; they are refreshed where that is allowed.
const FETCH: &str = r#"
set -eu
cd "$2"
apt-get download "$1" || { apt-get update && apt-get download "$1"; }
for package in "$1"_*.deb; do
    dpkg -x "$package" .
    rm -f -- "$package"
done
"#;

fn fetch(package: &str, into: &Path) -> Result<bool> {
    say(&format!("$ apt-get download {package}"));
    let mut command = Command::new("sh");
    command.args(["-c", FETCH, "fetch", package]).arg(into).stdin(Stdio::null());
    Ok(command.status().context("cannot start a shell")?.success())
}
