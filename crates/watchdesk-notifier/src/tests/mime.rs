//! A reader of mail that shares no code with the writer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::sink::Delivered;

#[derive(Debug, Clone)]
pub struct Mail {
    pub envelope_from: String,
    pub envelope_to: Vec<String>,
    top: Part,
}

#[derive(Debug, Clone)]
struct Part {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub content_type: String,
    pub bytes: Vec<u8>,
}

impl Mail {
    pub fn of(delivered: &Delivered) -> Self {
        let mut envelope_to = delivered.to.clone();
        envelope_to.sort();
        Self { envelope_from: delivered.from.clone(), envelope_to, top: Part::of(&delivered.bytes) }
    }

    /// The one header of that name, decoded; more than one is an error.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut found = self.top.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let header = found.next().map(|(_, value)| decoded(value));
        assert!(found.next().is_none(), "{name} stands there twice");
        header
    }

    /// Every header, decoded, and every part.
    pub fn everything(&self) -> String {
        let part = |part: &Part| {
            let headers: String =
                part.headers.iter().map(|(name, value)| format!("{name}: {}\n", decoded(value))).collect();
            let content = if part.parts.is_empty() { part.content() } else { Vec::new() };
            headers + &String::from_utf8_lossy(&content)
        };
        self.top.all().into_iter().map(part).collect()
    }

    pub fn header_names(&self) -> Vec<String> {
        self.top.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect()
    }

    pub fn subject(&self) -> String {
        self.header("Subject").unwrap_or_default()
    }

    /// Without angle brackets.
    pub fn id(&self) -> String {
        self.header("Message-ID").unwrap().trim_matches(['<', '>']).to_owned()
    }

    pub fn in_reply_to(&self) -> String {
        self.header("In-Reply-To").unwrap().trim_matches(['<', '>']).to_owned()
    }

    pub fn references(&self) -> Vec<String> {
        let value = self.header("References").unwrap_or_default();
        value.split_whitespace().map(|id| id.trim_matches(['<', '>']).to_owned()).collect()
    }

    /// The bare addresses of a header, read from its raw text: names are taken away first.
    pub fn addresses(&self, name: &str) -> Vec<String> {
        let raw = self.top.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let Some((_, value)) = raw else { return Vec::new() };
        let mut found: Vec<String> = without_quoted(value)
            .split(',')
            .map(|one| match one.rsplit_once('<') {
                Some((_, rest)) => rest.trim_end().trim_end_matches('>').to_owned(),
                None => one.trim().to_owned(),
            })
            .collect();
        found.sort();
        found
    }

    pub fn text(&self) -> String {
        self.words("text/plain")
    }

    pub fn html(&self) -> String {
        self.words("text/html")
    }

    fn words(&self, content_type: &str) -> String {
        let part =
            self.top.all().into_iter().find(|part| part.content_type() == content_type && part.file_name().is_none());
        String::from_utf8(part.unwrap_or_else(|| panic!("no {content_type}")).content()).unwrap().replace("\r\n", "\n")
    }

    pub fn files(&self) -> Vec<File> {
        let all = self.top.all();
        let files = all.iter().filter_map(|part| {
            Some(File { name: part.file_name()?, content_type: part.content_type(), bytes: part.content() })
        });
        files.collect()
    }

    pub fn encodings(&self) -> Vec<String> {
        self.top.all().iter().filter_map(|part| part.header("Content-Transfer-Encoding")).collect()
    }
}

impl Part {
    fn of(bytes: &[u8]) -> Self {
        let split = find(bytes, b"\r\n\r\n").unwrap_or(bytes.len());
        let head = std::str::from_utf8(&bytes[..split]).expect("headers are ASCII");
        assert!(head.is_ascii(), "headers are ASCII: {head}");
        let body = bytes.get(split + 4..).unwrap_or_default().to_vec();
        let headers = unfolded(head);
        let mut part = Self { headers, body, parts: Vec::new() };
        if let Some(boundary) = part.parameter("Content-Type", "boundary") {
            part.parts = split_at(&part.body, &boundary).into_iter().map(Self::of).collect();
        }
        part
    }

