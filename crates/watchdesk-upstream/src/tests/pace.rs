//! Never more than the limit in any minute, by the operator's own record.

use std::sync::Arc;
use std::time::Duration;

use watchdesk_standin::Seed;

use super::{Rig, VirtualTime};
use crate::Timer;
use crate::pace::Pace;

#[tokio::test]
async fn many_hands_keep_one_pace() {
    let rig =
        Rig::with(|options| options.seed = Seed::customers(200, 200), |options| options.requests_per_minute = 50).await;
    let client = rig.partner_center();
    let ids: Vec<String> = client.customers_page(None).await.unwrap().customers.into_iter().map(|one| one.id).collect();
    let tasks: Vec<_> = (0..16)
        .map(|hand| {
            let (client, ids) = (client.clone(), ids.clone());
            tokio::spawn(async move {
                for turn in 0..20 {
                    client.subscriptions(&ids[(hand + turn) % ids.len()]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(rig.requests("/v1/").len(), 321);
    assert!(rig.standin.busiest_minute("/v1/") <= 50, "{}", rig.standin.busiest_minute("/v1/"));
    // When time jumps, what is under way ends later than it would: up to sixteen of fifty count twice.
    assert!((360.0..600.0).contains(&rig.seconds()), "no slower than it has to be: {} s", rig.seconds());
}

#[tokio::test]
async fn requests_under_way_count_until_a_minute_after_their_end() {
    let time = VirtualTime::default();
    let pace = Arc::new(Pace::new(2, Arc::new(time.clone())));
    let patience = Duration::from_secs(300);
    let first = pace.turn(patience).await.ok().unwrap();
    let second = pace.turn(patience).await.ok().unwrap();
    // Both are slow: the third waits for one to end, and then for a minute.
    time.advance(Duration::from_secs(100));
    let waiting = tokio::spawn({
        let pace = Arc::clone(&pace);
        async move { pace.turn(patience).await.ok() }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished() && !pace.is_idle());
    drop(first);
    let third = waiting.await.unwrap().unwrap();
    assert_eq!(time.now(), Duration::from_millis(160_500));
    drop((second, third));
    assert!(!pace.is_idle());
    time.advance(Duration::from_secs(61));
    assert!(pace.is_idle());
}

#[tokio::test]
async fn whoever_is_to_keep_away_keeps_away() {
    let time = VirtualTime::default();
    let pace = Arc::new(Pace::new(10, Arc::new(time.clone())));
    pace.hold(Duration::from_secs(57));
    pace.hold(Duration::from_secs(5));
    assert_eq!(pace.turn(Duration::from_secs(20)).await.err(), Some(Duration::from_secs(57)));
    assert!(pace.turn(Duration::from_secs(60)).await.is_ok());
    assert_eq!(time.now(), Duration::from_secs(57));
}
