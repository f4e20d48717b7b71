//! What passes is tried again, what is final is not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use watchdesk_standin::{Fault, FaultRule};

use super::{CONTOSO, Rig, fresh_ids};
use crate::{Hosts, Upstream, UpstreamError, UpstreamOptions};

#[tokio::test]
async fn faults_that_pass_are_got_over() {
    let slow = Duration::from_millis(1);
    let faults = [
        (Fault::Status(500), 0.5),
        (Fault::Status(502), 0.5),
        (Fault::Status(408), 0.5),
        (Fault::Throttle { retry_after_s: 57 }, 57.0),
        (Fault::Throttle { retry_after_s: 0 }, 0.5),
        (Fault::Drop, 0.5),
        (Fault::DropAfterWork, 0.5),
        (Fault::Html, 0.5),
        (Fault::HalfAnAnswer, 0.5),
        (Fault::WrongType, 0.5),
        (Fault::Slow(slow), 0.0),
    ];
    for (fault, seconds) in faults {
        let rig = Rig::new().await;
        rig.standin.fail(FaultRule::once("/v1/", fault.clone()));
        let page = rig.partner_center().customers_page(None).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!((page.customers.len(), rig.seconds()), (1, seconds), "{fault:?}");
    }
}

#[tokio::test]
async fn silence_ends_with_the_time_out() {
    let rig = Rig::with(|_| {}, |options| options.request_timeout = Duration::from_millis(40)).await;
    rig.standin.fail(FaultRule::every(1, Fault::Silence).at("/v1/"));
    let error = rig.partner_center().customer(CONTOSO).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "reading a customer (directory reseller.partner.example.cn): no answer within 0.04 s. It may pass; try again \
         later."
    );
    assert!(error.is_passing());
    assert_eq!((rig.requests("/v1/").len(), rig.seconds()), (4, 5.5));
    rig.standin.heal();
    rig.partner_center().customer(CONTOSO).await.unwrap();
}

#[tokio::test]
async fn final_answers_are_taken_at_their_word() {
    for status in [400, 401, 403, 404, 405, 409, 410, 412, 417, 422, 302] {
        let rig = Rig::new().await;
        rig.standin.fail(FaultRule::once("/v1/", Fault::Status(status)));
        let error = rig.partner_center().customer(CONTOSO).await.unwrap_err();
        assert!(!error.is_passing(), "{status}: {error}");
        assert_eq!((rig.requests("/v1/").len(), rig.seconds()), (1, 0.0), "{status}");
        assert_eq!(error.said().unwrap().code, status.to_string());
    }
}

#[tokio::test]
async fn three_more_attempts_with_one_request_id_and_growing_rests() {
    let rig = Rig::new().await;
    rig.standin.fail(FaultRule::every(1, Fault::Status(503)).at("/v1/"));
    let error = rig.partner_center().customer(CONTOSO).await.unwrap_err();
    assert!(error.to_string().contains("the operator answered 503: 503 The stand-in was told to fail."), "{error}");
    let requests = rig.requests("/v1/");
    let begin = requests[0].at;
    let times: Vec<i64> = requests.iter().map(|request| (request.at - begin).num_milliseconds()).collect();
    assert_eq!(times, [0, 500, 2_000, 5_500]);
    let ids = |name| requests.iter().filter_map(|request| request.header(name)).collect::<BTreeSet<_>>().len();
    assert_eq!((ids("ms-requestid"), ids("ms-correlationid")), (1, 4));
    rig.standin.heal();
    rig.partner_center().customer(CONTOSO).await.unwrap();
    let requests = rig.requests("/v1/");
    assert_ne!(requests[0].header("ms-requestid"), requests[4].header("ms-requestid"));
}

#[tokio::test]
async fn whoever_is_told_to_wait_long_says_when_to_come_back() {
    let rig = Rig::new().await;
    rig.standin.fail(FaultRule::once("/v1/", Fault::Throttle { retry_after_s: 900 }));
    let client = rig.partner_center();
    let error = client.customer(CONTOSO).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(900)));
    // Nobody else goes and asks meanwhile.
    rig.time.advance(Duration::from_secs(100));
    let error = client.subscriptions(CONTOSO).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(800)));
    assert_eq!(rig.requests("/v1/").len(), 1);
    rig.time.advance(Duration::from_secs(800));
    client.subscriptions(CONTOSO).await.unwrap();
}

#[tokio::test]
async fn an_operator_who_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let rig =
        Rig::with(|_| {}, |options| options.hosts.partner_center = Hosts::all_at(&nowhere).unwrap().partner_center)
            .await;
    let error = rig.partner_center().customer(CONTOSO).await.unwrap_err();
    assert!(
        matches!(&error, UpstreamError::Unavailable { why, perhaps_done: false, .. } if why.starts_with("no connection"))
    );
    assert!(error.is_passing());
}

#[tokio::test]
async fn redirects_are_not_followed_and_floods_not_drunk() {
    let rig = Rig::new().await;
    let trap = Rig::new().await;
    let elsewhere = format!("{}/v1/customers", trap.standin.base_url());
    rig.standin.fail(FaultRule::once("/v1/", Fault::Redirect(elsewhere)));
    let error = rig.partner_center().customers_page(None).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Refused { status: 307, .. }), "{error}");
    assert!(trap.standin.requests().is_empty());
    rig.standin.fail(FaultRule::once("/v1/", Fault::Huge));
    let error = rig.partner_center().customers_page(None).await.unwrap_err();
    assert!(error.to_string().contains("more than 8 MiB of answer") && !error.is_passing(), "{error}");
    assert_eq!(rig.requests("/v1/").len(), 2);
}

#[tokio::test]
async fn a_proxy_is_used_where_one_is_named() {
    let proxy = Rig::new().await;
    let address = proxy.standin.base_url().to_owned();
    let set = |options: &mut UpstreamOptions| {
        options.hosts = Hosts::all_at("http://127.0.0.1:1").unwrap();
        options.proxy = Some(address);
    };
    let rig = Rig::with(|_| {}, set).await;
    rig.partner_center().customer(CONTOSO).await.unwrap();
    assert_eq!((rig.standin.requests().len(), proxy.standin.requests().len()), (0, 2));
}

#[tokio::test]
async fn wrong_settings_are_named() {
    let rig = Rig::new().await;
    let check = |key: &str, set: fn(&mut UpstreamOptions)| {
        let mut options = rig.options.clone();
        set(&mut options);
        let error = Upstream::new(options, Arc::new(rig.time.clone()), fresh_ids()).unwrap_err();
        assert!(error.to_string().starts_with(&format!("The setting {key} is wrong: ")), "{error}");
        assert!(!error.to_string().contains("passw0rd"), "{error}");
    };
    check("requests_per_minute", |options| options.requests_per_minute = 0);
    check("customers_per_page", |options| options.customers_per_page = 0);
    check("customers_per_page", |options| options.customers_per_page = 501);
    check("locale", |options| options.locale = "zh/CN".to_owned());
    check("locale", |options| options.locale = String::new());
    check("proxy", |options| options.proxy = Some("http://me:passw0rd@:x".to_owned()));
}
