//! What Partner Center tells, as plain facts.

use url::Url;
use watchdesk_core::Instant;

use crate::reading::{Row, enumeration};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub id: String,
    pub commerce_id: Option<String>,
    /// The customer's directory; service health is asked for there.
    pub tenant_id: Option<String>,
    pub domain: Option<String>,
    pub name: String,
    pub relationship: Option<Relationship>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerDetail {
    pub customer: Customer,
    /// Whether the customer lets us administer; `None` where the operator does not say.
    pub allows_delegated_access: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub id: String,
    pub offer_name: String,
    pub friendly_name: Option<String>,
    pub quantity: Option<i64>,
    pub status: Option<SubscriptionStatus>,
    pub suspension_reasons: Vec<String>,
    pub effective_start: Option<Instant>,
    pub commitment_end: Option<Instant>,
    pub auto_renew: Option<bool>,
    pub billing_type: Option<BillingType>,
    pub order_id: Option<String>,
    pub etag: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedService {
    pub id: String,
    pub name: String,
    /// Links that lead over TLS; others are left out.
    pub admin_service: Option<Url>,
    pub service_health: Option<Url>,
    pub service_ticket: Option<Url>,
}

enumeration! {
    /// Numbers as in the vendor's own client.
    SubscriptionStatus {
        None = "none" / 0,
        Active = "active" / 1,
        Suspended = "suspended" / 2,
        Deleted = "deleted" / 3,
        Expired = "expired" / 4,
        Pending = "pending" / 5,
        Disabled = "disabled" / 6,
    }
}

enumeration! {
    BillingType {
        None = "none" / 0,
        Usage = "usage" / 1,
        License = "license" / 2,
    }
}

enumeration! {
    Relationship {
        None = "none" / 0,
        Reseller = "reseller" / 1,
        Advisor = "advisor" / 2,
        Syndication = "syndication" / 3,
        MicrosoftSupport = "microsoft_support" / 4,
    }
}

impl Customer {
    pub(crate) fn read(row: Row<'_>) -> Result<Self, &'static str> {
        let profile = row.child("companyProfile");
        let of_profile = |key| profile.and_then(|profile| profile.text(key));
        Ok(Self {
            id: row.text("id").ok_or("it has no id")?,
            commerce_id: row.text("commerceId"),
            tenant_id: of_profile("tenantId"),
            domain: of_profile("domain"),
            name: of_profile("companyName").unwrap_or_default(),
            relationship: Relationship::read(row.get("relationshipToPartner")),
        })
    }
}

impl CustomerDetail {
    pub(crate) fn read(row: Row<'_>) -> Result<Self, &'static str> {
        Ok(Self { customer: Customer::read(row)?, allows_delegated_access: row.flag("allowDelegatedAccess") })
    }
}

impl Subscription {
    pub(crate) fn read(row: Row<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            id: row.text("id").ok_or("it has no id")?,
            offer_name: row.words("offerName"),
            friendly_name: row.text("friendlyName"),
            quantity: row.number("quantity"),
            status: SubscriptionStatus::read(row.get("status")),
            suspension_reasons: row.texts("suspensionReasons"),
            effective_start: row.instant("effectiveStartDate"),
            commitment_end: row.instant("commitmentEndDate"),
            auto_renew: row.flag("autoRenewEnabled"),
            billing_type: BillingType::read(row.get("billingType")),
            order_id: row.text("orderId"),
            etag: row.child("attributes").and_then(|attributes| attributes.text("etag")),
        })
    }
}

impl ManagedService {
    pub(crate) fn read(row: Row<'_>) -> Result<Self, &'static str> {
        let id = row.text("id").ok_or("it has no id")?;
        let link = |key| {
            let uri = row.child("links")?.child(key)?.text("uri")?;
            Url::parse(&uri).ok().filter(|url| url.scheme() == "https")
        };
        Ok(Self {
            name: row.words("name"),
            admin_service: link("adminService"),
            service_health: link("serviceHealth"),
            service_ticket: link("serviceTicket"),
            id,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn statuses_come_as_words_and_as_numbers() {
        let table = [
            (json!("active"), Some(SubscriptionStatus::Active)),
            (json!("Active"), Some(SubscriptionStatus::Active)),
            (json!("SUSPENDED"), Some(SubscriptionStatus::Suspended)),
            (json!(0), Some(SubscriptionStatus::None)),
            (json!(2), Some(SubscriptionStatus::Suspended)),
            (json!("3"), Some(SubscriptionStatus::Deleted)),
            (json!(5), Some(SubscriptionStatus::Pending)),
            (json!(17), Some(SubscriptionStatus::Other("17".into()))),
            (json!("on hold"), Some(SubscriptionStatus::Other("on hold".into()))),
            (json!(null), None),
            (json!(""), None),
            (json!({}), None),
        ];
        for (value, expected) in table {
            assert_eq!(SubscriptionStatus::read(&value), expected, "{value}");
        }
        assert_eq!(Relationship::read(&json!("microsoftSupport")), Some(Relationship::MicrosoftSupport));
    }

    #[test]
    fn a_subscription_may_say_little() {
        let body = json!({"id": "s", "commitmentEndDate": "0001-01-01T00:00:00", "quantity": "25",
            "suspensionReasons": [null, "PaymentOverdue"], "autoRenewEnabled": "true", "status": {}});
        let found = Subscription::read(Row::of(&body).unwrap()).unwrap();
        assert_eq!((found.quantity, found.status, found.commitment_end), (Some(25), None, None));
        assert_eq!((found.suspension_reasons, found.auto_renew), (vec!["PaymentOverdue".to_owned()], Some(true)));
        assert!(Subscription::read(Row::of(&json!({"offerName": "x"})).unwrap()).is_err());
    }

    #[test]
    fn links_lead_over_tls_or_nowhere() {
        let link = |uri: &str| json!({"uri": uri});
        let body = json!({"id": "exchange", "links": {
            "adminService": link("https://portal.example.cn/x"),
            "serviceHealth": link("javascript:alert(1)"),
            "serviceTicket": link("http://portal.example.cn/"),
        }});
        let found = ManagedService::read(Row::of(&body).unwrap()).unwrap();
        assert_eq!(found.admin_service.unwrap().as_str(), "https://portal.example.cn/x");
        assert_eq!((found.service_health, found.service_ticket), (None, None));
    }
}
