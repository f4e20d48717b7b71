//! Customers and their subscriptions: a few by name, any number made from their number when they are asked for.

use chrono::{DateTime, Duration, Utc};

use crate::names::company;

const OFFERS: [(&str, &str); 6] = [
    ("Office 365 企业版 E3", "license"),
    ("Office 365 商业协作版", "license"),
    ("Exchange Online (Plan 1)", "license"),
    ("Azure 标准预付", "usage"),
    ("Dynamics 365 Customer Engagement", "license"),
    ("Power BI Pro", "license"),
];
/// Generated subscriptions begin on one of so many days.
const DAYS_OF_BEGINNING: usize = 360;

#[derive(Debug, Clone, Default)]
pub struct Seed {
    pub named: Vec<SeedCustomer>,
    /// How many customers are made besides, and how many subscriptions they have together.
    pub generated: usize,
    pub generated_subscriptions: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedCustomer {
    /// The id of the customer and of its directory, which are the same.
    pub id: String,
    pub name: String,
    pub domain: String,
    pub delegated_access: bool,
    pub subscriptions: Vec<SeedSubscription>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedSubscription {
    pub id: String,
    pub offer: String,
    pub quantity: u32,
    pub state: SubscriptionState,
    pub suspension_reasons: Vec<String>,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub renews: bool,
    pub billing: String,
    pub order_id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionState {
    None,
    Active,
    Suspended,
    Deleted,
    Pending,
}

impl Seed {
    /// `customers` customers that have `subscriptions` subscriptions together, always the same ones.
    #[must_use]
    pub fn customers(customers: usize, subscriptions: usize) -> Self {
        Self { named: Vec::new(), generated: customers, generated_subscriptions: subscriptions }
    }

    #[must_use]
    pub fn named(named: Vec<SeedCustomer>) -> Self {
        Self { named, ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.named.len() + self.generated
    }

    pub(crate) fn get(&self, index: usize) -> Option<SeedCustomer> {
        match index.checked_sub(self.named.len()) {
            None => self.named.get(index).cloned(),
            Some(number) if number < self.generated => Some(self.make(number)),
            Some(_) => None,
        }
    }

    pub(crate) fn find(&self, id: &str) -> Option<SeedCustomer> {
        let named = self.named.iter().find(|customer| customer.id.eq_ignore_ascii_case(id)).cloned();
        named.or_else(|| {
            let number = usize::from_str_radix(id.get(..8)?, 16).ok()?;
            let found = (number < self.generated && customer_id(number).eq_ignore_ascii_case(id)).then_some(number)?;
            Some(self.make(found))
        })
    }

    fn make(&self, number: usize) -> SeedCustomer {
        let (name, domain) = company(number);
        // Whole numbers that add up to the total whatever it is.
        let before = |number: usize| number * self.generated_subscriptions / self.generated.max(1);
        let subscriptions = (before(number)..before(number + 1)).map(generated_subscription).collect();
        SeedCustomer { id: customer_id(number), name, domain, delegated_access: number % 11 != 4, subscriptions }
    }
}

impl SeedCustomer {
    /// With delegated access and nothing subscribed.
    #[must_use]
    pub fn new(id: &str, name: &str, domain: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            domain: domain.to_owned(),
            delegated_access: true,
            subscriptions: Vec::new(),
        }
    }
}

impl SeedSubscription {
    /// Active and renewed by licence.
    #[must_use]
    pub fn new(id: &str, offer: &str, quantity: u32) -> Self {
        Self {
            id: id.to_owned(),
            offer: offer.to_owned(),
            quantity,
            state: SubscriptionState::Active,
            suspension_reasons: Vec::new(),
            since: None,
            until: None,
            renews: true,
            billing: "license".to_owned(),
            order_id: format!("order-{id}"),
        }
    }
}

fn customer_id(number: usize) -> String {
    format!("{number:08x}-c000-4000-8000-{number:012x}")
}

fn generated_subscription(number: usize) -> SeedSubscription {
    let (offer, billing) = OFFERS[number % OFFERS.len()];
    let state = match number % 23 {
        7 => SubscriptionState::Suspended,
        13 => SubscriptionState::Deleted,
        19 => SubscriptionState::Pending,
        _ => SubscriptionState::Active,
    };
    let suspended = state == SubscriptionState::Suspended;
    let days = i64::try_from(number % DAYS_OF_BEGINNING).unwrap_or_default();
    let since = DateTime::UNIX_EPOCH + Duration::days(20_090 + days);
    SeedSubscription {
        id: format!("{number:08x}-5000-4000-8000-{number:012x}"),
        offer: offer.to_owned(),
        quantity: u32::try_from(number % 400).unwrap_or_default() + 1,
        state,
        suspension_reasons: if suspended { vec!["PaymentOverdue".to_owned()] } else { Vec::new() },
        since: Some(since),
        until: (billing == "license").then(|| since + Duration::days(365)),
        renews: number % 5 != 3,
        billing: billing.to_owned(),
        order_id: format!("{:08X}", number / 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_big_seed_adds_up_and_is_found_again() {
        let seed = Seed::customers(5_000, 20_000);
        let mut subscriptions = 0;
        let mut ids = std::collections::BTreeSet::new();
        for index in 0..seed.len() {
            let customer = seed.get(index).unwrap();
            assert_eq!(seed.find(&customer.id), Some(customer.clone()));
            ids.insert(customer.id);
            subscriptions += customer.subscriptions.len();
        }
        assert_eq!((ids.len(), subscriptions), (5_000, 20_000));
        assert_eq!(seed.get(5_000), None);
        assert_eq!(seed.find("00001388-c000-4000-8000-000000001388"), None);
    }
}
