//! The few words that intake itself writes into a ticket, in the language of the mailbox.

use watchdesk_core::desk::Language;
use watchdesk_core::ids::TicketNumber;

pub(super) fn no_subject(language: Language) -> &'static str {
    match language {
        Language::English => "(no subject)",
        Language::Chinese => "（无主题）",
    }
}

pub(super) fn shortened(language: Language) -> &'static str {
    match language {
        Language::English => "[The message was too long and is shortened here; the whole of it is kept as it came.]",
        Language::Chinese => "[邮件过长，此处已截短；原件已完整保存。]",
    }
}

/// For staff: why a mail that speaks of a ticket did not go there.
pub(super) fn quotes(language: Language, number: TicketNumber) -> String {
    match language {
        Language::English => format!("This mail quotes ticket #{number}, but its sender is no participant there."),
        Language::Chinese => format!("此邮件引用了工单 #{number}，但发件人并非该工单的参与者。"),
    }
}

/// For staff: the sender does take part, but a number alone proves nothing.
pub(super) fn names_without_proof(language: Language, number: TicketNumber) -> String {
    match language {
        Language::English => {
            format!("This mail names ticket #{number}, but nothing in it proves that it answers a mail of ours.")
        }
        Language::Chinese => format!("此邮件提到了工单 #{number}，但没有任何内容能证明它是对我方邮件的回复。"),
    }
}
