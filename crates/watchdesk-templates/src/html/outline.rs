//! A source written anew: known tags only, each one closed, no deeper than a bound. What a browser would make of
//! the result is then predictable, and so is the time that a parser takes for it.

use super::scan::{Scan, Token};
use super::{is_known_attribute, is_known_tag};
use crate::text::push_escaped;

/// Tags deeper than this are left out; their text stays.
pub const NESTING_MAX: usize = 100;

/// The outline ends when it is this long: escaping makes text longer, and a parser is slow at many references.
const OUTLINE_LENGTH_MAX: usize = super::SIZE_MAX;

/// So many references such as `&amp;` are written; html5ever takes time that grows with the square of their number.
const REFERENCES_MAX: usize = 20_000;

/// A longer value of an attribute is left out with its attribute.
const VALUE_LENGTH_MAX: usize = 8 * 1024;

const VOID: [&str; 4] = ["br", "hr", "img", "col"];

/// The outline, and whether it is of the whole source.
pub(super) fn outline(source: &str) -> (String, bool) {
    let mut writer = Writer { html: String::with_capacity(source.len()), open: Vec::new(), references: 0 };
    for token in Scan::new(source) {
        if writer.is_full() {
            writer.close_to(0);
            return (writer.html, false);
        }
        match token {
            Token::Text(text) => writer.text(text),
            Token::Start { name, attributes } => writer.start(name, &attributes),
            Token::End { name } => writer.end(&name),
        }
    }
    let whole = !writer.is_full();
    writer.close_to(0);
    (writer.html, whole)
}

struct Writer {
    html: String,
    open: Vec<String>,
    references: usize,
}

impl Writer {
    fn is_full(&self) -> bool {
        self.html.len() >= OUTLINE_LENGTH_MAX || self.references >= REFERENCES_MAX
    }

    fn text(&mut self, text: &str) {
        self.push_source(text, |c| !c.is_control() || c.is_whitespace());
    }

    fn start(&mut self, name: String, attributes: &[(String, &str)]) {
        if !is_known_tag(&name) || (name == "img" && !is_part_of_mail(attributes)) {
            return;
        }
        self.close_to(stays_open(&self.open, &name));
        let is_void = VOID.contains(&name.as_str());
        if !is_void && self.open.len() >= NESTING_MAX {
            return;
        }
        self.html.push('<');
        self.html.push_str(&name);
        let is_kept =
            |attribute: &str, value: &str| is_known_attribute(&name, attribute) && value.len() <= VALUE_LENGTH_MAX;
        for (attribute, value) in attributes.iter().filter(|(attribute, value)| is_kept(attribute, value)) {
            self.html.push(' ');
            self.html.push_str(attribute);
            self.html.push_str("=\"");
            self.push_source(value, |c| !c.is_control());
            self.html.push('"');
        }
        self.html.push('>');
        if !is_void {
            self.open.push(name);
        }
    }

    fn end(&mut self, name: &str) {
        let floor = if is_table_part(name) { 0 } else { cell_floor(&self.open) };
        if let Some(at) = self.open.iter().rposition(|open| open == name).filter(|at| *at >= floor) {
            self.close_to(at);
        }
    }

    /// Source text: its references stay what they are, every other mark is written as one.
    fn push_source(&mut self, text: &str, is_shown: impl Fn(char) -> bool) {
        for (at, character) in text.char_indices().filter(|(_, character)| is_shown(*character)) {
            if self.is_full() {
                return;
            }
            self.references += usize::from(matches!(character, '&' | '<' | '>' | '"' | '\''));
            match character {
                '&' if is_reference(&text[at + 1..]) => self.html.push('&'),
                other => push_escaped(&mut self.html, other.encode_utf8(&mut [0; 4])),
            }
        }
    }

    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some(name) = self.open.pop() {
                self.html.push_str("</");
                self.html.push_str(&name);
                self.html.push('>');
            }
        }
    }
}

/// The longest name of a character, `CounterClockwiseContourIntegral`, and its semicolon.
const REFERENCE_LENGTH_MAX: usize = 32;

