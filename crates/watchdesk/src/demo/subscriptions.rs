//! What the customers of the sample desk subscribe to at the operator's.

use chrono::TimeDelta;
use watchdesk_core::Instant;
use watchdesk_core::subscription::SubscriptionStatus;
use watchdesk_standin::{SeedSubscription, SubscriptionState};
use watchdesk_store::Store;
use watchdesk_store::directory::{Customer, SubscriptionFields, SubscriptionSource, create_subscription};

/// Nobody paid for one of theirs.
const OVERDUE: &str = "huchuan-logistics.example.cn";
const SUSPENDED_AGO: TimeDelta = TimeDelta::days(52);
const SUSPENDED_OFFER: &str = "Project Online 专业版";
const REASON: &str = "PaymentOverdue";

/// Name, licences, how often it is sold: one in so many customers has it.
const OFFERS: [(&str, u32, usize); 6] = [
    ("Office 365 企业版 E3", 240, 1),
    ("Exchange Online (Plan 1)", 60, 2),
    ("Azure 标准预付", 1, 2),
    ("Dynamics 365 Customer Engagement", 35, 3),
    ("Power BI Pro", 20, 3),
    ("Visio Online Plan 2", 8, 4),
];

fn is_overdue(customer: &Customer) -> bool {
    customer.domains.iter().any(|domain| domain == OVERDUE)
}

fn id(customer: &Customer, number: usize) -> String {
    // A GUID of the operator's that is always the same for the same customer.
    let tenant = customer.tenant_id.as_deref().unwrap_or_default();
    format!("5e{number:06x}{}", tenant.get(8..).unwrap_or_default())
}

/// Of the customer who stands at this place of the list.
pub fn at_operator(place: usize, customer: &Customer, now: Instant) -> Vec<SeedSubscription> {
    let sold = OFFERS.iter().enumerate().filter(|(_, (.., one_in))| place.is_multiple_of(*one_in));
    let mut subscriptions: Vec<SeedSubscription> = sold
        .map(|(number, (offer, licences, _))| {
            let since = now - TimeDelta::days(200 + 11 * i64::try_from(place + number).unwrap_or_default());
            SeedSubscription {
                since: Some(since),
                until: Some(since + TimeDelta::days(365)),
                billing: if *licences == 1 { "usage".to_owned() } else { "license".to_owned() },
                ..SeedSubscription::new(
                    &id(customer, number),
                    offer,
                    licences + u32::try_from(place).unwrap_or_default(),
                )
            }
        })
        .collect();
    if is_overdue(customer) {
        let mut overdue = SeedSubscription::new(&id(customer, OFFERS.len()), SUSPENDED_OFFER, 12);
        overdue.state = SubscriptionState::Suspended;
        overdue.suspension_reasons = vec![REASON.to_owned()];
        subscriptions.push(overdue);
    }
    subscriptions
}

/// The desk heard of the suspension long ago; the operator does not say since when it is.
pub async fn remember(store: &Store, customers: &[Customer], now: Instant) -> anyhow::Result<()> {
    for customer in customers.iter().filter(|customer| is_overdue(customer)) {
        let fields = SubscriptionFields {
            operator_id: id(customer, OFFERS.len()),
            offer: SUSPENDED_OFFER.to_owned(),
            friendly_name: None,
            quantity: Some(12),
            status: SubscriptionStatus::Suspended,
            suspended_since: Some(now - SUSPENDED_AGO),
            suspension_reasons: vec![REASON.to_owned()],
            effective_start: None,
            commitment_end: None,
            auto_renew: None,
            billing_type: None,
            order_id: None,
            etag: None,
            source: SubscriptionSource::Manual,
        };
        create_subscription(store, customer.id, fields).await?;
    }
    Ok(())
}
