//! Who there is: customers with their contracts, contacts and subscriptions, agents and teams, mailboxes.

mod agents;
mod contacts;
mod contracts;
mod customers;
mod mailboxes;
mod subscriptions;
mod teams;

use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use watchdesk_core::desk::Language;

pub use agents::{
    Agent, AgentFields, agent, agent_by_email, agents, agents_by_ids, any_agent, create_agent, update_agent,
};
pub use contacts::{
    Contact, ContactFields, ContactFilter, contact, contact_by_email, contacts, contacts_by_ids, create_contact,
    find_or_create_contact, suppress_contact, update_contact,
};
pub use contracts::{Contract, ContractFields, add_contract, contracts_in_force, contracts_of, end_contract};
pub use customers::{
    Customer, CustomerFields, DirectoryFilter, create_customer, customer, customer_by_domain, customer_by_name,
    customer_by_tenant, customers, customers_by_ids, update_customer,
};
pub(crate) use customers::{customer_row, customers_of_account_owner};
pub(crate) use mailboxes::insert_mailbox;
pub use mailboxes::{
    Mailbox, MailboxFields, Support, create_mailbox, mailbox, mailbox_by_address, mailboxes, update_mailbox,
};
pub(crate) use subscriptions::{Before, upsert};
pub use subscriptions::{
    Imported, REASONS_MAX, Subscription, SubscriptionFields, SubscriptionSource, create_subscription,
    import_subscription, subscription, subscription_of, subscriptions_of, suspended, update_subscription,
};
#[cfg(test)]
pub(crate) use subscriptions::{of_customer_query, suspended_query};
pub use teams::{Team, create_team, set_team_members, team_by_slug, teams};

use crate::StoreError;
use crate::rows::{Place, without_nul};

/// Lists that are read whole have no more rows.
const WHOLE_LIST_MAX: u64 = 1_000;

/// Addresses and domains are compared without regard to case.
pub(crate) fn normalised(text: &str) -> String {
    without_nul(text.trim()).to_lowercase()
}

fn language(place: Place<'_>, text: &str) -> Result<Language, StoreError> {
    let parse = |text: &str| Language::ALL.into_iter().find(|language| language.as_str() == text);
    parse(text).ok_or_else(|| place.corrupt("language", text))
}

/// Whether the column holds the text, in any case.
fn holds(column: impl sea_orm::sea_query::IntoColumnRef, text: &str) -> Expr {
    let escaped: String = text.trim().to_lowercase().chars().flat_map(escaped).collect();
    Expr::expr(Func::lower(Expr::col(column))).like(LikeExpr::new(format!("%{escaped}%")).escape('\\'))
}

fn escaped(c: char) -> impl Iterator<Item = char> {
    matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_text_mean_themselves() {
        let text: String = r"50%_\".chars().flat_map(escaped).collect();
        assert_eq!(text, r"50\%\_\\");
    }

    #[test]
    fn addresses_are_lower_case_and_trimmed() {
        assert_eq!(normalised("  Li.Na@Example.CN "), "li.na@example.cn");
        assert_eq!(normalised("a\0b@x"), "a\u{fffd}b@x");
    }
}
