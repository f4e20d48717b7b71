//! The operator's incidents in the stories: on record before tickets are linked, and tried again after they end.

use anyhow::Context;
use watchdesk_core::Instant;
use watchdesk_core::command::{Command, RetestOutcome};
use watchdesk_core::ids::Slug;
use watchdesk_notifier::tasks::incident_news;
use watchdesk_store::incidents::{self, Observation};
use watchdesk_store::tickets;

use crate::demo::plan::Act;
use crate::demo::story::Teller;

impl Teller<'_> {
    /// Who links a ticket has read of the incident, if nobody had looked it up before.
    pub(super) async fn link_incident(&mut self, thread: usize, reference: &str, at: Instant) -> anyhow::Result<()> {
        if incidents::by_reference(self.store, reference).await?.is_none() {
            let (service, title) = self.told_of(reference).with_context(|| format!("nobody looks up {reference}"))?;
            let observation = Observation::by_hand(reference, service, &title, at);
            incidents::observe(self.store, &observation).await?;
        }
        self.by_staff(thread, at, Command::LinkIncident { reference: reference.to_owned() }).await
    }

    /// In the words of who looked it up first.
    fn told_of(&self, reference: &str) -> Option<(Slug, String)> {
        self.plan.acts.iter().find_map(|planned| match &planned.act {
            Act::Health(check) if check.incident.as_deref() == Some(reference) => {
                Some((check.service.clone(), check.note.clone()))
            }
            _ => None,
        })
    }

    /// As the desk does by itself every minute.
    pub(super) async fn hear_of_incidents(&self) -> anyhow::Result<()> {
        let heard = incident_news(self.store).await;
        heard.map(drop).map_err(|error| anyhow::anyhow!("tickets do not hear of their incidents: {error}"))
    }

    /// Before a ticket is solved, or goes up, somebody tries again.
    pub(super) async fn try_again(&mut self, thread: usize, outcome: RetestOutcome, at: Instant) -> anyhow::Result<()> {
        let id = self.told(thread)?.ticket;
        let record = tickets::by_id(self.store, id).await?.context("the ticket is gone")?;
        for reference in record.ticket.retests {
            self.by_staff(thread, at, Command::Retest { reference, outcome, words: None }).await?;
        }
        Ok(())
    }
}
