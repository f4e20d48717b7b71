//! Every cell of the lifecycle's tables against the code: what is allowed goes through, all else is refused in words.

use super::world::{CONTACT, World, slug};
use crate::case::{AnswerOutcome, CaseStateKind, Measure};
use crate::command::{
    Assignment, CallDirection, CaseCommand, CloseReason, Command, FieldChanges, Then, Unit, WordFrom,
};
use crate::ids::{CaseId, TicketId};
use crate::lifecycle::{CaseAction, Cell, TicketAction};
use crate::operator::Takes;
use crate::refusal::{Because, Refusal};
use crate::rights::{Actor, Role};
use crate::ticket::{LinkKind, Severity, StateKind};

/// A command of the row that nothing but the state could refuse. None: the row is not asked for by a ticket command.
fn command(world: &mut World, action: TicketAction) -> Option<(Command, Actor)> {
    let agent = world.actor(Role::Agent);
    let words = world.words("Words.");
    let at = world.now;
    let command = match action {
        TicketAction::Triage => Command::Triage {
            category: slug("how-to"),
            service: None,
            severity: Severity::C,
            assignment: Assignment::default(),
        },
        TicketAction::Change => {
            Command::Change(Box::new(FieldChanges { severity: Some(Severity::A), ..FieldChanges::default() }))
        }
        TicketAction::Assign => Command::Assign(Assignment::to(world.lead)),
        TicketAction::Note => Command::Note { words },
        TicketAction::Link => Command::Link { to: world.open(), kind: LinkKind::Related },
        TicketAction::LogCall => Command::LogCall { words, direction: CallDirection::Inbound, at },
        TicketAction::Reply => Command::Reply { words, then: Then::Stay },
        TicketAction::Ask => Command::Reply { words, then: Then::Wait { until: None } },
        TicketAction::CustomerMessage => {
            return Some((Command::CustomerMessage { from: CONTACT, words, at }, Actor::System));
        }
        TicketAction::AutomaticMail => {
            return Some((Command::AutomaticMail { from: None, words, at }, Actor::System));
        }
        TicketAction::DraftCase => {
            world.healthy();
            Command::DraftCase(Box::new(world.case_draft()))
        }
        TicketAction::Resolve => Command::Resolve { words },
        TicketAction::Reopen => Command::Reopen { words: None },
        TicketAction::CloseSolved => Command::Close { reason: CloseReason::Solved },
        TicketAction::CloseSpam => Command::Close { reason: CloseReason::Spam },
        TicketAction::CloseWithdrawn => Command::Close { reason: CloseReason::Withdrawn },
        TicketAction::Merge => Command::Merge { into: world.in_state(StateKind::Triaged) },
        TicketAction::Snooze => Command::Snooze { until: at + chrono::Duration::hours(1) },
        TicketAction::Wake => Command::Wake,
        TicketAction::Open
        | TicketAction::WaitingOver
        | TicketAction::DropDraft
        | TicketAction::FileCase
        | TicketAction::CaseEnds
        | TicketAction::Unmerge
        | TicketAction::Split
        | TicketAction::ExcuseMiss
        | TicketAction::AcknowledgeLadder
        | TicketAction::FireTimers => return None,
    };
    Some((command, agent))
}

fn check_refusal(refusal: &Refusal, what: &str) {
    assert!(refusal.to_string().ends_with('.'), "{what}: {refusal}");
    assert!(!refusal.way_out().is_empty(), "{what}");
    assert!(!refusal.code().code.is_empty(), "{what}");
}

#[test]
fn every_ticket_cell_does_what_the_table_says() {
    for action in TicketAction::TABLE {
        for state in StateKind::ALL {
            let mut world = World::new();
            let id = world.in_state(state);
            let Some((command, actor)) = command(&mut world, action) else { continue };
            let what = format!("{} in {state}", action.as_str());
            let outcome = world.execute_as(&actor, &Unit::ticket(id, command));
            match (action.in_state(state), outcome) {
                (Cell::Refused | Cell::FollowUp, Err(refusal)) => {
                    assert!(matches!(refusal.because, Because::State(_)), "{what}: {refusal}");
                    assert_eq!(refusal.state(), Some(state.as_str()));
                    check_refusal(&refusal, &what);
                }
                (Cell::Stays, Ok(_)) => assert_eq!(world.state(id), state, "{what}"),
                (Cell::To(to), Ok(_)) => assert_eq!(world.state(id), to, "{what}"),
                (Cell::Back | Cell::ReopensOrFollowUp, Ok(_)) => {
                    assert_eq!(world.state(id), StateKind::Triaged, "{what}")
                }
                (cell, outcome) => panic!("{what}: the table says {cell:?}, the code {outcome:?}"),
            }
        }
    }
}

