//! Words of the operator's made plain: text of lines, without markup, invisible characters and excess.

/// A line for a title or a note.
pub(super) fn line(text: &str, characters_max: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    within(&visible(&words.join(" ")), characters_max)
}

/// Text of several lines.
pub(super) fn text(text: &str, characters_max: usize) -> String {
    within(visible(&text.replace("\r\n", "\n").replace('\r', "\n")).trim(), characters_max)
}

/// HTML reduced to text: blocks become lines, everything else of the markup goes. One pass: nesting costs nothing.
pub(super) fn from_html(html: &str, characters_max: usize) -> String {
    let mut lines = Lines::default();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        lines.words(&rest[..start]);
        rest = &rest[start..];
        let Some((name, after)) = tag(rest) else {
            lines.words("<");
            rest = &rest[1..];
            continue;
        };
        rest = after;
        match name.to_ascii_lowercase().as_str() {
            "br" => lines.end_line(),
            "p" | "div" | "ul" | "ol" | "table" | "tr" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "hr" => {
                lines.end_block()
            }
            "li" => {
                lines.end_block();
                lines.words("- ");
            }
            "td" | "th" => lines.words(" "),
            hidden @ ("script" | "style" | "title" | "template" | "textarea") => rest = after_end_of(rest, hidden),
            _ => {}
        }
    }
    lines.words(rest);
    text(&lines.written, characters_max)
}

/// The name of the tag, comment or declaration that begins here, and what follows it; none where it is a mere `<`. The
/// name of what closes is that of what opens, except for what is hidden: its end alone hides nothing.
fn tag(text: &str) -> Option<(&str, &str)> {
    if let Some(comment) = text.strip_prefix("<!--") {
        return Some(("", comment.split_once("-->").map_or("", |(_, after)| after)));
    }
    let inner = &text[1..];
    if inner.starts_with(['!', '?']) {
        return Some(("", inner.split_once('>').map_or("", |(_, after)| after)));
    }
    let closes = inner.starts_with('/');
    let named = inner.strip_prefix('/').unwrap_or(inner);
    if !named.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return None;
    }
    let end = named.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(named.len());
    let name = &named[..end];
    let name = if closes && !matches!(name.to_ascii_lowercase().as_str(), "p" | "div" | "tr" | "ul" | "ol") {
        ""
    } else {
        name
    };
    Some((name, after_attributes(&named[end..])))
}

/// What follows the `>` that ends the tag; one within quotes does not.
fn after_attributes(attributes: &str) -> &str {
    let mut quote = None;
    for (index, byte) in attributes.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return &attributes[index + 1..],
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    ""
}

/// What follows the end of a hidden element; nothing where it never ends, as in a browser.
fn after_end_of<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some((_, candidate)) = rest.split_once("</") {
        if candidate.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return candidate.split_once('>').map_or("", |(_, after)| after);
        }
        rest = candidate;
    }
    ""
}

#[derive(Default)]
struct Lines {
    written: String,
}

impl Lines {
    fn words(&mut self, text: &str) {
        let mut rest = text;
        while let Some(start) = rest.find('&') {
            self.plain(&rest[..start]);
            let (character, after) = reference(&rest[start..]);
            self.written.push(character);
            rest = after;
        }
        self.plain(rest);
    }

    /// Spaces and line ends of the source mean one space.
    fn plain(&mut self, text: &str) {
        for character in text.chars() {
            if !character.is_whitespace() {
                self.written.push(character);
            } else if !self.written.is_empty() && !self.written.ends_with([' ', '\n']) {
                self.written.push(' ');
            }
        }
    }

    fn end_line(&mut self) {
        self.written.truncate(self.written.trim_end_matches(' ').len());
        if !self.written.is_empty() && !self.written.ends_with("\n\n") {
            self.written.push('\n');
        }
    }

    fn end_block(&mut self) {
        self.written.truncate(self.written.trim_end_matches(' ').len());
        if !self.written.is_empty() && !self.written.ends_with('\n') {
            self.written.push('\n');
        }
    }
}

/// The longest reference that we know, `&#x10ffff;`.
const REFERENCE_BYTES_MAX: usize = 10;

/// The character that a reference such as `&amp;` or `&#25925;` stands for, and what follows. One that is unknown stays.
fn reference(text: &str) -> (char, &str) {
    let end = text.bytes().take(REFERENCE_BYTES_MAX).position(|byte| byte == b';');
    let character = end.and_then(|end| named(&text[1..end]));
    match (end, character) {
        (Some(end), Some(character)) => (character, &text[end + 1..]),
        _ => ('&', &text[1..]),
    }
}

fn named(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "hellip" => '…',
        "bull" => '•',
        _ => return None,
    })
}

/// Without control characters, and without those that hide or turn what stands beside them.
fn visible(text: &str) -> String {
    let hides = |character: char| {
        matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
    };
    let shown = |character: &char| !hides(*character) && (!character.is_control() || matches!(character, '\n' | '\t'));
    text.chars().filter(shown).collect()
}

/// With an ellipsis where it was cut.
fn within(text: &str, characters_max: usize) -> String {
    match text.char_indices().nth(characters_max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(characters_max.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_text_that_can_do_nothing() {
        let table = [
            ("<p>We know <b>why</b>.</p>", "We know why."),
            ("<p>One</p>\n<p>Two</p>", "One\nTwo"),
            ("One<br>two<br/><br />three", "One\ntwo\n\nthree"),
            ("<ul><li>First</li><li>Second</li></ul>", "- First\n- Second"),
            (
                "Mail &amp; calendars &lt;b&gt; &#25925;&#x969c; &unknown; & so on",
                "Mail & calendars <b> 故障 &unknown; & so on",
            ),
            ("a<script>alert('</p>')</script>b<style>p{}</style>c", "abc"),
            ("a<script>never ends", "a"),
            ("<a href=\"javascript:x('>')\" onclick='y'>link</a>", "link"),
            ("2 < 3 and <3", "2 < 3 and <3"),
            ("<!-- <p>hidden</p> -->seen<!DOCTYPE html><?php x ?>", "seen"),
            ("turned\u{202e}round\u{0}\u{7}", "turnedround"),
            ("broken <p", "broken"),
            ("", ""),
        ];
        for (html, expected) in table {
            assert_eq!(from_html(html, 200), expected, "{html}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_with_a_mark() {
        assert_eq!(from_html("<p>事件已经结束</p>", 4), "事件已…");
        assert_eq!(line(" a\n b\t c ", 10), "a b c");
        assert_eq!(text("a\r\nb\rc\n", 10), "a\nb\nc");
        let deep = "<div>".repeat(100_000) + "x" + &"</div>".repeat(100_000);
        assert_eq!(from_html(&deep, 10), "x");
    }
}
