//! HTML from outside, cleaned: what remains can be shown in a frame and sent in a mail.
//!
//! Two stages. [`outline`] runs over the source once and writes a small, balanced document: only the tags and
//! attributes we know, no deeper than [`NESTING_MAX`]. Then ammonia parses that as a browser would and has the last
//! word on what is safe. The order matters: ammonia's work grows with size times depth, and an attacker chooses both.

mod outline;
mod scan;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

pub use outline::NESTING_MAX;
pub use scan::ATTRIBUTES_MAX;

/// More source than this is not looked at.
pub const SIZE_MAX: usize = 256 * 1024;

/// Cleaned HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanHtml {
    pub html: String,
    /// The source was longer than [`SIZE_MAX`]; the rest is only in the original.
    pub shortened: bool,
}

/// Cleans by an allow-list: text and its structure stay; links lead to http, https and mailto; pictures stay where
/// they are part of the mail (`cid:`); scripts, styles, forms, frames and everything that loads from elsewhere go.
pub fn clean_html(source: &str) -> CleanHtml {
    let kept = &source[..source.floor_char_boundary(SIZE_MAX)];
    let (outline, whole) = outline::outline(kept);
    CleanHtml { html: CLEANER.clean(&outline).to_string(), shortened: !whole || kept.len() < source.len() }
}

/// Tags that say something about text.
const TAGS: [&str; 54] = [
    "a",
    "abbr",
    "address",
    "article",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tt",
    "u",
    "ul",
    "var",
];

const TABLE_TAGS: [&str; 6] = ["tbody", "td", "tfoot", "th", "thead", "tr"];

fn is_known_tag(name: &str) -> bool {
    TAGS.contains(&name) || TABLE_TAGS.contains(&name)
}

fn is_known_attribute(tag: &str, name: &str) -> bool {
    match name {
        "dir" | "lang" | "title" => true,
        "href" => tag == "a",
        "src" | "alt" | "width" | "height" => tag == "img",
        "colspan" | "rowspan" => matches!(tag, "td" | "th"),
        "align" => matches!(tag, "td" | "th" | "tr" | "p" | "div"),
        "span" => matches!(tag, "col" | "colgroup"),
        "start" => tag == "ol",
        _ => false,
    }
}

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    let attributes: HashMap<&str, HashSet<&str>> = HashMap::from([
        ("a", HashSet::from(["href"])),
        ("img", HashSet::from(["src", "alt", "width", "height"])),
        ("td", HashSet::from(["colspan", "rowspan", "align"])),
        ("th", HashSet::from(["colspan", "rowspan", "align"])),
        ("tr", HashSet::from(["align"])),
        ("p", HashSet::from(["align"])),
        ("div", HashSet::from(["align"])),
        ("col", HashSet::from(["span"])),
        ("colgroup", HashSet::from(["span"])),
        ("ol", HashSet::from(["start"])),
    ]);
    builder
        .tags(TAGS.into_iter().chain(TABLE_TAGS).collect())
        .clean_content_tags(HashSet::from(["script", "style", "title", "svg", "math", "iframe", "object", "template"]))
        .tag_attributes(attributes)
        .generic_attributes(HashSet::from(["dir", "lang", "title"]))
        .url_schemes(HashSet::from(["http", "https", "mailto", "cid"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer"))
        .set_tag_attribute_value("a", "target", "_blank")
        .attribute_filter(keep_address);
    builder
});

/// The schemes are one list for ammonia; a link to `cid:` and a picture from the web are still not for us.
fn keep_address<'u>(tag: &str, attribute: &str, value: &'u str) -> Option<Cow<'u, str>> {
    let is = |schemes: &[&str]| {
        let trimmed = value.trim_start().as_bytes();
        schemes.iter().any(|scheme| {
            trimmed.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
        })
    };
    match (tag, attribute) {
        (_, "href") => is(&["http:", "https:", "mailto:"]).then_some(Cow::Borrowed(value)),
        (_, "src") => is(&["cid:"]).then_some(Cow::Borrowed(value)),
        _ => Some(Cow::Borrowed(value)),
    }
}
