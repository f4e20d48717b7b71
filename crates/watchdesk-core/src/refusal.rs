//! A command that may not be carried out, and what the person can do instead.

use std::fmt;

use serde::Serialize;

use crate::case::CaseStateKind;
use crate::clock::ClockFault;
use crate::gate::Missing;
use crate::ids::{Slug, TicketNumber};
use crate::lifecycle::{CaseAction, TicketAction};
use crate::rights::Role;
use crate::ticket::StateKind;

/// Names the command, the state it met and the reason; [`Refusal::way_out`] says what to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub command: Asked,
    pub because: Because,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    Ticket(TicketAction),
    Case(CaseAction),
    /// The unit as a whole.
    Unit,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Because {
    /// The table of the lifecycle says no.
    State(StateKind),
    CaseState(CaseStateKind),
    /// The role may not do it, or not here.
    NotAllowed {
        role: Option<Role>,
    },
    NoSuchTicket,
    NoSuchCase,
    TicketExists,
    UnknownCategory(Slug),
    UnknownService(Slug),
    ServiceNeeded(Slug),
    UnknownAgent,
    AgentInactive,
    AuditorCannotOwn,
    UnknownTeam,
    UnknownCustomer,
    UnknownContact,
    /// Something must be said.
    NothingSaid,
    /// The time of a fact lies in the future.
    InTheFuture,
    /// The time agreed lies in the past.
    InThePast,
    BeforeOpening,
    BeforeFiling,
    OwnerNeeded,
    /// A filed case is open; its reference, where known.
    CaseOpen {
        reference: Option<String>,
    },
    NoTicketInCase,
    ReferenceMissing,
    /// The desk cannot hand anything over to it by itself.
    OperatorTakesByPerson(Slug),
    Gate(Vec<Missing>),
    SeverityNotAllowed(Missing),
    OtherCustomer {
        number: TicketNumber,
    },
    WithItself,
    MergedElsewhere {
        number: TicketNumber,
    },
    NotMerged,
    NoMessagesChosen,
    MessageNotHere,
    AlreadyLinked,
    NotLinked,
    /// No such incident of the operator's is on record.
    UnknownIncident(String),
    NothingToRetest,
    TicketFinished {
        number: TicketNumber,
    },
    NotTriaged {
        number: TicketNumber,
    },
    NothingToChange,
    NoSuchClock,
    NotMissed,
    NotExcused,
    NothingToAcknowledge,
    TooMany {
        what: &'static str,
        max: usize,
    },
    Clock(ClockFault),
}

/// A refusal for a program: a stable code and its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusalCode {
    pub code: &'static str,
    pub parameters: Vec<(&'static str, String)>,
}

impl Refusal {
    pub fn ticket(action: TicketAction, because: Because) -> Self {
        Self { command: Asked::Ticket(action), because }
    }

    pub fn case(action: CaseAction, because: Because) -> Self {
        Self { command: Asked::Case(action), because }
    }

