//! The health of services, as it changes.

use std::time::Duration;

use watchdesk_standin::{Fault, FaultRule, Incident, Links};

use super::{CONTOSO, Rig};
use crate::UpstreamError;
use crate::graph::HealthState;

#[tokio::test]
async fn an_incident_opens_changes_and_ends() {
    let rig = Rig::new().await;
    let graph = rig.graph();
    let quiet = graph.health_overviews().await.unwrap();
    assert!(quiet.rows.len() >= 8 && quiet.rows.iter().all(|one| !one.is_open()), "{quiet:?}");
    let began = rig.time.date();
    rig.standin.open_incident(Incident::new("EX226792", "Exchange Online", "Mail is late", began));
    let elsewhere = Incident::new("SP1", "SharePoint Online", "Elsewhere", began).only_for(&["somebody-else"]);
    rig.standin.open_incident(elsewhere);

    let open: Vec<_> = graph.health_overviews().await.unwrap().rows.into_iter().filter(|one| one.is_open()).collect();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].service.as_str(), &open[0].status),
        ("Exchange Online", &Some(HealthState::ServiceDegradation))
    );
    let issues = graph.issues().await.unwrap().rows;
    assert_eq!(issues.len(), 1);
    assert!(issues[0].is_open() && issues[0].start == Some(began) && issues[0].end.is_none());

    rig.time.advance(Duration::from_secs(600));
    assert!(rig.standin.update_incident("EX226792", "restoringService", "<p>We know <b>why</b>.</p>"));
    let issue = graph.issue("EX226792").await.unwrap();
    assert_eq!((issue.status.clone(), issue.is_open()), (Some(HealthState::RestoringService), true));
    assert_eq!((issue.posts[0].content.as_str(), issue.posts[0].is_html), ("<p>We know <b>why</b>.</p>", true));
    assert!(rig.standin.end_incident("EX226792", "<p>Over.</p>"));
    let issue = graph.issue("EX226792").await.unwrap();
    assert_eq!((issue.is_open(), issue.end, issue.posts.len()), (false, Some(rig.time.date()), 2));
    assert!(graph.health_overviews().await.unwrap().rows.iter().all(|one| !one.is_open()));
    assert!(matches!(graph.issue("EX1").await.unwrap_err(), UpstreamError::NotFound { .. }));
}

#[tokio::test]
async fn two_hundred_and_fifty_issues_on_three_pages() {
    let rig = Rig::new().await;
    for number in 0..250 {
        let incident = Incident::new(&format!("EX{number}"), "Exchange Online", "Mail is late", rig.time.date());
        rig.standin.open_incident(incident);
    }
    rig.standin.fail(FaultRule::every(2, Fault::HalfAnAnswer).at("/issues"));
    let issues = rig.graph().issues().await.unwrap().rows;
    let ids: std::collections::BTreeSet<_> = issues.iter().map(|issue| issue.id.as_str()).collect();
    assert_eq!((issues.len(), ids.len()), (250, 250));
    let requests = rig.requests("/issues");
    assert!(requests.iter().all(|request| request.header("prefer") == Some("odata.maxpagesize=100")));
    assert_eq!(requests.last().unwrap().query, "$skip=200");
    assert_eq!(requests[0].header("ms-requestid"), None);
}

#[tokio::test]
async fn nobody_sends_us_elsewhere_with_our_token() {
    let rig = Rig::new().await;
    let trap = Rig::new().await;
    let base = rig.standin.base_url().to_owned();
    let port = base.rsplit(':').next().unwrap();
    let elsewhere = [
        trap.standin.base_url().to_owned(),
        "https://evil.example.cn".to_owned(),
        format!("https://127.0.0.1:{port}"),
        format!("http://127.0.0.2:{port}"),
        format!("http://user@127.0.0.1:{port}"),
        format!("{base}/v1/customers?x="),
        "javascript:".to_owned(),
        "file:///etc/passwd?".to_owned(),
    ];
    for origin in elsewhere {
        rig.standin.link(Links::Elsewhere(origin.clone()));
        let error = rig.graph().health_overviews().await.unwrap_err();
        assert!(matches!(error, UpstreamError::ForeignLink { .. }) && !error.is_passing(), "{origin}: {error}");
    }
    assert!(trap.standin.requests().is_empty());
    rig.standin.link(Links::Elsewhere("no address".to_owned()));
    assert!(matches!(rig.graph().issues().await.unwrap_err(), UpstreamError::Unreadable { .. }));
}

#[tokio::test]
async fn a_list_without_an_end_is_left() {
    let rig = Rig::new().await;
    rig.standin.link(Links::Circular);
    let before = rig.requests("/issues").len();
    let error = rig.graph().issues().await.unwrap_err();
    assert!(
        error.to_string().contains("the next page is this page") || error.to_string().contains("more than 50 pages")
    );
    assert!(rig.requests("/issues").len() - before <= 51);
}

#[tokio::test]
async fn a_directory_that_refuses_is_named() {
    let rig = Rig::new().await;
    rig.standin.fail(FaultRule::once("/healthOverviews", Fault::Status(403)));
    let error = rig.graph().health_overviews().await.unwrap_err();
    let expected =
        format!("reading the health of services (directory {CONTOSO}): the operator does not allow it (403)");
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert_eq!(error.said().unwrap().words, "The stand-in was told to fail");
}
