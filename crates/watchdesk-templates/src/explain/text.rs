//! The account as plain text, for a terminal.

use std::fmt::Write;

use watchdesk_core::explain::Explanation;

use super::{Account, ChainAccount, Line, Names, Reckoning, account};
use crate::catalogue::words;
use crate::reader::ReaderLocale;
use crate::text::plain;

/// What became of every promise on a ticket, and why, as a person tells it.
pub fn explain_text(explanation: &Explanation, reader: ReaderLocale, names: &Names) -> String {
    let account = account(explanation, reader, names);
    let mut page = Page { reader, text: String::new() };
    page.account(&account);
    plain(&page.text)
}

struct Page {
    reader: ReaderLocale,
    text: String,
}

impl Page {
    fn say(&self, key: &str) -> String {
        words().say(self.reader.language, &format!("explain.{key}"), &[])
    }

    /// Several lines of a text, such as a reason that somebody typed, stay within their indentation.
    fn line(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            let line = format!("{:indent$}{}", "", line.trim_end());
            writeln!(self.text, "{}", line.trim_end()).unwrap_or_default();
        }
    }

    fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn account(&mut self, account: &Account) {
        let number: &dyn std::fmt::Display = &account.number;
        let title = words().say(self.reader.language, "explain.title", &[("number", number)]);
        self.line(0, &title);
        self.line(0, &account.as_of);
        if let Some(nothing) = &account.nothing {
            self.blank();
            self.line(0, nothing);
        }
        self.chains(&account.chains, account.left_out.as_deref());
        for case in &account.cases {
            self.blank();
            self.line(0, &format!("== {} ==", case.title));
            self.chains(&case.chains, case.left_out.as_deref());
        }
    }

    fn chains(&mut self, chains: &[ChainAccount], left_out: Option<&str>) {
        if let Some(left_out) = left_out {
            self.blank();
            self.line(0, left_out);
        }
        for chain in chains {
            self.blank();
            self.line(0, &chain.title);
            self.line(2, &chain.stands);
            for reckoning in &chain.reckonings {
                self.reckoning(reckoning);
            }
        }
    }

    fn reckoning(&mut self, reckoning: &Reckoning) {
        self.blank();
        if let Some(title) = &reckoning.title {
            self.line(2, title);
        }
        for sentence in &reckoning.because {
            self.line(2, sentence);
        }
        if !reckoning.way.is_empty() {
            self.blank();
            self.line(2, &self.say("way.title"));
            self.dated(&reckoning.way);
        }
        if let Some(sum) = &reckoning.sum {
            self.line(4, &format!("= {sum}"));
        }
        if !reckoning.story.is_empty() {
            self.blank();
            self.line(2, &self.say("story.title"));
            self.dated(&reckoning.story);
        }
        if let Some(next) = &reckoning.next {
            self.line(4, next);
        }
    }

    fn dated(&mut self, lines: &[Line]) {
        let widest = lines.iter().map(|line| width(&line.when)).max().unwrap_or_default();
        for line in lines {
            let padding = widest - width(&line.when);
            let mut words = line.what.lines();
            let first = words.next().unwrap_or_default();
            self.line(4, &format!("{}{:padding$}  {first}", line.when, ""));
            for more in words {
                self.line(6 + widest, more);
            }
        }
    }
}

/// Columns on a terminal: the signs of Chinese take two.
pub(super) fn width(text: &str) -> usize {
    let is_wide = |c: char| {
        matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}')
    };
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}
