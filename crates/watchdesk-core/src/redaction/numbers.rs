//! Numbers of people: identity cards, bank cards, telephones.

use std::ops::Range;

use super::{Finding, Kind, digit};

/// Groups that one number is written in, at the most.
const GROUPS_MAX: usize = 6;

/// Digits that stand together.
struct Group {
    at: Range<usize>,
    digits: Vec<u8>,
    /// What stands between it and the group before.
    gap: Gap,
    /// Where a `+` stands before it.
    plus: Option<usize>,
    /// Where a bracket opens before it.
    bracket: Option<usize>,
    /// A word before it says that it is somebody's telephone.
    is_labelled: bool,
    /// It goes on where an id began: `21V-021`.
    is_joined: bool,
    /// A letter touches it: part of an id, and no number of a person.
    is_part: bool,
    /// An X that closes an identity number.
    closing_x: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Gap {
    /// Not one space, hyphen or bracket: the groups have nothing to do with each other.
    Apart,
    Space,
    Hyphen,
    /// An area code is put in brackets.
    Bracket,
}

pub(super) fn find(text: &str) -> Vec<Finding> {
    let groups = groups(text);
    let mut found = Vec::new();
    for start in 0..groups.len() {
        if let Some((kind, groups)) = number(&groups[start..]) {
            let (first, last) = (&groups[0], &groups[groups.len() - 1]);
            let bracket = first.bracket.filter(|_| groups.get(1).is_some_and(|group| group.gap == Gap::Bracket));
            let start = first.plus.or(bracket).unwrap_or(first.at.start);
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
    let joins = |group: &&Group| group.gap != Gap::Apart && !group.is_part;
    let more = groups[1..].iter().take(GROUPS_MAX - 1).take_while(joins).count();
    (1..=more + 1).rev().find_map(|count| Some((kind(&groups[..count])?, &groups[..count])))
}

/// Of groups that are written as one number.
fn kind(groups: &[Group]) -> Option<Kind> {
    let digits: Vec<u8> = groups.iter().flat_map(|group| group.digits.iter().copied()).collect();
    let sizes: Vec<usize> = groups.iter().map(|group| group.digits.len()).collect();
    let in_brackets = groups[1..].iter().any(|group| group.gap == Gap::Bracket);
    if !in_brackets && is_card_written(&sizes) && is_card(&digits) {
        return Some(Kind::BankCard);
    }
    let is_phone = (!in_brackets && is_mobile(&sizes, &digits))
        || (groups[0].plus.is_some() && is_international(&sizes, &digits))
        || is_landline(groups)
        || is_service_line(groups, &sizes, &digits);
    is_phone.then_some(Kind::Phone)
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
        let is_labelled = follows_telephone(&text[..start]);
        groups.push(Group {
            gap: last_end.map_or(Gap::Apart, |last| gap(&text[last..start])),
            plus: plus(before),
            bracket: before[1].filter(|(_, c)| matches!(c, '(' | '（')).map(|(at, _)| at),
            is_labelled,
            is_joined: !is_labelled && before[1].is_some_and(|(_, c)| matches!(c, '-' | '/' | '.')),
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

fn gap(between: &str) -> Gap {
    match between {
        " " | "\u{a0}" => Gap::Space,
        "-" => Gap::Hyphen,
        "(" | " (" | "（" | ")" | ") " | ")-" | "）" | "） " | "）-" => Gap::Bracket,
        _ => Gap::Apart,
    }
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

/// Characters that are looked back at for such a word and the marks behind it.
const TELEPHONE_CHARACTERS_MAX: usize = 16;

/// `电话：02162881234`: without a mark inside, such a number looks like any order's.
fn follows_telephone(before: &str) -> bool {
    const WORDS: [&str; 14] = [
        "电话",
        "座机",
        "固话",
        "热线",
        "传真",
        "致电",
        "拨打",
        "tel",
        "phone",
        "telephone",
        "call",
        "fax",
        "hotline",
        "landline",
    ];
    let start = before.char_indices().rev().take(TELEPHONE_CHARACTERS_MAX).last().map_or(before.len(), |(at, _)| at);
    let tail = before[start..].trim_end_matches([' ', ':', '：', '.', '+', '(', '（']).to_ascii_lowercase();
    let is_word = |rest: &str| !rest.ends_with(|c: char| c.is_ascii_alphabetic());
    WORDS.iter().any(|word| tail.strip_suffix(word).is_some_and(is_word))
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

/// `021-62881234`, `（0755）2688 1234`, `86-10-62881234`; an extension may follow behind a hyphen.
fn is_landline(groups: &[Group]) -> bool {
    let first = &groups[0];
    if first.is_joined {
        return false;
    }
    let is_country = matches!(first.digits.as_slice(), [8, 6] | [0, 0, 8, 6]);
    match groups {
        [all] => first.is_labelled && is_landline_in_one(&all.digits),
        [_, area, own @ ..] if is_country => is_area_code(&area.digits, true) && is_own_number(own),
        // A time of day may stand before a number with a space between them.
        [_, own @ ..] if own[0].gap == Gap::Space && first.gap == Gap::Space => false,
        [area, own @ ..] => is_area_code(&area.digits, false) && is_own_number(own),
        [] => false,
    }
}

/// Three digits in the largest cities, else four; behind the country's prefix the zero is left out.
fn is_area_code(digits: &[u8], after_country: bool) -> bool {
    match digits {
        [0, rest @ ..] => is_area_code_without_zero(rest),
        rest => after_country && is_area_code_without_zero(rest),
    }
}

fn is_area_code_without_zero(digits: &[u8]) -> bool {
    match digits {
        [1, 0] | [2, _] => true,
        [3..=9, 1..=9, _] => true,
        // 0701 and the north-west.
        [7 | 9, 0, _] => true,
        _ => false,
    }
}

fn is_own_number(groups: &[Group]) -> bool {
    let extension = groups.last().filter(|last| last.gap == Gap::Hyphen && (2..=5).contains(&last.digits.len()));
    let sizes: Vec<usize> = groups.iter().map(|group| group.digits.len()).collect();
    let is_written = |sizes: &[usize]| matches!(sizes, [7 | 8] | [3 | 4, 4]);
    let begins = groups.first().is_some_and(|group| (2..=8).contains(&group.digits[0]));
    begins && (is_written(&sizes) || (extension.is_some() && is_written(&sizes[..sizes.len() - 1])))
}

fn is_landline_in_one(digits: &[u8]) -> bool {
    [3, 4].into_iter().any(|length| {
        digits.split_at_checked(length).is_some_and(|(area, own)| {
            is_area_code(area, false) && matches!(own.len(), 7 | 8) && (2..=8).contains(&own[0])
        })
    })
}

/// `400-820-1234`: companies are called so.
fn is_service_line(groups: &[Group], sizes: &[usize], digits: &[u8]) -> bool {
    let first = &groups[0];
    let has_hyphens = groups[1..].iter().all(|group| group.gap == Gap::Hyphen);
    let is_written = match sizes {
        [10] => first.is_labelled,
        [3, 3, 4] | [3, 4, 3] => first.is_labelled || has_hyphens,
        _ => false,
    };
    is_written && !first.is_joined && matches!(digits, [4 | 8, 0, 0, ..])
}
