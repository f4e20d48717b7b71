//! Which mail is the operator's word, on which case, and what may belong together where nothing says so.

use std::collections::BTreeSet;

use regex::{Regex, RegexBuilder};

use crate::case::CaseStateKind;
use crate::ids::CaseId;
use crate::lifecycle::CaseAction;

/// Patterns of each kind.
pub const PATTERNS_MAX: usize = 50;
/// References that are taken from one mail.
pub const REFERENCES_MAX: usize = 20;
/// Cases that one mail joins.
pub const CASES_MAX: usize = 5;
/// Cases that are suggested for one mail.
pub const SUGGESTED_MAX: usize = 3;
/// Characters of one reference.
const REFERENCE_CHARS_MAX: usize = 64;
/// Bytes of a mail's text that are searched.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// What a pattern may cost once it is compiled.
const PATTERN_BYTES_MAX: usize = 1 << 20;
/// Pieces of text that two things are compared by.
const PIECES_MAX: usize = 400;

/// How the operator's mail is told apart.
#[derive(Debug, Clone, Default)]
pub struct OperatorMail {
    senders: Vec<String>,
    references: Vec<Regex>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("\"{0}\" is neither a domain such as operator.example nor an address")]
    Sender(String),
    #[error("\"{pattern}\" is not a regular expression that can be used: {why}")]
    Reference { pattern: String, why: String },
    #[error("there are more than {PATTERNS_MAX} entries")]
    TooMany,
}

/// Whose word a mail is, as far as its addresses say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    SomebodyElse,
    /// It says that it is from the operator, and another address sent it.
    Claims,
    Operator,
}

impl OperatorMail {
    /// A sender is a domain, with its subdomains, or a whole address. A reference is a regular expression that matches
    /// whole words, whatever their case; its first group, if it has one, is the reference.
    pub fn new(senders: &[String], references: &[String]) -> Result<Self, PatternError> {
        if senders.len() > PATTERNS_MAX || references.len() > PATTERNS_MAX {
            return Err(PatternError::TooMany);
        }
        let senders = senders.iter().map(|sender| sender_of(sender)).collect::<Result<_, _>>()?;
        let references = references.iter().map(|pattern| compiled(pattern)).collect::<Result<_, _>>()?;
        Ok(Self { senders, references })
    }

    /// `From` proves nothing by itself: where the envelope's sender is known it must be the operator's too. The null
    /// sender is what machines use, and their word acknowledges nothing.
    pub fn speaks(&self, from: &str, envelope: Option<&str>) -> Speaks {
        let envelope = envelope.map(str::trim).filter(|sender| !sender.is_empty());
        match (self.is_operator(from), envelope) {
            (false, _) => Speaks::SomebodyElse,
            (true, Some(sender)) if !self.is_operator(sender) => Speaks::Claims,
            (true, Some(_) | None) => Speaks::Operator,
        }
    }

