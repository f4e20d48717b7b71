//! The bounds that must hold *before* a message is parsed.
//!
//! `mail-parser` builds a tree of owned parts whose size and depth are the sender's choice: a
//! small mail can become hundreds of megabytes, or a tree so deep that dropping it overflows the
//! stack. This walk goes the way the parser goes, with the parser's own stream, but keeps only
//! counts. It must follow the control flow of `MessageParser::parse` of the pinned version.

use std::borrow::Cow;

use mail_parser::decoders::DecodeFnc;
use mail_parser::parsers::MessageStream;
use mail_parser::{ContentType, GetHeader, Header, HeaderName, HeaderValue, MessageParser};

use super::{
    MAX_ALL_HEADERS_BYTES, MAX_ENCODED_NESTING, MAX_HEADER_FIELDS, MAX_HEADERS_BYTES, MAX_LOST_BOUNDARIES, MAX_NESTING,
    MAX_PARTS, ParseRefusal,
};

/// Checks parts, nesting and headers of the whole message in one pass; the number of parts.
pub(super) fn measure(bytes: &[u8]) -> Result<usize, ParseRefusal> {
    let mut walk =
        Walk { parser: MessageParser::new(), parts: 0, header_bytes: 0, header_fields: 0, lost_boundaries: 0 };
    walk.message(bytes, MAX_ENCODED_NESTING)?;
    Ok(walk.parts)
}

struct Walk {
    parser: MessageParser,
    parts: usize,
    header_bytes: usize,
    header_fields: usize,
    lost_boundaries: usize,
}

/// What encloses the part that is read next.
struct Level {
    kind: Kind,
    boundary: Option<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Message,
    Digest,
    Multipart,
}

/// A part as its headers announce it.
enum Announced {
    Multipart { kind: Kind, boundary: Vec<u8>, encoding: Encoding },
    Message { encoding: Encoding },
    Leaf { encoding: Encoding },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Identity,
    Base64,
    QuotedPrintable,
}

impl Encoding {
    fn decoder<'x>(self) -> DecodeFnc<'x> {
        match self {
            Encoding::Identity => MessageStream::mime_part,
            Encoding::Base64 => MessageStream::decode_base64_mime,
            Encoding::QuotedPrintable => MessageStream::decode_quoted_printable_mime,
        }
    }
}

