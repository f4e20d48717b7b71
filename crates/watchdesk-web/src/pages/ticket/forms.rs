//! What all forms of a ticket have in common: they carry the version they were made from, go through `execute`, and
//! are shown again with what was typed when they are refused.

use std::borrow::Cow;

use axum::response::Response;
use watchdesk_core::command::{Unit, Words};
use watchdesk_core::event::ActorRef;
use watchdesk_core::ids::{AttachmentId, MessageId, TicketId, TicketNumber};
use watchdesk_core::ticket::Ticket;
use watchdesk_store::{Request, directory, tickets};

use super::{Subject, show};
use crate::forms::FormFields;
use crate::input::Wrong;
use crate::pages::answer::Said;
use crate::pages::reading::{Reading, version};
use crate::pages::refused::{is_for_the_form, refused, status};
use crate::pages::visit::{Form, Visit, fresh};
use crate::problem::Problem;

/// A form of the ticket page on its way.
pub(super) struct Sent {
    pub visit: Visit,
    pub subject: Subject,
    pub fields: FormFields,
    form: Cow<'static, str>,
}

impl Sent {
    pub async fn of(form: Form, number: i64, name: impl Into<Cow<'static, str>>) -> Result<Self, Problem> {
        Self::with_fields(form.visit, form.fields, number, name).await
    }

    pub async fn with_fields(
        visit: Visit,
        fields: FormFields,
        number: i64,
        name: impl Into<Cow<'static, str>>,
    ) -> Result<Self, Problem> {
        let form = name.into();
        let subject = Subject::find(&visit, TicketNumber(number)).await?;
        Ok(Self { visit, subject, fields, form })
    }

    pub fn id(&self) -> TicketId {
        self.subject.record.ticket.id
    }

    pub fn ticket(&self) -> &Ticket {
        &self.subject.record.ticket
    }

    pub fn reading(&self) -> Reading<'_> {
        Reading::of(&self.fields, self.visit.locale.zone)
    }

    /// Carries the unit out, and answers with the page in either case.
    pub async fn execute(self, unit: Result<Unit, Problem>, said: Said) -> Result<Response, Problem> {
        let result = match unit {
            Ok(unit) => self.carry_out(unit).await,
            Err(problem) => Err(problem),
        };
        self.answer(result, said).await
    }

    async fn carry_out(&self, unit: Unit) -> Result<(), Problem> {
        let expected_version = Some(version(&self.fields)?);
        let request = Request { expected_version, ..Request::from(unit) };
        self.visit.app.store.execute(self.visit.rights(), request).await?;
        Ok(())
    }

    /// Cases have versions of their own: the form's is compared before.
    pub async fn execute_on_case(self, unit: Result<(Unit, i64), Problem>, said: Said) -> Result<Response, Problem> {
        let result = match unit {
            Ok((unit, case_version)) => self.carry_out_on_case(unit, case_version).await,
            Err(problem) => Err(problem),
        };
        self.answer(result, said).await
    }

    async fn carry_out_on_case(&self, unit: Unit, case_version: i64) -> Result<(), Problem> {
        self.must_be_current()?;
        let request = Request { expected_version: Some(case_version), ..Request::from(unit) };
        self.visit.app.store.execute(self.visit.rights(), request).await?;
        Ok(())
    }

    /// For what does not go through `execute`.
    pub fn must_be_current(&self) -> Result<(), Problem> {
        let current = self.subject.record.ticket.version;
        if version(&self.fields)? == current { Ok(()) } else { Err(Problem::Stale { current: Some(current) }) }
    }

    pub async fn answer(self, result: Result<(), Problem>, said: Said) -> Result<Response, Problem> {
        match result {
            Ok(()) => Ok(self.visit.done(&self.subject.path(), said)),
            Err(problem) if is_for_the_form(&problem) => self.refuse(problem).await,
            Err(problem) => Err(problem),
        }
    }

    async fn refuse(self, problem: Problem) -> Result<Response, Problem> {
        let mut refused = refused(&self.visit, &self.form, &self.fields, &problem);
        // As it is now, which may be another version than the one that was refused.
        let subject = Subject::find(&self.visit, self.subject.record.ticket.number).await?;
        if let Problem::Stale { .. } = problem {
            let who = who_was_quicker(&self.visit, &subject).await?;
            refused.text = self.visit.say("refused.stale", &[("who", &who)]);
            refused.way_out = Some(self.visit.say("refused.stale.way_out", &[]));
        }
        show(&self.visit, subject, status(&problem), Some(refused)).await
    }
}

async fn who_was_quicker(visit: &Visit, subject: &Subject) -> Result<String, Problem> {
    let store = &visit.app.store;
    let ticket = &subject.record.ticket;
    let last = tickets::events(store, ticket.id, ticket.version - 1, 1).await?;
    let name = match last.first().map(|event| event.actor) {
        Some(ActorRef::Agent(id)) => directory::agent(store, id).await?.map(|agent| agent.name),
        Some(ActorRef::Contact(id)) => directory::contact(store, id).await?.map(|contact| contact.name),
        Some(ActorRef::System) | None => None,
    };
    Ok(name.unwrap_or_else(|| visit.app.options.desk_name.clone()))
}

/// Words with a fresh id.
pub(super) fn words(body: String, attachments: Vec<AttachmentId>) -> Words {
    Words { attachments, ..Words::text(fresh::<MessageId>(), body) }
}

/// Another ticket that a form names; one that the reader does not see is not known.
pub(super) async fn other(visit: &Visit, field: &'static str, number: TicketNumber) -> Result<TicketId, Problem> {
    match Subject::find(visit, number).await {
        Ok(subject) => Ok(subject.record.ticket.id),
        Err(Problem::NotFound) => Err(Problem::invalid(field, Wrong::NoSuch)),
        Err(problem) => Err(problem),
    }
}
