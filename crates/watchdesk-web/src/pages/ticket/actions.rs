//! What the reader may do with the ticket as it is now: what the lifecycle's table and his rights allow, nothing else.

use watchdesk_core::case::{Case, CaseStateKind};
use watchdesk_core::event::MessageKind;
use watchdesk_core::lifecycle::TicketAction;
use watchdesk_core::rights::Verb;
use watchdesk_templates::pages::Actions;

use super::load::Loaded;
use crate::pages::visit::Visit;

pub(super) fn actions(visit: &Visit, loaded: &Loaded) -> Actions {
    let ticket = loaded.ticket();
    let state = ticket.state.kind();
    let may = |verb| visit.may_with(verb, ticket);
    let (works, merges, escalates) = (may(Verb::WorkTicket), may(Verb::MergeTicket), may(Verb::Escalate));
    let allowed = |action: TicketAction| action.is_allowed(state);
    let work = |action| works && allowed(action);
    let with_operator = loaded.cases.iter().any(|case| case.state.kind().is_with_operator());
    Actions {
        triage: work(TicketAction::Triage),
        reply: work(TicketAction::Reply),
        ask: work(TicketAction::Ask),
        resolve: work(TicketAction::Resolve) && ticket.triaged && !with_operator,
        note: work(TicketAction::Note),
        call: work(TicketAction::LogCall),
        change: work(TicketAction::Change),
        assign: work(TicketAction::Assign),
        snooze: work(TicketAction::Snooze),
        wake: work(TicketAction::Wake) && ticket.snoozed_until.is_some(),
        link: work(TicketAction::Link),
        link_incident: work(TicketAction::Link) && visit.may(Verb::ReadHealth),
        retest: work(TicketAction::LogCall) && visit.may(Verb::ReadHealth),
        escalate: escalates && allowed(TicketAction::DraftCase) && !loaded.cases.iter().any(goes_on),
        merge: merges && allowed(TicketAction::Merge),
        unmerge: merges && allowed(TicketAction::Unmerge) && ticket.duplicate_of().is_some(),
        split: merges && allowed(TicketAction::Split) && can_be_split(loaded),
        reopen: work(TicketAction::Reopen),
        close: if works && !with_operator { closings(allowed) } else { Vec::new() },
        follow_up: visit.may(Verb::OpenTicket)
            && ticket.state.kind().as_str() == "closed"
            && ticket.duplicate_of().is_none(),
        set_customer: work(TicketAction::Change),
        set_health: visit.may(Verb::SetHealth) && ticket.service.is_some(),
    }
}

/// One case at a time: a draft is changed, a filed one gets updates.
fn goes_on(case: &Case) -> bool {
    case.state.kind() == CaseStateKind::Drafted || case.state.kind().is_with_operator()
}

/// Something must stay behind.
fn can_be_split(loaded: &Loaded) -> bool {
    let of_customer = |kind| matches!(kind, MessageKind::Customer | MessageKind::Public);
    loaded.messages.iter().filter(|message| of_customer(message.kind)).count() > 1
}

fn closings(allowed: impl Fn(TicketAction) -> bool) -> Vec<String> {
    let reasons = [
        (TicketAction::CloseSolved, "solved"),
        (TicketAction::CloseSpam, "spam"),
        (TicketAction::CloseWithdrawn, "withdrawn"),
    ];
    reasons.into_iter().filter(|(action, _)| allowed(*action)).map(|(_, slug)| slug.to_owned()).collect()
}
