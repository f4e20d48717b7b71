//! Everybody of the cast gets a row: agents with passwords, customers with contracts, contacts.

use anyhow::Context;
use chrono::Duration;
use tokio::task::JoinSet;
use watchdesk_core::Instant;
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_core::ids::{AgentId, ContactId, CustomerId, MailboxId, Slug, TeamId};
use watchdesk_core::rights::{Actor, Role};
use watchdesk_store::directory::{
    AgentFields, ContactFields, ContractFields, CustomerFields, Mailbox, create_agent, create_contact, create_customer,
    mailboxes, team_by_slug,
};
use watchdesk_store::{Store, auth, directory};

use crate::demo::cast::{Cast, Client, Member};
use crate::demo::rng::Rng;
use crate::demo::{DemoPeople, DemoPerson, PASSWORD};

pub const FIRST_LINE: &str = "first-line";
pub const ESCALATION: &str = "escalation";

/// The rows, in the order of the cast.
#[derive(Debug)]
pub struct Directory {
    pub staff: Vec<Staff>,
    pub customers: Vec<Customer>,
    pub contacts: Vec<ContactId>,
    pub first_line: TeamId,
    pub escalation: TeamId,
    pub mailbox: Mailbox,
}

#[derive(Debug)]
pub struct Staff {
    pub id: AgentId,
    pub actor: Actor,
}

#[derive(Debug)]
pub struct Customer {
    pub id: CustomerId,
    pub tenant_id: String,
}

impl Directory {
    pub fn mailbox_id(&self) -> MailboxId {
        self.mailbox.id
    }
}

pub async fn create(store: &Store, cast: &Cast, now: Instant, rng: &mut Rng) -> anyhow::Result<Directory> {
    let first_line = team(store, FIRST_LINE).await?;
    let escalation = team(store, ESCALATION).await?;
    let mailbox = mailboxes(store).await?.into_iter().next().context("the desk has no mailbox")?;
    let staff = staff(store, cast, first_line, escalation).await?;
    let seller = cast.staff.iter().position(|member| member.role == Role::Sales).map(|index| staff[index]);
    let customers = customers(store, cast, now, seller, rng).await?;
    let contacts = contacts(store, cast, &customers).await?;
    let staff = actors(store, &staff).await?;
    Ok(Directory { staff, customers, contacts, first_line, escalation, mailbox })
}

async fn team(store: &Store, slug: &str) -> anyhow::Result<TeamId> {
    let team = team_by_slug(store, &Slug::new(slug)?).await?;
    Ok(team.with_context(|| format!("the desk has no team \"{slug}\""))?.id)
}

async fn staff(store: &Store, cast: &Cast, first_line: TeamId, escalation: TeamId) -> anyhow::Result<Vec<AgentId>> {
    let mut ids = Vec::with_capacity(cast.staff.len());
    let mut passwords = JoinSet::new();
    for member in &cast.staff {
        let teams = [(FIRST_LINE, first_line), (ESCALATION, escalation)];
        let agent = create_agent(store, agent_fields(member, &teams)).await?;
        ids.push(agent.id);
        let store = store.clone();
        passwords.spawn(async move { auth::set_password(&store, agent.id, PASSWORD).await });
    }
    while let Some(set) = passwords.join_next().await {
        set??;
    }
    Ok(ids)
}

fn agent_fields(member: &Member, teams: &[(&str, TeamId)]) -> AgentFields {
    AgentFields {
        email: member.email(),
        name: member.name.clone(),
        role: member.role,
        language: member.language,
        time_zone: member.time_zone.clone(),
        active: true,
        teams: teams.iter().filter(|(slug, _)| member.is_in(slug)).map(|(_, id)| *id).collect(),
    }
}

/// After the customers, so that the sales agent knows his.
async fn actors(store: &Store, ids: &[AgentId]) -> anyhow::Result<Vec<Staff>> {
    let mut staff = Vec::with_capacity(ids.len());
    for id in ids {
        let actor = auth::actor_of_agent(store, *id).await?.context("an agent that was just made is not there")?;
        staff.push(Staff { id: *id, actor });
    }
    Ok(staff)
}

async fn customers(
    store: &Store,
    cast: &Cast,
    now: Instant,
    seller: Option<AgentId>,
    rng: &mut Rng,
) -> anyhow::Result<Vec<Customer>> {
    let mut customers = Vec::with_capacity(cast.customers.len());
    for client in &cast.customers {
        let tenant_id = rng.guid();
        let fields = CustomerFields {
            name: client.name.clone(),
            domains: client.domains.clone(),
            language: client.language,
            tenant_id: Some(tenant_id.clone()),
            delegated_admin: DelegatedAdmin::of(Some(client.delegated_admin)),
            account_owner: seller.filter(|_| client.sales),
            notes: client.notes.clone(),
            ..CustomerFields::default()
        };
        let id = create_customer(store, fields).await?.id;
        contracts(store, client, id, now - Duration::days(rng.between(90, 330))).await?;
        customers.push(Customer { id, tenant_id });
    }
    Ok(customers)
}

/// The one in force, and the one before it.
async fn contracts(store: &Store, client: &Client, customer: CustomerId, from: Instant) -> anyhow::Result<()> {
    let before = ContractFields {
        customer,
        tier: Slug::new("standard")?,
        premium: false,
        effective_from: from - Duration::days(365),
        effective_to: Some(from),
    };
    let current = ContractFields {
        customer,
        tier: Slug::new(client.tier.as_str())?,
        premium: client.is_premium(),
        effective_from: from,
        effective_to: None,
    };
    for contract in [before, current] {
        directory::add_contract(store, contract).await?;
    }
    Ok(())
}

async fn contacts(store: &Store, cast: &Cast, customers: &[Customer]) -> anyhow::Result<Vec<ContactId>> {
    let mut ids = Vec::with_capacity(cast.contacts.len());
    for person in &cast.contacts {
        let fields = ContactFields {
            customer: person.customer.map(|index| customers[index].id),
            name: person.name.clone(),
            email: person.email.clone(),
            phone: person.phone.clone(),
            language: None,
            whole_organisation: person.whole_organisation,
        };
        ids.push(create_contact(store, fields).await?.id);
    }
    Ok(ids)
}

/// For whoever wants to sign in; the one who shows most comes first.
pub fn demo_people(cast: &Cast) -> DemoPeople {
    let mut people: Vec<DemoPerson> = cast
        .staff
        .iter()
        .map(|member| DemoPerson {
            name: member.name.clone(),
            email: member.email(),
            role: member.role,
            password: PASSWORD,
        })
        .collect();
    people.sort_by_key(|person| match person.role {
        Role::Lead => 0,
        Role::Agent => 1,
        Role::Manager => 2,
        Role::Admin => 3,
        Role::Sales => 4,
        Role::Auditor => 5,
    });
    DemoPeople { people }
}
