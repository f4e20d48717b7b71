//! Everything at once: a big reseller, an operator who throttles and fails one call in ten, and a program that dies.

use std::collections::BTreeMap;
use std::time::Duration;

use watchdesk_standin::{Fault, FaultRule, Seed};

use super::Rig;
use crate::UpstreamError;
use crate::partner_center::{Cursor, CustomerPage};

const CUSTOMERS: usize = 5_000;
const SUBSCRIPTIONS: usize = 20_000;

/// What a desk would keep: what it has learnt, and where it goes on.
#[derive(Default)]
struct Kept {
    /// Subscriptions by customer.
    customers: BTreeMap<String, Vec<String>>,
    /// How often something was learnt that was known before.
    repeated: usize,
    cursor: Option<String>,
    done: bool,
}

impl Kept {
    async fn keep(&mut self, rig: &Rig, page: CustomerPage) -> Result<(), UpstreamError> {
        assert!(page.not_understood.is_empty());
        for customer in page.customers {
            let subscriptions = rig.partner_center().subscriptions(&customer.id).await?;
            let ids = subscriptions.rows.into_iter().map(|one| one.id).collect();
            self.repeated += usize::from(self.customers.insert(customer.id, ids).is_some());
        }
        self.cursor = page.next.map(|cursor| cursor.to_string());
        self.done = self.cursor.is_none();
        Ok(())
    }

    /// Goes on for so many pages at most.
    async fn go_on(&mut self, rig: &Rig, pages_max: usize) -> Result<(), UpstreamError> {
        let cursor = self.cursor.as_ref().map(|text| text.parse::<Cursor>().unwrap());
        let mut pages = rig.partner_center().customers(cursor);
        for _ in 0..pages_max {
            match pages.next().await? {
                Some(page) => self.keep(rig, page).await?,
                None => return Ok(()),
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn five_thousand_customers_from_an_operator_who_fails_one_call_in_ten() {
    let mut rig = Rig::with(|options| options.seed = Seed::customers(CUSTOMERS, SUBSCRIPTIONS), |_| {}).await;
    let faults = vec![Fault::Status(503), Fault::Html, Fault::Drop, Fault::HalfAnAnswer, Fault::WrongType];
    rig.standin.fail(FaultRule::in_turn(10, faults).at("/v1/"));
    rig.standin.fail(FaultRule::every(701, Fault::Throttle { retry_after_s: 20 }).at("/v1/"));
    let mut kept = Kept::default();
    kept.go_on(&rig, 50).await.unwrap();
    assert_eq!((kept.customers.len(), kept.done), (50 * 40, false));

    // Killed in the middle of the next page: what was learnt of it is learnt again, everything else is not.
    let half = rig.partner_center().customers_page(Some(&kept.cursor.clone().unwrap().parse().unwrap())).await.unwrap();
    for customer in half.customers.iter().take(20) {
        rig.partner_center().subscriptions(&customer.id).await.unwrap();
        kept.customers.insert(customer.id.clone(), Vec::new());
    }
    rig.restart();
    rig.partner_center().keep_quiet(Duration::from_secs(61));
    kept.go_on(&rig, CUSTOMERS).await.unwrap();

    assert!(kept.done);
    assert_eq!((kept.customers.len(), kept.repeated), (CUSTOMERS, 20));
    let mut ids: Vec<&String> = kept.customers.values().flatten().collect();
    assert_eq!(ids.len(), SUBSCRIPTIONS);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), SUBSCRIPTIONS, "no duplicates");
    let busiest = rig.standin.busiest_minute("/v1/");
    assert!(busiest <= 500, "{busiest} requests in one minute");
    let asked = rig.requests("/v1/").len();
    assert!(asked > (CUSTOMERS + CUSTOMERS / 40) * 108 / 100, "one call in ten failed: {asked} requests");
    assert!(rig.seconds() < 1_200.0, "no slower than it has to be: {} s", rig.seconds());
}
