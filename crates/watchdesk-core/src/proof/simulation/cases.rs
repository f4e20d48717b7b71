//! The way to the operator and back.

use crate::Instant;
use crate::case::{AnswerOutcome, CaseStateKind};
use crate::command::{AmendCase, CaseCommand, Command, DraftCase, Unit, WordFrom};
use crate::ids::CaseId;
use crate::proof::invariants::Checked;
use crate::proof::simulation::Simulation;
use crate::ticket::{Severity, StateKind};

const WITH_OPERATOR: [CaseStateKind; 4] =
    [CaseStateKind::Filed, CaseStateKind::Acknowledged, CaseStateKind::WaitingOnUs, CaseStateKind::Reopened];

impl Simulation {
    fn case_in(&mut self, states: &[CaseStateKind]) -> Option<CaseId> {
        let cases = self.world.cases.values().filter(|case| states.contains(&case.state.kind()));
        let cases: Vec<_> = cases.map(|case| case.id).collect();
        self.random.pick(&cases)
    }

    /// Now, or a while ago; never before it was filed.
    fn fact_of(&mut self, id: CaseId) -> Instant {
        let case = &self.world.cases[&id];
        let (filed_at, first) = (case.filed_at, case.tickets.first().copied());
        let at = first.map_or(self.world.now, |ticket| self.lately(ticket));
        at.max(filed_at.unwrap_or(at)).min(self.world.now)
    }

    fn on_case(&mut self, name: &'static str, id: CaseId, command: CaseCommand) -> Checked {
        let of = self.name(crate::clock::Subject::Case(id));
        self.on_unit(name, &of, &self.lead(), &Unit::case(id, command))
    }

    pub(super) fn draft(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.ticket_in(&[StateKind::Triaged, StateKind::Waiting]) else { return Ok(()) };
        self.world.healthy();
        let severity = self.random.one(&[None, Some(Severity::B), Some(Severity::C)]);
        let draft = DraftCase { severity, ..self.world.case_draft() };
        self.on_ticket(name, id, &self.lead(), Command::DraftCase(Box::new(draft)))
    }

    pub(super) fn file(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.case_in(&[CaseStateKind::Drafted]) else { return Ok(()) };
        if self.random.chance(100) {
            return self.on_case(name, id, CaseCommand::Withdraw { reason: "Not needed.".to_owned() });
        }
        if self.random.chance(100) {
            let changes = AmendCase { severity: Some(Severity::C), ..AmendCase::default() };
            return self.on_case(name, id, CaseCommand::Amend(Box::new(changes)));
        }
        self.world.healthy();
        let CaseCommand::File { reference, channel, contact, severity, handed, .. } = self.world.filing() else {
            return Ok(());
        };
        let at = self.fact_of(id);
        self.on_case(name, id, CaseCommand::File { reference, channel, contact, severity, at, handed })
    }

    pub(super) fn add_ticket(&mut self, name: &'static str) -> Checked {
        let states = [&WITH_OPERATOR[..], &[CaseStateKind::Drafted]].concat();
        let Some(id) = self.case_in(&states) else { return Ok(()) };
        let Some(ticket) = self.ticket_in(&[StateKind::Triaged, StateKind::Waiting]) else { return Ok(()) };
        self.world.healthy();
        self.on_case(name, id, CaseCommand::AddTicket { ticket })
    }

    pub(super) fn go_on(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.case_in(&WITH_OPERATOR) else { return Ok(()) };
        let (words, at) = (self.world.words("About your case."), self.fact_of(id));
        let command = match self.random.below(7) {
            0 => CaseCommand::Acknowledge { contact: None, at },
            1 | 2 => CaseCommand::Update { words, from: WordFrom::Operator, at },
            3 => CaseCommand::Update { words, from: WordFrom::Us, at },
            4 => CaseCommand::WaitOnUs { at },
            5 => CaseCommand::ChangeSeverity { severity: self.random.one(&[Severity::B, Severity::C]) },
            _ => CaseCommand::AcknowledgeLadder { clock: None },
        };
        self.on_case(name, id, command)
    }

    pub(super) fn end_case(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.case_in(&WITH_OPERATOR) else { return Ok(()) };
        let (words, at) = (self.world.words("This is all."), self.fact_of(id));
        let command = match self.random.below(5) {
            0 => CaseCommand::Refuse { words, at },
            1 => CaseCommand::Withdraw { reason: "It went away.".to_owned() },
            2 => CaseCommand::Answer { words, outcome: AnswerOutcome::NotSolved, at },
            _ => CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at },
        };
        self.on_case(name, id, command)
    }

    pub(super) fn after_case(&mut self, name: &'static str) -> Checked {
        let Some(id) = self.case_in(&[CaseStateKind::Answered, CaseStateKind::Confirmed]) else { return Ok(()) };
        let command = match self.random.below(4) {
            0 => CaseCommand::Confirm,
            1 => {
                let (words, at) = (self.world.words("One more thing."), self.fact_of(id));
                CaseCommand::Update { words, from: WordFrom::Operator, at }
            }
            _ => CaseCommand::Reopen,
        };
        self.on_case(name, id, command)
    }
}
