//! Lists are read in pages. A cursor holds the sort key of the last row seen, so the next page costs what it shows.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::StoreError;

/// No list shows more at once, whatever is asked for.
pub const PAGE_ITEMS_MAX: u64 = 200;

const CURSOR_LENGTH_MAX: usize = 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// Opaque to everybody outside; each list checks that it is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    pub(crate) fn of(list: &str, key: &impl Serialize) -> Self {
        let json = serde_json::to_vec(&(list, key)).expect("keys are plain values");
        Self(URL_SAFE_NO_PAD.encode(json))
    }

    pub(crate) fn key<K: DeserializeOwned>(&self, list: &str) -> Result<K, StoreError> {
        let json = URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| StoreError::BadCursor)?;
        let (name, key): (String, K) = serde_json::from_slice(&json).map_err(|_| StoreError::BadCursor)?;
        if name == list { Ok(key) } else { Err(StoreError::BadCursor) }
    }
}

/// The key that a cursor holds, if there is a cursor.
pub(crate) fn after<K: DeserializeOwned>(cursor: Option<&Cursor>, list: &str) -> Result<Option<K>, StoreError> {
    cursor.map(|cursor| cursor.key(list)).transpose()
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if text.is_empty() || text.len() > CURSOR_LENGTH_MAX || !text.bytes().all(legal) {
            return Err(StoreError::BadCursor);
        }
        Ok(Self(text.to_owned()))
    }
}

/// How many rows a page may show.
pub(crate) fn clamped(limit: u64) -> u64 {
    limit.clamp(1, PAGE_ITEMS_MAX)
}

impl<T> Page<T> {
    /// From rows of which one more was asked for than the page shows: the extra one says that there is a next page.
    pub(crate) fn cut(mut rows: Vec<T>, limit: u64, cursor: impl FnOnce(&T) -> Cursor) -> Self {
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > shown;
        rows.truncate(shown);
        let next = rows.last().filter(|_| more).map(cursor);
        Self { items: rows, next }
    }

    pub(crate) fn try_map<U>(self, f: impl FnMut(T) -> Result<U, StoreError>) -> Result<Page<U>, StoreError> {
        let items = self.items.into_iter().map(f).collect::<Result<_, _>>()?;
        Ok(Page { items, next: self.next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_to_its_own_list_only() {
        let cursor: Cursor = Cursor::of("tickets", &(7_i64, 1001_i64)).to_string().parse().unwrap();
        assert_eq!(cursor.key::<(i64, i64)>("tickets").unwrap(), (7, 1001));
        assert!(matches!(cursor.key::<(i64, i64)>("mails"), Err(StoreError::BadCursor)));
        assert!(matches!(cursor.key::<(String, i64)>("tickets"), Err(StoreError::BadCursor)));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let too_long = "a".repeat(CURSOR_LENGTH_MAX + 1);
        for text in ["", "a b", "é", "'; DROP TABLE ticket", &too_long] {
            assert!(matches!(text.parse::<Cursor>(), Err(StoreError::BadCursor)), "{text}");
        }
        let nonsense: Cursor = "abcd".parse().unwrap();
        assert!(matches!(nonsense.key::<i64>("tickets"), Err(StoreError::BadCursor)));
    }

    #[test]
    fn the_last_page_has_no_next_one() {
        let cursor = |n: &i32| Cursor::of("numbers", n);
        assert_eq!(Page::cut(vec![1, 2], 2, cursor), Page { items: vec![1, 2], next: None });
        assert_eq!(
            Page::cut(vec![1, 2, 3], 2, cursor),
            Page { items: vec![1, 2], next: Some(Cursor::of("numbers", &2)) }
        );
    }
}
