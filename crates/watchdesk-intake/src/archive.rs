//! Old mail for the import: an mbox file, a maildir, or one message in a file.
//!
//! One message at a time is in memory. A message that cannot be had is an error in its place; the
//! next one follows all the same.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::parse::MAX_MAIL_BYTES;

/// Messages of one maildir; only their names are held.
pub const MAX_MAILDIR_MESSAGES: usize = 1_000_000;
/// What is read of a line at once, when it looks for separators.
const MAX_SEPARATOR_BYTES: u64 = 1_000;
/// The folders of a maildir that hold messages.
const MAILDIR_FOLDERS: [&str; 2] = ["cur", "new"];

/// A message of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedMessage {
    /// Where it was found, such as `inbox.mbox#12` or `cur/1700000000.M1.host:2,S`.
    pub source: String,
    /// When the mailbox took it, as far as the archive says; never the message's own `Date`.
    pub received_at: Option<DateTime<Utc>>,
    pub bytes: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("{path} does not exist.")]
    Missing { path: PathBuf },
    #[error("{path} is a folder without `cur` and `new`, so it is not a maildir.")]
    NotAMaildir { path: PathBuf },
    #[error("{path} has more than {MAX_MAILDIR_MESSAGES} messages; split it.")]
    TooManyMessages { path: PathBuf },
    #[error("The message {source_name} has more than {MAX_MAIL_BYTES} bytes.")]
    TooLarge { source_name: String },
    #[error("{path} cannot be read.")]
    Unreadable {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
}

/// The messages of an archive, whatever its kind: a folder is a maildir, a file that begins with
/// `From ` is an mbox, any other file is one message.
///
/// # Errors
/// There is nothing at the path, or it is no archive.
pub fn messages(path: &Path) -> Result<Messages, ArchiveError> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => ArchiveError::Missing { path: path.to_owned() },
        _ => ArchiveError::Unreadable { path: path.to_owned(), error },
    };
    if fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(Messages(Kind::Maildir(Maildir::open(path)?)));
    }
    let mut reader = BufReader::new(File::open(path).map_err(unreadable)?);
    let is_mbox =
        skip_blank_lines(&mut reader).and_then(|()| starts_with(&mut reader, b"From ")).map_err(unreadable)?;
    let kind =
        if is_mbox { Kind::Mbox(Mbox::new(path, reader)) } else { Kind::Single(Some((path.to_owned(), reader))) };
    Ok(Messages(kind))
}

/// See [`messages`].
pub struct Messages(Kind);

enum Kind {
    Mbox(Mbox),
    Maildir(Maildir),
    Single(Option<(PathBuf, BufReader<File>)>),
}

impl Iterator for Messages {
    type Item = Result<ArchivedMessage, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Kind::Mbox(mbox) => mbox.next_message(),
            Kind::Maildir(maildir) => maildir.next_message(),
            Kind::Single(file) => {
                let (path, reader) = file.take()?;
                let source = file_name(&path);
                let read = read_bounded(reader, &path, &source)?;
                Some(read.map(|bytes| ArchivedMessage { source, received_at: None, bytes }))
            }
        }
    }
}

