//! What we depend on, held against `deny.toml` without a network: licences, banned crates, sources.
//!
//! Only the part of `deny.toml` that needs no advisory database is judged here, with the meaning that cargo-deny
//! gives it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use toml::Table;

use crate::cargo;
use crate::spdx;
use crate::steps::say;

const POLICY_FILE: &str = "deny.toml";

struct Policy {
    licences: BTreeSet<String>,
    /// Licences that only the named crate may have.
    exceptions: BTreeMap<String, BTreeSet<String>>,
    bans: Vec<Ban>,
    registries: BTreeSet<String>,
}

struct Ban {
    name: String,
    /// Without it every version is banned.
    below: Option<Version>,
    reason: String,
}

type Version = (u64, u64, u64);

struct Package {
    name: String,
    version: String,
    licence: Option<String>,
    /// None for our own.
    source: Option<String>,
}

pub fn check() -> Result<()> {
    let path = cargo::workspace_root().join(POLICY_FILE);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let policy = read_policy(&text).with_context(|| format!("{POLICY_FILE} cannot be used"))?;
    let packages = read_packages(&cargo::metadata()?)?;
    let complaints: Vec<String> = packages.iter().flat_map(|package| complaints(package, &policy)).collect();
    if !complaints.is_empty() {
        bail!("{POLICY_FILE} does not allow\n  {}", complaints.join("\n  "));
    }
    say(&format!("{} packages are as {POLICY_FILE} wants them", packages.len()));
    Ok(())
}

fn complaints(package: &Package, policy: &Policy) -> Vec<String> {
    let what_is_wrong =
        [licence_complaint(package, policy), ban_complaint(package, policy), source_complaint(package, policy)];
    what_is_wrong
        .into_iter()
        .flatten()
        .map(|complaint| format!("{} {}: {complaint}", package.name, package.version))
        .collect()
}

fn licence_complaint(package: &Package, policy: &Policy) -> Option<String> {
    let Some(licence) = &package.licence else {
        return Some("states no licence".to_owned());
    };
    let exceptions = policy.exceptions.get(&package.name);
    let accepted =
        |name: &str| policy.licences.contains(name) || exceptions.is_some_and(|allowed| allowed.contains(name));
    match spdx::acceptable(licence, &accepted) {
        Ok(true) => None,
        Ok(false) => Some(format!("licence `{licence}`")),
        Err(error) => Some(format!("licence `{licence}` cannot be read: {error}")),
    }
}

fn ban_complaint(package: &Package, policy: &Policy) -> Option<String> {
    let version = parse_version(&package.version)?;
    policy
        .bans
        .iter()
        .find(|ban| ban.name == package.name && ban.below.is_none_or(|bound| version < bound))
        .map(|ban| format!("banned: {}", ban.reason))
}

fn source_complaint(package: &Package, policy: &Policy) -> Option<String> {
    let source = package.source.as_ref()?;
    let known = source.strip_prefix("registry+").is_some_and(|registry| policy.registries.contains(registry));
    (!known).then(|| format!("comes from {source}"))
}

fn read_policy(text: &str) -> Result<Policy> {
    let policy: Table = text.parse()?;
    let exceptions = tables(&policy, "licenses", "exceptions")?;
    let bans = tables(&policy, "bans", "deny")?;
    Ok(Policy {
        licences: words(section(&policy, "licenses")?, "allow")?,
        exceptions: exceptions
            .into_iter()
            .map(|table| Ok((word(table, "crate")?, words(table, "allow")?)))
            .collect::<Result<_>>()?,
        bans: bans.into_iter().map(read_ban).collect::<Result<_>>()?,
        registries: words(section(&policy, "sources")?, "allow-registry")?,
    })
}

/// Of cargo-deny's package specs only `name` and `name:<1.2.3`; another form is an error, not ignored.
fn read_ban(table: &Table) -> Result<Ban> {
    let spec = word(table, "crate")?;
    let reason = word(table, "reason")?;
    let Some((name, requirement)) = spec.split_once(':') else {
        if spec.contains('@') {
            bail!("the ban of `{spec}` should be written as `name` or `name:<1.2.3`");
        }
        return Ok(Ban { name: spec, below: None, reason });
    };
    let below = requirement.strip_prefix('<').and_then(parse_version);
    let below = below.with_context(|| format!("the ban of `{spec}` should be written as `name` or `name:<1.2.3`"))?;
    Ok(Ban { name: name.to_owned(), below: Some(below), reason })
}

