//! Subscriptions on pages: on the customer, on his tickets, on the managers' board; and the forms that change them.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::response::Response;
use uuid::Uuid;
use watchdesk_core::ids::{CustomerId, SubscriptionId};
use watchdesk_core::portal::{Places, Portal, Reached};
use watchdesk_core::subscription::{SubscriptionStatus, countdown};
use watchdesk_store::StoreError;
use watchdesk_store::directory::{self, Customer, Subscription, SubscriptionFields, SubscriptionSource};
use watchdesk_templates::pages::{self, DataCountdown, PortalLink, SuspendedLine};

use super::answer::Said;
use super::customers::forms::Sent;
use super::customers::last_day;
use super::names;
use super::reading::{Reading, version};
use super::refused::taken_in;
use super::visit::{Form, Visit};
use crate::input::{Line, Wrong, choices};
use crate::problem::Problem;

/// Lines of the managers' board.
const BOARD_LINES: u64 = 20;
/// Suspended ones that one ticket warns of.
pub(super) const WARNINGS_MAX: u64 = 5;
/// Subscriptions beside a ticket, and on a customer's page.
pub(super) const SHOWN_MAX: u64 = 100;

choices! {
    SubscriptionStatus {
        "active" => SubscriptionStatus::Active,
        "pending" => SubscriptionStatus::Pending,
        "suspended" => SubscriptionStatus::Suspended,
        "deleted" => SubscriptionStatus::Deleted,
        "none" => SubscriptionStatus::None,
    }
}

/// A customer as his portals know him.
#[derive(Debug, Clone, Default)]
pub(super) struct AtPortals {
    operator_id: Option<String>,
}

impl AtPortals {
    pub async fn load(visit: &Visit, customer: CustomerId) -> Result<Self, StoreError> {
        if visit.app.options.portals.is_empty() {
            return Ok(Self::default());
        }
        let operator_id = watchdesk_store::synchronisation::operator_id(&visit.app.store, customer).await?;
        Ok(Self { operator_id })
    }

    fn places<'a>(&'a self, customer: &'a Customer) -> Places<'a> {
        let tenant_id = customer.tenant_id.as_deref();
        Places {
            tenant_id,
            domain: customer.domains.first().map(String::as_str),
            customer_id: self.operator_id.as_deref().or(tenant_id),
            ..Places::default()
        }
    }

    /// Those that can be reached, and the names of those that cannot since delegated admin was withdrawn.
    pub fn links(&self, visit: &Visit, customer: &Customer, service: Option<&str>) -> (Vec<PortalLink>, Vec<String>) {
        let places = Places { service, ..self.places(customer) };
        let (mut links, mut closed) = (Vec::new(), Vec::new());
        for portal in visit.app.options.portals.iter().filter(|portal| !portal.is_of_subscription()) {
            let label = portal.name.in_language(visit.language()).to_owned();
            match portal.reached(&places, customer.delegated_admin) {
                Reached::At(href) => links.push(PortalLink { label, href }),
                Reached::NotAnyMore => closed.push(label),
                Reached::NotKnown => {}
            }
        }
        (links, closed)
    }

    /// Where a request to the operator is filed for this customer.
    pub fn for_requests(&self, visit: &Visit, customer: &Customer) -> Option<String> {
        let place = |portal: &Portal| match portal.reached(&self.places(customer), customer.delegated_admin) {
            Reached::At(href) => Some(href),
            Reached::NotAnyMore | Reached::NotKnown => None,
        };
        visit.app.options.portals.iter().filter(|portal| portal.for_requests).find_map(place)
    }

    pub fn of_subscription(&self, visit: &Visit, customer: &Customer, subscription: &Subscription) -> Vec<PortalLink> {
        let subscription_id = Some(subscription.fields.operator_id.as_str());
        let places = Places { subscription_id, ..self.places(customer) };
        let link = |portal: &Portal| match portal.reached(&places, customer.delegated_admin) {
            Reached::At(href) => Some(PortalLink { label: portal.name.in_language(visit.language()).to_owned(), href }),
            Reached::NotAnyMore | Reached::NotKnown => None,
        };
        visit.app.options.portals.iter().filter(|portal| portal.is_of_subscription()).filter_map(link).collect()
    }
}

