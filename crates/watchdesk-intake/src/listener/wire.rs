//! Lines in, replies out, over any stream.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Room made for reading from the stream at once.
const READ_BYTES: usize = 16 * 1024;
/// Replies are collected while commands are pipelined, up to here.
const REPLIES_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a peer that does not stop which are thrown away before the connection is cut.
const THROWN_AWAY_BYTES_MAX: usize = 1024 * 1024;

pub(super) struct Wire<S> {
    stream: S,
    input: Vec<u8>,
    output: Vec<u8>,
}

/// What stands first in the input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Without its CRLF.
    Complete(String),
    /// A line that is no command: ended by a lone LF, or with control characters or bytes that are
    /// not UTF-8.
    Malformed,
    TooLong,
    /// More must be read first.
    Incomplete,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Wire { stream, input: Vec::new(), output: Vec::new() }
    }

    /// Takes the next line from what has been read.
    pub(super) fn take_line(&mut self, bytes_max: usize) -> Line {
        let Some(end) = self.input.iter().position(|&byte| byte == b'\n') else {
            return if self.input.len() > bytes_max { Line::TooLong } else { Line::Incomplete };
        };
        if end >= bytes_max {
            return Line::TooLong;
        }
        let line: Vec<u8> = self.input.drain(..=end).collect();
        line.strip_suffix(b"\r\n")
            .and_then(|line| std::str::from_utf8(line).ok())
            .filter(|line| !line.contains(char::is_control))
            .map_or(Line::Malformed, |line| Line::Complete(line.to_owned()))
    }

    /// Reads more; `false` when the peer has closed. Nothing is lost when this is cancelled.
    pub(super) async fn fill(&mut self) -> io::Result<bool> {
        self.input.reserve(READ_BYTES);
        let count = self.stream.read_buf(&mut self.input).await?;
        Ok(count > 0)
    }

    pub(super) fn input(&self) -> &[u8] {
        &self.input
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.input.drain(..count);
    }

    /// Queues a reply; sends when much has been collected.
    pub(super) async fn reply(&mut self, text: &str) -> io::Result<()> {
        self.output.extend_from_slice(text.as_bytes());
        if self.output.len() > REPLIES_BYTES_MAX {
            self.flush().await?;
        }
        Ok(())
    }

    /// Sends what is queued.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.output.clear();
        }
        self.stream.flush().await
    }

    /// Closes on a peer that may still be sending: what comes is thrown away for a while, because
    /// a connection closed over unread bytes is reset, and the reset can overtake the last reply.
    pub(super) async fn close_over_unread(mut self) -> io::Result<()> {
        self.flush().await?;
        self.stream.shutdown().await?;
        let mut thrown_away = 0;
        while thrown_away < THROWN_AWAY_BYTES_MAX {
            self.input.clear();
            if !self.fill().await? {
                break;
            }
            thrown_away += self.input.len();
        }
        Ok(())
    }

    /// Tells the peer that no more comes.
    pub(super) async fn close(mut self) -> io::Result<()> {
        self.flush().await?;
        self.stream.shutdown().await
    }

    pub(super) fn into_stream(self) -> S {
        self.stream
    }
}
