//! Message catalogues: flat keys, `{name}` for what is filled in, one file a language.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::LazyLock;

use tera::{Error, Kwargs, State, Tera, TeraResult};
use watchdesk_core::desk::Language;

use crate::TemplateError;
use crate::pages;
use crate::reader;

/// Files of ours that speak both languages; the pages' stand in [`pages::CATALOGUES`].
const PAIRS: [(Language, &str, &str); 10] = [
    (Language::English, "names.en", include_str!("../catalogues/names.en.toml")),
    (Language::Chinese, "names.zh-CN", include_str!("../catalogues/names.zh-CN.toml")),
    (Language::English, "mail.en", include_str!("../catalogues/mail.en.toml")),
    (Language::Chinese, "mail.zh-CN", include_str!("../catalogues/mail.zh-CN.toml")),
    (Language::English, "packet.en", include_str!("../catalogues/packet.en.toml")),
    (Language::Chinese, "packet.zh-CN", include_str!("../catalogues/packet.zh-CN.toml")),
    (Language::English, "explain.en", include_str!("../catalogues/explain.en.toml")),
    (Language::Chinese, "explain.zh-CN", include_str!("../catalogues/explain.zh-CN.toml")),
    (Language::English, "web.en", include_str!("../catalogues/web.en.toml")),
    (Language::Chinese, "web.zh-CN", include_str!("../catalogues/web.zh-CN.toml")),
];

/// Refusals speak English by themselves; see [`crate::refusal`].
const REFUSALS: (Language, &str, &str) =
    (Language::Chinese, "refusal.zh-CN", include_str!("../catalogues/refusal.zh-CN.toml"));

/// A key with this behind it is taken where `count` is 1.
const SINGULAR: &str = ".one";

#[derive(Debug, Default)]
pub(crate) struct Catalogues {
    english: BTreeMap<String, String>,
    chinese: BTreeMap<String, String>,
}

static WORDS: LazyLock<Catalogues> =
    LazyLock::new(|| Catalogues::load().expect("the embedded catalogues are well formed: a test reads them"));

/// The words of the program.
pub(crate) fn words() -> &'static Catalogues {
    &WORDS
}

impl Catalogues {
    pub(crate) fn load() -> Result<Self, TemplateError> {
        let pages = pages::CATALOGUES.iter().map(|(tag, text)| (Language::of_tag(tag), "pages", *text));
        let mut catalogues = Self::default();
        for (language, file, text) in PAIRS.into_iter().chain([REFUSALS]).chain(pages) {
            catalogues.add(language, file, text)?;
        }
        Ok(catalogues)
    }

    fn add(&mut self, language: Language, file: &'static str, text: &str) -> Result<(), TemplateError> {
        let broken = |why: String| TemplateError::Catalogue { file, why };
        let table: toml::Table = toml::from_str(text).map_err(|error| broken(error.to_string()))?;
        let entries = flat("", table).map_err(|key| broken(format!("\"{key}\" is not a text")))?;
        let all = match language {
            Language::English => &mut self.english,
            Language::Chinese => &mut self.chinese,
        };
        for (key, words) in entries {
            if all.insert(key.clone(), words).is_some() {
                return Err(broken(format!("\"{key}\" is said twice")));
            }
        }
        Ok(())
    }

    pub(crate) fn of(&self, language: Language) -> &BTreeMap<String, String> {
        match language {
            Language::English => &self.english,
            Language::Chinese => &self.chinese,
        }
    }

    pub(crate) fn get(&self, language: Language, key: &str) -> Option<&str> {
        self.of(language).get(key).map(String::as_str)
    }

    /// The words for `key`, filled in; the key itself where there are none, so that a reader sees something.
    pub(crate) fn say(&self, language: Language, key: &str, values: &[(&str, &dyn Display)]) -> String {
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
        let counted = value("count").is_some_and(|count| count == "1").then(|| format!("{key}{SINGULAR}"));
        let words = counted.and_then(|key| self.get(language, &key)).or_else(|| self.get(language, key));
        words.map_or_else(|| key.to_owned(), |words| fill(words, value))
    }
}

