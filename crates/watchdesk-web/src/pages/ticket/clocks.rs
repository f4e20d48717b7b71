//! How the deadlines follow, and what people say about them: excuses, and "I have seen it".

use axum::extract::Path;
use axum::response::Response;
use uuid::Uuid;
use watchdesk_core::case::Case;
use watchdesk_core::clock::{Clock, Subject as Owner};
use watchdesk_core::command::{CaseCommand, Command, Unit};
use watchdesk_core::ids::{ClockId, TicketNumber};
use watchdesk_core::rights::Verb;
use watchdesk_store::tickets;
use watchdesk_templates::explain::{account, time_account};
use watchdesk_templates::pages::{Nav, TicketClocksPage};

use super::Subject;
use super::forms::Sent;
use super::load::cases_of;
use crate::input::Prose;
use crate::material::{self, Material};
use crate::pages::answer::Said;
use crate::pages::shell::shell;
use crate::pages::visit::{Form, Visit};
use crate::problem::Problem;

pub(in crate::pages) async fn page(visit: Visit, Path(number): Path<i64>) -> Result<Response, Problem> {
    let subject = Subject::find(&visit, TicketNumber(number)).await?;
    let record = &subject.record;
    if !visit.may_with(Verb::ReadInternal, &record.ticket) {
        return Err(Problem::NotFound);
    }
    let material = Material::load(&visit.app.store, record, visit.may_see_cases()).await?;
    let names = material::names(&visit.app, &material, visit.rights(), visit.language()).await?;
    let page = TicketClocksPage {
        shell: shell(&visit, Nav::Elsewhere).await?,
        number,
        subject: record.words.subject.clone(),
        account: account(&material.explain(), visit.locale, &names),
        time: material.time().map(|division| time_account(&division, visit.locale, &names)),
    };
    visit.page(&page)
}

/// A form about one clock, of the ticket or of one of its cases.
struct ClockForm {
    sent: Sent,
    clock: Clock,
    case: Option<Case>,
}

impl ClockForm {
    async fn of(form: Form, number: i64, clock: Uuid, action: &str) -> Result<Self, Problem> {
        let id = ClockId(clock);
        let sent = Sent::of(form, number, format!("clocks/{clock}/{action}")).await?;
        let own = tickets::clocks(&sent.visit.app.store, sent.id()).await?;
        if let Some(clock) = own.into_iter().find(|clock| clock.id == id) {
            return Ok(Self { sent, clock, case: None });
        }
        let mut cases = cases_of(&sent.visit, sent.id()).await?;
        let of_case = |case: &Case| case.clocks.iter().find(|clock| clock.id == id).cloned();
        let at = cases.iter().position(|case| of_case(case).is_some()).ok_or(Problem::NotFound)?;
        let case = cases.swap_remove(at);
        let clock = of_case(&case).ok_or(Problem::NotFound)?;
        Ok(Self { sent, clock, case: Some(case) })
    }

    async fn execute(self, unit: Result<Unit, Problem>, said: Said) -> Result<Response, Problem> {
        match self.case {
            None => self.sent.execute(unit, said).await,
            Some(case) => self.sent.execute_on_case(unit.map(|unit| (unit, case.version)), said).await,
        }
    }

    fn excuse(&self, reason: Option<String>) -> Unit {
        let clock = self.clock.id;
        match self.clock.subject {
            Owner::Ticket(id) => Unit::ticket(id, Command::Excuse { clock, reason }),
            Owner::Case(id) => Unit::case(id, CaseCommand::Excuse { clock, reason }),
        }
    }
}

pub(in crate::pages) async fn excuse(
    Path((number, clock)): Path<(i64, Uuid)>,
    form: Form,
) -> Result<Response, Problem> {
    let form = ClockForm::of(form, number, clock, "excuse").await?;
    let mut reading = form.sent.reading();
    let reason = reading.required::<Prose>("reason");
    let unit = reading.finish(reason).map(|reason| form.excuse(Some(reason.0)));
    form.execute(unit, Said::Excused).await
}

pub(in crate::pages) async fn revoke_excuse(
    Path((number, clock)): Path<(i64, Uuid)>,
    form: Form,
) -> Result<Response, Problem> {
    let form = ClockForm::of(form, number, clock, "excuse/revocation").await?;
    let unit = form.sent.reading().finish(Some(form.excuse(None)));
    form.execute(unit, Said::ExcuseRevoked).await
}

pub(in crate::pages) async fn acknowledge(
    Path((number, clock)): Path<(i64, Uuid)>,
    form: Form,
) -> Result<Response, Problem> {
    let form = ClockForm::of(form, number, clock, "acknowledgement").await?;
    let seen = material::seen(form.sent.id(), [&form.clock], Some(form.clock.id));
    let unit = form.sent.reading().finish(Some(seen));
    form.execute(unit, Said::Seen).await
}
