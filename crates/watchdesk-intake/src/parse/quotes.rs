//! The newest part of a text, without the quoted history below it.
//!
//! Only what is certainly history is left out: a known separator with nothing but the old mail
//! below. An answer written between or below the quoted lines keeps everything.

/// Lines over which an attribution ("On ... wrote:") may be wrapped.
const MAX_ATTRIBUTION_LINES: usize = 4;
/// The longest attribution.
const MAX_ATTRIBUTION_BYTES: usize = 400;
/// Lines within which the header block of Outlook must show itself.
const MAX_BLOCK_LINES: usize = 8;

/// Separators that stand alone on a line between dashes.
const SEPARATORS: [&str; 8] = [
    "original message",
    "original appointment",
    "原始邮件",
    "原始郵件",
    "原邮件",
    "回复的原邮件",
    "回复的邮件",
    "ursprüngliche nachricht",
];
/// The first line of a quoted header block: who wrote the old mail.
const AUTHOR_FIELDS: [&str; 4] = ["from", "发件人", "寄件者", "寄件人"];
/// Its second line: when.
const DATE_FIELDS: [&str; 8] = ["sent", "date", "发送时间", "发送日期", "日期", "时间", "傳送時間", "寄件日期"];
/// Its other lines.
const OTHER_FIELDS: [&str; 9] = ["to", "cc", "subject", "收件人", "抄送", "主题", "收件者", "副本", "主旨"];

/// The text above the quoted history; all of it when there is none, when that is not certain, or
/// when nothing would be left.
#[must_use]
pub fn visible_text(text: &str) -> &str {
    let layout = Layout::of(text);
    let first_written = layout.lines.iter().position(|line| !line.is_blank());
    let cut = (0..layout.lines.len()).find(|&index| layout.history_starts_at(index));
    let end = match (cut, first_written) {
        (Some(cut), Some(first)) if cut > first => layout.lines[cut].start,
        _ => text.len(),
    };
    text[..end].trim_end()
}

struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl Line<'_> {
    fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    fn is_quoted(&self) -> bool {
        self.text.starts_with('>')
    }
}

/// The lines and where the marks are, so that every question below is answered without another
/// pass over the text.
struct Layout<'a> {
    lines: Vec<Line<'a>>,
    /// From here on every line is blank or quoted.
    quoted_tail: usize,
    /// After the last quoted line.
    quotes_end: usize,
    /// After the last line that is not blank.
    written_end: usize,
}

impl<'a> Layout<'a> {
    fn of(text: &'a str) -> Self {
        let mut start = 0;
        let lines: Vec<Line<'a>> = text
            .split_inclusive('\n')
            .map(|line| {
                let found = Line { start, text: line.trim() };
                start += line.len();
                found
            })
            .collect();
        let after_last = |holds: fn(&Line<'_>) -> bool| lines.iter().rposition(holds).map_or(0, |index| index + 1);
        Layout {
            quoted_tail: after_last(|line| !line.is_blank() && !line.is_quoted()),
            quotes_end: after_last(|line| line.is_quoted()),
            written_end: after_last(|line| !line.is_blank()),
            lines,
        }
    }

    fn history_starts_at(&self, index: usize) -> bool {
        let line = &self.lines[index];
        if line.is_blank() {
            return false;
        }
        is_separator(line.text)
            || is_header_block(&self.lines[index..])
            || attribution_lines(&self.lines[index..]).is_some_and(|count| self.only_history_from(index + count))
            || line.is_quoted() && index >= self.quoted_tail
    }

    /// Below an attribution: either everything is marked as quoted, or nothing is (the mailer
    /// left the marks out). Marked and unmarked text together is an answer between the lines.
    fn only_history_from(&self, index: usize) -> bool {
        index < self.written_end && (index >= self.quoted_tail || index >= self.quotes_end)
    }
}

/// `-----Original Message-----`, `------------------ 原始邮件 ------------------`.
fn is_separator(line: &str) -> bool {
    let is_rule = |c: char| matches!(c, '-' | '_' | '=' | '—' | '─') || c.is_whitespace();
    let dashes = line.chars().take_while(|&c| is_rule(c)).filter(|c| !c.is_whitespace()).count();
    let name = line.trim_matches(|c| is_rule(c) || matches!(c, ':' | '：')).to_lowercase();
    dashes >= 2 && SEPARATORS.contains(&name.as_str())
}

/// Outlook's block: `From:`, then `Sent:`, then `To:` or `Subject:`, in some language. A rule
/// above it belongs to it. The order tells it from header fields that somebody reports about.
fn is_header_block(lines: &[Line<'_>]) -> bool {
    let is_rule = |text: &str| text.len() >= 5 && text.bytes().all(|b| b == b'_' || b == b'-');
    let start = usize::from(is_rule(lines[0].text));
    let mut names = lines[start..]
        .iter()
        .skip_while(|line| line.is_blank())
        .take(MAX_BLOCK_LINES)
        .take_while(|line| !line.is_blank())
        .map(|line| field_name(line.text));
    let mut next_is = |fields: &[&str]| {
        let name = names.next().flatten().unwrap_or_default();
        fields.contains(&name.as_str())
    };
    next_is(&AUTHOR_FIELDS) && next_is(&DATE_FIELDS) && next_is(&OTHER_FIELDS)
}

/// The name of a field such as `From:`, `*Sent:*` or `发件人：`.
fn field_name(line: &str) -> Option<String> {
    let (name, _) = line.split_once([':', '：'])?;
    let name: String = name.chars().filter(|c| !matches!(c, '*' | '|' | '>') && !c.is_whitespace()).collect();
    (name.len() <= 24).then(|| name.to_lowercase())
}

/// How many lines an attribution at the start of `lines` takes.
fn attribution_lines(lines: &[Line<'_>]) -> Option<usize> {
    let may_wrap = opens_attribution(lines[0].text);
    let lines_max = if may_wrap { MAX_ATTRIBUTION_LINES } else { 1 };
    let mut attribution = String::new();
    for (index, line) in lines.iter().take(lines_max).enumerate() {
        if line.is_blank() || line.is_quoted() || attribution.len() > MAX_ATTRIBUTION_BYTES {
            return None;
        }
        attribution.push(' ');
        attribution.push_str(line.text);
        if is_attribution(attribution.trim()) {
            return Some(index + 1);
        }
    }
    None
}

/// `On ...`, `在 ...`, or an address on its own line.
fn opens_attribution(line: &str) -> bool {
    ["On ", "At ", "在", "于", "於"].iter().any(|opening| line.starts_with(opening))
        || line.ends_with('>') && line.contains('@')
}

/// `On 3 May 2026 Kim wrote:`, `在 2026年5月3日，王芳 写道：`, `王芳 <wang@x> 于2026年5月3日写道：`.
fn is_attribution(text: &str) -> bool {
    let text = text.trim_end_matches(['*', ' ']);
    let has_date = text.chars().any(|c| c.is_ascii_digit());
    let english = (text.starts_with("On ") || text.starts_with("At ")) && text.ends_with("wrote:");
    let chinese = ["写道:", "写道：", "寫道:", "寫道："].iter().any(|end| text.ends_with(end))
        && (text.starts_with('在') || text.contains(['于', '於']));
    has_date && (english || chinese)
}
