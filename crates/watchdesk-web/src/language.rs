//! In which language somebody is answered.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use watchdesk_core::desk::Language;

/// Entries of `Accept-Language` that are looked at.
const ENTRIES_MAX: usize = 20;

/// The language that the reader likes best, by his `Accept-Language`; English if he says nothing.
pub(crate) fn preferred(headers: &HeaderMap) -> Language {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best: Option<(f32, &str)> = None;
    for (tag, quality) in header.split(',').take(ENTRIES_MAX).filter_map(entry) {
        if best.is_none_or(|(so_far, _)| quality > so_far) {
            best = Some((quality, tag));
        }
    }
    best.map_or(Language::English, |(_, tag)| Language::of_tag(tag))
}

fn entry(text: &str) -> Option<(&str, f32)> {
    let (tag, parameters) = text.split_once(';').unwrap_or((text, ""));
    let quality = match parameters.trim().strip_prefix("q=") {
        Some(quality) => quality.trim().parse().ok().filter(|quality| *quality > 0.0)?,
        None => 1.0,
    };
    let tag = tag.trim();
    (!tag.is_empty() && tag != "*").then_some((tag, quality))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_liked_language_is_spoken() {
        let table = [
            ("", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en-GB,en;q=0.9,zh;q=0.8", Language::English),
            ("en;q=0.5, zh-Hans-CN;q=0.7", Language::Chinese),
            ("zh;q=0, en", Language::English),
            ("*", Language::English),
            ("de;q=nonsense, zh", Language::Chinese),
        ];
        for (header, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, header.parse().unwrap());
            assert_eq!(preferred(&headers), expected, "{header}");
        }
    }
}
