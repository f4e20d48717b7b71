//! Customers, their contacts, contracts and domains.

pub(super) mod forms;
pub(super) mod import;
pub(super) mod list;
pub(super) mod one;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use chrono_tz::Tz;
use watchdesk_core::Instant;
use watchdesk_core::ids::Slug;
use watchdesk_templates::names;
use watchdesk_templates::pages::Choice;

use super::visit::Visit;

pub(super) fn tier_name(visit: &Visit, tier: &Slug) -> String {
    let known = names::label(visit.language(), "tier", tier.as_str());
    known.map_or_else(|| tier.to_string(), str::to_owned)
}

/// The usual ones, those that the policy speaks of, and those in use.
fn tiers(visit: &Visit, used: impl IntoIterator<Item = Slug>) -> Vec<Choice> {
    let usual = ["standard", "premium"].into_iter().filter_map(|slug| Slug::new(slug).ok());
    let newest = visit.desk.customer_policy.newest().map(|newest| &newest.body.rules);
    let promised = newest.into_iter().flatten().flat_map(|rule| rule.when.tiers.iter().cloned());
    let all: BTreeSet<Slug> = usual.chain(promised).chain(used).collect();
    all.into_iter().map(|slug| Choice::new(slug.to_string(), tier_name(visit, &slug))).collect()
}

/// The last day of a span that ends before that instant.
pub(super) fn last_day(end: Instant, zone: Tz) -> NaiveDate {
    (end - chrono::Duration::seconds(1)).with_timezone(&zone).date_naive()
}
