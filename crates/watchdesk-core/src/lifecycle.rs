//! The lifecycle as a table: what each command does in each state. What the table does not allow is refused, in words.
//!
//! The same table stands in the crate's documentation; a test writes it from here and compares.

use crate::case::CaseStateKind;
use crate::ticket::StateKind;

/// What a command does to a ticket in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Refused,
    /// Allowed, and the state stays.
    Stays,
    To(StateKind),
    /// Where it stood before: escalated if a filed case is open, else triaged if it was triaged, else open.
    Back,
    /// Triaged within the reopening window, else refused: a follow-up ticket takes it.
    ReopensOrFollowUp,
    FollowUp,
}

/// The rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TicketAction {
    Open,
    Triage,
    Change,
    Assign,
    Note,
    Link,
    LogCall,
    Reply,
    Ask,
    CustomerMessage,
    AutomaticMail,
    WaitingOver,
    DraftCase,
    DropDraft,
    FileCase,
    CaseEnds,
    Resolve,
    Reopen,
    CloseSolved,
    CloseSpam,
    CloseWithdrawn,
    Merge,
    Unmerge,
    Split,
    Snooze,
    Wake,
    ExcuseMiss,
    AcknowledgeLadder,
    FireTimers,
}

use Cell::{Back, FollowUp, Refused, ReopensOrFollowUp, Stays, To};

impl TicketAction {
    /// Every row that depends on the state; opening, the timers, excuses and acknowledgements do not.
    pub const TABLE: [Self; 25] = [
        Self::Triage,
        Self::Change,
        Self::Assign,
        Self::Note,
        Self::Link,
        Self::LogCall,
        Self::Reply,
        Self::Ask,
        Self::CustomerMessage,
        Self::AutomaticMail,
        Self::WaitingOver,
        Self::DraftCase,
        Self::DropDraft,
        Self::FileCase,
        Self::CaseEnds,
        Self::Resolve,
        Self::Reopen,
        Self::CloseSolved,
        Self::CloseSpam,
        Self::CloseWithdrawn,
        Self::Merge,
        Self::Unmerge,
        Self::Split,
        Self::Snooze,
        Self::Wake,
    ];

    /// The row: open, triaged, waiting, escalated, resolved, closed.
    fn row(self) -> [Cell; 6] {
        use StateKind::{Closed, Escalated, Resolved, Triaged, Waiting};
        match self {
            Self::Open => [Refused; 6],
            Self::Triage => [To(Triaged), Refused, Refused, Refused, Refused, Refused],
            Self::Change | Self::Assign | Self::LogCall | Self::Reply | Self::Split => {
                [Stays, Stays, Stays, Stays, Stays, Refused]
            }
            Self::Note
            | Self::Link
            | Self::AutomaticMail
            | Self::ExcuseMiss
            | Self::AcknowledgeLadder
            | Self::FireTimers => [Stays; 6],
            Self::Ask => [To(Waiting), To(Waiting), Stays, To(Waiting), Refused, Refused],
            Self::CustomerMessage => [Stays, Stays, Back, Stays, ReopensOrFollowUp, FollowUp],
            Self::WaitingOver => [Refused, Refused, Back, Refused, Refused, Refused],
            Self::DraftCase | Self::DropDraft => [Refused, Stays, Stays, Stays, Refused, Refused],
            Self::FileCase => [Refused, To(Escalated), Stays, Stays, Refused, Refused],
            Self::CaseEnds => [Refused, Refused, Stays, To(Triaged), Refused, Refused],
            Self::Resolve => [Refused, To(Resolved), To(Resolved), Refused, Refused, Refused],
            Self::Reopen => [Refused, Refused, Refused, Refused, To(Triaged), Refused],
            Self::CloseSolved => [Refused, Refused, Refused, Refused, To(Closed), Refused],
            Self::CloseSpam | Self::CloseWithdrawn => [To(Closed), To(Closed), To(Closed), Refused, Refused, Refused],
            Self::Merge => [To(Closed), To(Closed), To(Closed), To(Closed), To(Closed), Refused],
            Self::Unmerge => [Refused, Refused, Refused, Refused, Refused, Back],
            Self::Snooze | Self::Wake => [Stays, Stays, Stays, Stays, Refused, Refused],
        }
    }

    pub fn in_state(self, state: StateKind) -> Cell {
        let column = StateKind::ALL.iter().position(|kind| *kind == state).unwrap_or_default();
        self.row()[column]
    }

