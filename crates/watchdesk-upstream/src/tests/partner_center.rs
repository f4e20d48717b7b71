//! Customers and subscriptions, however untidily they are spelt.

use std::collections::BTreeMap;

use watchdesk_standin::{Links, Seed, SeedSubscription, Spelling, SubscriptionState};

use super::{CONTOSO, Rig};
use crate::UpstreamError;
use crate::partner_center::{BillingType, Cursor, Relationship, SubscriptionStatus};

#[tokio::test]
async fn every_request_brings_what_the_documents_ask_for() {
    let rig = Rig::new().await;
    rig.partner_center().customers_page(None).await.unwrap();
    let request = rig.requests("/v1/").remove(0);
    assert_eq!((request.path.as_str(), request.query.as_str()), ("/v1/customers", "size=40"));
    let fixed = [("accept", "application/json"), ("ms-contract-version", "v1"), ("x-locale", "zh-CN")];
    for (name, value) in fixed {
        assert_eq!(request.header(name), Some(value));
    }
    assert!(request.header("authorization").unwrap().starts_with("Bearer "));
    let sign_in = rig.requests("/oauth2/token").remove(0);
    assert!(sign_in.body.contains("grant_type=client_credentials") && sign_in.query.is_empty());
}

#[tokio::test]
async fn a_customer_says_whether_we_may_administer() {
    let rig = Rig::new().await;
    let client = rig.partner_center();
    let listed = client.customers_page(None).await.unwrap();
    let customer = client.customer(CONTOSO).await.unwrap();
    assert_eq!(listed.customers.first(), Some(&customer.customer));
    assert_eq!((listed.total, listed.next), (Some(1), None));
    assert_eq!(customer.customer.name, "康拓索物流有限公司");
    assert_eq!(customer.customer.domain.as_deref(), Some("contoso.example.cn"));
    assert_eq!(customer.customer.relationship, Some(Relationship::Reseller));
    assert_eq!(customer.allows_delegated_access, Some(true));
    rig.standin.change_customer(CONTOSO, |customer| customer.delegated_access = false);
    assert_eq!(client.customer(CONTOSO).await.unwrap().allows_delegated_access, Some(false));
    let error = client.customer("00000000-0000-4000-8000-000000000000").await.unwrap_err();
    assert!(matches!(error, UpstreamError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn subscriptions_are_read_in_every_spelling() {
    for spelling in [Spelling::Words, Spelling::Numbers, Spelling::Mixed] {
        let rig = Rig::with(|options| options.spelling = spelling, |_| {}).await;
        let states = [
            (SubscriptionState::None, SubscriptionStatus::None),
            (SubscriptionState::Active, SubscriptionStatus::Active),
            (SubscriptionState::Suspended, SubscriptionStatus::Suspended),
            (SubscriptionState::Deleted, SubscriptionStatus::Deleted),
            (SubscriptionState::Pending, SubscriptionStatus::Pending),
        ];
        let since = "2026-01-05T08:30:00Z".parse().unwrap();
        rig.standin.change_customer(CONTOSO, |customer| {
            let twice = states.iter().chain(&states).enumerate();
            let subscription = |(row, (state, _)): (usize, &(SubscriptionState, SubscriptionStatus))| {
                let mut one = SeedSubscription::new(&format!("s{row}"), "Exchange Online (Plan 1)", 25);
                one.state = *state;
                one.since = Some(since);
                one
            };
            customer.subscriptions = twice.map(subscription).collect();
        });
        let found = rig.partner_center().subscriptions(CONTOSO).await.unwrap();
        assert!(found.not_understood.is_empty());
        let statuses: Vec<_> = found.rows.iter().map(|one| one.status.clone().unwrap()).collect();
        let expected: Vec<_> = states.iter().chain(&states).map(|(_, status)| status.clone()).collect();
        assert_eq!(statuses, expected, "{spelling:?}");
        for one in &found.rows {
            assert_eq!((one.effective_start, one.commitment_end), (Some(since), None), "{}", one.id);
            assert_eq!((one.quantity, &one.billing_type), (Some(25), &Some(BillingType::License)));
        }
    }
}

#[tokio::test]
async fn managed_services_are_behind_a_switch() {
    let rig = Rig::with(|options| options.managed_services = true, |_| {}).await;
    assert_eq!(rig.partner_center().managed_services(CONTOSO).await.unwrap(), None);
    assert!(rig.requests("/managedservices").is_empty());
    let rig = Rig::with(|options| options.managed_services = true, |options| options.managed_services = true).await;
    let found = rig.partner_center().managed_services(CONTOSO).await.unwrap().unwrap();
    assert_eq!(found.rows[0].name, "Exchange");
    assert!(found.rows.iter().all(|one| one.admin_service.is_some() && one.service_ticket.is_some()));
}

#[tokio::test]
async fn pages_are_walked_to_their_end() {
    let rig = Rig::with(|options| options.seed = Seed::customers(95, 0), |_| {}).await;
    let mut pages = rig.partner_center().customers(None);
    let mut sizes = Vec::new();
    let mut names = BTreeMap::new();
    while let Some(page) = pages.next().await.unwrap() {
        sizes.push(page.customers.len());
        names.extend(page.customers.into_iter().map(|one| (one.id, one.name)));
    }
    assert_eq!((sizes, names.len()), (vec![40, 40, 15], 95));
    assert!(pages.next().await.unwrap().is_none());
    let requests = rig.requests("/v1/customers");
    assert_eq!(requests[1].query, "seekOperation=Next");
    assert!(requests[1].header("ms-continuationtoken").is_some());
}

#[tokio::test]
async fn a_place_that_is_gone_and_a_walk_in_circles_are_noticed() {
    let rig = Rig::with(|options| options.seed = Seed::customers(95, 0), |_| {}).await;
    let client = rig.partner_center();
    let gone: Cursor = "yesterday".parse().unwrap();
    let error = client.customers_page(Some(&gone)).await.unwrap_err();
    assert!(matches!(error, UpstreamError::CursorGone { .. }), "{error}");
    rig.standin.link(Links::Circular);
    let mut pages = client.customers(None);
    pages.next().await.unwrap();
    let error = pages.next().await.unwrap_err();
    assert!(matches!(&error, UpstreamError::Unreadable { why, .. } if why == "the next page is this page"), "{error}");
}

#[tokio::test]
async fn ids_that_would_bend_an_address_are_refused() {
    let rig = Rig::new().await;
    let client = rig.partner_center();
    for id in ["", "..", "a/b", "../customers", "a?b=c", "a%2fb", "客户", "a\r\nb", &"x".repeat(129)] {
        let error = client.subscriptions(id).await.unwrap_err();
        assert!(matches!(error, UpstreamError::BadId { .. }) && !error.is_passing(), "{error}");
    }
    assert!(rig.standin.requests().is_empty());
    for text in ["", "a b", "a\n", "标", &"x".repeat(4_097)] {
        assert!(text.parse::<Cursor>().is_err());
    }
}
