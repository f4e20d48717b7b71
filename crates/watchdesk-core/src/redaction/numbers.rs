//! Numbers of people: identity cards, bank cards, telephones.

use std::ops::Range;

use super::{Finding, Kind, digit};

/// Groups that one number is written in, at the most.
const GROUPS_MAX: usize = 6;

/// Digits that stand together.
struct Group {
    at: Range<usize>,
    digits: Vec<u8>,
    /// One space or hyphen stands between it and the group before.
    continues: bool,
    /// Where a `+` stands before it.
    plus: Option<usize>,
    /// A letter touches it: part of an id, and no number of a person.
    is_part: bool,
    /// An X that closes an identity number.
    closing_x: Option<usize>,
}

pub(super) fn find(text: &str) -> Vec<Finding> {
    let groups = groups(text);
    let mut found = Vec::new();
    for start in 0..groups.len() {
        if let Some((kind, groups)) = number(&groups[start..]) {
            let (first, last) = (&groups[0], &groups[groups.len() - 1]);
            let start = first.plus.unwrap_or(first.at.start);
            found.push(Finding { at: start..last.closing_x.unwrap_or(last.at.end), kind });
        }
    }
    found
}

/// The number that begins with the first group.
fn number(groups: &[Group]) -> Option<(Kind, &[Group])> {
    let first = &groups[0];
    if first.is_part {
        return None;
    }
    if is_identity_number(first) {
        return Some((Kind::IdentityNumber, &groups[..1]));
    }
    let more = groups[1..].iter().take(GROUPS_MAX - 1).take_while(|group| group.continues && !group.is_part).count();
    for count in (1..=more + 1).rev() {
        let these = &groups[..count];
        let digits: Vec<u8> = these.iter().flat_map(|group| group.digits.iter().copied()).collect();
        let sizes: Vec<usize> = these.iter().map(|group| group.digits.len()).collect();
        if is_card_written(&sizes) && is_card(&digits) {
            return Some((Kind::BankCard, these));
        }
        if is_mobile(&sizes, &digits) || (first.plus.is_some() && is_international(&sizes, &digits)) {
            return Some((Kind::Phone, these));
        }
    }
    None
}

fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut before: [Option<(usize, char)>; 2] = [None, None];
    let mut characters = text.char_indices().peekable();
    while let Some((start, c)) = characters.next() {
        let Some(value) = digit(c) else {
            before = [before[1], Some((start, c))];
            continue;
        };
        let (mut digits, mut end) = (vec![value], start + c.len_utf8());
        while let Some((at, more)) = characters.next_if(|(_, c)| digit(*c).is_some()) {
            digits.extend(digit(more));
            end = at + more.len_utf8();
        }
        let next = characters.peek().map(|(_, c)| *c);
        let after_x = text[end..].chars().nth(1);
        let has_x = digits.len() == 17 && matches!(next, Some('x' | 'X')) && !after_x.is_some_and(is_letter);
        let last_end = groups.last().map(|group| group.at.end);
        groups.push(Group {
            continues: last_end.is_some_and(|last| is_gap(&text[last..start])),
            plus: plus(before),
            is_part: (before[1].is_some_and(|(_, c)| is_letter(c)) && !follows_label(&text[..start]))
                || (next.is_some_and(is_letter) && !has_x),
            closing_x: has_x.then_some(end + 1),
            at: start..end,
            digits,
        });
        before = [None, None];
    }
    groups
}

fn is_gap(between: &str) -> bool {
    matches!(between, " " | "-" | "\u{a0}")
}

/// Letters of the ids that operators give; Chinese words stand beside numbers without a space.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

/// `Tel138...`: the letters say whose number it is.
fn follows_label(before: &str) -> bool {
    const LABELS: [&str; 8] = ["tel", "phone", "mobile", "mob", "cell", "wechat", "wx", "id"];
    let letters = before.bytes().rev().take(8).take_while(u8::is_ascii_alphabetic).count();
    LABELS.contains(&before[before.len() - letters..].to_ascii_lowercase().as_str())
}

/// Not the one of `UTC+8`.
fn plus(before: [Option<(usize, char)>; 2]) -> Option<usize> {
    let [earlier, Some((at, '+' | '＋'))] = before else { return None };
    (!earlier.is_some_and(|(_, c)| is_letter(c))).then_some(at)
}

/// GB 11643: 17 digits and a check digit, with a date of birth inside.
fn is_identity_number(group: &Group) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [u8; 11] = [1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2];
    let check = match (group.digits.len(), group.closing_x) {
        (18, _) => group.digits[17],
        (17, Some(_)) => 10,
        _ => return false,
    };
    let number = |range: Range<usize>| group.digits[range].iter().fold(0_u32, |sum, d| sum * 10 + u32::from(*d));
    let sum: u32 = group.digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    let is_born = (1800..2200).contains(&number(6..10))
        && (1..=12).contains(&number(10..12))
        && (1..=31).contains(&number(12..14));
    is_born && CHECKS[(sum % 11) as usize] == check
}

/// As cards are printed: in one, in fours, or as 4-6-5, 4-6-4 and 6-13.
fn is_card_written(sizes: &[usize]) -> bool {
    match sizes {
        [_] | [6, 13] | [4, 6, 4 | 5] => true,
        [first @ .., last] => first.iter().all(|size| *size == 4) && (1..=4).contains(last),
        [] => false,
    }
}

/// A length and a beginning that cards have, and the check digit of ISO/IEC 7812.
fn is_card(digits: &[u8]) -> bool {
    let begins = |count: usize| digits.iter().take(count).fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    let is_known = match digits.len() {
        14 => matches!(begins(2), 30 | 36 | 38 | 39),
        15 => matches!(begins(2), 34 | 37),
        16 => matches!(begins(1), 4 | 6) || matches!(begins(2), 35 | 51..=55) || (2221..=2720).contains(&begins(4)),
        17..=19 => matches!(begins(1), 4 | 6) || begins(4) == 9558,
        _ => false,
    };
    is_known && passes_luhn(digits)
}

fn passes_luhn(digits: &[u8]) -> bool {
    let value = |(place, digit): (usize, &u8)| {
        let doubled = u32::from(*digit) * if place % 2 == 1 { 2 } else { 1 };
        doubled / 10 + doubled % 10
    };
    digits.iter().rev().enumerate().map(value).sum::<u32>().is_multiple_of(10)
}

/// A Chinese mobile number, with or without the country's prefix.
fn is_mobile(sizes: &[usize], digits: &[u8]) -> bool {
    let prefix = match digits {
        [0, 0, 8, 6, ..] if digits.len() == 15 => 4,
        [8, 6, ..] if digits.len() == 13 => 2,
        _ => 0,
    };
    let own = &digits[prefix..];
    let is_written = match sizes {
        [size] => *size == 11 + prefix,
        [first, 11] | [first, 3, 4, 4] => *first == prefix && prefix > 0,
        [first, 4, 4] => *first == 3 + prefix,
        _ => false,
    };
    is_written && own.len() == 11 && own[0] == 1 && own[1] >= 3
}

/// E.164, which begins with `+`.
fn is_international(sizes: &[usize], digits: &[u8]) -> bool {
    (9..=15).contains(&digits.len()) && digits[0] != 0 && sizes.last().is_some_and(|size| *size >= 3)
}