    fn is_operator(&self, address: &str) -> bool {
        let address = address.trim().to_lowercase();
        let Some((_, domain)) = address.rsplit_once('@') else { return false };
        self.senders.iter().any(|sender| {
            let within =
                domain.strip_suffix(sender.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            if sender.contains('@') { *sender == address } else { within }
        })
    }

    /// The numbers that a mail speaks of, as [`normal`] writes them; the subject's first.
    pub fn references(&self, subject: &str, text: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for text in [subject, cut(text, TEXT_BYTES_MAX)] {
            for pattern in &self.references {
                for captures in pattern.captures_iter(text) {
                    let Some(matched) = captures.get(1).or_else(|| captures.get(0)) else { continue };
                    let reference = normal(matched.as_str());
                    if found.len() == REFERENCES_MAX {
                        return found;
                    }
                    let fits = !reference.is_empty() && reference.chars().count() <= REFERENCE_CHARS_MAX;
                    if fits && !found.contains(&reference) {
                        found.push(reference);
                    }
                }
            }
        }
        found
    }
}

fn sender_of(text: &str) -> Result<String, PatternError> {
    let sender = text.trim().to_lowercase();
    let domain = sender.rsplit_once('@').map_or(sender.as_str(), |(_, domain)| domain);
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let is_domain = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
    let has_local = !sender.starts_with('@');
    if is_domain && has_local && domain.chars().all(legal) {
        Ok(sender)
    } else {
        Err(PatternError::Sender(text.to_owned()))
    }
}

fn compiled(pattern: &str) -> Result<Regex, PatternError> {
    // Boundaries of ASCII words: a number may stand right behind a Chinese character.
    let whole_words = format!(r"(?-u:\b)(?:{pattern})(?-u:\b)");
    let built = RegexBuilder::new(&whole_words).case_insensitive(true).size_limit(PATTERN_BYTES_MAX).build();
    built.map_err(|error| PatternError::Reference { pattern: pattern.to_owned(), why: error.to_string() })
}

/// A reference as it is compared: without spaces around it, in capitals.
pub fn normal(reference: &str) -> String {
    reference.trim().to_uppercase()
}

fn cut(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A case that a mail of the operator's may be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub case: CaseId,
    pub state: CaseStateKind,
    /// As [`normal`] writes it.
    pub reference: String,
}

/// Why a mail of the operator's joins no case by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCase {
    NoReference,
    UnknownReference,
    /// It may not be from the operator at all.
    Unproven,
}

impl NoCase {
    pub const ALL: [Self; 3] = [Self::NoReference, Self::UnknownReference, Self::Unproven];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoReference => "no_reference",
            Self::UnknownReference => "unknown_reference",
            Self::Unproven => "unproven",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == text)
    }

    /// For the record of what became of the mail.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoReference => "It is from the operator and names no case.",
            Self::UnknownReference => "It is from the operator and names a case that is not known here.",
            Self::Unproven => "It says that it is from the operator, but another address sent it.",
        }
    }
}

/// Where a mail of the operator's goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseRoute {
    /// Each once.
    Join(Vec<CaseId>),
    Hold(NoCase),
}

/// What a person said goes before everything; then the mail of ours that it answers, then the numbers that it names.
/// `known` holds the cases with these numbers, the newest first: of several with the same one the operator means the one
/// that it has.
pub fn route(
    speaks: Speaks,
    by_hand: Option<CaseId>,
    answered: &[CaseId],
    references: &[String],
    known: &[Known],
) -> CaseRoute {
    if let Some(case) = by_hand {
        return CaseRoute::Join(vec![case]);
    }
    if speaks != Speaks::Operator {
        return CaseRoute::Hold(NoCase::Unproven);
    }
    let takes_words = |known: &&Known| CaseAction::Update.in_state(known.state).is_some();
    let named = references.iter().filter_map(|reference| {
        let mut cases = known.iter().filter(|known| known.reference == *reference).filter(takes_words);
        let newest = cases.clone().next();
        cases.find(|known| known.state.is_with_operator()).or(newest).map(|known| known.case)
    });
    let mut joined: Vec<CaseId> = Vec::new();
    for case in answered.iter().copied().chain(named) {
        if !joined.contains(&case) && joined.len() < CASES_MAX {
            joined.push(case);
        }
    }
    match (joined.is_empty(), references.is_empty()) {
        (false, _) => CaseRoute::Join(joined),
        (true, true) => CaseRoute::Hold(NoCase::NoReference),
        (true, false) => CaseRoute::Hold(NoCase::UnknownReference),
    }
}

/// What a case looks like beside a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    pub case: CaseId,
    pub reference: String,
    /// Its summary and the subjects of its tickets.
    pub words: String,
    /// Ids and domains of its customers.
    pub marks: Vec<String>,
}

