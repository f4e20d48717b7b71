//! Text from people on its way into headers, mails and pages.

/// A line for a header, a list or a name: no control, invisible or direction-changing characters, single spaces.
///
/// A header must hold neither CR nor LF nor NUL, and a name that reads backwards fools its reader.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if is_invisible(character) {
            continue;
        }
        if character.is_whitespace() || character.is_control() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else {
            line.push(character);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// The line, at most so many characters long, with an ellipsis where it was cut.
pub fn one_line_within(text: &str, characters_max: usize) -> String {
    let line = one_line(text);
    match line.char_indices().nth(characters_max) {
        None => line,
        Some(_) => {
            let kept: String = line.chars().take(characters_max.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

/// Zero-width, direction and tag characters, and the soft hyphen.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Line ends become LF; control characters that no reader can show go, tabs stay.
pub fn plain(text: &str) -> String {
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    unified.chars().filter(|character| !character.is_control() || matches!(character, '\n' | '\t')).collect()
}

/// `text` as HTML that shows the same: escaped, paragraphs at blank lines, line ends kept, web addresses as links.
pub fn to_html(text: &str) -> String {
    let text = plain(text);
    let mut html = String::with_capacity(text.len() + text.len() / 4);
    let mut open = false;
    for line in text.lines() {
        let line = line.trim_end();
        match (line.is_empty(), open) {
            (true, true) => {
                html.push_str("</p>\n");
                open = false;
            }
            (true, false) => {}
            (false, _) => {
                html.push_str(if open { "<br>\n" } else { "<p>" });
                open = true;
                push_linked(&mut html, line);
            }
        }
    }
    if open {
        html.push_str("</p>\n");
    }
    html
}

/// `text` as HTML with its line ends kept, without paragraphs.
pub fn lines_to_html(text: &str) -> String {
    let text = plain(text);
    let mut html = String::with_capacity(text.len() + text.len() / 4);
    for (index, line) in text.trim_end().lines().enumerate() {
        if index > 0 {
            html.push_str("<br>\n");
        }
        push_linked(&mut html, line);
    }
    html
}

/// An address that is longer than this is text, not a link.
const LINK_LENGTH_MAX: usize = 2_000;

fn push_linked(html: &mut String, line: &str) {
    let mut rest = line;
    while let Some(start) = link_start(rest) {
        let (before, tail) = rest.split_at(start);
        push_escaped(html, before);
        let (link, after) = tail.split_at(link_length(tail));
        if link.len() > LINK_LENGTH_MAX || link.ends_with("//") {
            push_escaped(html, link);
        } else {
            html.push_str("<a href=\"");
            push_escaped(html, link);
            html.push_str("\" rel=\"noopener noreferrer\">");
            push_escaped(html, link);
            html.push_str("</a>");
        }
        rest = after;
    }
    push_escaped(html, rest);
}

fn link_start(text: &str) -> Option<usize> {
    text.match_indices("http").map(|(at, _)| at).find(|at| {
        let tail = &text[*at..];
        tail.starts_with("http://") || tail.starts_with("https://")
    })
}

/// Up to a space or a mark that no address holds; closing punctuation belongs to the sentence.
fn link_length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || "<>\"'`，。；：！？、（）《》“”‘’【】".contains(c);
    let end = text.find(ends).unwrap_or(text.len());
    text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}']).len()
}

pub(crate) fn push_escaped(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_a_header_holds_nothing_that_ends_or_hides_it() {
        let cases = [
            ("Printer\r\nBcc: victim@example.cn", "Printer Bcc: victim@example.cn"),
            ("a\u{0}b", "a b"),
            ("  two   spaces\tand a tab ", "two spaces and a tab"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            ("pay\u{200b}pal", "paypal"),
            ("无法登录\u{2028}Outlook", "无法登录 Outlook"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(one_line(text), expected);
        }
        assert_eq!(one_line_within("无法登录 Outlook", 5), "无法登录…");
        assert_eq!(one_line_within("short", 5), "short");
    }

    #[test]
    fn text_becomes_html_that_shows_the_same() {
        let cases = [
            ("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>\n"),
            ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
            (
                "See https://example.cn/a?b=1&c=2.",
                "<p>See <a href=\"https://example.cn/a?b=1&amp;c=2\" rel=\"noopener noreferrer\">https://example.cn/a?b=1&amp;c=2</a>.</p>\n",
            ),
            (
                "请访问https://example.cn/帮助，谢谢",
                "<p>请访问<a href=\"https://example.cn/帮助\" rel=\"noopener noreferrer\">https://example.cn/帮助</a>，谢谢</p>\n",
            ),
            ("javascript:alert(1) http:// https://", "<p>javascript:alert(1) http:// https://</p>\n"),
            (
                "https://x\"onmouseover=\"y",
                "<p><a href=\"https://x\" rel=\"noopener noreferrer\">https://x</a>&quot;onmouseover=&quot;y</p>\n",
            ),
            ("\n\n", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(to_html(text), expected, "{text}");
        }
        assert_eq!(lines_to_html("a\n\nb\n"), "a<br>\n<br>\nb");
    }
}
