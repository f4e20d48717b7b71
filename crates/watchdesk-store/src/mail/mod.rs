//! Mail as it arrived, what became of it, and how it finds its ticket.

mod answers;
mod fate;
mod operator;
mod raw;
mod threads;

pub use answers::{auto_answers_since, forget_auto_answers_before, may_auto_answer, note_auto_answer};
pub use fate::{Fate, FateKind};
pub(crate) use operator::look_again;
pub use operator::{
    HeldForCase, OperatorMail, cases_by_mail_ids, hold_for_case, match_by_hand, matched_case, waiting_for_case,
};
pub(crate) use raw::settle_within;
pub use raw::{
    Envelope, RawMail, RawMailMeta, Source, count_by_fate, fates, list_by_fate, list_by_fates, pending_mail, raw,
    retry, same_content, settle, store_raw, store_raw_at,
};
pub use threads::{participant, tickets_by_mail_ids};
