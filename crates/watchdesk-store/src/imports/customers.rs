//! Lines about customers.

use chrono_tz::Tz;
use watchdesk_core::Instant;
use watchdesk_core::desk::Language;
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_core::ids::{CustomerId, Slug};

use super::report::Done;
use super::sheet::{Column, Line, Wrong, wrong, wrong_so};
use super::values::{instant, listed, yes_or_no};
use super::{Refused, Taken, customer_called, legal_domain, zone_of};
use crate::directory::{self, ContractFields, Customer, CustomerFields};
use crate::{Store, StoreError};

const fn column(name: &'static str, also: &'static [&'static str]) -> Column {
    Column { name, also, is_required: false }
}

/// Beside ours, the names of the operator's own export.
pub(super) const COLUMNS: &[Column] = &[
    Column { name: "name", also: &["Company name", "公司名称"], is_required: true },
    column("tenant_id", &["Microsoft ID"]),
    column("domains", &["domain", "Primary domain name", "主域名"]),
    column("language", &[]),
    column("time_zone", &[]),
    column("tier", &[]),
    column("premium", &[]),
    column("contract_from", &[]),
    column("account_owner", &[]),
    column("delegated_admin", &[]),
    column("notes", &[]),
];

/// A contract that a line speaks of.
struct Wanted {
    tier: Slug,
    premium: bool,
    from: Option<Instant>,
}

pub(super) async fn take(store: &Store, zone: Tz, line: &Line, dry_run: bool) -> Taken {
    let name = line.required("name")?.to_owned();
    let known = find(store, line, &name).await?;
    let fields = fields(store, line, &name, known.as_ref()).await?;
    let wanted = wanted(line, zone)?;
    let now = store.now().await?;
    let (done, id) = match &known {
        None if dry_run => (Done::Created, None),
        None => (Done::Created, Some(saved(directory::create_customer(store, fields).await)?.id)),
        Some(known) if fields == of(known) => (Done::Same, Some(known.id)),
        Some(known) => {
            if !dry_run {
                saved(directory::update_customer(store, known.id, Some(known.version), fields).await)?;
            }
            (Done::Changed, Some(known.id))
        }
    };
    let is_new_contract = match (&wanted, id) {
        (Some(wanted), Some(id)) => agree(store, id, wanted, now, dry_run).await?,
        (Some(_), None) | (None, _) => false,
    };
    let done = if done == Done::Same && is_new_contract { Done::Changed } else { done };
    Ok((done, name))
}

async fn find(store: &Store, line: &Line, name: &str) -> Result<Option<Customer>, StoreError> {
    if let Some(tenant) = line.get("tenant_id")
        && let Some(found) = directory::customer_by_tenant(store, tenant).await?
    {
        return Ok(Some(found));
    }
    for domain in listed(line, "domains").unwrap_or_default() {
        if let Some(found) = directory::customer_by_domain(store, &domain).await? {
            return Ok(Some(found));
        }
    }
    customer_called(store, name).await
}

/// What the line says goes first; an empty cell leaves what is known.
async fn fields(store: &Store, line: &Line, name: &str, known: Option<&Customer>) -> Result<CustomerFields, Refused> {
    let before = known
        .map_or_else(|| CustomerFields { delegated_admin: DelegatedAdmin::Unknown, ..CustomerFields::default() }, of);
    let mut domains = before.domains.clone();
    for domain in listed(line, "domains").unwrap_or_default() {
        let domain = domain.to_lowercase();
        if !legal_domain(&domain) {
            let why = |domain: &str| format!("\"{domain}\" is no domain; write example.cn, several with ;");
            return Err(wrong("domains", "domain", &domain, why).into());
        }
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    domains.sort();
    let owner = match line.get("account_owner") {
        None => before.account_owner,
        Some(email) => Some(owner(store, email).await?),
    };
    let text = |name: &str| line.get(name).map(str::to_owned);
    Ok(CustomerFields {
        name: name.to_owned(),
        domains,
        language: language(line)?.unwrap_or(before.language),
        time_zone: zone_of(line)?.map_or(before.time_zone, |zone| zone.name().to_owned()),
        tenant_id: text("tenant_id").or(before.tenant_id),
        delegated_admin: delegated(line)?.unwrap_or(before.delegated_admin),
        account_owner: owner,
        notes: text("notes").unwrap_or(before.notes),
    })
}

fn of(customer: &Customer) -> CustomerFields {
    CustomerFields {
        name: customer.name.clone(),
        domains: customer.domains.clone(),
        language: customer.language,
        time_zone: customer.time_zone.clone(),
        tenant_id: customer.tenant_id.clone(),
        delegated_admin: customer.delegated_admin,
        account_owner: customer.account_owner,
        notes: customer.notes.clone(),
    }
}

async fn owner(store: &Store, email: &str) -> Result<watchdesk_core::ids::AgentId, Refused> {
    let found = directory::agent_by_email(store, email).await?;
    let found = found.ok_or_else(|| {
        wrong("account_owner", "nobody", email, |email| format!("nobody of the desk has the address {email}"))
    })?;
    Ok(found.id)
}

fn language(line: &Line) -> Result<Option<Language>, Wrong> {
    let Some(text) = line.get("language") else { return Ok(None) };
    let found = Language::ALL.into_iter().find(|language| language.as_str().eq_ignore_ascii_case(text));
    let why = |text: &str| format!("\"{text}\" is none of ours; write zh-CN or en");
    found.map(Some).ok_or_else(|| wrong("language", "language", text, why))
}

fn delegated(line: &Line) -> Result<Option<DelegatedAdmin>, Wrong> {
    let Some(text) = line.get("delegated_admin") else { return Ok(None) };
    let found = DelegatedAdmin::parse(&text.to_lowercase());
    let why = |text: &str| format!("\"{text}\": write granted, withdrawn or unknown");
    found.map(Some).ok_or_else(|| wrong("delegated_admin", "delegated_admin", text, why))
}

fn wanted(line: &Line, zone: Tz) -> Result<Option<Wanted>, Wrong> {
    let from = instant(line, "contract_from", zone)?;
    let premium = yes_or_no(line, "premium")?;
    let Some(tier) = line.get("tier") else {
        let orphan = [("contract_from", from.is_some()), ("premium", premium.is_some())];
        return match orphan.into_iter().find(|(_, given)| *given) {
            None => Ok(None),
            Some((field, _)) => Err(wrong_so(field, "no_tier", "it says something of a contract; write its tier too")),
        };
    };
    let tier = Slug::new(tier).map_err(|error| wrong("tier", "slug", tier, |tier| format!("\"{tier}\": {error}")))?;
    Ok(Some(Wanted { tier, premium: premium.unwrap_or_default(), from }))
}

/// Nothing where this is agreed on already.
async fn agree(
    store: &Store,
    customer: CustomerId,
    wanted: &Wanted,
    now: Instant,
    dry_run: bool,
) -> Result<bool, StoreError> {
    let from = wanted.from.unwrap_or(now);
    let contracts = directory::contracts_of(store, customer).await?;
    let is_agreed = contracts.iter().any(|contract| {
        let begins = wanted.from.map_or(contract.effective_from <= now, |from| contract.effective_from == from);
        let holds = contract.effective_to.is_none_or(|end| end > Ord::max(from, now));
        contract.tier == wanted.tier && contract.premium == wanted.premium && begins && holds
    });
    if is_agreed {
        return Ok(false);
    }
    if !dry_run {
        let fields = ContractFields {
            customer,
            tier: wanted.tier.clone(),
            premium: wanted.premium,
            effective_from: from,
            effective_to: None,
        };
        directory::add_contract(store, fields).await?;
    }
    Ok(true)
}

fn saved<T>(result: Result<T, StoreError>) -> Result<T, Refused> {
    match result {
        Err(StoreError::Taken { .. }) => {
            let why = "one of them belongs to another customer; take it away there or here";
            Err(wrong_so("domains", "domain_taken", why).into())
        }
        Err(StoreError::Stale { .. }) => {
            Err(wrong_so("line", "stale", "somebody changed the customer meanwhile; import the file again").into())
        }
        other => Ok(other?),
    }
}
