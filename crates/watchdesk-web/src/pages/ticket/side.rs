//! Beside the conversation: customer, requester, health, links, and what the selects offer.

use watchdesk_core::ids::Slug;
use watchdesk_core::ticket::LinkKind;
use watchdesk_core::ticket::Severity;
use watchdesk_store::desk::Health;
use watchdesk_templates::pages::{CustomerCard, LinkedTicket, RequesterCard, ServiceHealth, TicketChoices};

use super::load::Loaded;
use crate::pages::names;
use crate::pages::services::{health_slug, is_stale, status_choices, status_word};
use crate::pages::subscriptions::shown;
use crate::pages::visit::Visit;

pub(super) fn customer(visit: &Visit, loaded: &Loaded) -> Option<CustomerCard> {
    let customer = loaded.customer.as_ref()?;
    let subscribed = &loaded.subscriptions;
    let service = loaded.ticket().service.as_ref().map(Slug::as_str);
    let (portals, closed_portals) = subscribed.at_portals.links(visit, customer, service);
    let until = loaded.contract.as_ref().and_then(|contract| contract.effective_to);
    Some(CustomerCard {
        id: customer.id.to_string(),
        name: customer.name.clone(),
        tier: loaded.contract.as_ref().map(|contract| crate::pages::customers::tier_name(visit, &contract.tier)),
        contract_until: until.map(|at| crate::pages::customers::last_day(at, visit.locale.zone)),
        language: customer.language.as_str().to_owned(),
        domains: customer.domains.clone(),
        delegated_admin: customer.delegated_admin.as_str().to_owned(),
        open_tickets: loaded.open_tickets.cast_signed(),
        note: customer.notes.clone(),
        suspended: subscribed.suspended.iter().map(|one| shown(visit, one)).collect(),
        subscriptions: subscribed.all.iter().map(|one| shown(visit, one)).collect(),
        portals,
        closed_portals,
    })
}

pub(super) fn requester(loaded: &Loaded) -> Option<RequesterCard> {
    let contact = loaded.contacts.get(&loaded.ticket().requester)?;
    Some(RequesterCard {
        name: contact.name.clone(),
        email: contact.email.clone(),
        phone: contact.phone.clone().unwrap_or_default(),
        known: contact.customer.is_some(),
        bounced: contact.suppressed.is_some(),
    })
}

/// The ticket's own service first, whether anybody ever looked at it or not.
pub(super) fn services(visit: &Visit, loaded: &Loaded) -> Vec<ServiceHealth> {
    if !visit.may(watchdesk_core::rights::Verb::ReadHealth) {
        return Vec::new();
    }
    let own = loaded.ticket().service.as_ref();
    let first = own.map(|slug| service_health(visit, slug, loaded.own_health(), true));
    let others = loaded.health.iter().filter(|health| Some(&health.service) != own);
    first.into_iter().chain(others.map(|health| service_health(visit, &health.service, Some(health), false))).collect()
}

fn service_health(visit: &Visit, slug: &Slug, health: Option<&Health>, affected: bool) -> ServiceHealth {
    ServiceHealth {
        slug: slug.to_string(),
        name: names::service(visit, slug),
        health: health_slug(health.map(|health| health.status)).to_owned(),
        status: health.map(|health| status_word(visit, health.status)).unwrap_or_default(),
        note: health.map(|health| health.note.clone()).unwrap_or_default(),
        checked_at: health.map(|health| health.checked_at),
        stale: health.is_some_and(|health| is_stale(visit, health.checked_at)),
        incident: health.and_then(|health| health.incident.clone()),
        affected,
    }
}

pub(super) fn links(loaded: &Loaded) -> Vec<LinkedTicket> {
    let shown = |link: &watchdesk_core::ticket::Link| {
        let other = loaded.others.get(&link.to)?;
        Some(LinkedTicket {
            number: other.ticket.number.0,
            subject: other.words.subject.clone(),
            state: other.ticket.state.kind().as_str().to_owned(),
            kind: link_slug(link.kind).to_owned(),
            removable: is_made_by_hand(link.kind),
        })
    };
    loaded.ticket().links.iter().filter_map(shown).collect()
}

/// The others tell where a ticket comes from, and stay.
pub(super) fn is_made_by_hand(kind: LinkKind) -> bool {
    match kind {
        LinkKind::Parent | LinkKind::Child | LinkKind::Related | LinkKind::Duplicate => true,
        LinkKind::FollowUpOf | LinkKind::FollowedUpBy | LinkKind::SplitFrom | LinkKind::SplitInto => false,
    }
}

fn link_slug(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Parent => "parent",
        LinkKind::Child => "child",
        LinkKind::Related => "related",
        LinkKind::Duplicate => "duplicate",
        LinkKind::FollowUpOf => "follow_up_of",
        LinkKind::FollowedUpBy => "followed_up_by",
        LinkKind::SplitFrom => "split_from",
        LinkKind::SplitInto => "split_into",
    }
}

pub(super) fn choices(visit: &Visit, loaded: &Loaded) -> TicketChoices {
    let ticket = loaded.ticket();
    let also = ticket.owner.into_iter().chain(ticket.watchers.iter().copied());
    TicketChoices {
        categories: names::category_choices(visit),
        services: names::service_choices(visit),
        severities: Severity::ALL.map(|severity| severity.as_str().to_owned()).to_vec(),
        owners: loaded.staff.owner_choices(also),
        teams: loaded.staff.team_choices(visit),
        customers: loaded.customer_choices.clone(),
        health_statuses: status_choices(visit),
    }
}