    pub fn is_allowed(self, state: StateKind) -> bool {
        !matches!(self.in_state(state), Refused | FollowUp)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Triage => "triage",
            Self::Change => "change",
            Self::Assign => "assign",
            Self::Note => "note",
            Self::Link => "link",
            Self::LogCall => "log_call",
            Self::Reply => "reply",
            Self::Ask => "ask",
            Self::CustomerMessage => "customer_message",
            Self::AutomaticMail => "automatic_mail",
            Self::WaitingOver => "waiting_over",
            Self::DraftCase => "draft_case",
            Self::DropDraft => "drop_draft",
            Self::FileCase => "file_case",
            Self::CaseEnds => "case_ends",
            Self::Resolve => "resolve",
            Self::Reopen => "reopen",
            Self::CloseSolved => "close_solved",
            Self::CloseSpam => "close_spam",
            Self::CloseWithdrawn => "close_withdrawn",
            Self::Merge => "merge",
            Self::Unmerge => "unmerge",
            Self::Split => "split",
            Self::Snooze => "snooze",
            Self::Wake => "wake",
            Self::ExcuseMiss => "excuse",
            Self::AcknowledgeLadder => "acknowledge_ladder",
            Self::FireTimers => "fire_timers",
        }
    }

    /// "A ticket that is closed cannot be ..."
    pub(crate) fn done(self) -> &'static str {
        match self {
            Self::Open => "opened again",
            Self::Triage => "triaged",
            Self::Change => "changed",
            Self::Assign => "assigned",
            Self::Note => "noted on",
            Self::Link => "linked",
            Self::LogCall => "given a call",
            Self::Reply => "replied to",
            Self::Ask => "made to wait for the customer",
            Self::CustomerMessage => "continued by the customer",
            Self::AutomaticMail => "given automatic mail",
            Self::WaitingOver => "taken back from waiting",
            Self::DraftCase => "given a case draft",
            Self::DropDraft => "relieved of a case draft",
            Self::FileCase => "escalated",
            Self::CaseEnds => "taken back from the operator",
            Self::Resolve => "resolved",
            Self::Reopen => "reopened",
            Self::CloseSolved => "closed as solved",
            Self::CloseSpam => "closed as spam",
            Self::CloseWithdrawn => "closed as withdrawn",
            Self::Merge => "merged",
            Self::Unmerge => "unmerged",
            Self::Split => "split",
            Self::Snooze => "snoozed",
            Self::Wake => "woken",
            Self::ExcuseMiss => "excused",
            Self::AcknowledgeLadder => "acknowledged",
            Self::FireTimers => "timed",
        }
    }

    /// What to do instead.
    pub(crate) fn way_out(self, state: StateKind) -> &'static str {
        use StateKind::{Closed, Escalated, Open, Resolved, Triaged, Waiting};
        match (self, state) {
            (Self::Resolve | Self::CloseSpam | Self::CloseWithdrawn, Escalated) => {
                "End the case first: record the operator's answer or refusal, or withdraw it."
            }
            (Self::Resolve | Self::DraftCase | Self::FileCase, Open) => "Triage it first, or in the same step.",
            (Self::CloseSolved, Open | Triaged | Waiting | Escalated) => {
                "Resolve it with a message to the customer; it is closed when the reopening window has passed."
            }
            (Self::Triage, Triaged | Waiting | Escalated) => "Change its category, service or severity directly.",
            (Self::Reopen, Open | Triaged | Waiting | Escalated) => "It is being worked on already.",
            (_, Resolved) => "Reopen it first.",
            (Self::Unmerge, _) => "Only a ticket that was closed as a duplicate can be taken out again.",
            (_, Closed) => "Open a follow-up ticket.",
            (_, Open | Triaged | Waiting | Escalated) => "Look at the ticket as it now stands.",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CaseAction {
    AddTicket,
    Amend,
    File,
    RecordReference,
    Acknowledge,
    Update,
    Write,
    WaitOnUs,
    ChangeSeverity,
    Answer,
    Refuse,
    Withdraw,
    Confirm,
    Reopen,
    Learn,
    ExcuseMiss,
    AcknowledgeLadder,
    FireTimers,
}

impl CaseAction {
    /// Every row that depends on the state.
    pub const TABLE: [Self; 15] = [
        Self::AddTicket,
        Self::Amend,
        Self::File,
        Self::RecordReference,
        Self::Acknowledge,
        Self::Update,
        Self::Write,
        Self::WaitOnUs,
        Self::ChangeSeverity,
        Self::Answer,
        Self::Refuse,
        Self::Withdraw,
        Self::Confirm,
        Self::Reopen,
        Self::Learn,
    ];

    /// None: refused. Some(the state it leads to), which may be the same.
    pub fn in_state(self, state: CaseStateKind) -> Option<CaseStateKind> {
        use CaseStateKind as S;
        let open = state.is_with_operator();
        let stays = Some(state);
        match self {
            Self::AddTicket => stays.filter(|_| open || state == S::Drafted),
            Self::Amend => stays.filter(|_| state == S::Drafted),
            Self::File => (state == S::Drafted).then_some(S::Filed),
            Self::RecordReference => stays.filter(|_| state != S::Drafted),
            Self::Acknowledge => open.then_some(S::Acknowledged),
            Self::Update => match state {
                S::Drafted => None,
                S::Filed | S::Reopened => Some(S::Acknowledged),
                S::Acknowledged | S::WaitingOnUs | S::Answered | S::Refused | S::Withdrawn | S::Confirmed => stays,
            },
            Self::Write => match state {
                S::WaitingOnUs => Some(S::Acknowledged),
                S::Filed | S::Acknowledged | S::Reopened => stays,
                S::Drafted | S::Answered | S::Refused | S::Withdrawn | S::Confirmed => None,
            },
            Self::WaitOnUs => (open && state != S::WaitingOnUs).then_some(S::WaitingOnUs),
            Self::ChangeSeverity => stays.filter(|_| open),
            Self::Answer => open.then_some(S::Answered),
            Self::Refuse => open.then_some(S::Refused),
            Self::Withdraw => (open || state == S::Drafted).then_some(S::Withdrawn),
            Self::Confirm => (state == S::Answered).then_some(S::Confirmed),
            Self::Reopen => matches!(state, S::Answered | S::Confirmed).then_some(S::Reopened),
            Self::Learn => stays.filter(|_| matches!(state, S::Refused | S::Withdrawn)),
            Self::ExcuseMiss | Self::AcknowledgeLadder | Self::FireTimers => stays,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddTicket => "add_ticket",
            Self::Amend => "amend",
            Self::File => "file",
            Self::RecordReference => "record_reference",
            Self::Acknowledge => "acknowledge",
            Self::Update => "update",
            Self::Write => "write",
            Self::WaitOnUs => "wait_on_us",
            Self::ChangeSeverity => "change_severity",
            Self::Answer => "answer",
            Self::Refuse => "refuse",
            Self::Withdraw => "withdraw",
            Self::Confirm => "confirm",
            Self::Reopen => "reopen_case",
            Self::Learn => "learn",
            Self::ExcuseMiss => "excuse_case",
            Self::AcknowledgeLadder => "acknowledge_case_ladder",
            Self::FireTimers => "fire_case_timers",
        }
    }

    pub(crate) fn done(self) -> &'static str {
        match self {
            Self::AddTicket => "given another ticket",
            Self::Amend => "amended",
            Self::File => "filed",
            Self::RecordReference => "given a reference",
            Self::Acknowledge => "acknowledged",
            Self::Update => "updated",
            Self::Write => "written about",
            Self::WaitOnUs => "made to wait on us",
            Self::ChangeSeverity => "given another severity",
            Self::Answer => "answered",
            Self::Refuse => "refused",
            Self::Withdraw => "withdrawn",
            Self::Confirm => "confirmed",
            Self::Reopen => "reopened",
            Self::Learn => "learned from",
            Self::ExcuseMiss => "excused",
            Self::AcknowledgeLadder => "acknowledged",
            Self::FireTimers => "timed",
        }
    }

    pub(crate) fn way_out(self, state: CaseStateKind) -> &'static str {
        use CaseStateKind as S;
        if self == Self::Learn {
            return "A lesson is drawn from a case that was refused or withdrawn; write a note on the ticket instead.";
        }
        match state {
            S::Drafted => "File it first, with the reference that the operator gave.",
            S::Filed | S::Acknowledged | S::WaitingOnUs | S::Reopened => match self {
                Self::Amend | Self::File => "It is with the operator; record what is said as an update.",
                _ => "Look at the case as it now stands.",
            },
            S::Answered => "Confirm it, or reopen it if the customer says that it did not help.",
            S::Confirmed => "Reopen it if the customer says that it did not help.",
            S::Refused | S::Withdrawn => "Draft a new case.",
        }
    }
}

