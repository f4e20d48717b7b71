//! What must not leave the house with a hand-off packet: secrets, and the numbers and addresses of people.
//!
//! Looks at text only and changes nothing that is stored. Each detector reads the text once with a bounded look around
//! every place, so the cost grows with the length of the text and with nothing else. Where a detector is in doubt about
//! a secret it takes it out: whoever hands the packet over sees what went and why.

mod addresses;
mod labelled;
mod numbers;
mod shapes;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;

/// What was found. The order is the strength: of two that overlap the earlier one names what is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    PrivateKey,
    Password,
    Token,
    Key,
    IdentityNumber,
    BankCard,
    Phone,
    Address,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::PrivateKey,
        Self::Password,
        Self::Token,
        Self::Key,
        Self::IdentityNumber,
        Self::BankCard,
        Self::Phone,
        Self::Address,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrivateKey => "private_key",
            Self::Password => "password",
            Self::Token => "token",
            Self::Key => "key",
            Self::IdentityNumber => "identity_number",
            Self::BankCard => "bank_card",
            Self::Phone => "phone",
            Self::Address => "address",
        }
    }

    /// A person may decide that it goes along: the sender of a mail that did not arrive. A secret never does.
    pub fn may_be_kept(self) -> bool {
        matches!(self, Self::Phone | Self::Address)
    }

    fn is_secret(self) -> bool {
        matches!(self, Self::PrivateKey | Self::Password | Self::Token | Self::Key)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Bytes of the text.
    pub at: Range<usize>,
    pub kind: Kind,
}

/// What looks like a person's and stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spared {
    /// Our own contact, and numbers that the operator asks for.
    ours: BTreeSet<String>,
    /// What a person decided to keep.
    kept: BTreeSet<String>,
}

impl Spared {
    pub fn new<'t>(ours: impl IntoIterator<Item = &'t str>, kept: impl IntoIterator<Item = &'t str>) -> Self {
        let set = |texts: &mut dyn Iterator<Item = &'t str>| {
            texts.map(essence).filter(|text| !text.is_empty()).collect::<BTreeSet<_>>()
        };
        Self { ours: set(&mut ours.into_iter()), kept: set(&mut kept.into_iter()) }
    }
}

/// As two spellings of one number or address are compared.
fn essence(text: &str) -> String {
    let is_mark = |c: &char| matches!(c, ' ' | '-' | '\u{a0}' | '(' | ')' | '（' | '）');
    let bare: String = text.chars().filter(|c| !is_mark(c)).collect::<String>().to_lowercase();
    let own = bare.strip_prefix("+86").or_else(|| bare.strip_prefix("0086")).unwrap_or(&bare);
    // An area code is written with its zero or, behind the country's prefix, without.
    let own = if own.bytes().all(|byte| byte.is_ascii_digit()) { own.trim_start_matches('0') } else { own };
    own.to_owned()
}

/// A stretch of text as it is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Plain(String),
    /// It is gone; this stands instead.
    Removed {
        kind: Kind,
        instead: String,
    },
    /// Somebody's, and kept because a person decided so.
    Kept {
        kind: Kind,
        text: String,
    },
}

impl Piece {
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Removed { instead: text, .. } | Self::Kept { text, .. } => text,
        }
    }
}

/// Everything in it that must not leave, in order and without overlap.
pub fn find(text: &str) -> Vec<Finding> {
    let mut found = shapes::find(text);
    found.extend(labelled::find(text));
    found.extend(numbers::find(text));
    found.extend(addresses::find(text));
    merged(found)
}

fn merged(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by_key(|finding| (finding.at.start, finding.kind));
    let mut merged: Vec<Finding> = Vec::with_capacity(found.len());
    for finding in found {
        match merged.last_mut().filter(|last| finding.at.start < last.at.end) {
            Some(last) => {
                last.at.end = last.at.end.max(finding.at.end);
                last.kind = last.kind.min(finding.kind);
            }
            None => merged.push(finding),
        }
    }
    merged
}

/// The text as it may be handed over; `mark` says in the reader's language what was taken out.
pub fn redact(text: &str, spared: &Spared, mark: &dyn Fn(Kind) -> String) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut done = 0;
    for Finding { at, kind } in find(text) {
        let found = &text[at.clone()];
        let is_ours = !kind.is_secret() && spared.ours.contains(&essence(found));
        if is_ours {
            continue;
        }
        push_plain(&mut pieces, &text[done..at.start]);
        done = at.end;
        pieces.push(match kind.may_be_kept() && spared.kept.contains(&essence(found)) {
            true => Piece::Kept { kind, text: found.to_owned() },
            false => Piece::Removed { kind, instead: instead(found, kind, mark) },
        });
    }
    push_plain(&mut pieces, &text[done..]);
    pieces
}

/// What in these texts a person may decide to keep, each once, as it is written first.
pub fn keepable<'t>(texts: impl IntoIterator<Item = &'t str>, spared: &Spared, max: usize) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for text in texts {
        for finding in find(text).into_iter().filter(|finding| finding.kind.may_be_kept()) {
            let found = &text[finding.at];
            if all.len() < max && !spared.ours.contains(&essence(found)) && seen.insert(essence(found)) {
                all.push(found.to_owned());
            }
        }
    }
    all
}

/// Whether the two are spellings of one number or address.
pub fn is_same(one: &str, other: &str) -> bool {
    essence(one) == essence(other)
}

fn push_plain(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Plain(text.to_owned()));
    }
}

fn instead(found: &str, kind: Kind, mark: &dyn Fn(Kind) -> String) -> String {
    match kind {
        Kind::Phone => masked_number(found),
        Kind::Address => masked_address(found),
        Kind::PrivateKey | Kind::Password | Kind::Token | Kind::Key | Kind::IdentityNumber | Kind::BankCard => {
            mark(kind)
        }
    }
}

/// `138****1234`.
pub fn masked_number(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter_map(digit).map(|digit| char::from(b'0' + digit)).collect();
    let own = if digits.len() > 11 && digits.starts_with(&['8', '6']) { &digits[2..] } else { &digits[..] };
    let head: String = own.iter().take(3).collect();
    let tail: String = own.iter().skip(own.len().saturating_sub(4)).collect();
    format!("{head}****{tail}")
}

/// `j***@example.cn`.
pub fn masked_address(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}***@{domain}", local.chars().take(1).collect::<String>()),
        None => "***".to_owned(),
    }
}

/// Also the wide digits that Chinese keyboards write.
fn digit(c: char) -> Option<u8> {
    match c {
        '0'..='9' => u8::try_from(u32::from(c) - u32::from('0')).ok(),
        '０'..='９' => u8::try_from(u32::from(c) - u32::from('０')).ok(),
        _ => None,
    }
}