    fn all(&self) -> Vec<&Part> {
        let mut all = vec![self];
        all.extend(self.parts.iter().flat_map(Part::all));
        all
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    fn content_type(&self) -> String {
        self.header("Content-Type").unwrap_or_default().split(';').next().unwrap().trim().to_owned()
    }

    fn parameter(&self, header: &str, name: &str) -> Option<String> {
        let value = self.header(header)?;
        let rest = value.split_once(&format!("{name}="))?.1;
        match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().map(str::to_owned),
            None => rest.split(';').next().map(|plain| plain.trim().to_owned()),
        }
    }

    /// RFC 2231, in pieces and percent-encoded, or as it is.
    fn file_name(&self) -> Option<String> {
        let value = self.header("Content-Disposition")?;
        if let Some(plain) = self.parameter("Content-Disposition", "filename") {
            return Some(plain);
        }
        let mut name = String::new();
        for piece in value.split(';').map(str::trim).filter(|piece| piece.starts_with("filename*")) {
            let text = piece.split_once('=').unwrap().1.trim_matches('"');
            name.push_str(text.strip_prefix("utf-8''").unwrap_or(text));
        }
        (!name.is_empty()).then(|| String::from_utf8(percent_decoded(&name)).unwrap())
    }

    fn content(&self) -> Vec<u8> {
        match self.header("Content-Transfer-Encoding").as_deref() {
            Some("base64") => {
                let text: Vec<u8> = self.body.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
                STANDARD.decode(text).unwrap()
            }
            Some("quoted-printable") => quoted_printable(&self.body),
            other => panic!("an encoding that hides nothing: {other:?}"),
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn unfolded(head: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        match (line.starts_with([' ', '\t']), headers.last_mut()) {
            (true, Some((_, value))) => {
                value.push(' ');
                value.push_str(line.trim_start());
            }
            _ => {
                let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line}"));
                headers.push((name.to_owned(), value.trim().to_owned()));
            }
        }
    }
    headers
}

fn split_at<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let mark = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut rest = body;
    let mut inside = false;
    while let Some(at) = find(rest, mark.as_bytes()) {
        if inside {
            parts.push(rest[..at].strip_suffix(b"\r\n").unwrap_or(&rest[..at]));
        }
        rest = &rest[at + mark.len()..];
        inside = true;
        if rest.starts_with(b"--") {
            return parts;
        }
        rest = rest.strip_prefix(b"\r\n").unwrap_or(rest);
    }
    panic!("the last boundary is missing");
}

fn without_quoted(value: &str) -> String {
    let mut kept = String::new();
    let mut quoted = false;
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('\\', true) => {
                characters.next();
            }
            ('"', _) => quoted = !quoted,
            (other, false) => kept.push(other),
            (_, true) => {}
        }
    }
    kept
}

/// RFC 2047; the space between two encoded words is not there.
fn decoded(value: &str) -> String {
    let mut text = String::new();
    let mut was_encoded = false;
    for word in value.split(' ') {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|rest| rest.strip_suffix("?="));
        if !(text.is_empty() || was_encoded && encoded.is_some()) {
            text.push(' ');
        }
        match encoded {
            Some(encoded) => text.push_str(&String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()),
            None => text.push_str(word),
        }
        was_encoded = encoded.is_some();
    }
    text
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { hex(rest.next(), rest.next()) } else { byte });
    }
    bytes
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = body.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'=' {
            bytes.push(byte);
            continue;
        }
        match (rest.next(), rest.next()) {
            (Some(b'\r'), Some(b'\n')) => {}
            (high, low) => bytes.push(hex(high, low)),
        }
    }
    bytes
}

fn hex(high: Option<u8>, low: Option<u8>) -> u8 {
    let digit = |byte: Option<u8>| char::from(byte.unwrap()).to_digit(16).unwrap();
    u8::try_from(digit(high) * 16 + digit(low)).unwrap()
}
