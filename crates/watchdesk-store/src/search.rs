//! Search over our own tokens: words, and for Chinese, Japanese and Korean every two characters that stand together,
//! because nobody writes spaces there. The databases only look tokens up.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait;
use watchdesk_core::ids::TicketNumber;

use crate::{StoreError, dialect};

/// A message gives no more different tokens to the index.
const TOKENS_PER_TEXT_MAX: usize = 2_000;
const TOKEN_CHARACTERS_MAX: usize = 40;
const QUERY_TOKENS_MAX: usize = 12;

/// So many of the newest tickets that match are looked at further.
pub(crate) const CANDIDATES_MAX: u64 = 1_000;

/// The tickets that hold everything asked for, newest first; `None` where the text holds nothing that can be found.
pub(crate) async fn candidates(
    connection: &impl ConnectionTrait,
    text: &str,
    public_only: bool,
) -> Result<Option<Vec<i64>>, StoreError> {
    let mut tokens: Vec<_> = tokens(text).into_iter().collect();
    if tokens.is_empty() {
        return Ok(None);
    }
    // The longest say most.
    tokens.sort_by_key(|token| std::cmp::Reverse(token.len()));
    tokens.truncate(QUERY_TOKENS_MAX);
    dialect::numbers_with_words(connection, &tokens, public_only, CANDIDATES_MAX).await.map(Some)
}

/// The words that one change adds to a ticket.
pub(crate) struct Indexing {
    number: TicketNumber,
    is_new: bool,
    public: BTreeSet<String>,
    internal: BTreeSet<String>,
}

impl Indexing {
    pub fn of(number: TicketNumber, is_new: bool) -> Self {
        Self { number, is_new, public: BTreeSet::new(), internal: BTreeSet::new() }
    }

    pub fn public(&mut self, text: &str) {
        self.public.extend(tokens(text));
    }

    pub fn internal(&mut self, text: &str) {
        self.internal.extend(tokens(text));
    }

    pub async fn save(self, connection: &impl ConnectionTrait) -> Result<(), StoreError> {
        if self.public.is_empty() && self.internal.is_empty() && !self.is_new {
            return Ok(());
        }
        let (public, internal) = (joined(self.public), joined(self.internal));
        let words = dialect::Words { number: self.number, public: &public, internal: &internal, is_new: self.is_new };
        dialect::index_words(connection, &words).await
    }
}

fn joined(tokens: BTreeSet<String>) -> String {
    tokens.into_iter().collect::<Vec<_>>().join(" ")
}

/// Letters and digits only, lower case.
fn tokens(text: &str) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        for run in runs(word) {
            if tokens.len() >= TOKENS_PER_TEXT_MAX {
                return tokens;
            }
            add(&mut tokens, &run);
        }
    }
    tokens
}

/// Parts of a word that are wholly written without spaces, or wholly with.
fn runs(word: &str) -> Vec<Vec<char>> {
    let characters: Vec<char> = word.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect();
    characters.chunk_by(|a, b| has_no_spaces(*a) == has_no_spaces(*b)).map(<[char]>::to_vec).collect()
}

fn add(tokens: &mut BTreeSet<String>, run: &[char]) {
    if run.len() > 1 && has_no_spaces(run[0]) {
        tokens.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
    } else {
        tokens.insert(run.iter().take(TOKEN_CHARACTERS_MAX).collect());
    }
}

fn has_no_spaces(c: char) -> bool {
    matches!(u32::from(c),
        0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3134f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_pairs_of_characters() {
        for (text, expected) in [
            ("Cannot sign in", "cannot in sign"),
            ("无法登录邮箱", "录邮 无法 法登 登录 邮箱"),
            ("Exchange邮箱 ERR-0x8004", "0x8004 err exchange 邮箱"),
            ("错", "错"),
            ("", ""),
            ("'; DROP TABLE -- & | ! * \" :", "drop table"),
            ("Größe ÉTÉ", "größe été"),
        ] {
            assert_eq!(joined(tokens(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_long_text_gives_a_bounded_number_of_tokens() {
        let text: String = (0..10_000).map(|n| format!("word{n} ")).collect();
        assert_eq!(tokens(&text).len(), TOKENS_PER_TEXT_MAX);
        assert_eq!(joined(tokens(&"x".repeat(1_000))).len(), TOKEN_CHARACTERS_MAX);
    }
}
