//! What Partner Center tells of a customer, in the desk's words. No IO: the same answers mean the same.

use watchdesk_core::subscription::SubscriptionStatus;
use watchdesk_store::directory::{SubscriptionFields, SubscriptionSource};
use watchdesk_store::synchronisation::Heard;

use crate::error::one_line;
use crate::partner_center::{Customer, CustomerDetail, Subscription};
use crate::reading::Rows;

const NAME_CHARACTERS_MAX: usize = 200;
const WORD_CHARACTERS_MAX: usize = 60;
const ID_CHARACTERS_MAX: usize = 128;

/// The list and the customer himself say much the same; what he says goes first.
pub(super) fn heard(listed: &Customer, detail: CustomerDetail, subscriptions: Rows<Subscription>) -> Heard {
    let CustomerDetail { customer, allows_delegated_access } = detail;
    let name = if customer.name.is_empty() { &listed.name } else { &customer.name };
    Heard {
        operator_id: listed.id.clone(),
        tenant_id: customer.tenant_id.or_else(|| listed.tenant_id.clone()),
        name: one_line(name, NAME_CHARACTERS_MAX),
        domain: customer.domain.or_else(|| listed.domain.clone()),
        delegated_admin: allows_delegated_access,
        is_whole: subscriptions.not_understood.is_empty(),
        subscriptions: subscriptions.rows.into_iter().map(subscription).collect(),
    }
}

fn subscription(said: Subscription) -> SubscriptionFields {
    let word = |text: &str| one_line(text, WORD_CHARACTERS_MAX);
    SubscriptionFields {
        operator_id: one_line(&said.id, ID_CHARACTERS_MAX),
        offer: one_line(&said.offer_name, NAME_CHARACTERS_MAX),
        friendly_name: said.friendly_name.map(|name| one_line(&name, NAME_CHARACTERS_MAX)),
        quantity: said.quantity,
        status: said.status.map_or(SubscriptionStatus::None, |status| SubscriptionStatus::of(&word(status.as_str()))),
        // The operator does not say since when.
        suspended_since: None,
        suspension_reasons: said.suspension_reasons.iter().map(|reason| word(reason)).collect(),
        effective_start: said.effective_start,
        commitment_end: said.commitment_end,
        auto_renew: said.auto_renew,
        billing_type: said.billing_type.map(|kind| word(kind.as_str())),
        order_id: said.order_id.map(|id| one_line(&id, ID_CHARACTERS_MAX)),
        etag: said.etag,
        source: SubscriptionSource::PartnerCenter,
    }
}
