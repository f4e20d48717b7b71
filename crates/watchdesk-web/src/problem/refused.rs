//! Which refusals are about the ticket, and which about what a field says.

use watchdesk_core::Refusal;
use watchdesk_core::lifecycle::{CaseAction, TicketAction};
use watchdesk_core::refusal::{Asked, Because};
use watchdesk_core::rights::Actor;

use super::{InvalidFields, Problem, Reasons};

/// 404, 409 or 422.
pub(super) fn problem(refusal: Refusal) -> Problem {
    if refusal.is_not_found() {
        return Problem::NotFound;
    }
    match field(&refusal) {
        Some(field) => Problem::Invalid(InvalidFields(Reasons::Refusal { field, refusal: Box::new(refusal) })),
        None => Problem::Refused(Box::new(refusal)),
    }
}

/// What the actor's role does not allow on something that he may see.
pub(crate) fn not_allowed(actor: &Actor) -> Problem {
    let role = match actor {
        Actor::Agent(agent) => Some(agent.role),
        Actor::Contact(_) | Actor::System => None,
    };
    Problem::Refused(Box::new(Refusal { command: Asked::Unit, because: Because::NotAllowed { role } }))
}

/// The field that another value would help; none where the ticket, the case or the role is the reason.
fn field(refusal: &Refusal) -> Option<&'static str> {
    match &refusal.because {
        Because::UnknownCategory(_) => Some("category"),
        Because::UnknownService(_) | Because::ServiceNeeded(_) => Some("service"),
        Because::UnknownAgent | Because::AgentInactive | Because::AuditorCannotOwn | Because::OwnerNeeded => {
            Some("owner")
        }
        Because::UnknownTeam => Some("team"),
        Because::UnknownCustomer => Some("customer"),
        Because::UnknownContact => Some("requester"),
        Because::NothingSaid => Some(match refusal.command {
            Asked::Case(CaseAction::Withdraw | CaseAction::Refuse | CaseAction::ExcuseMiss)
            | Asked::Ticket(TicketAction::ExcuseMiss) => "reason",
            Asked::Case(_) | Asked::Ticket(_) | Asked::Unit => "body",
        }),
        Because::InTheFuture | Because::BeforeOpening | Because::BeforeFiling => Some("at"),
        Because::InThePast => Some("until"),
        Because::ReferenceMissing | Because::UnknownIncident(_) | Because::NothingToRetest => Some("reference"),
        Because::NoMessagesChosen | Because::MessageNotHere => Some("messages"),
        Because::TooMany { what, .. } => Some(match *what {
            "tags" => "tags",
            "watchers" => "watchers",
            "custom fields" => "custom_fields",
            "messages" => "messages",
            "characters" => "body",
            "characters of a reason" => "reason",
            _ => "request",
        }),
        Because::NothingToChange => Some("request"),
        Because::State(_)
        | Because::CaseState(_)
        | Because::NotAllowed { .. }
        | Because::NoSuchTicket
        | Because::NoSuchCase
        | Because::TicketExists
        | Because::CaseOpen { .. }
        | Because::NoTicketInCase
        | Because::OperatorTakesByPerson(_)
        | Because::Gate(_)
        | Because::SeverityNotAllowed(_)
        | Because::OtherCustomer { .. }
        | Because::WithItself
        | Because::MergedElsewhere { .. }
        | Because::NotMerged
        | Because::AlreadyLinked
        | Because::NotLinked
        | Because::TicketFinished { .. }
        | Because::NotTriaged { .. }
        | Because::NoSuchClock
        | Because::NotMissed
        | Because::NotExcused
        | Because::NothingToAcknowledge
        | Because::Clock(_) => None,
    }
}
