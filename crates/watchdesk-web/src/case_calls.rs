//! A telephone call with the operator becomes words on the case.

use watchdesk_core::Instant;
use watchdesk_core::case::{Case, CaseStateKind};
use watchdesk_core::command::{CallDirection, CaseCommand, Step, Unit, WordFrom, Words};
use watchdesk_core::desk::Language;
use watchdesk_core::ids::MessageId;
use watchdesk_store::fresh_id;
use watchdesk_templates::names;

pub(crate) struct Call {
    pub direction: CallDirection,
    /// An engineer spoke to us: where nobody has yet, this is the first contact.
    pub engineer: bool,
    pub at: Instant,
    /// What was said; may be empty.
    pub body: String,
}

/// Nobody has contacted us yet, or not since the case was reopened.
pub(crate) fn awaits_contact(state: CaseStateKind) -> bool {
    matches!(state, CaseStateKind::Filed | CaseStateKind::Reopened)
}

impl Call {
    pub fn unit(self, case: &Case, language: Language) -> Unit {
        let awaited = awaits_contact(case.state.kind());
        let (key, from) = match self.direction {
            CallDirection::Inbound if awaited && !self.engineer => ("case_call.inbound", WordFrom::OperatorDesk),
            CallDirection::Inbound => ("case_call.inbound", WordFrom::Operator),
            CallDirection::Outbound => ("case_call.outbound", WordFrom::Us),
        };
        let lead = names::say(language, key, &[]);
        let said = self.body.trim();
        let text = if said.is_empty() { lead } else { format!("{lead}\n{said}") };
        let words = Words::text(MessageId(fresh_id()), text);
        let at = self.at;
        let unit = Unit::case(case.id, CaseCommand::Update { words, from, at });
        if self.direction == CallDirection::Outbound && awaited && self.engineer {
            return unit.then(Step::Case(case.id, CaseCommand::Acknowledge { contact: None, at }));
        }
        unit
    }
}
