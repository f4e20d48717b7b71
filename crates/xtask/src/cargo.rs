//! The cargo commands of the workshop.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::steps::{CommandFailed, say};

/// Variables of whoever runs us that would change what the tests see: our own configuration, and libpq's.
const PRIVATE_PREFIXES: [&str; 2] = ["WATCHDESK_", "PG"];

pub fn check_format() -> Result<()> {
    run(cargo(&["fmt", "--all", "--check"]))
}

pub fn check_lints() -> Result<()> {
    run(cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// `--no-fail-fast`, so that one broken crate does not hide the others.
pub fn test(watchdesk: &Path, variables: &[(&'static str, String)]) -> Result<()> {
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.env("WATCHDESK_BIN", watchdesk);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    run(command)
}

/// Builds all there is and says where the program is that the stories start.
pub fn build_watchdesk() -> Result<PathBuf> {
    let messages = output(cargo(&["build", "--workspace", "--message-format=json-render-diagnostics"]))?;
    let binary = executable_of(&messages, "watchdesk").context("cargo built no program `watchdesk`")?;
    say(&format!("the program under test is {}", binary.display()));
    Ok(binary)
}

pub fn metadata() -> Result<Value> {
    let text = output(cargo(&["metadata", "--format-version", "1", "--all-features"]))?;
    serde_json::from_str(&text).context("cargo metadata did not write JSON")
}

/// The folder of the root `Cargo.toml`.
pub fn workspace_root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root.pop();
    root
}

fn executable_of(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo_program());
    command.args(arguments).current_dir(workspace_root()).stdin(Stdio::null());
    forget_private_variables(&mut command);
    command
}

#[expect(clippy::disallowed_methods, reason = "cargo tells its children which cargo it is")]
fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

#[expect(clippy::disallowed_methods, reason = "takes variables away from children, whatever their values")]
pub fn forget_private_variables(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if PRIVATE_PREFIXES.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
}

fn run(mut command: Command) -> Result<()> {
    say(&format!("$ {}", shown(&command)));
    let status = command.status().with_context(|| format!("cannot start `{}`", shown(&command)))?;
    if !status.success() {
        bail!(CommandFailed { command: shown(&command), status });
    }
    Ok(())
}

/// What the command writes to its standard output; its complaints go straight to the reader.
fn output(mut command: Command) -> Result<String> {
    say(&format!("$ {}", shown(&command)));
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start `{}`", shown(&command)))?;
    if !output.status.success() {
        bail!(CommandFailed { command: shown(&command), status: output.status });
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` did not write UTF-8", shown(&command)))
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_the_messages_of_a_build() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"watchdesk"},"executable":null}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","target":{"name":"xtask"},"executable":"/t/debug/xtask"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"watchdesk"},"executable":"/t/debug/watchdesk"}"#,
        );
        assert_eq!(executable_of(messages, "watchdesk"), Some(PathBuf::from("/t/debug/watchdesk")));
        assert_eq!(executable_of(messages, "other"), None);
    }

    #[test]
    fn the_workspace_root_holds_the_lock_file() {
        assert!(workspace_root().join("Cargo.lock").is_file());
    }
}
