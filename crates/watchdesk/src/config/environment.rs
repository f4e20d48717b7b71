//! `WATCHDESK_SMTP__URL=...` and `WATCHDESK_SMTP__URL_FILE=...`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::config::ConfigError;

const PREFIX: &str = "WATCHDESK_";
/// Variables of the test bench; they configure nothing.
fn is_of_the_test_bench(name: &str) -> bool {
    name.starts_with("WATCHDESK_TEST_") || name == "WATCHDESK_BIN"
}

pub(super) fn read() -> Result<Value, ConfigError> {
    #[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
    let variables = std::env::vars().filter(|(name, _)| name.starts_with(PREFIX) && !is_of_the_test_bench(name));
    values(variables.collect())
}

fn values(variables: BTreeMap<String, String>) -> Result<Value, ConfigError> {
    let mut root = Map::new();
    for (variable, text) in variables {
        let (name, text) = match variable.strip_suffix("_FILE") {
            Some(name) => (name.to_owned(), secret_in(&variable, PathBuf::from(text))?),
            None => (variable, text),
        };
        let key = name[PREFIX.len()..].to_ascii_lowercase();
        let path: Vec<&str> = key.split("__").collect();
        insert(&mut root, &path, scalar(&text));
    }
    Ok(Value::Object(root))
}

/// What stands in a file that a variable or a key names, without the end of its last line.
pub(super) fn secret_in(variable: &str, path: PathBuf) -> Result<String, ConfigError> {
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => {
            Err(ConfigError::SecretUnreadable { variable: variable.to_owned(), path, why: error.to_string() })
        }
    }
}

/// Numbers and lists where they look like them; everything else is text.
fn scalar(text: &str) -> Value {
    if let Some(list) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let items = list.split(',').map(|item| item.trim().trim_matches('"')).filter(|item| !item.is_empty());
        return Value::Array(items.map(|item| Value::String(item.to_owned())).collect());
    }
    match text.parse::<u64>() {
        Ok(number) => Value::from(number),
        Err(_) => Value::String(text.to_owned()),
    }
}

fn insert(map: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [last] => {
            map.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let inner = map.entry((*first).to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_underscores_are_a_level_and_files_hold_secrets() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secret");
        std::fs::write(&file, "smtps://desk:word@mail.example.cn\n").expect("a file");
        let variables = [
            ("WATCHDESK_INTAKE__SMTP__LISTEN".to_owned(), "127.0.0.1:2525".to_owned()),
            ("WATCHDESK_SMTP__URL_FILE".to_owned(), file.display().to_string()),
            ("WATCHDESK_WORKERS__MAIL_CONCURRENCY".to_owned(), "3".to_owned()),
        ];
        let values = values(variables.into()).expect("values");
        assert_eq!(values["intake"]["smtp"]["listen"], "127.0.0.1:2525");
        assert_eq!(values["smtp"]["url"], "smtps://desk:word@mail.example.cn");
        assert_eq!(values["workers"]["mail_concurrency"], 3);
    }

    #[test]
    fn a_secret_file_that_is_not_there_is_named() {
        let variables = [("WATCHDESK_SMTP__URL_FILE".to_owned(), "/no/such/file".to_owned())];
        let error = values(variables.into()).expect_err("no file").to_string();
        assert!(error.contains("WATCHDESK_SMTP__URL_FILE") && error.contains("/no/such/file"), "{error}");
    }
}