/// The rest of a file; `None` when it is empty.
fn read_bounded(reader: impl Read, path: &Path, source: &str) -> Option<Result<Vec<u8>, ArchiveError>> {
    let mut bytes = Vec::new();
    match reader.take(MAX_MAIL_BYTES as u64 + 1).read_to_end(&mut bytes) {
        Err(error) => Some(Err(ArchiveError::Unreadable { path: path.to_owned(), error })),
        Ok(0) => None,
        Ok(count) if count > MAX_MAIL_BYTES => Some(Err(ArchiveError::TooLarge { source_name: source.to_owned() })),
        Ok(_) => Some(Ok(bytes)),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn skip_blank_lines(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let blank = buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let more = blank > 0 && blank == buffer.len();
        reader.consume(blank);
        if !more {
            return Ok(());
        }
    }
}

/// Looks without consuming. The first read of a file fills the buffer further than any prefix.
fn starts_with(reader: &mut impl BufRead, prefix: &[u8]) -> io::Result<bool> {
    Ok(reader.fill_buf()?.starts_with(prefix))
}

/// An mbox (RFC 4155, with the quoting of `mboxo` or `mboxrd`).
struct Mbox {
    path: PathBuf,
    reader: BufReader<File>,
    /// The separator that was read last: its message comes next.
    separator: Option<Vec<u8>>,
    started: bool,
    number: usize,
    failed: bool,
}

impl Mbox {
    fn new(path: &Path, reader: BufReader<File>) -> Self {
        Mbox { path: path.to_owned(), reader, separator: None, started: false, number: 0, failed: false }
    }

    fn next_message(&mut self) -> Option<Result<ArchivedMessage, ArchiveError>> {
        if self.failed {
            return None;
        }
        match self.read_message() {
            Ok(message) => message,
            Err(error) => {
                self.failed = true;
                Some(Err(ArchiveError::Unreadable { path: self.path.clone(), error }))
            }
        }
    }

    fn read_message(&mut self) -> io::Result<Option<Result<ArchivedMessage, ArchiveError>>> {
        if !self.started {
            self.started = true;
            let mut separator = Vec::new();
            self.reader.read_until(b'\n', &mut separator)?;
            self.separator = Some(separator);
        }
        let Some(separator) = self.separator.take() else {
            return Ok(None);
        };
        self.number += 1;
        let source = format!("{}#{}", file_name(&self.path), self.number);
        let (bytes, too_large) = self.read_body()?;
        if too_large {
            return Ok(Some(Err(ArchiveError::TooLarge { source_name: source })));
        }
        let received_at = separator_time(&String::from_utf8_lossy(&separator));
        Ok(Some(Ok(ArchivedMessage { source, received_at, bytes })))
    }

    /// The lines up to the next separator, unquoted; they are read in pieces, so that a line
    /// without an end stays within the bound.
    fn read_body(&mut self) -> io::Result<(Vec<u8>, bool)> {
        let mut body = Vec::new();
        let mut too_large = false;
        let mut line_start = true;
        let mut after_blank = true;
        loop {
            let mut piece = Vec::new();
            let mut limited = self.reader.by_ref().take(MAX_SEPARATOR_BYTES);
            if limited.read_until(b'\n', &mut piece)? == 0 {
                break;
            }
            if line_start && after_blank && is_separator(&piece) {
                self.separator = Some(piece);
                drop_blank_line(&mut body);
                break;
            }
            after_blank = line_start && matches!(piece.as_slice(), b"\n" | b"\r\n");
            let kept = if line_start { unquoted(&piece) } else { &piece };
            if body.len() + kept.len() > MAX_MAIL_BYTES {
                too_large = true;
                body = Vec::new();
            }
            if !too_large {
                body.extend_from_slice(kept);
            }
            line_start = piece.ends_with(b"\n");
        }
        Ok((body, too_large))
    }
}

/// The blank line before a separator belongs to the separator.
fn drop_blank_line(body: &mut Vec<u8>) {
    for end in [b"\r\n\r\n".as_slice(), b"\n\n"] {
        if body.ends_with(end) {
            body.truncate(body.len() - end.len() / 2);
            return;
        }
    }
}

/// `From sender date`. A line of prose that begins with "From" after a blank line has no time.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let has_time = rest
        .windows(5)
        .any(|window| window[2] == b':' && [0, 1, 3, 4].iter().all(|&index| window[index].is_ascii_digit()));
    has_time || rest.trim_ascii().is_empty() || rest.trim_ascii() == b"-"
}

/// `>From` was `From`, `>>From` was `>From`.
fn unquoted(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|&&byte| byte == b'>').count();
    if quotes > 0 && line[quotes..].starts_with(b"From ") { &line[1..] } else { line }
}

