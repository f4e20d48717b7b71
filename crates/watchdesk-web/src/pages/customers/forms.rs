//! The forms of a customer's page.

use axum::extract::Path;
use axum::response::Response;
use chrono::Days;
use chrono_tz::Tz;
use uuid::Uuid;
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_core::ids::{AgentId, ContactId, ContractId, Slug};
use watchdesk_core::rights::Verb;
use watchdesk_store::directory::{self, Contact, ContactFields, ContractFields, Customer, CustomerFields};

use super::list::is_domain;
use super::one::{find, measured_anew, path, show};
use crate::forms::FormFields;
use crate::input::{Email, Line, Prose, Wrong, choices};
use crate::pages::answer::Said;
use crate::pages::fingerprint;
use crate::pages::reading::{Reading, version};
use crate::pages::refused::{is_for_the_form, refused, status, taken_in};
use crate::pages::visit::{Form, Visit};
use crate::problem::Problem;

/// A form about a customer that the reader may change.
pub(in crate::pages) struct Sent {
    pub visit: Visit,
    pub fields: FormFields,
    pub customer: Customer,
}

impl Sent {
    pub async fn of(Form { visit, fields }: Form, id: Uuid) -> Result<Self, Problem> {
        let customer = find(&visit, id).await?;
        visit.must_be_allowed(Verb::EditDirectory)?;
        Ok(Self { visit, fields, customer })
    }

    pub fn reading(&self) -> Reading<'_> {
        Reading::of(&self.fields, self.visit.locale.zone)
    }

    /// As it is, for a change of some fields.
    fn unchanged(&self) -> CustomerFields {
        let customer = self.customer.clone();
        CustomerFields {
            name: customer.name,
            domains: customer.domains,
            language: customer.language,
            time_zone: customer.time_zone,
            tenant_id: customer.tenant_id,
            delegated_admin: customer.delegated_admin,
            account_owner: customer.account_owner,
            notes: customer.notes,
        }
    }

    async fn save(&self, version: i64, changed: CustomerFields) -> Result<(), Problem> {
        let saved = directory::update_customer(&self.visit.app.store, self.customer.id, Some(version), changed).await?;
        let saved = saved.ok_or(Problem::NotFound)?;
        self.visit.record("customer.changed", saved.id).await
    }

    /// Where open tickets are held to another contract now, the reader is told that they are measured anew.
    async fn said_of_contract(&self, usual: Said) -> Result<Said, Problem> {
        let job = measured_anew(&self.visit.app.store, self.customer.id).await?;
        Ok(if job.is_some() { Said::ContractReachesBack } else { usual })
    }

    pub async fn answer(self, form: &str, result: Result<(), Problem>, said: Said) -> Result<Response, Problem> {
        match result {
            Ok(()) => Ok(self.visit.done(&path(self.customer.id), said)),
            Err(problem) if is_for_the_form(&problem) => {
                let refused = refused(&self.visit, form, &self.fields, &problem);
                let customer = find(&self.visit, self.customer.id.0).await?;
                show(&self.visit, customer, status(&problem), Some(refused)).await
            }
            Err(problem) => Err(problem),
        }
    }
}

choices! {
    DelegatedAdmin {
        "unknown" => DelegatedAdmin::Unknown,
        "granted" => DelegatedAdmin::Granted,
        "withdrawn" => DelegatedAdmin::Withdrawn,
    }
}

pub(in crate::pages) async fn details(Path(id): Path<Uuid>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, id).await?;
    let result = changed(&sent).await;
    sent.answer("details", result, Said::Saved).await
}

async fn changed(sent: &Sent) -> Result<(), Problem> {
    let version = version(&sent.fields)?;
    let unchanged = sent.unchanged();
    let mut reading = sent.reading();
    let name: Option<Line> = reading.required("name");
    let zone: Option<Tz> = reading.required("time_zone");
    let language = reading.optional("language").unwrap_or(unchanged.language);
    let tenant_id = reading.optional::<Line>("tenant").map(|line| line.0);
    let delegated_admin = reading.optional("delegated_admin").unwrap_or(unchanged.delegated_admin);
    let account_owner: Option<Option<AgentId>> = reading.sent("account_owner");
    let notes = reading.optional::<Prose>("note").unwrap_or_default().0;
    let (name, zone) = reading.finish(name.zip(zone))?;
    let changed = CustomerFields {
        name: name.0,
        language,
        time_zone: zone.name().to_owned(),
        tenant_id,
        delegated_admin,
        account_owner: account_owner.unwrap_or(unchanged.account_owner),
        notes,
        ..unchanged
    };
    sent.save(version, changed).await
}

pub(in crate::pages) async fn add_contact(Path(id): Path<Uuid>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, id).await?;
    let result = contact_added(&sent).await;
    sent.answer("contacts", result, Said::Created).await
}

async fn contact_added(sent: &Sent) -> Result<(), Problem> {
    let store = &sent.visit.app.store;
    let fields = contact_fields(sent, None)?;
    // Somebody who wrote before anybody knew whose he is.
    let stranger = directory::contact_by_email(store, &fields.email).await?.filter(|known| known.customer.is_none());
    let (what, contact) = match stranger {
        Some(known) => {
            let changed = directory::update_contact(store, known.id, fields).await?;
            ("contact.changed", changed.ok_or(Problem::NotFound)?)
        }
        None => ("contact.created", directory::create_contact(store, fields).await.map_err(email_taken)?),
    };
    sent.visit.record(what, contact.id).await
}

fn email_taken(error: watchdesk_store::StoreError) -> Problem {
    taken_in(error.into(), "email")
}