    /// The state that the command met, where the state is the reason.
    pub fn state(&self) -> Option<&'static str> {
        match &self.because {
            Because::State(state) => Some(state.as_str()),
            Because::CaseState(state) => Some(state.as_str()),
            _ => None,
        }
    }

    pub fn command_name(&self) -> &'static str {
        match self.command {
            Asked::Ticket(action) => action.as_str(),
            Asked::Case(action) => action.as_str(),
            Asked::Unit => "unit",
        }
    }

    /// Whether it is as if the thing did not exist for the actor.
    pub fn is_not_found(&self) -> bool {
        matches!(self.because, Because::NoSuchTicket | Because::NoSuchCase)
    }

    /// What is missing, field by field, where the gate said no.
    pub fn missing(&self) -> &[Missing] {
        match &self.because {
            Because::Gate(missing) => missing,
            _ => &[],
        }
    }

    /// Stable, for programs and for the message catalogues.
    pub fn code(&self) -> RefusalCode {
        let (code, parameters) = self.because.code();
        RefusalCode { code, parameters }
    }

    /// What the person can do instead.
    pub fn way_out(&self) -> String {
        match (&self.because, self.command) {
            (Because::State(state), Asked::Ticket(action)) => action.way_out(*state).to_owned(),
            (Because::CaseState(state), Asked::Case(action)) => action.way_out(*state).to_owned(),
            (because, _) => because.way_out(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.because, self.command) {
            (Because::State(state), Asked::Ticket(action)) => {
                write!(f, "A ticket that is {state} cannot be {}.", action.done())
            }
            (Because::CaseState(state), Asked::Case(action)) => {
                write!(f, "A case that is {} cannot be {}.", state.as_str().replace('_', " "), action.done())
            }
            (because, _) => because.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

impl Because {
    fn code(&self) -> (&'static str, Vec<(&'static str, String)>) {
        let none = Vec::new;
        match self {
            Self::State(state) => ("state", vec![("state", state.to_string())]),
            Self::CaseState(state) => ("case_state", vec![("state", state.to_string())]),
            Self::NotAllowed { role } => {
                ("not_allowed", vec![("role", role.map_or_else(String::new, |role| role.to_string()))])
            }
            Self::NoSuchTicket => ("no_such_ticket", none()),
            Self::NoSuchCase => ("no_such_case", none()),
            Self::TicketExists => ("ticket_exists", none()),
            Self::UnknownCategory(slug) => ("unknown_category", vec![("category", slug.to_string())]),
            Self::UnknownService(slug) => ("unknown_service", vec![("service", slug.to_string())]),
            Self::ServiceNeeded(slug) => ("service_needed", vec![("category", slug.to_string())]),
            Self::UnknownAgent => ("unknown_agent", none()),
            Self::AgentInactive => ("agent_inactive", none()),
            Self::AuditorCannotOwn => ("auditor_cannot_own", none()),
            Self::UnknownTeam => ("unknown_team", none()),
            Self::UnknownCustomer => ("unknown_customer", none()),
            Self::UnknownContact => ("unknown_contact", none()),
            Self::NothingSaid => ("nothing_said", none()),
            Self::InTheFuture => ("in_the_future", none()),
            Self::InThePast => ("in_the_past", none()),
            Self::BeforeOpening => ("before_opening", none()),
            Self::BeforeFiling => ("before_filing", none()),
            Self::OwnerNeeded => ("owner_needed", none()),
            Self::CaseOpen { reference } => ("case_open", vec![("reference", reference.clone().unwrap_or_default())]),
            Self::NoTicketInCase => ("no_ticket_in_case", none()),
            Self::ReferenceMissing => ("reference_missing", none()),
            Self::OperatorTakesByPerson(slug) => ("operator_takes_by_person", vec![("operator", slug.to_string())]),
            Self::Gate(_) => ("gate", none()),
            Self::SeverityNotAllowed(_) => ("severity_not_allowed", none()),
            Self::OtherCustomer { number } => ("other_customer", vec![("number", number.to_string())]),
            Self::WithItself => ("with_itself", none()),
            Self::MergedElsewhere { number } => ("merged_elsewhere", vec![("number", number.to_string())]),
            Self::NotMerged => ("not_merged", none()),
            Self::NoMessagesChosen => ("no_messages_chosen", none()),
            Self::MessageNotHere => ("message_not_here", none()),
            Self::AlreadyLinked => ("already_linked", none()),
            Self::NotLinked => ("not_linked", none()),
            Self::UnknownIncident(reference) => ("unknown_incident", vec![("reference", reference.clone())]),
            Self::NothingToRetest => ("nothing_to_retest", none()),
            Self::TicketFinished { number } => ("ticket_finished", vec![("number", number.to_string())]),
            Self::NotTriaged { number } => ("not_triaged", vec![("number", number.to_string())]),
            Self::NothingToChange => ("nothing_to_change", none()),
            Self::NoSuchClock => ("no_such_clock", none()),
            Self::NotMissed => ("not_missed", none()),
            Self::NotExcused => ("not_excused", none()),
            Self::NothingToAcknowledge => ("nothing_to_acknowledge", none()),
            Self::TooMany { what, max } => ("too_many", vec![("what", (*what).to_owned()), ("max", max.to_string())]),
            Self::Clock(fault) => ("clock", vec![("objective", fault.objective.to_string())]),
        }
    }

    fn way_out(&self) -> String {
        let way = match self {
            Self::State(_) | Self::CaseState(_) => "Look at the ticket as it now stands.",
            Self::NotAllowed { .. } => "Ask a lead or a manager to do it.",
            Self::NoSuchTicket | Self::NoSuchCase => "Check the number.",
            Self::TicketExists => "Send the request again.",
            Self::UnknownCategory(_) => "Choose one of the desk's categories.",
            Self::UnknownService(_) => "Choose one of the desk's services.",
            Self::ServiceNeeded(_) => "Name the service that is affected.",
            Self::UnknownAgent | Self::AgentInactive | Self::AuditorCannotOwn => "Choose somebody who takes tickets.",
            Self::UnknownTeam => "Choose one of the desk's teams.",
            Self::UnknownCustomer => "Choose one of the desk's customers, or add it first.",
            Self::UnknownContact => "Add the contact first.",
            Self::NothingSaid => "Write what the reader needs to know.",
            Self::InTheFuture => "Give the time at which it happened, not a later one.",
            Self::InThePast => "Give a time that is still to come.",
            Self::BeforeOpening => "Give a time after the ticket was opened.",
            Self::BeforeFiling => "Give a time after the case was filed.",
            Self::OwnerNeeded => "Name an owner or a team.",
            Self::CaseOpen { .. } => "End the case first: record the operator's answer or refusal, or withdraw it.",
            Self::NoTicketInCase => "Reopen one of its tickets first.",
            Self::ReferenceMissing => "Enter the number that the operator gave.",
            Self::OperatorTakesByPerson(_) => {
                "File it on the operator's form or by phone, and record its reference here."
            }
            Self::Gate(_) => "Fill in what is named, then try again.",
            Self::SeverityNotAllowed(missing) => return missing.way_out.clone(),
            Self::OtherCustomer { .. } => "Merge tickets of one customer only; link the two instead.",
            Self::WithItself => "Choose another ticket.",
            Self::MergedElsewhere { .. } => "Go on in the ticket it was merged into.",
            Self::NotMerged => "Only a ticket that was closed as a duplicate can be taken out again.",
            Self::NoMessagesChosen => "Choose the messages that belong to the new ticket.",
            Self::MessageNotHere => "Choose messages of this ticket, and leave it at least one.",
            Self::AlreadyLinked => "Nothing is left to do.",
            Self::NotLinked => "Look at the ticket's links as they now stand.",
            Self::UnknownIncident(_) => "Check the number, or put the incident on record first.",
            Self::NothingToRetest => "Look at the ticket's incidents as they now stand.",
            Self::TicketFinished { .. } => "Reopen it first, or choose another.",
            Self::NotTriaged { .. } => "Triage it first, or in the same step.",
            Self::NothingToChange => "Give at least one field to change.",
            Self::NoSuchClock => "Look at the ticket's clocks as they now stand.",
            Self::NotMissed => "Only a target that was missed needs an excuse.",
            Self::NotExcused | Self::NothingToAcknowledge => "Nothing is left to do.",
            Self::TooMany { .. } => "Do it in several steps.",
            Self::Clock(_) => "Correct the target or the calendar of the policy.",
        };
        way.to_owned()
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => write!(f, "The ticket is {state}."),
            Self::CaseState(state) => write!(f, "The case is {}.", state.as_str().replace('_', " ")),
            Self::NotAllowed { role: Some(role) } => write!(f, "The role {role} may not do this here."),
            Self::NotAllowed { role: None } => f.write_str("This is not yours to do."),
            Self::NoSuchTicket => f.write_str("There is no such ticket."),
            Self::NoSuchCase => f.write_str("There is no such case."),
            Self::TicketExists => f.write_str("This ticket is already open."),
            Self::UnknownCategory(slug) => write!(f, "The desk has no category \"{slug}\"."),
            Self::UnknownService(slug) => write!(f, "The desk has no service \"{slug}\"."),
            Self::ServiceNeeded(slug) => write!(f, "A ticket of the category \"{slug}\" names a service."),
            Self::UnknownAgent => f.write_str("The desk has no such agent."),
            Self::AgentInactive => f.write_str("This agent does not work here any more."),
            Self::AuditorCannotOwn => f.write_str("An auditor reads and cannot own a ticket."),
            Self::UnknownTeam => f.write_str("The desk has no such team."),
            Self::UnknownCustomer => f.write_str("The desk has no such customer."),
            Self::UnknownContact => f.write_str("The desk has no such contact."),
            Self::NothingSaid => f.write_str("The message is empty."),
            Self::InTheFuture => f.write_str("The time of this fact lies in the future."),
            Self::InThePast => f.write_str("This time is already over."),
            Self::BeforeOpening => f.write_str("This time lies before the ticket was opened."),
            Self::BeforeFiling => f.write_str("This time lies before the case was filed."),
            Self::OwnerNeeded => f.write_str("Nobody would work on it."),
            Self::CaseOpen { reference: Some(reference) } => {
                write!(f, "The case {reference} is still open with the operator.")
            }
            Self::CaseOpen { reference: None } => f.write_str("A case is still open with the operator."),
            Self::NoTicketInCase => f.write_str("None of the case's tickets is open."),
            Self::ReferenceMissing => f.write_str("The operator's reference is missing."),
            Self::OperatorTakesByPerson(slug) => {
                write!(f, "The operator {slug} takes neither mail nor requests by program.")
            }
            Self::Gate(missing) => {
                f.write_str("The case cannot go to the operator yet:")?;
                missing.iter().try_for_each(|missing| write!(f, " {}", missing.what))
            }
            Self::SeverityNotAllowed(missing) => f.write_str(&missing.what),
            Self::OtherCustomer { number } => write!(f, "Ticket {number} belongs to another customer."),
            Self::WithItself => f.write_str("A ticket cannot be joined with itself."),
            Self::MergedElsewhere { number } => write!(f, "Ticket {number} was itself merged into another ticket."),
            Self::NotMerged => f.write_str("This ticket was not merged into another."),
            Self::NoMessagesChosen => f.write_str("No message is chosen."),
            Self::MessageNotHere => f.write_str("Not all of these messages can be moved out of this ticket."),
            Self::AlreadyLinked => f.write_str("It is linked already."),
            Self::NotLinked => f.write_str("There is no such link."),
            Self::UnknownIncident(reference) => write!(f, "No incident {reference} is on record."),
            Self::NothingToRetest => f.write_str("No incident of this ticket has ended that still had to be tried."),
            Self::TicketFinished { number } => write!(f, "Ticket {number} is finished."),
            Self::NotTriaged { number } => write!(f, "Ticket {number} is not triaged."),
            Self::NothingToChange => f.write_str("The request changes nothing."),
            Self::NoSuchClock => f.write_str("The ticket has no such clock."),
            Self::NotMissed => f.write_str("This target was not missed."),
            Self::NotExcused => f.write_str("This miss is not excused."),
            Self::NothingToAcknowledge => f.write_str("No step of a ladder waits to be acknowledged."),
            Self::TooMany { what, max } => write!(f, "At most {max} {what} fit."),
            Self::Clock(fault) => fault.fmt(f),
        }
    }
}
