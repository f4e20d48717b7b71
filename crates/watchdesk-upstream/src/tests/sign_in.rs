//! Tokens: fetched once, renewed in time, refused in words.

use std::time::Duration;

use watchdesk_standin::{Fault, FaultRule};

use super::{CONTOSO, Rig, TENANT};
use crate::{AppIdentity, UpstreamError};

#[tokio::test]
async fn many_who_ask_at_once_sign_in_once() {
    let rig = Rig::new().await;
    let client = rig.partner_center();
    let asking = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.customer(CONTOSO).await })
    });
    for task in asking.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    assert_eq!(rig.requests("/oauth2/token").len(), 1);
    // Another client of the same desk goes by the same token, one of another directory does not.
    rig.service_requests().list(CONTOSO).await.unwrap();
    assert_eq!(rig.requests("/oauth2/token").len(), 1);
    rig.graph().health_overviews().await.unwrap();
    let tokens = rig.requests("/oauth2/token");
    let paths: Vec<&str> = tokens.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, [format!("/{TENANT}/oauth2/token"), format!("/{CONTOSO}/oauth2/token")]);
}

#[tokio::test]
async fn a_token_is_renewed_thirty_seconds_before_its_end() {
    let rig = Rig::new().await;
    let client = rig.partner_center();
    for (seconds, tokens) in [(0, 1), (3_569, 1), (1, 2), (3_569, 2), (5_000, 3)] {
        rig.time.advance(Duration::from_secs(seconds));
        client.customer(CONTOSO).await.unwrap();
        assert_eq!(rig.requests("/oauth2/token").len(), tokens, "{seconds} s later");
    }
}

#[tokio::test]
async fn what_signing_in_lacks_is_said_in_the_operators_words() {
    let rig = Rig::new().await;
    let table = [
        (AppIdentity::new(TENANT, "watchdesk", "wrong"), "invalid_client", "AADSTS7000215: Invalid client secret"),
        (AppIdentity::new(TENANT, "somebody", "wrong"), "unauthorized_client", "AADSTS700016: Application"),
        (AppIdentity::new("nowhere.cn", "watchdesk", "wrong"), "invalid_request", "AADSTS90002: Tenant 'nowhere.cn'"),
    ];
    for (identity, code, words) in table {
        let before = rig.requests("/oauth2/token").len();
        let error = rig.upstream.partner_center(&identity).unwrap().customer(CONTOSO).await.unwrap_err();
        let said = error.said().cloned().unwrap();
        assert!(matches!(error, UpstreamError::SignIn { .. }) && !error.is_passing(), "{error}");
        assert!(said.code == code && said.words.starts_with(words), "{said:?}");
        assert_eq!(error.tenant(), Some(identity.tenant.as_str()));
        assert_eq!(rig.requests("/oauth2/token").len(), before + 1, "asking again would not help");
    }
    assert_eq!(rig.requests("/v1/").len(), 0);
}

#[tokio::test]
async fn a_corrected_secret_works_at_once() {
    let rig = Rig::new().await;
    let wrong = AppIdentity::new(TENANT, "watchdesk", "wrong");
    rig.upstream.partner_center(&wrong).unwrap().customer(CONTOSO).await.unwrap_err();
    rig.partner_center().customer(CONTOSO).await.unwrap();
}

#[tokio::test]
async fn a_sign_in_that_fails_for_now_is_tried_again() {
    let rig = Rig::new().await;
    rig.standin.fail(FaultRule::every(1, Fault::Status(503)).at("/oauth2/token").times(2));
    rig.partner_center().customer(CONTOSO).await.unwrap();
    assert_eq!((rig.requests("/oauth2/token").len(), rig.seconds()), (3, 2.0));
    // Renewed in a bad hour: those who wait share one failure instead of each making his own.
    rig.time.advance(Duration::from_secs(3_600));
    rig.standin.fail(FaultRule::every(1, Fault::WrongType).at("/oauth2/token"));
    let client = rig.partner_center();
    let (a, b, c) = tokio::join!(client.customer(CONTOSO), client.customer(CONTOSO), client.customer(CONTOSO));
    for outcome in [a, b, c] {
        assert!(outcome.unwrap_err().is_passing());
    }
    assert_eq!(rig.requests("/oauth2/token").len(), 7);
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_not_shown_again() {
    let rig = Rig::new().await;
    let client = rig.partner_center();
    client.customer(CONTOSO).await.unwrap();
    rig.standin.revoke_tokens();
    let error = client.customer(CONTOSO).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Forbidden { status: 401, .. }), "{error}");
    client.customer(CONTOSO).await.unwrap();
    assert_eq!(rig.requests("/oauth2/token").len(), 2);
}

#[tokio::test]
async fn a_token_does_not_end_while_its_turn_is_waited_for() {
    let rig = Rig::new().await;
    let client = rig.partner_center();
    client.customer(CONTOSO).await.unwrap();
    rig.time.advance(Duration::from_secs(3_560));
    client.keep_quiet(Duration::from_secs(60));
    client.customer(CONTOSO).await.unwrap();
    assert_eq!((rig.requests("/oauth2/token").len(), rig.seconds()), (2, 3_620.0));
}
