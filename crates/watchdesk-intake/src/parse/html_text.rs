//! HTML reduced to text, for reading and searching. One pass, no tree: nesting costs nothing.

use mail_parser::decoders::html::add_html_token;

use super::clean::multi_line;

/// Quotes deeper than this are all marked alike, so that nesting cannot multiply the output.
const MAX_QUOTE_DEPTH: usize = 5;
/// The longest character reference, `&CounterClockwiseContourIntegral;`.
const MAX_REFERENCE_BYTES: usize = 34;

/// The text of an HTML document: blocks become lines, quotes are marked with `> `, list items with
/// `- `; scripts, styles, titles and comments go.
#[must_use]
pub fn html_to_text(html: &str) -> String {
    let mut writer = Writer::default();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        writer.text(&rest[..start]);
        rest = &rest[start..];
        match markup(rest) {
            Markup::Text => {
                writer.text("<");
                rest = &rest[1..];
            }
            Markup::Skip { after } => rest = after,
            Markup::Tag { name, closes, after } => {
                let name = name.to_ascii_lowercase();
                writer.tag(&name, closes);
                rest = after;
                if !closes && is_hidden(&name) {
                    rest = after_hidden(rest, &name);
                }
            }
        }
    }
    writer.text(rest);
    writer.finish()
}

enum Markup<'a> {
    /// A `<` that starts nothing.
    Text,
    /// A comment or declaration.
    Skip {
        after: &'a str,
    },
    Tag {
        name: &'a str,
        closes: bool,
        after: &'a str,
    },
}

fn markup(text: &str) -> Markup<'_> {
    if let Some(comment) = text.strip_prefix("<!--") {
        let after = comment.find("-->").map_or("", |end| &comment[end + 3..]);
        return Markup::Skip { after };
    }
    if text.starts_with("<!") || text.starts_with("<?") {
        let after = text.find('>').map_or("", |end| &text[end + 1..]);
        return Markup::Skip { after };
    }
    let closes = text.starts_with("</");
    let name_start = if closes { 2 } else { 1 };
    let name_and_rest = &text[name_start..];
    if !name_and_rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Markup::Text;
    }
    let name_end =
        name_and_rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')).unwrap_or(name_and_rest.len());
    let (name, attributes) = name_and_rest.split_at(name_end);
    Markup::Tag { name, closes, after: after_attributes(attributes) }
}

/// What follows the `>` that ends the tag; a `>` within quotes does not.
fn after_attributes(attributes: &str) -> &str {
    let mut quote = None;
    let mut value_expected = false;
    for (index, byte) in attributes.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return &attributes[index + 1..],
            (None, b'"' | b'\'') if value_expected => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
        value_expected = byte == b'=' || value_expected && byte.is_ascii_whitespace();
    }
    ""
}

/// Elements whose content is not for reading.
fn is_hidden(name: &str) -> bool {
    matches!(name, "script" | "style" | "title" | "template" | "textarea" | "xml")
}

/// What follows the hidden element; nothing when it never ends, as in a browser.
fn after_hidden<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(start) = rest.find("</") {
        let candidate = &rest[start + 2..];
        let is_end = candidate.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
        if is_end {
            return candidate.find('>').map_or("", |end| &candidate[end + 1..]);
        }
        rest = candidate;
    }
    ""
}

/// Builds lines out of runs of text and line breaks.
#[derive(Default)]
struct Writer {
    output: String,
    /// The current line has text.
    in_line: bool,
    space_due: bool,
    /// Line ends at the end of `output`, counted so far as they matter.
    blank_lines: usize,
    preformatted: usize,
    quote_depth: usize,
}

impl Writer {
    fn tag(&mut self, name: &str, closes: bool) {
        match name {
            "br" => self.force_line_end(),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol" | "dl" => {
                self.paragraph();
            }
            "div" | "tr" | "section" | "article" | "header" | "footer" | "dt" | "dd" | "form" | "center"
            | "address" | "body" | "fieldset" => self.line_end(),
            "li" if !closes => {
                self.line_end();
                self.text("- ");
            }
            "td" | "th" if closes => self.space_due = self.in_line,
            "hr" => {
                self.line_end();
                self.text("----");
                self.line_end();
            }
            "pre" => {
                self.line_end();
                self.preformatted = step(self.preformatted, closes);
            }
            "blockquote" => {
                self.line_end();
                self.quote_depth = step(self.quote_depth, closes);
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(start) = rest.find('&') {
            self.words(&rest[..start]);
            rest = self.reference(&rest[start..]);
        }
        self.words(rest);
    }

    /// Writes a character reference and returns what follows it.
    fn reference<'a>(&mut self, text: &'a str) -> &'a str {
        let end = text.bytes().take(MAX_REFERENCE_BYTES).position(|byte| byte == b';');
        let Some(end) = end else {
            self.words("&");
            return &text[1..];
        };
        let mut decoded = String::new();
        add_html_token(&mut decoded, &text.as_bytes()[..=end], false);
        self.words(&decoded);
        &text[end + 1..]
    }

    fn words(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\n' if self.preformatted > 0 => self.force_line_end(),
                '\r' => {}
                _ if self.preformatted > 0 => self.push(character),
                '\u{A0}' => self.space_due = self.in_line,
                _ if character.is_ascii_whitespace() => self.space_due = self.in_line,
                _ => self.push(character),
            }
        }
    }

    fn push(&mut self, character: char) {
        if !self.in_line {
            for _ in 0..self.quote_depth.min(MAX_QUOTE_DEPTH) {
                self.output.push_str("> ");
            }
            self.in_line = true;
        }
        if std::mem::take(&mut self.space_due) {
            self.output.push(' ');
        }
        self.output.push(character);
        self.blank_lines = 0;
    }

    /// Ends the line when it has text.
    fn line_end(&mut self) {
        if self.in_line {
            self.force_line_end();
        }
    }

    /// Ends the line; at most one blank line in a row.
    fn force_line_end(&mut self) {
        self.in_line = false;
        self.space_due = false;
        if self.blank_lines < 2 && !self.output.is_empty() {
            self.output.push('\n');
            self.blank_lines += 1;
        }
    }

    fn paragraph(&mut self) {
        self.line_end();
        if self.blank_lines == 1 {
            self.force_line_end();
        }
    }

    fn finish(self) -> String {
        multi_line(self.output.trim())
    }
}

fn step(depth: usize, closes: bool) -> usize {
    if closes { depth.saturating_sub(1) } else { depth.saturating_add(1) }
}
