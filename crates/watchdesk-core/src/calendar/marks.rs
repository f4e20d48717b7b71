//! What the words of a published event say about its days: off, working, or merely observed.

/// How an event is marked by whoever published it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing is said: a day off, unless others are marked.
    Unmarked,
    MarkedOff,
    /// A make-up working day.
    Working,
    Observance,
    Contradictory,
}

/// Says nothing by itself: the day is exchanged, which of the two it is stands beside it.
const EXCHANGED: &str = "调休";
/// Days off, in words that contain one of [`WORKING`].
const OFF_IN_SPITE: [&str; 5] =
    ["non-working day", "non working day", "make-up day off", "make-up holiday", "makeup holiday"];
const OFF: [&str; 3] = ["休", "假期", "放假"];
const WORKING: [&str; 8] = ["班", "make-up", "makeup", "make up day", "workday", "work day", "working day", "上课"];
/// First lines of a description in the feeds of Google.
const DESCRIBED_OFF: [&str; 4] = ["public holiday", "公共假期", "公共假日", "法定节假日"];
const DESCRIBED_OBSERVANCE: [&str; 1] = ["observance"];

/// `apple` is the value of `X-APPLE-SPECIAL-DAY`; `words` are summary and categories.
pub(super) fn meaning_of(apple: Option<&str>, words: &str, description: &str) -> Meaning {
    match apple.map(str::trim) {
        Some("WORK-HOLIDAY") => return Meaning::MarkedOff,
        Some("ALTERNATE-WORKDAY") => return Meaning::Working,
        Some(_) | None => {}
    }
    match meaning_of_words(words) {
        Meaning::Unmarked => meaning_of_description(description),
        marked => marked,
    }
}

fn meaning_of_words(words: &str) -> Meaning {
    let mut words = words.to_lowercase().replace(EXCHANGED, " ");
    let mut off = OFF.iter().any(|mark| words.contains(mark));
    for mark in OFF_IN_SPITE {
        off |= words.contains(mark);
        words = words.replace(mark, " ");
    }
    let working = WORKING.iter().any(|mark| words.contains(mark));
    match (off, working) {
        (true, true) => Meaning::Contradictory,
        (true, false) => Meaning::MarkedOff,
        (false, true) => Meaning::Working,
        (false, false) => Meaning::Unmarked,
    }
}

fn meaning_of_description(description: &str) -> Meaning {
    let first = description.lines().next().unwrap_or_default().trim().to_lowercase();
    if DESCRIBED_OBSERVANCE.contains(&first.as_str()) {
        Meaning::Observance
    } else if DESCRIBED_OFF.contains(&first.as_str()) {
        Meaning::MarkedOff
    } else {
        Meaning::Unmarked
    }
}

#[cfg(test)]
mod tests {
    use super::{Meaning, meaning_of};

    #[test]
    fn words_as_publishers_write_them() {
        for (words, expected) in [
            ("春节 休", Meaning::MarkedOff),
            ("春节（休）", Meaning::MarkedOff),
            ("休｜国庆节", Meaning::MarkedOff),
            ("元旦 假期 第1天/共1天", Meaning::MarkedOff),
            ("春节 班", Meaning::Working),
            ("春节 补班 第1天/共2天", Meaning::Working),
            ("国庆节 调休上班", Meaning::Working),
            ("国庆节 调休", Meaning::Unmarked),
            ("休息日上班", Meaning::Contradictory),
            ("Working Day for Labor Day Holiday", Meaning::Working),
            ("Make-up workday", Meaning::Working),
            ("Make-up day off", Meaning::MarkedOff),
            ("Non-working day", Meaning::MarkedOff),
            ("Early May bank holiday", Meaning::Unmarked),
            ("Good Friday", Meaning::Unmarked),
            ("元宵节", Meaning::Unmarked),
        ] {
            assert_eq!(meaning_of(None, words, ""), expected, "{words}");
        }
    }

    #[test]
    fn a_mark_of_apple_beats_the_words_and_words_beat_the_description() {
        assert_eq!(meaning_of(Some("ALTERNATE-WORKDAY"), "春节 休", ""), Meaning::Working);
        assert_eq!(meaning_of(Some("WORK-HOLIDAY"), "春节", "Observance"), Meaning::MarkedOff);
        assert_eq!(meaning_of(Some("TRUE"), "春节", "Observance\nhide it"), Meaning::Observance);
        assert_eq!(meaning_of(None, "National Day", "Public holiday"), Meaning::MarkedOff);
        assert_eq!(meaning_of(None, "春节 班", "Public holiday"), Meaning::Working);
    }
}
