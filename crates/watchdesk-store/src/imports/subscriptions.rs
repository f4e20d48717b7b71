//! Lines about subscriptions.

use chrono_tz::Tz;
use watchdesk_core::subscription::SubscriptionStatus;

use super::report::Done;
use super::sheet::{Column, Line, Wrong, wrong, wrong_so};
use super::values::{instant, listed, number, yes_or_no};
use super::{Taken, customer_called};
use crate::Store;
use crate::directory::{self, Imported, SubscriptionFields, SubscriptionSource};

const fn column(name: &'static str, also: &'static [&'static str]) -> Column {
    Column { name, also, is_required: false }
}

pub(super) const COLUMNS: &[Column] = &[
    Column { name: "customer", also: &["Microsoft ID", "Customer"], is_required: true },
    Column { name: "subscription_id", also: &["Subscription ID", "订阅 ID"], is_required: true },
    column("offer", &["Offer name"]),
    column("friendly_name", &[]),
    column("quantity", &[]),
    column("status", &[]),
    column("suspended_since", &[]),
    column("suspension_reasons", &[]),
    column("effective_start", &[]),
    column("commitment_end", &[]),
    column("auto_renew", &[]),
    column("billing_type", &[]),
    column("order_id", &[]),
];

pub(super) async fn take(store: &Store, zone: Tz, line: &Line, dry_run: bool) -> Taken {
    let called = line.required("customer")?;
    let id = line.required("subscription_id")?;
    let customer = customer_called(store, called).await?.ok_or_else(|| {
        wrong("customer", "unknown_customer", called, |called| {
            format!(
                "nobody knows \"{called}\"; write a tenant id, a domain or the exact name, or import the customers first"
            )
        })
    })?;
    let known = directory::subscription_of(store, customer.id, id).await?;
    let fields = fields(line, id, zone, known.map(|known| known.fields))?;
    let now = store.now().await?;
    if fields.suspended_since.is_some_and(|since| since > now) {
        let why = "it lies in the future; write the day on which it was suspended";
        return Err(wrong_so("suspended_since", "future", why).into());
    }
    let name = fields.friendly_name.clone().unwrap_or_else(|| fields.offer.clone());
    let done = match directory::import_subscription(store, customer.id, fields, dry_run).await? {
        Imported::New => Done::Created,
        Imported::Changed => Done::Changed,
        Imported::Same => Done::Same,
    };
    Ok((done, format!("{}: {name}", customer.name)))
}

/// What the line says goes first; an empty cell leaves what is known.
fn fields(line: &Line, id: &str, zone: Tz, known: Option<SubscriptionFields>) -> Result<SubscriptionFields, Wrong> {
    let before = known.unwrap_or_else(|| nothing(id));
    let text = |name: &str, before: Option<String>| line.get(name).map(str::to_owned).or(before);
    let status = line.get("status").map_or(before.status, SubscriptionStatus::of);
    let suspended_since = instant(line, "suspended_since", zone)?;
    if suspended_since.is_some() && status != SubscriptionStatus::Suspended {
        let why = "its status is another one; write suspended, or leave the day out";
        return Err(wrong_so("suspended_since", "not_suspended", why));
    }
    let offer = text("offer", Some(before.offer).filter(|offer| !offer.is_empty()));
    Ok(SubscriptionFields {
        offer: offer.ok_or_else(|| wrong_so("offer", "no_offer", "it is empty; a new subscription needs a name"))?,
        friendly_name: text("friendly_name", before.friendly_name),
        quantity: number(line, "quantity")?.or(before.quantity),
        status,
        suspended_since,
        suspension_reasons: listed(line, "suspension_reasons").unwrap_or(before.suspension_reasons),
        effective_start: instant(line, "effective_start", zone)?.or(before.effective_start),
        commitment_end: instant(line, "commitment_end", zone)?.or(before.commitment_end),
        auto_renew: yes_or_no(line, "auto_renew")?.or(before.auto_renew),
        billing_type: text("billing_type", before.billing_type),
        order_id: text("order_id", before.order_id),
        operator_id: before.operator_id,
        etag: before.etag,
        source: SubscriptionSource::Csv,
    })
}

fn nothing(id: &str) -> SubscriptionFields {
    SubscriptionFields {
        operator_id: id.to_owned(),
        offer: String::new(),
        friendly_name: None,
        quantity: None,
        status: SubscriptionStatus::Active,
        suspended_since: None,
        suspension_reasons: Vec::new(),
        effective_start: None,
        commitment_end: None,
        auto_renew: None,
        billing_type: None,
        order_id: None,
        etag: None,
        source: SubscriptionSource::Csv,
    }
}
