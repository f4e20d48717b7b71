//! A form is only taken from our own pages.
//!
//! Browsers name the page a form was sent from in `Origin`. Because our pages ask for no referrer, it may say `null`;
//! then `Sec-Fetch-Site` decides where the browser sends it, and the token in the form in any case.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

use crate::Problem;
use crate::app::WebOptions;

pub(crate) fn check(headers: &HeaderMap, options: &WebOptions) -> Result<(), Problem> {
    let text = |name: &axum::http::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let own = match text(&ORIGIN) {
        Some("null") | None => headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none"),
        Some(origin) => is_own(origin, options, text(&HOST)),
    };
    if own { Ok(()) } else { Err(Problem::CrossSite) }
}

/// The configured address, or the one the browser itself connected to: both stand in headers no page can set.
fn is_own(origin: &str, options: &WebOptions, host: Option<&str>) -> bool {
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    origin.eq_ignore_ascii_case(origin_of(&options.base_url))
        || authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host))
}

/// `https://desk.example` of `https://desk.example/support`.
fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    url[start..].find('/').map_or(url, |end| &url[..start + end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_from_elsewhere_are_refused() {
        let options = WebOptions { base_url: "https://desk.example".to_owned(), ..WebOptions::default() };
        let table = [
            (vec![], true),
            (vec![("origin", "https://desk.example")], true),
            (vec![("origin", "https://evil.example")], false),
            (vec![("origin", "https://desk.example.evil.example")], false),
            (vec![("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true),
            (vec![("origin", "https://evil.example"), ("host", "127.0.0.1:8080")], false),
            (vec![("origin", "null")], true),
            (vec![("origin", "null"), ("sec-fetch-site", "same-origin")], true),
            (vec![("origin", "null"), ("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "same-site")], false),
        ];
        for (pairs, expected) in table {
            let mut headers = HeaderMap::new();
            for (name, value) in &pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            assert_eq!(check(&headers, &options).is_ok(), expected, "{pairs:?}");
        }
    }
}