/// The three numbers, without pre-release and build.
fn parse_version(text: &str) -> Option<Version> {
    let numbers = text.split(['-', '+']).next()?;
    let mut parts = numbers.split('.').map(|part| part.parse().ok());
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}

fn section<'a>(policy: &'a Table, name: &str) -> Result<&'a Table> {
    policy.get(name).and_then(toml::Value::as_table).with_context(|| format!("there is no section [{name}]"))
}

fn tables<'a>(policy: &'a Table, name: &str, key: &str) -> Result<Vec<&'a Table>> {
    let Some(list) = section(policy, name)?.get(key) else {
        return Ok(Vec::new());
    };
    let list = list.as_array().with_context(|| format!("{name}.{key} is not a list"))?;
    list.iter()
        .map(|item| item.as_table().with_context(|| format!("{name}.{key} holds something else than tables")))
        .collect()
}

fn words(table: &Table, key: &str) -> Result<BTreeSet<String>> {
    let list = table.get(key).and_then(toml::Value::as_array).with_context(|| format!("`{key}` is not a list"))?;
    list.iter().map(|item| item.as_str().map(str::to_owned).with_context(|| format!("`{key}` holds {item}"))).collect()
}

fn word(table: &Table, key: &str) -> Result<String> {
    let value = table.get(key).and_then(toml::Value::as_str);
    value.map(str::to_owned).with_context(|| format!("`{key}` is missing in {{ {table} }}"))
}

fn read_packages(metadata: &Value) -> Result<Vec<Package>> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    packages.iter().map(read_package).collect()
}

fn read_package(package: &Value) -> Result<Package> {
    let text = |key: &str| package[key].as_str().map(str::to_owned);
    Ok(Package {
        name: text("name").context("a package without a name")?,
        version: text("version").context("a package without a version")?,
        licence: text("license"),
        source: text("source"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
        [licenses]
        allow = ["MIT"]
        exceptions = [{ crate = "odd", allow = ["MPL-2.0"] }]
        [bans]
        deny = [{ crate = "bad", reason = "is bad" }, { crate = "old:<0.37.0", reason = "is old" }]
        [sources]
        allow-registry = ["https://registry"]
    "#;

    fn check(name: &str, version: &str, licence: Option<&str>, source: Option<&str>, expected: &[&str]) {
        let package = Package {
            name: name.into(),
            version: version.into(),
            licence: licence.map(str::to_owned),
            source: source.map(str::to_owned),
        };
        assert_eq!(complaints(&package, &read_policy(POLICY).unwrap()), expected);
    }

    #[test]
    fn each_kind_of_complaint_is_made() {
        let ours = Some("registry+https://registry");
        check("fine", "1.0.0", Some("MIT OR GPL-3.0-only"), ours, &[]);
        check("own", "0.1.0", Some("MIT"), None, &[]);
        check("odd", "1.0.0", Some("MPL-2.0"), ours, &[]);
        check("even", "1.0.0", Some("MPL-2.0"), ours, &["even 1.0.0: licence `MPL-2.0`"]);
        check("none", "1.0.0", None, ours, &["none 1.0.0: states no licence"]);
        check("bad", "9.9.9", Some("MIT"), ours, &["bad 9.9.9: banned: is bad"]);
        check("old", "0.36.9", Some("MIT"), ours, &["old 0.36.9: banned: is old"]);
        check("old", "0.37.0", Some("MIT"), ours, &[]);
        check("away", "1.0.0", Some("MIT"), Some("git+https://x"), &["away 1.0.0: comes from git+https://x"]);
    }

    #[test]
    fn a_ban_in_another_form_is_an_error() {
        for spec in ["x@1.0.0", "x:>=1.0.0", "x:<1.0"] {
            let table: Table = format!("crate = \"{spec}\"\nreason = \"r\"").parse().unwrap();
            assert!(read_ban(&table).is_err(), "{spec}");
        }
    }

    #[test]
    fn the_policy_of_this_workspace_can_be_read() {
        let text = fs::read_to_string(cargo::workspace_root().join(POLICY_FILE)).unwrap();
        let policy = read_policy(&text).unwrap();
        assert!(policy.licences.contains("Apache-2.0"));
        assert!(policy.bans.iter().any(|ban| ban.name == "openssl"));
    }
}