/// The time of `From kim@example.com Mon May  4 10:00:00 2026`, with or without a zone before or
/// after the year.
fn separator_time(line: &str) -> Option<DateTime<Utc>> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let clock = words.iter().position(|word| word.contains(':') && word.len() >= 5)?;
    let [month, day] = [*words.get(clock.checked_sub(2)?)?, *words.get(clock - 1)?];
    let after = &words[clock + 1..];
    let year = after.iter().find(|word| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()))?;
    let zone = after.iter().find(|word| word.len() == 5 && word.starts_with(['+', '-']));
    let seconds = if words[clock].len() == 5 { ":00" } else { "" };
    let text = format!("{day} {month} {year} {}{seconds}", words[clock]);
    match zone {
        Some(zone) => {
            DateTime::parse_from_str(&format!("{text} {zone}"), "%d %b %Y %H:%M:%S %z").ok().map(|time| time.to_utc())
        }
        None => NaiveDateTime::parse_from_str(&text, "%d %b %Y %H:%M:%S").ok().map(|time| time.and_utc()),
    }
}

/// A maildir: a file per message in `cur` and `new`, oldest first by name.
struct Maildir {
    root: PathBuf,
    /// Relative to the root, last first.
    names: Vec<String>,
}

impl Maildir {
    fn open(root: &Path) -> Result<Self, ArchiveError> {
        let folders: Vec<&str> = MAILDIR_FOLDERS.into_iter().filter(|folder| root.join(folder).is_dir()).collect();
        if folders.is_empty() {
            return Err(ArchiveError::NotAMaildir { path: root.to_owned() });
        }
        let mut names = Vec::new();
        for folder in folders {
            list(root, folder, &mut names)?;
        }
        names.sort_unstable_by(|a, b| base_name(b).cmp(base_name(a)));
        Ok(Maildir { root: root.to_owned(), names })
    }

    fn next_message(&mut self) -> Option<Result<ArchivedMessage, ArchiveError>> {
        // An empty file is no message.
        while let Some(source) = self.names.pop() {
            let path = self.root.join(&source);
            let read = match File::open(&path) {
                Ok(file) => {
                    let received_at = maildir_time(&source).or_else(|| modified_at(&file));
                    read_bounded(file, &path, &source).map(|read| (read, received_at))
                }
                Err(error) => Some((Err(ArchiveError::Unreadable { path, error }), None)),
            };
            if let Some((read, received_at)) = read {
                return Some(read.map(|bytes| ArchivedMessage { source, received_at, bytes }));
            }
        }
        None
    }
}

fn list(root: &Path, folder: &str, names: &mut Vec<String>) -> Result<(), ArchiveError> {
    let path = root.join(folder);
    let unreadable = |error| ArchiveError::Unreadable { path: path.clone(), error };
    for entry in fs::read_dir(&path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // Links are not followed: an archive from elsewhere must not name other files.
        let is_file = entry.file_type().map_err(unreadable)?.is_file();
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if is_file && !name.starts_with('.') {
            names.push(format!("{folder}/{name}"));
        }
        if names.len() > MAX_MAILDIR_MESSAGES {
            return Err(ArchiveError::TooManyMessages { path: root.to_owned() });
        }
    }
    Ok(())
}

fn base_name(source: &str) -> &str {
    source.rsplit_once('/').map_or(source, |(_, name)| name)
}

/// Names of maildir files begin with the second of delivery.
fn maildir_time(source: &str) -> Option<DateTime<Utc>> {
    let (seconds, _) = base_name(source).split_once('.')?;
    // Anything shorter is a number that somebody gave the file.
    if seconds.len() < 9 {
        return None;
    }
    DateTime::from_timestamp(seconds.parse().ok()?, 0)
}

