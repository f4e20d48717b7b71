//! The operator's mail: to the case that it names, or held until somebody knows which one it means.

use watchdesk_core::Instant;
use watchdesk_core::case::Case;
use watchdesk_core::command::{CaseCommand, Step, Unit, WordFrom, Words};
use watchdesk_core::ids::CaseId;
use watchdesk_core::operator_mail::{CaseRoute, Known, NoCase, Speaks, normal, route};
use watchdesk_store::mail::HeldForCase;
use watchdesk_store::{StoreError, cases, mail};

use super::Intake;
use super::change::Fresh;
use super::letter::Letter;
use super::plan::{Change, Plan, Way};
use crate::parse::AutoClass;

/// Characters that are kept beside a mail that waits.
const EXCERPT_CHARS_MAX: usize = 600;

/// The operator's word on one case or several.
#[derive(Debug)]
pub(super) struct OperatorWord {
    pub first: On,
    more: Vec<On>,
    from: WordFrom,
}

#[derive(Debug, Clone)]
pub(super) struct On {
    pub case: CaseId,
    /// The operator's number for it, which this mail is the first to tell.
    number: Option<String>,
    /// A mail that waited for the number to be recorded is no older than the filing.
    not_before: Option<Instant>,
}

impl Intake {
    /// None where it is not the operator's, or only a report on a mail of ours.
    pub(super) async fn plan_operator(&self, letter: &Letter) -> Result<Option<Plan>, StoreError> {
        let from = match &letter.mail.auto {
            AutoClass::Human | AutoClass::Quiet => WordFrom::Operator,
            AutoClass::AutoReply => WordFrom::OperatorDesk,
            AutoClass::Bounce(_) | AutoClass::Receipt(_) => return Ok(None),
        };
        let Some(sender) = &letter.mail.from else { return Ok(None) };
        let recognised = &self.options().operator_mail;
        let speaks = recognised.speaks(&sender.email, letter.envelope.from.as_deref());
        let by_hand = mail::matched_case(self.store(), letter.id).await?;
        let answered = mail::cases_by_mail_ids(self.store(), &letter.answered_ids()).await?;
        // Whoever answers our letter to an operator is no customer, wherever he writes from.
        if speaks == Speaks::SomebodyElse && by_hand.is_none() && answered.is_empty() {
            return Ok(None);
        }
        let references = recognised.references(&letter.mail.subject, &letter.mail.text);
        let known = self.known(&references).await?;
        match route(speaks, by_hand, &answered, &references, &known) {
            CaseRoute::Hold(why) => Ok(Some(hold(letter, why, references))),
            CaseRoute::Join(ids) => {
                let mut on = cases::by_ids(self.store(), &ids).await?;
                on.sort_by_key(|case| ids.iter().position(|id| *id == case.id));
                // Not out of what it quotes of ours; and a number that another case has already is that one's.
                let said = recognised.references(&letter.mail.subject, letter.mail.visible_text());
                let number = Some(&said).filter(|all| all.len() == 1 && known.is_empty()).map(|all| &all[0]);
                let mut on = on.iter().map(|case| On::the(case, number));
                let Some(first) = on.next() else {
                    return Ok(Some(hold(letter, NoCase::UnknownReference, references)));
                };
                let way = Way::Operator(OperatorWord { first, more: on.collect(), from });
                Ok(Some(Plan::Change(Box::new(Change { not_before: None, way }))))
            }
        }
    }

    async fn known(&self, references: &[String]) -> Result<Vec<Known>, StoreError> {
        // As it was found, and as somebody may have typed it.
        let spelled: Vec<String> = references.iter().flat_map(|one| [one.clone(), one.to_lowercase()]).collect();
        let cases = cases::references_known(self.store(), &spelled).await?;
        let known = cases.iter().filter_map(|case| {
            let reference = normal(case.reference.as_ref()?);
            Some(Known { case: case.id, state: case.state.kind(), reference })
        });
        Ok(known.collect())
    }
}

fn hold(letter: &Letter, why: NoCase, references: Vec<String>) -> Plan {
    let sender = letter.mail.from.as_ref().map(|from| from.email.clone()).unwrap_or_default();
    Plan::Hold(Box::new(HeldForCase {
        sender,
        subject: letter.subject(),
        excerpt: letter.body().chars().take(EXCERPT_CHARS_MAX).collect(),
        why,
        received_at: letter.received_at,
        references,
    }))
}

impl On {
    fn the(case: &Case, number: Option<&String>) -> Self {
        let number = number.filter(|_| case.reference.is_none()).cloned();
        Self { case: case.id, number, not_before: case.filed_at }
    }

    fn hears(&self, words: Words, from: WordFrom, received_at: Instant) -> impl Iterator<Item = Step> {
        let at = self.not_before.map_or(received_at, |filed| received_at.max(filed));
        let number = self.number.clone().map(|reference| CaseCommand::RecordReference { reference });
        let case = self.case;
        number
            .into_iter()
            .chain([CaseCommand::Update { words, from, at }])
            .map(move |command| Step::Case(case, command))
    }
}

impl OperatorWord {
    /// Each case hears it once; the files are with the first.
    pub fn unit(&self, letter: &Letter, words: Words, fresh: &Fresh) -> Unit {
        let mut steps: Vec<Step> = self.first.hears(words.clone(), self.from, letter.received_at).collect();
        for (on, id) in self.more.iter().zip(fresh.more) {
            let words = Words { id, attachments: Vec::new(), ..words.clone() };
            steps.extend(on.hears(words, self.from, letter.received_at));
        }
        Unit { steps }
    }
}
