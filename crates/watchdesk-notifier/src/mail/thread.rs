//! Where a mail stands in its conversation: `In-Reply-To` and `References` (RFC 5322, 3.6.4).

use watchdesk_core::Instant;

/// Ids in `References`: the first, and the latest.
const REFERENCES_MAX: usize = 20;
/// Longer ids are legal and useless; they would break the line length.
const ID_BYTES_MAX: usize = 250;

/// A mail of the conversation, his or ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// Without angle brackets.
    pub id: String,
    pub at: Instant,
    pub ours: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thread {
    pub in_reply_to: String,
    /// Oldest first; the mail that is answered stands last.
    pub references: Vec<String>,
}

impl Thread {
    /// The first word of a conversation still names one: all mails of a ticket refer to the same `root`.
    pub fn rooted(root: String) -> Self {
        Self { in_reply_to: root.clone(), references: vec![root] }
    }

    /// An answer to `parent`, among what was said before it. Where nothing of the customer's came by mail, our own
    /// last mail is the parent, and `root` stands for the beginning.
    pub fn answering(parent: Option<&Known>, known: &[Known], root: String) -> Self {
        let mut known: Vec<&Known> = known.iter().filter(|mail| is_usable(&mail.id)).collect();
        known.sort_by(|one, other| (one.at, one.ours, &one.id).cmp(&(other.at, other.ours, &other.id)));
        let parent = parent.filter(|mail| is_usable(&mail.id));
        let Some(last) = parent.or_else(|| known.last().copied()) else { return Self::rooted(root) };
        // What we wrote in the second in which his mail came answers it.
        let earlier = |mail: &&Known| (mail.at, mail.ours) <= (last.at, last.ours) && mail.id != last.id;
        let before = known.into_iter().filter(earlier).map(|mail| mail.id.clone());
        let begins = parent.is_none().then_some(root);
        let mut references: Vec<String> = begins.into_iter().chain(before).collect();
        references.dedup();
        references.push(last.id.clone());
        if references.len() > REFERENCES_MAX {
            references.drain(1..=references.len() - REFERENCES_MAX);
        }
        Self { in_reply_to: last.id.clone(), references }
    }
}

/// Ids come from outside: what could not stand in a header as it is, is left out.
fn is_usable(id: &str) -> bool {
    !id.is_empty() && id.len() <= ID_BYTES_MAX && id.bytes().all(|b| b.is_ascii_graphic() && !b"<>,;".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: &str, second: i64) -> Known {
        let at = chrono::DateTime::from_timestamp(1_770_000_000 + second, 0).expect("an instant");
        Known { id: id.to_owned(), at, ours: id.starts_with("ours") }
    }

    #[test]
    fn an_answer_refers_to_all_that_was_said_before_what_it_answers() {
        let conversation = [known("ours-1", 1), known("his-1", 1), known("his-2", 3), known("ours-2", 3)];
        let thread = Thread::answering(Some(&known("his-2", 3)), &conversation, "root".into());
        assert_eq!(thread.in_reply_to, "his-2");
        assert_eq!(thread.references, ["his-1", "ours-1", "his-2"]);
        let first = Thread::answering(Some(&known("his-1", 1)), &conversation, "root".into());
        assert_eq!(first.references, ["his-1"]);
    }

    #[test]
    fn a_conversation_that_began_by_telephone_hangs_together_too() {
        let first = Thread::answering(None, &[], "root".into());
        assert_eq!((first.in_reply_to.as_str(), first.references), ("root", vec!["root".to_owned()]));
        let second = Thread::answering(None, &[known("ours-1", 1)], "root".into());
        assert_eq!((second.in_reply_to.as_str(), second.references), ("ours-1", vec!["root".into(), "ours-1".into()]));
    }

    #[test]
    fn long_conversations_keep_their_beginning_and_their_end() {
        let all: Vec<Known> = (0..100).map(|n| known(&format!("m{n:03}"), n)).collect();
        let thread = Thread::answering(Some(&all[99]), &all, "root".into());
        assert_eq!(thread.references.len(), REFERENCES_MAX);
        assert_eq!(thread.references[0], "m000");
        assert_eq!(thread.references[REFERENCES_MAX - 1], "m099");
        assert_eq!(thread.references[REFERENCES_MAX - 2], "m098");
    }

    #[test]
    fn ids_that_cannot_stand_in_a_header_are_left_out() {
        let evil = ["a\r\nBcc: x@y.cn", "a b", "a>b", "", "ä@x"].map(|id| known(id, 1));
        let thread = Thread::answering(Some(&evil[0]), &evil, "root".into());
        assert_eq!(thread, Thread::rooted("root".into()));
        assert!(!is_usable(&"x".repeat(300)));
    }
}