fn modified_at(file: &File) -> Option<DateTime<Utc>> {
    let modified = file.metadata().ok()?.modified().ok()?;
    let since = modified.duration_since(UNIX_EPOCH).ok()?;
    DateTime::from_timestamp(i64::try_from(since.as_secs()).ok()?, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Vec<(String, Option<String>, String)> {
        messages(path)
            .expect("an archive")
            .map(|message| message.expect("a message"))
            .map(|message| {
                let at = message.received_at.map(|at| at.to_rfc3339());
                (message.source, at, String::from_utf8_lossy(&message.bytes).into_owned())
            })
            .collect()
    }

    fn found(source: &str, at: Option<&str>, text: &str) -> (String, Option<String>, String) {
        (source.to_owned(), at.map(str::to_owned), text.to_owned())
    }

    #[test]
    fn an_mbox_is_split_at_its_separators_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("inbox");
        let mbox = "\nFrom kim@example.com Mon May  4 10:00:00 2026\n\
                    Subject: one\n\n>From here\n>>From there\nFrom the middle 10:00\n\n\
                    From prose after a blank line\n\n\
                    From - Tue May  5 10:00:00 2026 +0800\nSubject: two\n\nlast line\n\n\
                    From x@y.z Wed May  6 10:00 +0000 2026\n\
                    From \n";
        fs::write(&path, mbox).expect("written");
        let expected = [
            found(
                "inbox#1",
                Some("2026-05-04T10:00:00+00:00"),
                "Subject: one\n\nFrom here\n>From there\nFrom the middle 10:00\n\n\
                 From prose after a blank line\n",
            ),
            found("inbox#2", Some("2026-05-05T02:00:00+00:00"), "Subject: two\n\nlast line\n"),
            found("inbox#3", Some("2026-05-06T10:00:00+00:00"), ""),
            found("inbox#4", None, ""),
        ];
        assert_eq!(read(&path), expected);
        fs::write(&path, mbox.replace('\n', "\r\n")).expect("written");
        let crlf: Vec<_> =
            read(&path).into_iter().map(|(source, at, text)| (source, at, text.replace("\r\n", "\n"))).collect();
        assert_eq!(crlf, expected);
    }

    #[test]
    fn a_message_that_is_too_large_does_not_stop_the_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("big");
        let huge = "x".repeat(MAX_MAIL_BYTES + 1);
        let mbox = format!("From a Mon May  4 10:00:00 2026\n\n{huge}\n\nFrom a Mon May  4 10:00:00 2026\n\nok\n");
        fs::write(&path, mbox).expect("written");
        let mut messages = messages(&path).expect("an mbox");
        let first = messages.next().expect("a place").expect_err("too large");
        assert_eq!(first.to_string(), "The message big#1 has more than 26214400 bytes.");
        assert_eq!(messages.next().expect("a place").expect("a message").bytes, b"\nok\n");
        assert!(messages.next().is_none());
    }

    #[test]
    fn a_maildir_is_read_oldest_first() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["cur", "new", "tmp"] {
            fs::create_dir(folder.path().join(name)).expect("made");
        }
        for (name, text) in [
            ("new/1700000002.M3.host", "three"),
            ("cur/1700000001.M2.host:2,S", "two"),
            ("cur/1700000000.M1.host:2,", "one"),
            ("cur/.hidden", "no"),
            ("new/1700000003.M4.host", ""),
            ("tmp/1600000000.M0.host", "unfinished"),
        ] {
            fs::write(folder.path().join(name), text).expect("written");
        }
        let expected = [
            found("cur/1700000000.M1.host:2,", Some("2023-11-14T22:13:20+00:00"), "one"),
            found("cur/1700000001.M2.host:2,S", Some("2023-11-14T22:13:21+00:00"), "two"),
            found("new/1700000002.M3.host", Some("2023-11-14T22:13:22+00:00"), "three"),
        ];
        assert_eq!(read(folder.path()), expected);
    }

    #[test]
    fn a_single_message_and_what_is_no_archive() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one.eml");
        fs::write(&path, "From: a@b.c\n\n>From me\n").expect("written");
        assert_eq!(read(&path), [found("one.eml", None, "From: a@b.c\n\n>From me\n")]);
        fs::write(&path, "").expect("written");
        assert_eq!(read(&path), []);
        let refusal = |path: &Path| messages(path).err().expect("a refusal").to_string();
        assert!(refusal(&folder.path().join("gone")).ends_with("gone does not exist."));
        assert!(refusal(folder.path()).ends_with("so it is not a maildir."));
    }
}