/// Both tables as the crate's documentation shows them.
pub fn tables_as_markdown() -> String {
    let mut text = String::from("# Lifecycle\n\n## Tickets\n\n| command |");
    StateKind::ALL.iter().for_each(|state| text.push_str(&format!(" {state} |")));
    text.push_str("\n|---|---|---|---|---|---|---|\n");
    for action in TicketAction::TABLE {
        let cells: Vec<String> = StateKind::ALL.iter().map(|state| cell_text(action.in_state(*state))).collect();
        text.push_str(&format!("| {} | {} |\n", action.as_str(), cells.join(" | ")));
    }
    text.push_str("\n## Cases with the operator\n\n| command |");
    CaseStateKind::ALL.iter().for_each(|state| text.push_str(&format!(" {state} |")));
    text.push_str("\n|---|---|---|---|---|---|---|---|---|---|\n");
    for action in CaseAction::TABLE {
        let cell = |state: &CaseStateKind| match action.in_state(*state) {
            None => "–".to_owned(),
            Some(to) if to == *state => "·".to_owned(),
            Some(to) => to.to_string(),
        };
        let cells: Vec<String> = CaseStateKind::ALL.iter().map(cell).collect();
        text.push_str(&format!("| {} | {} |\n", action.as_str(), cells.join(" | ")));
    }
    text.push_str("\n`·` allowed, the state stays; `–` refused, in words.\n");
    text
}

fn cell_text(cell: Cell) -> String {
    match cell {
        Refused => "–".to_owned(),
        Stays => "·".to_owned(),
        To(state) => state.to_string(),
        Back => "back".to_owned(),
        ReopensOrFollowUp => "triaged, or a follow-up".to_owned(),
        FollowUp => "a follow-up".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_shows_the_table_that_the_code_follows() {
        let documented = include_str!("../LIFECYCLE.md");
        assert_eq!(documented, tables_as_markdown(), "write LIFECYCLE.md from lifecycle::tables_as_markdown()");
    }
}