pub(super) fn shown(visit: &Visit, subscription: &Subscription) -> pages::Subscription {
    let fields = &subscription.fields;
    let status = if fields.status.is_known() { fields.status.as_str() } else { "other" };
    let days = visit.desk.settings.subscription_deletion_days;
    let left = fields.suspended_since.map(|since| countdown(since, days, visit.now));
    pages::Subscription {
        id: subscription.id.to_string(),
        version: subscription.version,
        name: subscription.name().to_owned(),
        operator_id: fields.operator_id.clone(),
        quantity: fields.quantity,
        status: status.to_owned(),
        status_words: fields.status.as_str().to_owned(),
        suspended_since: fields.suspended_since,
        countdown: left.map(|left| DataCountdown {
            data_lost_at: left.data_lost_at,
            days_left: left.days_left,
            warning: left.warning.as_str().to_owned(),
        }),
        commitment_end: fields.commitment_end.map(|at| last_day(at, visit.locale.zone)),
        portals: Vec::new(),
    }
}

/// Who loses his data first, in front.
pub(super) async fn board(visit: &Visit) -> Result<Vec<SuspendedLine>, Problem> {
    let reach = names::customers_of(visit.rights());
    let suspended = directory::suspended(&visit.app.store, reach.as_ref(), BOARD_LINES).await?;
    let ids: BTreeSet<CustomerId> = suspended.iter().map(|one| one.customer).collect();
    let names = names::customer_names(visit, ids).await?;
    let line = |one: &Subscription| SuspendedLine {
        customer_id: one.customer.to_string(),
        customer: names.get(&one.customer).cloned().unwrap_or_default(),
        subscription: shown(visit, one),
    };
    Ok(suspended.iter().map(line).collect())
}

/// What a form says of one; the rest is as it was.
struct Typed {
    offer: String,
    quantity: Option<i64>,
    status: SubscriptionStatus,
    suspended_since: Option<watchdesk_core::Instant>,
}

impl Typed {
    fn read(visit: &Visit, reading: &mut Reading<'_>, usual: SubscriptionStatus) -> Option<Self> {
        let offer: Option<Line> = reading.required("offer");
        let quantity = reading.count("quantity").map(i64::from);
        let status: SubscriptionStatus = reading.optional("status").unwrap_or(usual);
        let suspended_since = reading.day("suspended_since");
        if suspended_since.is_some_and(|since| since > visit.now) {
            reading.wrong("suspended_since", Wrong::InTheFuture);
        }
        if suspended_since.is_some() && status != SubscriptionStatus::Suspended {
            reading.wrong("suspended_since", Wrong::NotWith("status"));
        }
        Some(Self { offer: offer?.0, quantity, status, suspended_since })
    }
}

pub(super) async fn add(Path(id): Path<Uuid>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, id).await?;
    let result = added(&sent).await;
    sent.answer("subscriptions", result, Said::Created).await
}

async fn added(sent: &Sent) -> Result<(), Problem> {
    let mut reading = sent.reading();
    let operator_id: Option<Line> = reading.required("operator_id");
    let typed = Typed::read(&sent.visit, &mut reading, SubscriptionStatus::Active);
    let (operator_id, typed) = reading.finish(operator_id.zip(typed))?;
    let fields = SubscriptionFields {
        operator_id: operator_id.0,
        offer: typed.offer,
        friendly_name: None,
        quantity: typed.quantity,
        status: typed.status,
        suspended_since: typed.suspended_since,
        suspension_reasons: Vec::new(),
        effective_start: None,
        commitment_end: None,
        auto_renew: None,
        billing_type: None,
        order_id: None,
        etag: None,
        source: SubscriptionSource::Manual,
    };
    let created = directory::create_subscription(&sent.visit.app.store, sent.customer.id, fields).await;
    let created = created.map_err(|error| taken_in(error.into(), "operator_id"))?;
    sent.visit.record("subscription.created", created.id).await
}

pub(super) async fn change(Path((id, subscription)): Path<(Uuid, Uuid)>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, id).await?;
    let known = directory::subscription(&sent.visit.app.store, SubscriptionId(subscription)).await?;
    let known = known.filter(|known| known.customer == sent.customer.id).ok_or(Problem::NotFound)?;
    let result = changed(&sent, known).await;
    sent.answer(&format!("subscriptions/{subscription}"), result, Said::Saved).await
}

async fn changed(sent: &Sent, known: Subscription) -> Result<(), Problem> {
    let expected = version(&sent.fields)?;
    let mut reading = sent.reading();
    let typed = Typed::read(&sent.visit, &mut reading, known.fields.status.clone());
    let typed = reading.finish(typed)?;
    // Called by the name that is shown.
    let friendly_name = Some(typed.offer).filter(|name| *name != known.fields.offer);
    let fields = SubscriptionFields {
        friendly_name,
        quantity: typed.quantity,
        status: typed.status,
        suspended_since: typed.suspended_since,
        ..known.fields
    };
    let store = &sent.visit.app.store;
    let changed = directory::update_subscription(store, known.id, Some(expected), fields).await?;
    let changed = changed.ok_or(Problem::NotFound)?;
    sent.visit.record("subscription.changed", changed.id).await
}
