//! The message between `DATA` and its end, byte by byte.

/// What is read beyond a message that is too large, so that the peer can be told at its end.
const OVERRUN_FACTOR: usize = 2;

/// Collects a message and finds its end. Pure: bytes in, progress out.
pub(super) struct Decoder {
    body: Vec<u8>,
    bytes_max: usize,
    bytes_seen: usize,
    at: At,
    bare_newline: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// All bytes were taken; the end has not come.
    More,
    /// The message ended after this many of the bytes.
    Ended { consumed: usize, outcome: Outcome },
    /// Not to be read any further: reply and close.
    Hopeless(Hopeless),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Message(Vec<u8>),
    TooLarge,
    /// A CR or LF stood alone somewhere.
    BareNewline,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Hopeless {
    /// A line with only a dot, ended or begun by a lone CR or LF: another server might take it for
    /// the end of the message, and what follows for commands.
    AmbiguousEnd,
    /// Far more than was announced as the limit.
    Flood,
}

/// Where the decoder stands.
#[derive(Clone, Copy)]
enum At {
    /// After CRLF, or at the start.
    LineStart,
    Text,
    /// After a CR that may begin a CRLF.
    Cr,
    /// After a dot at the start of a line.
    Dot,
    /// After a dot and a CR at the start of a line.
    DotCr,
    /// After a lone CR or LF.
    BareLineStart,
    /// After a dot after a lone CR or LF.
    BareDot,
}

impl Decoder {
    pub(super) fn new(bytes_max: usize) -> Self {
        Decoder { body: Vec::new(), bytes_max, bytes_seen: 0, at: At::LineStart, bare_newline: false }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Progress {
        let mut index = 0;
        while index < bytes.len() {
            if matches!(self.at, At::Text) {
                let plain =
                    bytes[index..].iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len() - index);
                self.keep(&bytes[index..index + plain]);
                index += plain;
                if index == bytes.len() {
                    break;
                }
            }
            let byte = bytes[index];
            index += 1;
            match self.step(byte) {
                Step::On(at) => self.at = at,
                Step::End => {
                    return Progress::Ended { consumed: index, outcome: self.outcome() };
                }
                Step::Ambiguous => return Progress::Hopeless(Hopeless::AmbiguousEnd),
            }
        }
        self.bytes_seen = self.bytes_seen.saturating_add(bytes.len());
        if self.bytes_seen > self.bytes_max.saturating_mul(OVERRUN_FACTOR) {
            return Progress::Hopeless(Hopeless::Flood);
        }
        Progress::More
    }

    fn step(&mut self, byte: u8) -> Step {
        match (self.at, byte) {
            (At::LineStart, b'.') => Step::On(At::Dot),
            (At::Dot, b'\r') => Step::On(At::DotCr),
            (At::DotCr, b'\n') => Step::End,
            (At::Dot, b'\n') | (At::DotCr, _) | (At::BareDot, b'\r' | b'\n') => Step::Ambiguous,
            (At::BareLineStart, b'.') => Step::On(At::BareDot),
            (At::Cr, b'\n') => {
                self.keep(b"\r\n");
                Step::On(At::LineStart)
            }
            (At::Cr, b'\r') | (At::LineStart | At::Text | At::BareLineStart, b'\n') => {
                self.bare_newline = true;
                Step::On(At::BareLineStart)
            }
            (At::Cr, b'.') => {
                self.bare_newline = true;
                Step::On(At::BareDot)
            }
            (At::Cr, _) => {
                self.bare_newline = true;
                Step::On(At::Text)
            }
            (At::LineStart | At::Text | At::BareLineStart, b'\r') => Step::On(At::Cr),
            (At::LineStart | At::Text | At::BareLineStart | At::Dot | At::BareDot, _) => {
                self.keep(&[byte]);
                Step::On(At::Text)
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        // One byte beyond the limit tells that it was exceeded; a message to be refused is not kept.
        let room = (self.bytes_max + 1).saturating_sub(self.body.len());
        if !self.bare_newline {
            self.body.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    fn outcome(&mut self) -> Outcome {
        if self.bare_newline {
            Outcome::BareNewline
        } else if self.body.len() > self.bytes_max {
            Outcome::TooLarge
        } else {
            Outcome::Message(std::mem::take(&mut self.body))
        }
    }
}

enum Step {
    On(At),
    End,
    Ambiguous,
}