/// `[state] open = "Open"` says the same as `"state.open" = "Open"`. An error is the key of what is not a text.
fn flat(prefix: &str, table: toml::Table) -> Result<Vec<(String, String)>, String> {
    let mut entries = Vec::new();
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::String(words) => entries.push((key, words)),
            toml::Value::Table(inner) => entries.extend(flat(&key, inner)?),
            toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_) => return Err(key),
        }
    }
    Ok(entries)
}

/// Puts values into `{name}`. A value is never looked at again, so braces in it stay braces; an unknown name stays.
fn fill(words: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        match after.split_once('}').and_then(|(name, tail)| Some((value(name)?, tail))) {
            Some((value, tail)) => {
                text.push_str(&value);
                rest = tail;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

/// What happens when a template asks for words that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Tests and checks: an error.
    Fails,
    /// A desk at work: the reader sees the key and the rest of the page.
    ShowsKey,
}

/// `{{ t(key="mail.hello", name=customer) }}`
pub(crate) fn register(tera: &mut Tera, missing: Missing) {
    tera.register_function("t", move |arguments: Kwargs, _: &State| -> TeraResult<String> {
        let key = arguments.must_get::<&str>("key")?;
        let language = reader::current().language;
        if missing == Missing::Fails && words().get(language, key).is_none() {
            return Err(Error::message(format!("the catalogue for {} lacks \"{key}\"", language.as_str())));
        }
        let values: Vec<(&str, &dyn Display)> =
            arguments.iter().filter_map(|(name, value)| Some((name.as_str()?, value as &dyn Display))).collect();
        Ok(words().say(language, key, &values))
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn placeholders(words: &str) -> BTreeSet<&str> {
        words.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
    }

    fn is_shared(key: &str) -> bool {
        !key.ends_with(SINGULAR) && !key.starts_with("refusal.") && !key.starts_with("way_out.")
    }

    #[test]
    fn both_languages_say_the_same_things_with_the_same_values() {
        let catalogues = Catalogues::load().expect("well-formed catalogues");
        let keys = |language| -> BTreeSet<&str> {
            catalogues.of(language).keys().map(String::as_str).filter(|key| is_shared(key)).collect()
        };
        let (english, chinese) = (keys(Language::English), keys(Language::Chinese));
        let only_one: Vec<_> = english.symmetric_difference(&chinese).collect();
        assert!(only_one.is_empty(), "said in one language only: {only_one:?}");
        for key in english {
            let of = |language| placeholders(catalogues.get(language, key).expect("it is there"));
            assert_eq!(of(Language::English), of(Language::Chinese), "the placeholders of {key}");
        }
    }

    #[test]
    fn nothing_is_left_empty_or_in_the_other_language() {
        let catalogues = Catalogues::load().expect("well-formed catalogues");
        let is_chinese = |words: &str| words.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for language in Language::ALL {
            for (key, words) in catalogues.of(language) {
                assert!(!words.trim().is_empty(), "{key} says nothing in {}", language.as_str());
                assert!(!words.contains("CST"), "{key} names a zone ambiguously");
                if language == Language::English && key.starts_with("mail.") {
                    assert!(!is_chinese(words), "{key} is Chinese");
                }
            }
        }
    }

    #[test]
    fn values_are_put_in_once_and_stay_what_they_are() {
        let cases = [
            ("Ticket {number}: {subject}", "Ticket 7: {number} {{7*7}}"),
            ("{unknown} and {number}", "{unknown} and 7"),
            ("open { brace", "open { brace"),
        ];
        let value = |name: &str| match name {
            "number" => Some("7".to_owned()),
            "subject" => Some("{number} {{7*7}}".to_owned()),
            _ => None,
        };
        for (words, expected) in cases {
            assert_eq!(fill(words, value), expected);
        }
    }

    #[test]
    fn a_word_that_is_missing_shows_its_key() {
        assert_eq!(words().say(Language::English, "no.such.key", &[]), "no.such.key");
    }
}
