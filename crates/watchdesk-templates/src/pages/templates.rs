//! The files behind the pages, embedded.

macro_rules! page_templates {
    ($($name:literal),+ $(,)?) => {
        &[$((
            concat!("pages/", $name),
            include_str!(concat!("../../templates/pages/", $name)),
        )),+]
    };
}

/// Every template of the pages: its name and its text. `.html`, so escaped by default.
pub const TEMPLATES: &[(&str, &str)] = page_templates![
    "_parts.html",
    "_shell.html",
    "_outside.html",
    "_ticket_head.html",
    "_ticket_timeline.html",
    "_ticket_compose.html",
    "_ticket_side.html",
    "_ticket_more.html",
    "_ticket_case.html",
    "_ticket_escalation.html",
    "_ticket_account.html",
    "_ticket_time.html",
    "acknowledge.html",
    "cases.html",
    "customer.html",
    "customers.html",
    "error.html",
    "escalations.html",
    "forecast.html",
    "import.html",
    "incident.html",
    "incidents.html",
    "mail.html",
    "mailboxes.html",
    "new_ticket.html",
    "operator_mail.html",
    "people.html",
    "queue.html",
    "remediation.html",
    "reports.html",
    "resolution.html",
    "rotas.html",
    "search.html",
    "services.html",
    "sign_in.html",
    "signed_out.html",
    "synchronisations.html",
    "ticket.html",
    "ticket_clocks.html",
    "welcome.html",
];

/// The words of the pages: language and catalogue, flat keys.
pub const CATALOGUES: &[(&str, &str)] = &[
    ("en", include_str!("../../catalogues/pages.en.toml")),
    ("zh-CN", include_str!("../../catalogues/pages.zh-CN.toml")),
];
