//! The files behind the mails, embedded.

macro_rules! mail_templates {
    ($($name:literal),+ $(,)?) => {
        &[$((concat!("mail/", $name), include_str!(concat!("../../templates/mail/", $name)))),+]
    };
}

/// Every template of the mails: its name and its text. Only `.html` is escaped.
pub(crate) const TEMPLATES: &[(&str, &str)] = mail_templates![
    "_letter.html",
    "_notice.html",
    "_parts.html",
    "_parts.txt",
    "assigned.html",
    "assigned.txt",
    "case_answered.html",
    "case_answered.txt",
    "closed.html",
    "closed.txt",
    "customer_wrote.html",
    "customer_wrote.txt",
    "daily_summary.html",
    "daily_summary.txt",
    "digest.html",
    "digest.txt",
    "escalation_proposed.html",
    "escalation_proposed.txt",
    "hand_over.html",
    "hand_over.txt",
    "nobody_to_call.html",
    "nobody_to_call.txt",
    "one_time_link.html",
    "one_time_link.txt",
    "passed_on.html",
    "passed_on.txt",
    "received.html",
    "received.txt",
    "reply.html",
    "reply.txt",
    "resolved.html",
    "resolved.txt",
    "rota_gap.html",
    "rota_gap.txt",
    "target_missed.html",
    "target_missed.txt",
    "target_near.html",
    "target_near.txt",
    "target_outside.html",
    "target_outside.txt",
    "timers_stuck.html",
    "timers_stuck.txt",
    "waiting_over.html",
    "waiting_over.txt",
];