fn case_command(world: &mut World, action: CaseAction) -> CaseCommand {
    let at = world.now;
    let words = world.words("The operator said so.");
    match action {
        CaseAction::AddTicket => CaseCommand::AddTicket { ticket: world.in_state(StateKind::Triaged) },
        CaseAction::Amend => CaseCommand::Amend(Box::default()),
        CaseAction::File => world.filing(),
        CaseAction::RecordReference => CaseCommand::RecordReference { reference: "21V-9".to_owned() },
        CaseAction::Write => {
            world.operator_takes(Takes::Mail { address: "desk@operator.example".to_owned() });
            CaseCommand::Write { letter: words }
        }
        CaseAction::Acknowledge => CaseCommand::Acknowledge { contact: Some("Wang".to_owned()), at },
        CaseAction::Update => CaseCommand::Update { words, from: WordFrom::Operator, at },
        CaseAction::WaitOnUs => CaseCommand::WaitOnUs { at },
        CaseAction::ChangeSeverity => CaseCommand::ChangeSeverity { severity: Severity::C },
        CaseAction::Answer => CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at },
        CaseAction::Refuse => CaseCommand::Refuse { words, at },
        CaseAction::Withdraw => CaseCommand::Withdraw { reason: "found it ourselves".to_owned() },
        CaseAction::Confirm => CaseCommand::Confirm,
        CaseAction::Reopen => CaseCommand::Reopen,
        CaseAction::Learn => {
            CaseCommand::Learn { body: "Ask for the trace first.".to_owned(), measure: Measure::Training, owner: None }
        }
        CaseAction::ExcuseMiss | CaseAction::AcknowledgeLadder | CaseAction::FireTimers => {
            unreachable!("not in the table")
        }
    }
}

fn case_in_state(world: &mut World, state: CaseStateKind) -> (TicketId, CaseId) {
    let id = world.in_state(StateKind::Triaged);
    let case = world.draft(id);
    let mut path = vec![];
    if state != CaseStateKind::Drafted {
        path.push(CaseAction::File);
    }
    path.extend_from_slice(match state {
        CaseStateKind::Drafted | CaseStateKind::Filed => &[],
        CaseStateKind::Acknowledged => &[CaseAction::Acknowledge],
        CaseStateKind::WaitingOnUs => &[CaseAction::WaitOnUs],
        CaseStateKind::Answered => &[CaseAction::Answer],
        CaseStateKind::Refused => &[CaseAction::Refuse],
        CaseStateKind::Withdrawn => &[CaseAction::Withdraw],
        CaseStateKind::Confirmed => &[CaseAction::Answer, CaseAction::Confirm],
        CaseStateKind::Reopened => &[CaseAction::Answer, CaseAction::Reopen],
    });
    for action in path {
        let command = case_command(world, action);
        world.case_command(case, command);
    }
    assert_eq!(world.cases[&case].state.kind(), state);
    (id, case)
}

#[test]
fn every_case_cell_does_what_the_table_says_and_takes_its_ticket_along() {
    for action in CaseAction::TABLE {
        for state in CaseStateKind::ALL {
            let mut world = World::new();
            let (ticket, case) = case_in_state(&mut world, state);
            let command = case_command(&mut world, action);
            let what = format!("{} in {state}", action.as_str());
            match (action.in_state(state), world.try_case(case, command)) {
                (None, Err(refusal)) => {
                    assert_eq!(refusal.because, Because::CaseState(state), "{what}");
                    check_refusal(&refusal, &what);
                }
                (Some(to), Ok(_)) => {
                    assert_eq!(world.cases[&case].state.kind(), to, "{what}");
                    let expected = if to.is_with_operator() { StateKind::Escalated } else { StateKind::Triaged };
                    assert_eq!(world.state(ticket), expected, "{what}: the ticket");
                }
                (cell, outcome) => panic!("{what}: the table says {cell:?}, the code {outcome:?}"),
            }
        }
    }
}

#[test]
fn filing_is_refused_where_the_ticket_cannot_be_escalated() {
    for state in [StateKind::Open, StateKind::Resolved, StateKind::Closed] {
        let mut world = World::new();
        let id = world.in_state(state);
        let draft = world.case_draft();
        let refusal = world.try_command(id, Command::DraftCase(Box::new(draft))).expect_err("no draft here");
        assert_eq!(refusal.because, Because::State(state));
    }
}
