//! Ids that the operator asks for and that the desk knows without anybody typing them.

use watchdesk_core::case::Evidence;
use watchdesk_core::desk::Desk;
use watchdesk_core::gate::evidence_fields;
use watchdesk_core::ids::Slug;
use watchdesk_core::ticket::Ticket;
use watchdesk_store::directory::{self, Customer, Subscription};
use watchdesk_store::{StoreError, desk};

use crate::app::App;

/// Enough to see whether there is only one.
const SUBSCRIPTIONS_LOOKED_AT: u64 = 2;

/// What is known; of several subscriptions nobody but the agent can say which one it is.
pub(crate) fn known(app: &App, customer: Option<&Customer>, subscriptions: &[Subscription]) -> Evidence {
    let tenant_id = customer.and_then(|customer| customer.tenant_id.clone()).unwrap_or_default();
    let only = match subscriptions {
        [only] => Some(&only.fields),
        _ => None,
    };
    Evidence {
        // Partner Center calls a customer by the id of his directory.
        customer_id: tenant_id.clone(),
        tenant_id,
        domain_name: customer.and_then(|customer| customer.domains.first().cloned()).unwrap_or_default(),
        mpn_id: app.options.reseller.mpn_id.clone(),
        subscription_id: only.map(|only| only.operator_id.clone()).unwrap_or_default(),
        order_id: only.and_then(|only| only.order_id.clone()).unwrap_or_default(),
        ..Evidence::default()
    }
}

/// What the category asks for and nobody typed is taken from what is known.
pub(crate) fn complete(evidence: &mut Evidence, known: &Evidence, desk: &Desk, category: Option<&Slug>) {
    let asked = evidence_fields(category.and_then(|slug| desk.categories.get(slug)));
    for (field, given, known) in [
        ("tenant_id", &mut evidence.tenant_id, &known.tenant_id),
        ("customer_id", &mut evidence.customer_id, &known.customer_id),
        ("domain_name", &mut evidence.domain_name, &known.domain_name),
        ("mpn_id", &mut evidence.mpn_id, &known.mpn_id),
        ("subscription_id", &mut evidence.subscription_id, &known.subscription_id),
        ("order_id", &mut evidence.order_id, &known.order_id),
    ] {
        if asked.contains(&field) && given.trim().is_empty() {
            given.clone_from(known);
        }
    }
    let names_neither = evidence.invoice_number.trim().is_empty() && evidence.order_id.trim().is_empty();
    if asked.contains(&"invoice_or_order") && names_neither {
        evidence.order_id.clone_from(&known.order_id);
    }
}

/// The same for evidence that somebody sends, before it meets the gate.
pub(crate) async fn completed(app: &App, ticket: &Ticket, mut evidence: Evidence) -> Result<Evidence, StoreError> {
    let store = &app.store;
    let (customer, subscriptions) = match ticket.customer {
        None => (None, Vec::new()),
        Some(id) => {
            let subscriptions = directory::subscriptions_of(store, id, SUBSCRIPTIONS_LOOKED_AT, None).await?;
            (directory::customer(store, id).await?, subscriptions.items)
        }
    };
    let known = known(app, customer.as_ref(), &subscriptions);
    complete(&mut evidence, &known, &*desk::load(store).await?, ticket.category.as_ref());
    Ok(evidence)
}