fn contact_fields(sent: &Sent, before: Option<&Contact>) -> Result<ContactFields, Problem> {
    let mut reading = sent.reading();
    let name: Option<Line> = reading.required("name");
    let email: Option<Email> = reading.required("email");
    let phone = reading.optional::<Line>("phone").map(|line| line.0);
    let whole_organisation = reading.checked("sees_all");
    let (name, email) = reading.finish(name.zip(email))?;
    let language = before.and_then(|contact| contact.language);
    let customer = Some(sent.customer.id);
    Ok(ContactFields { customer, name: name.0, email: email.0, phone, language, whole_organisation })
}

pub(in crate::pages) async fn change_contact(
    Path((id, contact)): Path<(Uuid, Uuid)>,
    form: Form,
) -> Result<Response, Problem> {
    let sent = Sent::of(form, id).await?;
    let known = directory::contact(&sent.visit.app.store, ContactId(contact)).await?;
    let known = known.filter(|known| known.customer == Some(sent.customer.id)).ok_or(Problem::NotFound)?;
    let result = contact_changed(&sent, &known).await;
    sent.answer(&format!("contacts/{contact}"), result, Said::Saved).await
}

async fn contact_changed(sent: &Sent, known: &Contact) -> Result<(), Problem> {
    if version(&sent.fields)? != fingerprint(known) {
        return Err(Problem::Stale { current: None });
    }
    let fields = contact_fields(sent, Some(known))?;
    let changed = directory::update_contact(&sent.visit.app.store, known.id, fields).await.map_err(email_taken)?;
    changed.ok_or(Problem::NotFound)?;
    sent.visit.record("contact.changed", known.id).await
}

pub(in crate::pages) async fn add_contract(Path(id): Path<Uuid>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, id).await?;
    let result = contract_added(&sent).await;
    let said = sent.said_of_contract(Said::Created).await?;
    sent.answer("contracts", result, said).await
}

async fn contract_added(sent: &Sent) -> Result<(), Problem> {
    let mut reading = sent.reading();
    let tier: Option<Slug> = reading.required("tier");
    if reading.filled("from").is_none() {
        reading.wrong("from", Wrong::Missing);
    }
    let from = reading.day("from");
    let effective_to = end_of_day(&mut reading, "to", sent.visit.locale.zone);
    let premium = reading.checked("premium");
    if from.zip(effective_to).is_some_and(|(from, to)| to <= from) {
        reading.wrong("to", Wrong::BeforeBeginning);
    }
    let (tier, effective_from) = reading.finish(tier.zip(from))?;
    let new = ContractFields { customer: sent.customer.id, tier, premium, effective_from, effective_to };
    let contract = directory::add_contract(&sent.visit.app.store, new).await?;
    sent.visit.record("contract.added", contract.id).await
}

/// The day is still part of it.
fn end_of_day(reading: &mut Reading<'_>, name: &'static str, zone: Tz) -> Option<watchdesk_core::Instant> {
    let begins = reading.day(name)?;
    let next = begins.with_timezone(&zone).checked_add_days(Days::new(1))?;
    Some(next.to_utc())
}

/// What a contract promised stays as it was; it can only end, and another one begin.
pub(in crate::pages) async fn end_contract(
    Path((id, contract)): Path<(Uuid, Uuid)>,
    form: Form,
) -> Result<Response, Problem> {
    let sent = Sent::of(form, id).await?;
    let result = contract_ended(&sent, ContractId(contract)).await;
    let said = sent.said_of_contract(Said::Saved).await?;
    sent.answer(&format!("contracts/{contract}"), result, said).await
}

async fn contract_ended(sent: &Sent, id: ContractId) -> Result<(), Problem> {
    let store = &sent.visit.app.store;
    let contracts = directory::contracts_of(store, sent.customer.id).await?;
    let contract = contracts.iter().find(|contract| contract.id == id).ok_or(Problem::NotFound)?;
    if version(&sent.fields)? != fingerprint(contract) {
        return Err(Problem::Stale { current: None });
    }
    let mut reading = sent.reading();
    if reading.filled("to").is_none() {
        reading.wrong("to", Wrong::Missing);
    }
    let end = end_of_day(&mut reading, "to", sent.visit.locale.zone);
    if end.is_some_and(|end| end <= contract.effective_from) {
        reading.wrong("to", Wrong::BeforeBeginning);
    }
    let end = reading.finish(end)?;
    directory::end_contract(store, id, end).await?;
    sent.visit.record("contract.ended", id).await
}

pub(in crate::pages) async fn add_domain(Path(id): Path<Uuid>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, id).await?;
    let result = domain_added(&sent).await;
    sent.answer("domains", result, Said::Created).await
}

async fn domain_added(sent: &Sent) -> Result<(), Problem> {
    let mut reading = sent.reading();
    let name: Option<Line> = reading.required("name");
    if name.as_ref().is_some_and(|name| !is_domain(&name.0)) {
        reading.wrong("name", Wrong::NotADomain);
    }
    let name = reading.finish(name)?.0.to_lowercase();
    let mut changed = sent.unchanged();
    if !changed.domains.contains(&name) {
        changed.domains.push(name);
    }
    sent.save(sent.customer.version, changed).await.map_err(|problem| taken_in(problem, "name"))
}

pub(in crate::pages) async fn remove_domain(
    Path((id, domain)): Path<(Uuid, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let sent = Sent::of(form, id).await?;
    let mut changed = sent.unchanged();
    let count = changed.domains.len();
    changed.domains.retain(|known| *known != domain);
    if changed.domains.len() == count {
        return Err(Problem::NotFound);
    }
    let result = sent.save(sent.customer.version, changed).await;
    sent.answer("domains", result, Said::Removed).await
}
