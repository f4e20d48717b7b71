//! Tells code from comments, so that a word in a string or in a sentence is not taken for code.

/// Two views of one file. Both have the lines and columns of the original; what does not belong is blank.
pub struct RustText {
    /// Without comments and without the contents of strings and characters.
    pub code: String,
    pub comments: String,
}

impl RustText {
    pub fn of(text: &str) -> Self {
        let mut reader = Reader { rest: text.chars().collect(), at: 0, code: String::new(), comments: String::new() };
        while reader.at < reader.rest.len() {
            reader.step();
        }
        Self { code: reader.code, comments: reader.comments }
    }

    /// Where `word` stands in the code as a word of its own, as lines counted from 1.
    pub fn code_lines_with(&self, word: &str) -> Vec<usize> {
        lines_with(&self.code, word)
    }
}

/// The lines, counted from 1, where `word` is not merely a part of a longer one.
pub fn lines_with(text: &str, word: &str) -> Vec<usize> {
    let has_word = |line: &str| line.match_indices(word).any(|(start, _)| is_whole(line, start, word));
    text.lines().enumerate().filter(|(_, line)| has_word(line)).map(|(index, _)| index + 1).collect()
}

fn is_whole(line: &str, start: usize, word: &str) -> bool {
    let before = line[..start].chars().next_back();
    let after = line[start + word.len()..].chars().next();
    let joins =
        |inside: Option<char>, outside: Option<char>| inside.is_some_and(in_a_name) && outside.is_some_and(in_a_name);
    !joins(word.chars().next(), before) && !joins(word.chars().next_back(), after)
}

pub fn in_a_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    code: String,
    comments: String,
}

impl Reader {
    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            (Some('/'), Some('/')) => self.line_comment(),
            (Some('/'), Some('*')) => self.block_comment(),
            (Some('"'), _) => self.string(),
            (Some('\''), _) => self.character_or_lifetime(),
            (Some('r'), Some('"' | '#')) if !self.is_inside_a_name() => self.raw_string_or_code(),
            _ => self.take_code(),
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.get(self.at + ahead).copied()
    }

    /// `br"` and `cr"` begin raw strings as `r"` does, the end of an ordinary name does not.
    fn is_inside_a_name(&self) -> bool {
        let before = |back: usize| self.at.checked_sub(back).and_then(|at| self.rest.get(at)).copied();
        match before(1) {
            Some('b' | 'c') => before(2).is_some_and(in_a_name),
            Some(character) => in_a_name(character),
            None => false,
        }
    }

    fn take_code(&mut self) {
        let character = self.rest[self.at];
        self.code.push(character);
        self.comments.push(blank(character));
        self.at += 1;
    }

    fn take_comment(&mut self) {
        let character = self.rest[self.at];
        self.code.push(blank(character));
        self.comments.push(character);
        self.at += 1;
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            let Some(character) = self.peek(0) else {
                return;
            };
            self.code.push(blank(character));
            self.comments.push(blank(character));
            self.at += 1;
        }
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|character| character != '\n') {
            self.take_comment();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while let Some(character) = self.peek(0) {
            match (character, self.peek(1)) {
                ('/', Some('*')) => {
                    depth += 1;
                    self.take_comment();
                }
                ('*', Some('/')) => {
                    depth -= 1;
                    self.take_comment();
                }
                _ => {}
            }
            self.take_comment();
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.take_code();
        while let Some(character) = self.peek(0) {
            match character {
                '\\' => self.skip(2),
                '"' => return self.take_code(),
                _ => self.skip(1),
            }
        }
    }

    fn character_or_lifetime(&mut self) {
        if self.peek(1) == Some('\\') {
            self.skip(3);
            while self.peek(0).is_some_and(|character| character != '\'') {
                self.skip(1);
            }
            self.skip(1);
        } else if self.peek(2) == Some('\'') {
            self.skip(3);
        } else {
            self.take_code();
        }
    }

    fn raw_string_or_code(&mut self) {
        let hashes = self.rest[self.at + 1..].iter().take_while(|character| **character == '#').count();
        if self.peek(1 + hashes) != Some('"') {
            return self.take_code();
        }
        self.skip(2 + hashes);
        while self.at < self.rest.len() && !self.is_end_of_raw_string(hashes) {
            self.skip(1);
        }
        self.skip(1 + hashes);
    }

    fn is_end_of_raw_string(&self, hashes: usize) -> bool {
        self.peek(0) == Some('"') && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#'))
    }
}

/// Lines stay where they are.
fn blank(character: char) -> char {
    if character == '\n' { '\n' } else { ' ' }
}

fn check(text: &str, code: &str, comments: &str) {
    let parts = RustText::of(text);
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!((squeeze(&parts.code), squeeze(&parts.comments)), (code.to_owned(), comments.to_owned()), "{text}");
    assert_eq!(parts.code.lines().count(), text.lines().count());
}

#[test]
fn code_and_comments_are_told_apart() {
    check("a(); // b\nc();", "a(); c();", "// b");
    check("a /* b /* c */ d */ e", "a e", "/* b /* c */ d */");
    check(r#"f("todo!( \" // no", 'x')"#, r#"f(" ", )"#, "");
    check("let a: &'static str = r#\"dbg!(\"x\")\"#;", "let a: &'static str = ;", "");
    check("br\"dbg!()\" 'a' '\\'' '\\u{1F600}' \"\\\\\" r#fn", "b \" \" r#fn", "");
    check("for r in over\"\" {}", "for r in over\"\" {}", "");
}

#[test]
fn words_are_found_whole() {
    assert_eq!(lines_with("a\nsleep(1)\noversleep(2)\nsleeper()", "sleep("), [2]);
    assert_eq!(lines_with("tokio::x\ntokio_x", "tokio"), [1]);
    assert_eq!(lines_with("x.sleep(", "sleep("), [1]);
}
