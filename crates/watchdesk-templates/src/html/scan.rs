//! HTML cut into tags and text in one pass, as a browser's tokenizer does it. Every byte is looked at a bounded number
//! of times, whatever the source.

/// Attributes of a tag beyond this many are not kept.
pub const ATTRIBUTES_MAX: usize = 200;

/// A tag name longer than this is none that we know.
const NAME_LENGTH_MAX: usize = 32;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Text(&'a str),
    Start { name: String, attributes: Vec<(String, &'a str)> },
    End { name: String },
}

/// Elements whose content is not markup, and not text for a reader either.
const RAW: [&str; 9] = ["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"];

pub(super) struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { rest: source }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    /// Comments, declarations and processing instructions say nothing to a reader.
    fn skip_declaration(&mut self) {
        let end = match self.rest.strip_prefix("<!--") {
            Some(comment) if comment.starts_with('>') => Some(5),
            Some(comment) if comment.starts_with("->") => Some(6),
            Some(comment) => comment.find("-->").map(|at| 4 + at + 3),
            None => self.rest.find('>').map(|at| at + 1),
        };
        self.rest = &self.rest[end.unwrap_or(self.rest.len())..];
    }

    /// None where the source ends within the tag.
    fn tag(&mut self) -> Option<Token<'a>> {
        let is_end = self.rest.starts_with("</");
        self.take(if is_end { 2 } else { 1 });
        let name_length = self.rest.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>');
        let name = self.take(name_length.unwrap_or(self.rest.len()));
        let name = if name.len() <= NAME_LENGTH_MAX { name.to_ascii_lowercase() } else { String::new() };
        let attributes = self.attributes()?;
        if is_end {
            return Some(Token::End { name });
        }
        if RAW.contains(&name.as_str()) {
            self.skip_raw(&name);
        }
        Some(Token::Start { name, attributes })
    }

    /// Up to and with the `>`.
    fn attributes(&mut self) -> Option<Vec<(String, &'a str)>> {
        let mut attributes = Vec::new();
        loop {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if self.rest.is_empty() {
                return None;
            }
            if self.rest.starts_with('>') {
                self.take(1);
                return Some(attributes);
            }
            let (name, value) = self.attribute();
            if attributes.len() < ATTRIBUTES_MAX {
                attributes.push((name.to_ascii_lowercase(), value));
            }
        }
    }

    fn attribute(&mut self) -> (&'a str, &'a str) {
        let is_end = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '=');
        // A name may begin with "=".
        let first = self.rest.chars().next().map_or(0, char::len_utf8);
        let length = self.rest[first..].find(is_end).map_or(self.rest.len(), |at| first + at);
        let name = self.take(length);
        let after = self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
        match after.strip_prefix('=') {
            None => (name, ""),
            Some(value) => {
                self.rest = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
                (name, self.value())
            }
        }
    }

    fn value(&mut self) -> &'a str {
        match self.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                self.take(1);
                let value = self.take(self.rest.find(quote).unwrap_or(self.rest.len()));
                self.take(usize::from(!self.rest.is_empty()));
                value
            }
            Some(_) | None => {
                let end = self.rest.find(|c: char| c.is_ascii_whitespace() || c == '>');
                self.take(end.unwrap_or(self.rest.len()))
            }
        }
    }

    /// To the end tag of `name`, which is left; to the end of the source where there is none.
    fn skip_raw(&mut self, name: &str) {
        let bytes = self.rest.as_bytes();
        let is_its_end = |at: usize| {
            let after = at + 2 + name.len();
            bytes.get(at + 2..after).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
                && bytes.get(after).is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
        };
        let end = match name {
            "plaintext" => None,
            _ => self.rest.match_indices("</").map(|(at, _)| at).find(|at| is_its_end(*at)),
        };
        self.rest = &self.rest[end.unwrap_or(self.rest.len())..];
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let mut following = self.rest.bytes();
            match (following.next(), following.next(), following.next()) {
                (Some(b'<'), Some(letter), _) if letter.is_ascii_alphabetic() => return self.tag_or_end(),
                (Some(b'<'), Some(b'/'), Some(letter)) if letter.is_ascii_alphabetic() => return self.tag_or_end(),
                (Some(b'<'), Some(b'!' | b'?' | b'/'), _) => self.skip_declaration(),
                (Some(b'<'), _, _) => return Some(Token::Text(self.take(1))),
                _ => return Some(Token::Text(self.take(self.rest.find('<').unwrap_or(self.rest.len())))),
            }
        }
    }
}

impl<'a> Scan<'a> {
    fn tag_or_end(&mut self) -> Option<Token<'a>> {
        let tag = self.tag();
        if tag.is_none() {
            self.rest = "";
        }
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(source: &str) -> String {
        let write = |token: Token<'_>| match token {
            Token::Text(text) => format!("[{text}]"),
            Token::Start { name, attributes } => {
                let attributes: String = attributes.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                format!("<{name}{attributes}>")
            }
            Token::End { name } => format!("</{name}>"),
        };
        Scan::new(source).map(write).collect()
    }

    #[test]
    fn a_source_is_cut_as_a_browser_cuts_it() {
        let cases = [
            ("a<b>c</b>", "[a]<b>[c]</b>"),
            ("<P Class=\"a>b\" id='x' y=z w>t", "<p class=a>b id=x y=z w=>[t]"),
            ("a<!-- <b> -->c<!doctype html><?php ?>d", "[a][c][d]"),
            ("<!-->a", "[a]"),
            ("<!--->a", "[a]"),
            ("1 < 2 <3", "[1 ][<][ 2 ][<][3]"),
            ("<script>if (a </b> c) {}</SCRIPT >x", "<script></script>[x]"),
            ("<style>p{}</styles></style>x", "<style></style>[x]"),
            ("<script>never ends <b>", "<script>"),
            ("<plaintext></plaintext>x", "<plaintext>"),
            ("a<b title=\"never ends>", "[a]"),
            ("<br/><img/src=x>", "<br><img src=x>"),
            ("</ x>a</>b", "[a][b]"),
            ("<a ==b>", "<a ==b>"),
        ];
        for (source, expected) in cases {
            assert_eq!(tokens(source), expected, "{source}");
        }
    }

    #[test]
    fn attributes_are_counted() {
        let many: String = (0..5_000).map(|n| format!(" a{n}=1")).collect();
        let source = format!("<b{many}>x");
        let first = Scan::new(&source).next();
        assert!(matches!(first, Some(Token::Start { attributes, .. }) if attributes.len() == ATTRIBUTES_MAX));
    }
}
