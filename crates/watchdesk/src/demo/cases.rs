//! Going up to the operator, and what comes back.

use anyhow::Context;
use watchdesk_core::Instant;
use watchdesk_core::case::{Evidence, FilingChannel, Handing, Measure};
use watchdesk_core::command::{
    Assignment, CaseCommand, Command, DraftCase, RetestOutcome, Step, Unit, WordFrom, Words,
};
use watchdesk_core::disclosure::{Handed, HandedField};
use watchdesk_core::ids::{CaseId, MessageId, Slug};
use watchdesk_store::fresh_id;

use crate::demo::plan::Deed;
use crate::demo::story::Teller;

const OPERATOR: &str = "21vianet";

impl Teller<'_> {
    pub(super) async fn case_deed(&mut self, thread: usize, deed: &Deed, at: Instant) -> anyhow::Result<()> {
        if let Deed::Draft | Deed::Filed { .. } | Deed::Joins { .. } = deed {
            self.try_again(thread, RetestOutcome::Persists, at).await?;
        }
        if let Deed::Draft = deed {
            return self.draft(thread, at).await;
        }
        let scenario = match deed {
            Deed::Joins { scenario } => scenario,
            _ => &self.plan.threads[thread].scenario,
        };
        let case = *self.cases.get(scenario).with_context(|| format!("{scenario} has no case yet"))?;
        let command = self.case_command(thread, deed, at)?;
        let worker = match deed {
            // He sees the case as well as the ticket that joins it.
            Deed::Joins { .. } => self.roster.somebody(true, at, &mut self.rng),
            _ => self.worker(thread, at)?,
        };
        self.execute(self.roster.actor(worker), Unit::case(case, command)).await
    }

    fn case_command(&self, thread: usize, deed: &Deed, at: Instant) -> anyhow::Result<CaseCommand> {
        let words = |text: &str| Words::text(MessageId(fresh_id()), text);
        Ok(match deed {
            Deed::Filed { reference } => CaseCommand::File {
                reference: reference.clone(),
                channel: FilingChannel::Portal,
                contact: None,
                severity: None,
                at,
                handed: self.handed(thread),
            },
            Deed::Joins { .. } => CaseCommand::AddTicket { ticket: self.told(thread)?.ticket },
            Deed::Acknowledged { contact } => CaseCommand::Acknowledge { contact: Some(contact.clone()), at },
            Deed::Operator { text } => CaseCommand::Update { words: words(text), from: WordFrom::Operator, at },
            Deed::ToOperator { text } => CaseCommand::Update { words: words(text), from: WordFrom::Us, at },
            Deed::WaitingOnUs => CaseCommand::WaitOnUs { at },
            Deed::Answered { text, outcome } => CaseCommand::Answer { words: words(text), outcome: *outcome, at },
            Deed::Refused { text } => CaseCommand::Refuse { words: words(text), at },
            Deed::Withdrawn { reason } => CaseCommand::Withdraw { reason: reason.clone() },
            Deed::Confirmed => CaseCommand::Confirm,
            Deed::Reopened => CaseCommand::Reopen,
            Deed::Learned { text, measure } => {
                let lead = self.directory.staff[self.roster.lead(at)].id;
                let owner = Some(lead).filter(|_| *measure != Measure::None);
                CaseCommand::Learn { body: text.clone(), measure: *measure, owner }
            }
            Deed::Open { .. }
            | Deed::Triage
            | Deed::Customer { .. }
            | Deed::Automatic { .. }
            | Deed::Reply { .. }
            | Deed::Solve { .. }
            | Deed::Note { .. }
            | Deed::Call { .. }
            | Deed::HandOver { .. }
            | Deed::Snooze { .. }
            | Deed::Severity { .. }
            | Deed::Incident { .. }
            | Deed::Bounced
            | Deed::Draft
            | Deed::Close(_)
            | Deed::Merge { .. }
            | Deed::SplitFrom { .. }
            | Deed::Link { .. } => anyhow::bail!("it is nothing that happens to a case"),
        })
    }

    /// What the operator was given, as the record of it has it.
    fn handed(&self, thread: usize) -> Handed {
        let Some(case) = &self.plan.threads[thread].case else { return Handed::default() };
        let names = [
            ("company", false),
            ("person", true),
            ("phone", true),
            ("email", true),
            ("our_number", false),
            ("tenant_id", false),
            ("service", false),
            ("severity", false),
            ("reason", false),
            ("problem", false),
            ("impact", false),
            ("tried", false),
        ];
        let fields = names.map(|(name, personal)| HandedField { name: name.to_owned(), personal });
        Handed::of(fields.to_vec(), &format!("{}\n{}\n{}", case.summary, case.impact, case.tried))
    }

    /// The escalation team takes the ticket over and writes the case down.
    async fn draft(&mut self, thread: usize, at: Instant) -> anyhow::Result<()> {
        let ticket = self.told(thread)?.ticket;
        let expert = self.roster.somebody(true, at, &mut self.rng);
        let assignment = Assignment {
            owner: Some(Some(self.directory.staff[expert].id)),
            team: Some(Some(self.directory.escalation)),
        };
        let case = CaseId(fresh_id());
        let draft = self.draft_case(thread, case)?;
        // Both are his to do: he is in both teams.
        let unit = Unit::ticket(ticket, Command::Assign(assignment))
            .then(Step::Ticket(ticket, Command::DraftCase(Box::new(draft))));
        self.execute(self.roster.actor(expert), unit).await?;
        let told = self.told_mut(thread)?;
        told.owner = Some(expert);
        told.escalated = true;
        self.cases.insert(self.plan.threads[thread].scenario.clone(), case);
        Ok(())
    }

    fn draft_case(&self, thread: usize, id: CaseId) -> anyhow::Result<DraftCase> {
        let planned = &self.plan.threads[thread];
        let case = planned.case.as_ref().context("the story does not say what to write to the operator")?;
        let customer = self.cast.contacts[planned.contact].customer;
        let tenant_id = customer.map(|index| self.directory.customers[index].tenant_id.clone());
        Ok(DraftCase {
            id,
            operator: Slug::new(OPERATOR)?,
            reason: Some(case.reason),
            severity: None,
            summary: case.summary.clone(),
            evidence: Evidence {
                tried: case.tried.clone(),
                impact: case.impact.clone(),
                affected_users: Some(case.affected_users),
                since: Some(planned.opened_at),
                error_texts: case.error_texts.clone(),
                tenant_id: tenant_id.unwrap_or_default(),
                subscription_id: case.subscription_id.clone(),
                order_id: case.order_id.clone(),
                ..Evidence::default()
            },
            health_waiver: None,
            not_this_incident: None,
            incident_override: None,
            handing: Handing::default(),
        })
    }
}