/// The cases that a mail is most likely about, the likeliest first. A person decides.
pub fn suggestions(references: &[String], words: &str, cases: &[Likeness]) -> Vec<CaseId> {
    let mail = pieces(words);
    let lower = words.to_lowercase();
    let mut ranked: Vec<(usize, CaseId)> = cases
        .iter()
        .filter_map(|case| {
            let near = references.iter().any(|reference| is_near(reference, &normal(&case.reference)));
            let marked = case.marks.iter().any(|mark| mark.len() > 3 && lower.contains(&mark.to_lowercase()));
            let shared = mail.intersection(&pieces(&case.words)).count();
            let rank = usize::from(near) * 1_000 + usize::from(marked) * 100 + shared.min(99);
            (near || marked || shared > 1).then_some((rank, case.case))
        })
        .collect();
    ranked.sort_by_key(|(rank, case)| (std::cmp::Reverse(*rank), *case));
    ranked.into_iter().take(SUGGESTED_MAX).map(|(_, case)| case).collect()
}

/// The same digits, written otherwise: `21V-300123`, `300123`.
fn is_near(one: &str, other: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (one, other) = (digits(one), digits(other));
    one.len() > 3 && other.len() > 3 && (one.ends_with(&other) || other.ends_with(&one))
}

/// Words of Latin letters and digits, and pairs of other characters, because Chinese has no spaces.
fn pieces(text: &str) -> BTreeSet<String> {
    let mut pieces = BTreeSet::new();
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
        if word.is_ascii() {
            pieces.extend((word.len() > 3).then(|| word.to_owned()));
        } else {
            let chars: Vec<char> = word.chars().collect();
            pieces.extend(chars.windows(2).map(|pair| pair.iter().collect::<String>()));
        }
        if pieces.len() > PIECES_MAX {
            break;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn mail() -> OperatorMail {
        let strings = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let references = strings(&[r"21V-[0-9]{4,16}", r"TrackingID\s*#\s*([0-9]{10,20})"]);
        OperatorMail::new(&strings(&["21vianet.example", "desk@partner.example"]), &references).expect("patterns")
    }

    fn case(n: u128) -> CaseId {
        CaseId(Uuid::from_u128(n))
    }

    fn known(n: u128, state: CaseStateKind, reference: &str) -> Known {
        Known { case: case(n), state, reference: reference.to_owned() }
    }

    #[test]
    fn who_speaks_for_the_operator() {
        use Speaks::{Claims, Operator, SomebodyElse};
        let table = [
            ("liu@21vianet.example", Some("liu@21Vianet.example"), Operator),
            ("liu@mail.21vianet.example", Some("bounce@x.21vianet.example"), Operator),
            ("Desk@partner.example", Some("desk@partner.example"), Operator),
            ("other@partner.example", Some("other@partner.example"), SomebodyElse),
            ("liu@not21vianet.example", None, SomebodyElse),
            ("liu@21vianet.example.evil.example", None, SomebodyElse),
            ("liu@21vianet.example", Some("mallory@evil.example"), Claims),
            ("liu@21vianet.example", Some(""), Operator),
            ("liu@21vianet.example", None, Operator),
            ("no address", None, SomebodyElse),
        ];
        for (from, envelope, expected) in table {
            assert_eq!(mail().speaks(from, envelope), expected, "{from} {envelope:?}");
        }
    }

    #[test]
    fn references_are_found_in_subject_and_text() {
        let table: [(&str, &str, &[&str]); 6] = [
            ("Re: 21v-300123", "See 21V-300123 and 21V-300124.", &["21V-300123", "21V-300124"]),
            ("您的请求编号21V-300123已受理", "", &["21V-300123"]),
            ("[TrackingID#2207250030001234]", "", &["2207250030001234"]),
            ("A21V-300123", "21V-30012345678901234567", &[]),
            ("", "300123", &[]),
            ("", "", &[]),
        ];
        for (subject, text, expected) in table {
            assert_eq!(mail().references(subject, text), expected, "{subject} {text}");
        }
        let many: String = (0..100).map(|n| format!("21V-{} ", 1_000 + n)).collect();
        assert_eq!(mail().references("", &many).len(), REFERENCES_MAX);
    }

    #[test]
    fn a_wrong_pattern_is_named() {
        let wrong = |senders: &[&str], references: &[&str]| {
            let strings = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
            OperatorMail::new(&strings(senders), &strings(references)).expect_err("wrong").to_string()
        };
        assert!(wrong(&["operator"], &[]).contains("\"operator\""));
        assert!(wrong(&["@operator.example"], &[]).contains("neither"));
        assert!(wrong(&[], &["21V-("]).contains("21V-("));
        assert!(wrong(&[], &["[0-9]{1000}{1000}"]).contains("can be used"), "a bomb");
        assert!(wrong(&["a.example"; PATTERNS_MAX + 1], &[]).contains("more than"));
    }

    #[test]
    fn where_a_mail_of_the_operators_goes() {
        use CaseStateKind as S;
        let refs = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let cases = [
            known(3, S::Filed, "B"),
            known(2, S::Withdrawn, "A"),
            known(1, S::Acknowledged, "A"),
            known(4, S::Drafted, "C"),
            known(5, S::Answered, "D"),
        ];
        let join = |ids: &[u128]| CaseRoute::Join(ids.iter().map(|id| case(*id)).collect());
        let hold = CaseRoute::Hold;
        let table = [
            (Speaks::Operator, None, vec![], refs(&["A"]), join(&[1])),
            (Speaks::Operator, None, vec![], refs(&["B", "A", "B"]), join(&[3, 1])),
            (Speaks::Operator, None, vec![], refs(&["D"]), join(&[5])),
            (Speaks::Operator, None, vec![case(3)], refs(&["B"]), join(&[3])),
            (Speaks::Operator, None, vec![case(3)], refs(&[]), join(&[3])),
            (Speaks::Operator, None, vec![], refs(&[]), hold(NoCase::NoReference)),
            (Speaks::Operator, None, vec![], refs(&["X"]), hold(NoCase::UnknownReference)),
            (Speaks::Operator, None, vec![], refs(&["C"]), hold(NoCase::UnknownReference)),
            (Speaks::Claims, None, vec![case(3)], refs(&["A"]), hold(NoCase::Unproven)),
            (Speaks::SomebodyElse, None, vec![], refs(&["A"]), hold(NoCase::Unproven)),
            (Speaks::Claims, Some(case(9)), vec![], refs(&["A"]), join(&[9])),
        ];
        for (speaks, by_hand, answered, references, expected) in table {
            let went = route(speaks, by_hand, &answered, &references, &cases);
            assert_eq!(went, expected, "{speaks:?} {by_hand:?} {answered:?} {references:?}");
        }
    }

    #[test]
    fn what_is_likely_comes_first() {
        let like = |n, reference: &str, words: &str, mark: &str| Likeness {
            case: case(n),
            reference: reference.to_owned(),
            words: words.to_owned(),
            marks: vec![mark.to_owned()],
        };
        let cases = [
            like(1, "21V-300123", "Printing", "contoso.example"),
            like(2, "21V-8", "Exchange mail flow stopped", "fabrikam.example"),
            like(3, "21V-9", "邮件无法收发", "northwind.example"),
            like(4, "21V-7", "Nothing like it", "x"),
        ];
        let suggest = |references: &[&str], words: &str| {
            let references: Vec<String> = references.iter().map(|one| (*one).to_owned()).collect();
            suggestions(&references, words, &cases)
        };
        assert_eq!(suggest(&["300123"], "Mail flow in Exchange"), [case(1), case(2)]);
        assert_eq!(suggest(&[], "Tenant FABRIKAM.example"), [case(2)]);
        assert_eq!(suggest(&[], "关于邮件无法收发的问题"), [case(3)]);
        assert_eq!(suggest(&[], "Hello"), []);
    }
}
