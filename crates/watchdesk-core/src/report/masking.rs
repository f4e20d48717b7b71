//! Personal data in free text that leaves the desk: addresses and telephone numbers are masked, the rest stays as it is.
//!
//! A name in a sentence is not found by any rule, so whoever hands a document over still reads it.

/// Digits of a Chinese mobile number.
const MOBILE_DIGITS: usize = 11;
/// Digits of an international number behind its `+`.
const INTERNATIONAL_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// `j***@example.cn` and `138****1234`.
pub fn masked(text: &str) -> String {
    masked_numbers(&masked_addresses(text))
}

fn is_local(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'' | '*')
}

fn is_domain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-')
}

fn masked_addresses(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let local = before.len() - before.trim_end_matches(is_local).len();
        let domain: &str = &after[..after.len() - after.trim_start_matches(is_domain).len()];
        let is_address = local > 0 && domain.trim_end_matches('.').contains('.');
        let first = before[before.len() - local..].chars().next().filter(|_| is_address);
        match first {
            Some(first) => {
                masked.push_str(&before[..before.len() - local]);
                masked.push(first);
                masked.push_str("***@");
            }
            None => {
                masked.push_str(before);
                masked.push('@');
            }
        }
        rest = after;
    }
    masked + rest
}

/// Runs of digits, alone or in groups; what letters touch is an id and not a number to call.
fn masked_numbers(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut previous: Option<char> = None;
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let starts = next == '+' || next.is_ascii_digit();
        let touches = previous.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
        let length = if starts && !touches { run(rest) } else { 0 };
        if length > 0 && is_number(&rest[..length]) && !rest[length..].starts_with(in_an_id) {
            masked.push_str(&without_middle(&rest[..length]));
        } else {
            masked.push_str(&rest[..length.max(next.len_utf8())]);
        }
        let taken = length.max(next.len_utf8());
        previous = rest[..taken].chars().next_back();
        rest = &rest[taken..];
    }
    masked
}

fn in_an_id(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/')
}

/// Bytes of the digits that begin here, with a `+` before them and single blanks or hyphens between them.
fn run(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = usize::from(bytes.first() == Some(&b'+'));
    while let Some(byte) = bytes.get(end) {
        let goes_on = match byte {
            b'0'..=b'9' => true,
            b' ' | b'-' => end > 0 && bytes.get(end + 1).is_some_and(u8::is_ascii_digit),
            _ => false,
        };
        if !goes_on {
            break;
        }
        end += 1;
    }
    end
}

fn is_number(run: &str) -> bool {
    let digits: String = run.chars().filter(char::is_ascii_digit).collect();
    let mobile = digits.len() == MOBILE_DIGITS && digits.starts_with('1') && !digits.starts_with(['0', '2']);
    let mobile = mobile && matches!(digits.as_bytes().get(1), Some(b'3'..=b'9'));
    mobile || (run.starts_with('+') && INTERNATIONAL_DIGITS.contains(&digits.len()))
}

fn without_middle(run: &str) -> String {
    let digits: Vec<char> = run.chars().filter(char::is_ascii_digit).collect();
    let plus = if run.starts_with('+') { "+" } else { "" };
    let (head, tail) = (digits.get(..3).unwrap_or_default(), digits.get(digits.len() - 4..).unwrap_or_default());
    format!("{plus}{}****{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn addresses_and_telephone_numbers_are_masked_and_ids_stay() {
        let table = [
            ("wang.fang@contoso.cn cannot send", "w***@contoso.cn cannot send"),
            ("请联系 li@example.com.cn，谢谢", "请联系 l***@example.com.cn，谢谢"),
            ("a@b and @nobody and x@y.z.", "a@b and @nobody and x***@y.z."),
            ("call 13800138000 now", "call 138****8000 now"),
            ("电话138 0013 8000。", "电话138****8000。"),
            ("+86 21 5555 0100 rings", "+862****0100 rings"),
            ("550 5.7.1 at 2026-03-18 10:00", "550 5.7.1 at 2026-03-18 10:00"),
            ("id 13800138000-4f2a and 0x80070005", "id 13800138000-4f2a and 0x80070005"),
            ("f47ac10b-58cc-4372-a567-0e02b2c3d479", "f47ac10b-58cc-4372-a567-0e02b2c3d479"),
            ("order 12345678901 of 40 users", "order 12345678901 of 40 users"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(masked(text), expected);
        }
    }
}
