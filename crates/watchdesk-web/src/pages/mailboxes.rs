//! The addresses that customers write to.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;
use watchdesk_core::desk::{Language, Named};
use watchdesk_core::ids::{MailboxId, Slug};
use watchdesk_core::rights::Verb;
use watchdesk_store::directory::{self, Mailbox, MailboxFields, Support};
use watchdesk_templates::pages::{MailboxRow, MailboxesPage, Nav, Refused};

use super::answer::Said;
use super::names::Staff;
use super::reading::{Reading, version};
use super::refused::{is_for_the_form, refused, status, taken_in};
use super::shell::shell;
use super::visit::{Form, Visit};
use crate::forms::FormFields;
use crate::input::{Email, Line, Prose};
use crate::problem::Problem;

const PAGE: &str = "/mailboxes";

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::Configure)?;
    show(&visit, StatusCode::OK, None).await
}

async fn show(visit: &Visit, status: StatusCode, refused: Option<Refused>) -> Result<Response, Problem> {
    let (mailboxes, staff) =
        tokio::try_join!(directory::mailboxes(&visit.app.store), Staff::load(visit, std::iter::empty()))?;
    let mut shell = shell(visit, Nav::Mailboxes).await?;
    shell.path = PAGE.to_owned();
    let page = MailboxesPage {
        shell,
        mailboxes: mailboxes.iter().map(|mailbox| row(mailbox, &staff)).collect(),
        teams: staff.team_slugs(visit),
        may_change: true,
        refused,
    };
    visit.page_with(status, &page)
}

fn row(mailbox: &Mailbox, staff: &Staff) -> MailboxRow {
    MailboxRow {
        id: mailbox.id.to_string(),
        version: super::fingerprint(mailbox),
        address: mailbox.address.clone(),
        display_name: mailbox.name.clone(),
        language: mailbox.language.as_str().to_owned(),
        team: mailbox.team.and_then(|id| staff.slug_of_team(id)),
        signature: mailbox.signature.clone(),
        enabled: mailbox.active,
    }
}

pub(super) async fn create(Form { visit, fields }: Form) -> Result<Response, Problem> {
    visit.must_see(Verb::Configure)?;
    let result = created(&visit, &fields).await.map_err(|problem| taken_in(problem, "address"));
    answer(&visit, "mailboxes", &fields, result, Said::Created).await
}

async fn created(visit: &Visit, fields: &FormFields) -> Result<(), Problem> {
    let store = &visit.app.store;
    let support = directory::mailboxes(store).await?.into_iter().next().map(|first| first.support);
    let typed = typed(visit, fields, support.unwrap_or_else(no_support)).await?;
    let mailbox = directory::create_mailbox(store, typed).await?;
    visit.record("mailbox.created", mailbox.id).await
}

pub(super) async fn change(Path(id): Path<Uuid>, Form { visit, fields }: Form) -> Result<Response, Problem> {
    visit.must_see(Verb::Configure)?;
    let mailbox = directory::mailbox(&visit.app.store, MailboxId(id)).await?.ok_or(Problem::NotFound)?;
    let form = format!("mailboxes/{id}");
    let result = changed(&visit, &fields, &mailbox).await.map_err(|problem| taken_in(problem, "address"));
    answer(&visit, &form, &fields, result, Said::Saved).await
}

async fn changed(visit: &Visit, fields: &FormFields, mailbox: &Mailbox) -> Result<(), Problem> {
    if version(fields)? != super::fingerprint(mailbox) {
        return Err(Problem::Stale { current: None });
    }
    let typed = typed(visit, fields, mailbox.support.clone()).await?;
    directory::update_mailbox(&visit.app.store, mailbox.id, typed).await?.ok_or(Problem::NotFound)?;
    visit.record("mailbox.changed", mailbox.id).await
}

async fn typed(visit: &Visit, fields: &FormFields, support: Support) -> Result<MailboxFields, Problem> {
    let mut reading = Reading::of(fields, visit.locale.zone);
    let address: Option<Email> = reading.required("address");
    let name = reading.optional::<Line>("display_name");
    let language = reading.optional("language").unwrap_or(Language::Chinese);
    let team: Option<Slug> = reading.optional("team");
    let signature = reading.optional::<Prose>("signature").unwrap_or_default().0;
    let active = reading.checked("enabled");
    let address = reading.finish(address)?.0;
    let team = match team {
        Some(slug) => {
            let staff = Staff::load(visit, std::iter::empty()).await?;
            Some(staff.team_by_slug(&slug).ok_or_else(|| Problem::no_such("team"))?)
        }
        None => None,
    };
    let name = name.map_or_else(|| visit.app.options.desk_name.clone(), |name| name.0);
    Ok(MailboxFields { address, name, team, language, signature, support, active })
}

fn no_support() -> Support {
    let hours = Named { en: String::new(), zh: String::new() };
    Support { phone: String::new(), url: String::new(), hours }
}

async fn answer(
    visit: &Visit,
    form: &str,
    fields: &FormFields,
    result: Result<(), Problem>,
    said: Said,
) -> Result<Response, Problem> {
    match result {
        Ok(()) => Ok(visit.done(PAGE, said)),
        Err(problem) if is_for_the_form(&problem) => {
            show(visit, status(&problem), Some(refused(visit, form, fields, &problem))).await
        }
        Err(problem) => Err(problem),
    }
}