impl Walk {
    fn message(&mut self, bytes: &[u8], encoded_left: usize) -> Result<(), ParseRefusal> {
        let mut stream = MessageStream::new(bytes);
        let mut level = Level { kind: Kind::Message, boundary: None };
        let mut outer = Vec::new();
        while let Some(part) = self.headers(bytes, &mut stream, level.kind)? {
            let (is_message, encoding) = match part {
                Announced::Multipart { kind, boundary, encoding } => {
                    if stream.seek_next_part(&boundary) {
                        stream.skip_crlf();
                        let inner = Level { kind, boundary: Some(boundary) };
                        descend(&mut outer, &mut level, inner)?;
                        continue;
                    }
                    self.count_lost_boundary()?;
                    (false, encoding)
                }
                Announced::Message { encoding: Encoding::Identity } => {
                    let boundary = level.boundary.take();
                    let inner = Level { kind: Kind::Message, boundary };
                    descend(&mut outer, &mut level, inner)?;
                    continue;
                }
                Announced::Message { encoding } => (true, encoding),
                Announced::Leaf { encoding } => (false, encoding),
            };
            if let Some(enclosed) = skip_leaf(&mut stream, &mut level, encoding)
                && is_message
                && encoded_left > 0
            {
                self.message(&enclosed, encoded_left - 1)?;
            }
            let more = match level.boundary {
                Some(_) => ascend(&mut stream, &mut level, &mut outer),
                None => stream.offset() < bytes.len(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    /// Reads the headers of the next part from a bounded window, so that a header bomb is never
    /// held in memory; `None` at the end of the message.
    fn headers(
        &mut self,
        bytes: &[u8],
        stream: &mut MessageStream<'_>,
        parent: Kind,
    ) -> Result<Option<Announced>, ParseRefusal> {
        let rest = &bytes[stream.offset()..];
        let window = &rest[..rest.len().min(MAX_HEADERS_BYTES)];
        let mut fields = Vec::new();
        let mut block = MessageStream::new(window);
        let ended = block.parse_headers(&self.parser, &mut fields);
        if !ended && window.len() < rest.len() {
            return Err(ParseRefusal::HeadersTooLarge);
        }
        if !ended {
            return Ok(None);
        }
        self.count_part(block.offset(), fields.len())?;
        stream.skip_bytes(block.offset());
        Ok(Some(announced(fields, parent)))
    }

    fn count_part(&mut self, header_bytes: usize, fields: usize) -> Result<(), ParseRefusal> {
        self.parts += 1;
        self.header_bytes += header_bytes;
        self.header_fields += fields;
        if self.parts > MAX_PARTS {
            return Err(ParseRefusal::TooManyParts);
        }
        if self.header_bytes > MAX_ALL_HEADERS_BYTES || self.header_fields > MAX_HEADER_FIELDS {
            return Err(ParseRefusal::TooManyHeaders);
        }
        Ok(())
    }

    fn count_lost_boundary(&mut self) -> Result<(), ParseRefusal> {
        self.lost_boundaries += 1;
        if self.lost_boundaries > MAX_LOST_BOUNDARIES {
            return Err(ParseRefusal::BoundariesMissing);
        }
        Ok(())
    }
}

fn announced(fields: Vec<Header<'_>>, parent: Kind) -> Announced {
    let encoding = match fields.header_value(&HeaderName::ContentTransferEncoding) {
        Some(HeaderValue::Text(name)) if name.eq_ignore_ascii_case("base64") => Encoding::Base64,
        Some(HeaderValue::Text(name)) if name.eq_ignore_ascii_case("quoted-printable") => Encoding::QuotedPrintable,
        _ => Encoding::Identity,
    };
    let content_type = fields.header_value(&HeaderName::ContentType).and_then(HeaderValue::as_content_type);
    let Some(content_type) = content_type else {
        return match parent {
            Kind::Digest => Announced::Message { encoding },
            Kind::Message | Kind::Multipart => Announced::Leaf { encoding },
        };
    };
    match (content_type.ctype(), content_type.subtype()) {
        ("multipart", subtype) => multipart(content_type, subtype, encoding),
        ("message", Some("rfc822" | "global")) => Announced::Message { encoding },
        _ => Announced::Leaf { encoding },
    }
}

fn multipart(content_type: &ContentType<'_>, subtype: Option<&str>, encoding: Encoding) -> Announced {
    let kind = match subtype {
        Some("digest") => Kind::Digest,
        _ => Kind::Multipart,
    };
    match content_type.attribute("boundary") {
        Some(boundary) => {
            let boundary = boundary.as_bytes().to_vec();
            Announced::Multipart { kind, boundary, encoding }
        }
        None => Announced::Leaf { encoding },
    }
}

fn descend(outer: &mut Vec<Level>, level: &mut Level, inner: Level) -> Result<(), ParseRefusal> {
    if outer.len() >= MAX_NESTING {
        return Err(ParseRefusal::TooDeep);
    }
    outer.push(std::mem::replace(level, inner));
    Ok(())
}

/// Skips a part without children; its decoded bytes when the encoding held.
fn skip_leaf<'x>(stream: &mut MessageStream<'x>, level: &mut Level, encoding: Encoding) -> Option<Cow<'x, [u8]>> {
    let boundary = level.boundary.as_deref();
    let (end, decoded) = encoding.decoder()(stream, boundary.unwrap_or_default());
    if end != usize::MAX {
        return Some(decoded);
    }
    let (_, boundary_found) = stream.seek_part_end(boundary);
    if !boundary_found {
        level.boundary = None;
    }
    None
}

/// After a boundary: closes what ends here. `false` when the message is over.
fn ascend(stream: &mut MessageStream<'_>, level: &mut Level, outer: &mut Vec<Level>) -> bool {
    loop {
        if level.kind == Kind::Message {
            let Some(mut parent) = outer.pop() else {
                return false;
            };
            parent.boundary = level.boundary.take();
            *level = parent;
        }
        if !stream.is_multipart_end() {
            return true;
        }
        let Some(parent) = outer.pop() else {
            return false;
        };
        *level = parent;
        let found = level.boundary.as_deref().is_some_and(|boundary| stream.seek_next_part_offset(boundary).is_some());
        if !found {
            return false;
        }
    }
}
