//! What the tests print documents with: a browser, a reader of PDF, and a Chinese font.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::packages::{self, Package};
use crate::postgres::folders_of_path;
use crate::steps::say;

struct Needed {
    what: &'static str,
    is_here: fn() -> bool,
    package: Package,
}

const NEEDED: [Needed; 3] = [
    Needed {
        what: "Chromium",
        is_here: || BROWSERS.iter().any(|name| in_path(name).is_some()),
        package: Package {
            debian: "chromium",
            by_hand: &[
                ("Debian", "sudo apt-get install chromium"),
                ("Fedora, RHEL", "sudo dnf install chromium"),
                ("Arch", "sudo pacman -S chromium"),
                ("Ubuntu", "https://www.google.com/chrome (its package is a snap and sees no private folders)"),
            ],
            while_installing: None,
        },
    },
    Needed {
        what: "pdftotext",
        is_here: || in_path("pdftotext").is_some(),
        package: Package {
            debian: "poppler-utils",
            by_hand: &[
                ("Debian, Ubuntu", "sudo apt-get install poppler-utils"),
                ("Fedora, RHEL", "sudo dnf install poppler-utils"),
                ("Arch", "sudo pacman -S poppler"),
                ("macOS", "brew install poppler"),
            ],
            while_installing: None,
        },
    },
    Needed {
        what: "a Chinese font",
        is_here: has_chinese_font,
        package: Package {
            debian: "fonts-wqy-microhei",
            by_hand: &[
                ("Debian, Ubuntu", "sudo apt-get install fonts-wqy-microhei"),
                ("Fedora, RHEL", "sudo dnf install wqy-microhei-fonts"),
                ("Arch", "sudo pacman -S wqy-microhei"),
            ],
            while_installing: None,
        },
    },
];

/// As the tests look for them.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Names everything that is missing, not only the first.
pub fn find_or_install() -> Result<()> {
    let missing: Vec<String> =
        NEEDED.iter().filter_map(|needed| one(needed).err()).map(|it| format!("{it:#}")).collect();
    if missing.is_empty() { Ok(()) } else { bail!("{}", missing.join("\n")) }
}

fn one(needed: &Needed) -> Result<()> {
    if (needed.is_here)() {
        return Ok(());
    }
    say(&format!("{} is not here, so it has to be installed", needed.what));
    packages::install(&needed.package).map_err(|error| error.context(format!("{} is missing", needed.what)))?;
    if (needed.is_here)() {
        return Ok(());
    }
    bail!("{} is not found even after its package was installed.\n{}", needed.what, packages::by_hand(&needed.package))
}

fn in_path(name: &str) -> Option<PathBuf> {
    folders_of_path().into_iter().map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A machine that cannot say which fonts it has has none that we know of.
fn has_chinese_font() -> bool {
    let asked = Command::new("fc-list").args([":lang=zh", "family"]).stderr(Stdio::null()).output();
    asked.is_ok_and(|said| said.status.success() && !said.stdout.trim_ascii().is_empty())
}