/// `amp;`, `#38;` or `#x26;`
fn is_reference(text: &str) -> bool {
    let bytes = text.as_bytes();
    let head = &bytes[..bytes.len().min(REFERENCE_LENGTH_MAX)];
    let Some(end) = head.iter().position(|byte| *byte == b';') else { return false };
    match &head[..end] {
        [b'#', b'x' | b'X', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit),
        [b'#', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        name => name.len() > 1 && name.iter().all(u8::is_ascii_alphanumeric),
    }
}

fn is_part_of_mail(attributes: &[(String, &str)]) -> bool {
    let src = attributes.iter().find(|(name, _)| name == "src").map(|(_, value)| value.trim_start());
    src.and_then(|src| src.as_bytes().get(..4)).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"cid:"))
}

fn is_table_part(name: &str) -> bool {
    matches!(name, "table" | "caption" | "colgroup" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th")
}

/// What is open outside the innermost cell cannot be closed from within.
fn cell_floor(open: &[String]) -> usize {
    open.iter().rposition(|name| matches!(name.as_str(), "td" | "th" | "caption")).map_or(0, |at| at + 1)
}

/// How many of the open tags stay open when `name` begins: HTML lets writers leave out many an end tag.
fn stays_open(open: &[String], name: &str) -> usize {
    let closes: &[&str] = match name {
        "li" => &["li"],
        "dd" | "dt" => &["dd", "dt"],
        "td" | "th" => &["td", "th"],
        "tr" => &["tr"],
        "thead" | "tbody" | "tfoot" => &["thead", "tbody", "tfoot", "colgroup", "caption"],
        "a" => &["a"],
        _ if is_block(name) => &["p"],
        _ => return open.len(),
    };
    let walls: &[&str] = match name {
        "li" => &["ul", "ol", "table", "td", "th"],
        "dd" | "dt" => &["dl", "table", "td", "th"],
        "td" | "th" | "tr" | "thead" | "tbody" | "tfoot" => &["table"],
        _ => &["table", "td", "th", "caption"],
    };
    let floor = open.iter().rposition(|tag| walls.contains(&tag.as_str())).map_or(0, |at| at + 1);
    open[floor..].iter().position(|tag| closes.contains(&tag.as_str())).map_or(open.len(), |at| floor + at)
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "blockquote"
            | "center"
            | "div"
            | "dl"
            | "figure"
            | "figcaption"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hr"
            | "ol"
            | "p"
            | "pre"
            | "table"
            | "ul"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_out_is_balanced_and_says_the_same() {
        let cases = [
            ("<p>a<p>b", "<p>a</p><p>b</p>"),
            ("<ul><li>a<li>b<ul><li>c</ul></ul>", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
            (
                "<table><tr><td>a<td>b<tr><td>c</table>",
                "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>",
            ),
            ("<b>a<i>b</b>c</i>", "<b>a<i>b</i></b>c"),
            ("<div><table><tr><td></div>x", "<div><table><tr><td>x</td></tr></table></div>"),
            ("<blink><x-y>a</x-y></blink>", "a"),
            ("a &amp; b &lt; <", "a &amp; b &lt; &lt;"),
            ("&#38;&#x26;&&;&#;&#x;&x y;&copy", "&#38;&#x26;&amp;&amp;;&amp;#;&amp;#x;&amp;x y;&amp;copy"),
            (
                "<a href=\"https://x/?a=1&amp;b='2'\" onclick=evil()>t</a>",
                "<a href=\"https://x/?a=1&amp;b=&#39;2&#39;\">t</a>",
            ),
            ("<img src=https://x/pixel.gif><img src=cid:logo alt=Logo>", "<img src=\"cid:logo\" alt=\"Logo\">"),
            ("</p></div>a<br>", "a<br>"),
            ("<a href=x>1<a href=y>2", "<a href=\"x\">1</a><a href=\"y\">2</a>"),
        ];
        for (source, expected) in cases {
            assert_eq!(outline(source).0, expected, "{source}");
        }
    }

    #[test]
    fn depth_is_bounded_and_text_survives() {
        let source = format!("{}deep", "<div>".repeat(5_000));
        let (html, whole) = outline(&source);
        assert!(whole);
        assert_eq!(html.matches("<div>").count(), NESTING_MAX);
        assert!(html.contains("deep</div>"));
    }
}
