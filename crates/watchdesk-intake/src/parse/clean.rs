//! Strings from outside made harmless as strings; what they say is not judged here.

/// Whether a character is invisible or changes the direction of what follows. Such characters
/// make one name look like another.
pub(super) fn is_deceptive(character: char) -> bool {
    matches!(
        character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// One line for a subject, a name or a diagnostic: control characters become spaces, deceptive
/// ones go, runs of spaces become one, and at most `chars_max` characters stay.
pub(super) fn single_line(text: &str, chars_max: usize) -> String {
    let mut line = String::with_capacity(text.len().min(chars_max * 4));
    let mut kept = 0;
    let mut space_due = false;
    for character in text.chars().filter(|&character| !is_deceptive(character)) {
        if character.is_whitespace() || character.is_control() {
            space_due = !line.is_empty();
            continue;
        }
        let needed = 1 + usize::from(space_due);
        if kept + needed > chars_max {
            break;
        }
        if std::mem::take(&mut space_due) {
            line.push(' ');
        }
        line.push(character);
        kept += needed;
    }
    line
}

/// Text of many lines: `\r\n` and `\r` become `\n`, NUL becomes U+FFFD, other control characters
/// except the tab go.
pub(super) fn multi_line(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                characters.next_if_eq(&'\n');
                clean.push('\n');
            }
            '\n' | '\t' => clean.push(character),
            '\0' => clean.push('\u{FFFD}'),
            '\u{FEFF}' => {}
            _ if character.is_control() => {}
            _ => clean.push(character),
        }
    }
    clean
}

/// The longest prefix of at most `bytes_max` bytes, and whether anything was cut.
pub(super) fn prefix(text: &str, bytes_max: usize) -> (&str, bool) {
    if text.len() <= bytes_max {
        return (text, false);
    }
    let end = (0..=bytes_max).rev().find(|&index| text.is_char_boundary(index)).unwrap_or(0);
    (&text[..end], true)
}
