//! Partner Center: customers, their subscriptions, their managed services.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::options::Links;
use crate::seed::{SeedCustomer, SeedSubscription, SubscriptionState};
use crate::spelling::date;
use crate::world::{Call, World};

const PAGE_SIZE: usize = 40;
const PAGE_SIZE_MAX: usize = 500;
const CONTINUATION: &str = "MS-ContinuationToken";

/// Below `/v1/customers`.
pub(crate) fn answer(world: &World, call: &Call, rest: &[&str]) -> Answer {
    if call.method != "GET" {
        return Answer::refusal(405, "405", "The method is not allowed here.");
    }
    let (id, below) = match rest {
        [] => return customers(world, call),
        [id, below @ ..] => (*id, below),
    };
    let Some(customer) = world.customer(id) else {
        return Answer::refusal(404, "20002", "The customer was not found.");
    };
    match below {
        [] => Answer::json(200, detail(world, &customer)),
        ["subscriptions"] => {
            let rows = customer.subscriptions.iter().enumerate();
            collection(rows.map(|(row, one)| subscription(world, row, one)).collect())
        }
        ["managedservices"] if world.options.managed_services => collection(managed_services(&customer)),
        ["servicerequests"] => collection(world.service_requests.of_tenant(&customer.id)),
        _ => Answer::refusal(404, "404", "There is no such resource."),
    }
}

fn customers(world: &World, call: &Call) -> Answer {
    let (offset, size) = match place(call) {
        Ok(place) => place,
        Err(answer) => return answer,
    };
    let total = world.customers_total();
    let rows = offset..total.min(offset + size);
    let next = rows.end;
    let items: Vec<Value> = rows.filter_map(|index| Some(summary(world, index, &world.customer_at(index)?))).collect();
    let this = json!({"uri": format!("/customers?size={size}"), "method": "GET", "headers": []});
    let mut links = json!({"self": this});
    let onward = match world.links {
        Links::Circular => Some(offset),
        Links::Onward | Links::Elsewhere(_) => (next < total).then_some(next),
    };
    if let Some(onward) = onward {
        let token = format!("{size:04x}{onward:08x}==");
        links["next"] = json!({
            "uri": format!("/customers?size={size}&seekOperation=Next"),
            "method": "GET",
            "headers": [{"key": CONTINUATION, "value": token}],
        });
    }
    let attributes = json!({"objectType": "Collection"});
    Answer::json(200, json!({"totalCount": total, "items": items, "links": links, "attributes": attributes}))
}

/// Where a page begins and how long it is.
fn place(call: &Call) -> Result<(usize, usize), Answer> {
    let wrong = |what: &str| Answer::refusal(400, "20001", &format!("The {what} is invalid."));
    if call.query("seekOperation").is_none() {
        let size = match call.query("size") {
            None => PAGE_SIZE,
            Some(size) => size.parse().map_err(|_| wrong("size"))?,
        };
        return if (1..=PAGE_SIZE_MAX).contains(&size) { Ok((0, size)) } else { Err(wrong("size")) };
    }
    let token = call.header(CONTINUATION).and_then(|token| token.strip_suffix("==")).unwrap_or_default();
    let number = |range: std::ops::Range<usize>| usize::from_str_radix(token.get(range)?, 16).ok();
    match (token.len(), number(0..4), number(4..12)) {
        (12, Some(size), Some(offset)) => Ok((offset, size)),
        _ => Err(wrong("continuation token")),
    }
}

fn collection(items: Vec<Value>) -> Answer {
    let links = json!({"self": {"uri": "", "method": "GET", "headers": []}});
    let attributes = json!({"objectType": "Collection"});
    Answer::json(200, json!({"totalCount": items.len(), "items": items, "links": links, "attributes": attributes}))
}

fn summary(world: &World, row: usize, customer: &SeedCustomer) -> Value {
    json!({
        "id": customer.id,
        "commerceId": format!("commerce-{}", customer.id),
        "companyProfile": {
            "tenantId": customer.id,
            "domain": customer.domain,
            "companyName": customer.name,
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": world.options.spelling.of(row, "reseller", 1),
        "attributes": {"objectType": "Customer"},
    })
}

/// Only here it is said whether administration is delegated.
fn detail(world: &World, customer: &SeedCustomer) -> Value {
    let mut detail = summary(world, 1, customer);
    detail["allowDelegatedAccess"] = json!(customer.delegated_access);
    detail
}

fn subscription(world: &World, row: usize, one: &SeedSubscription) -> Value {
    let (word, number) = match one.state {
        SubscriptionState::None => ("none", 0),
        SubscriptionState::Active => ("active", 1),
        SubscriptionState::Suspended => ("suspended", 2),
        SubscriptionState::Deleted => ("deleted", 3),
        SubscriptionState::Pending => ("pending", 5),
    };
    let billing = if one.billing == "usage" { 1 } else { 2 };
    json!({
        "id": one.id,
        "offerName": one.offer,
        "friendlyName": one.offer,
        "quantity": one.quantity,
        "status": world.options.spelling.of(row, word, number),
        "suspensionReasons": one.suspension_reasons,
        "effectiveStartDate": date(row, one.since),
        "commitmentEndDate": date(row + 1, one.until),
        "autoRenewEnabled": one.renews,
        "billingType": world.options.spelling.of(row, &one.billing, billing),
        "orderId": one.order_id,
        "attributes": {"etag": format!("\"{}\"", one.quantity), "objectType": "Subscription"},
    })
}

fn managed_services(customer: &SeedCustomer) -> Vec<Value> {
    let link = |uri: String| json!({"uri": uri, "method": "GET", "headers": []});
    let services = [("exchange", "Exchange"), ("sharepoint", "SharePoint"), ("crm", "Dynamics CRM")];
    services
        .iter()
        .map(|(id, name)| {
            json!({
                "id": id,
                "name": name,
                "links": {
                    "adminService": link(format!("https://portal.partner.example.cn/{id}?tenant={}", customer.domain)),
                    "serviceHealth": link(format!("https://portal.partner.example.cn/health/{}", customer.domain)),
                    "serviceTicket": link(format!("https://portal.partner.example.cn/support/{}", customer.domain)),
                },
                "attributes": {"objectType": "ManagedService"},
            })
        })
        .collect()
}
