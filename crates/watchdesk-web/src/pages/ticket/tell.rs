//! From the operator's words to a draft for the customer. It never sends itself.

use watchdesk_core::decision::Author;
use watchdesk_core::desk::Language;
use watchdesk_core::event::MessageKind;
use watchdesk_core::lifecycle::TicketAction;
use watchdesk_core::rights::Verb;
use watchdesk_core::tell;
use watchdesk_templates::names as words;

use super::load::Loaded;
use crate::pages::names;
use crate::pages::visit::Visit;

/// Whether the reader may write to the customer now.
pub(super) fn may(visit: &Visit, loaded: &Loaded) -> bool {
    let ticket = loaded.ticket();
    visit.may_with(Verb::WorkTicket, ticket) && TicketAction::Reply.is_allowed(ticket.state.kind())
}

/// For `?tell=` a message of the operator's that the reader sees here: a frame in the customer's language. What the
/// operator said is in it only where it was asked for, as something to be rewritten.
pub(super) fn draft(visit: &Visit, loaded: &Loaded) -> String {
    let Some(asked) = visit.query.filled("tell").filter(|_| may(visit, loaded)) else { return String::new() };
    let of_operator = |kind, author| kind == MessageKind::Operator && author == Author::Operator;
    let said = loaded
        .messages
        .iter()
        .find(|message| message.id.to_string() == asked && of_operator(message.kind, message.author));
    let Some(said) = said else { return String::new() };
    let requester = loaded.contacts.get(&loaded.ticket().requester);
    let of_customer = loaded.customer.as_ref().map(|customer| customer.language);
    let own = requester.and_then(|contact| contact.language).or(of_customer);
    let language = own.or(loaded.mailbox_language).unwrap_or(Language::Chinese);
    let name = requester.map(|contact| contact.name.clone()).unwrap_or_default();
    let number = loaded.ticket().number;
    let draft =
        words::say(language, "tell.draft", &[("name", &name), ("number", &number), ("agent", &visit.agent.name)]);
    if visit.query.filled("quote") != Some("yes") {
        return draft;
    }
    let case = loaded.cases.iter().find(|case| Some(case.id) == said.case);
    let operator = names::operator(visit, case.map_or(&visit.desk.settings.operator, |case| &case.operator));
    let line = visit.say("tell.quote", &[("operator", &operator)]);
    format!("{draft}\n\n{line}\n{}", tell::quoted(&said.body))
}
