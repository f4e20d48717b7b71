//! Service requests: filed once, noted once, whatever the way there does.

use std::time::Duration;

use uuid::Uuid;
use watchdesk_standin::{Fault, FaultRule};

use super::{CONTOSO, Rig};
use crate::UpstreamError;
use crate::service_requests::{Before, Contact, NewServiceRequest, RequestSeverity, RequestStatus};

const ID: Uuid = Uuid::from_u128(0xC0FFEE);

fn new(reference: &str) -> NewServiceRequest {
    NewServiceRequest {
        tenant: CONTOSO.to_owned(),
        reference: reference.to_owned(),
        title: "邮件无法外发".to_owned(),
        description: "Mail to other domains is queued since 09:10.".to_owned(),
        severity: RequestSeverity::Moderate,
        support_topic_id: "32444671".to_owned(),
        contact: Contact {
            first_name: "Wei".to_owned(),
            last_name: "Zhang".to_owned(),
            email: "support@reseller.example.cn".to_owned(),
            phone: "+86 21 5555 0100".to_owned(),
        },
    }
}

#[tokio::test]
async fn a_request_is_filed_answered_and_closed() {
    let rig = Rig::new().await;
    let client = rig.service_requests();
    let filed = client.create(&new("WD-12-1"), ID, Before::Nothing).await.unwrap();
    assert_eq!((filed.was_there, filed.request.title.as_str()), (false, "[WD-12-1] 邮件无法外发"));
    assert_eq!(filed.request.severity, Some(RequestSeverity::Moderate));
    let request = rig.requests("/v1/servicerequests").remove(0);
    assert_eq!(request.path, "/v1/servicerequests/zh-CN");
    assert_eq!(request.header("ms-requestid"), Some(ID.to_string().as_str()));

    let id = filed.request.id;
    let noted =
        client.add_note(&id, "Any news? (2026-02-17 12:00)", Uuid::from_u128(7), Before::Nothing).await.unwrap();
    assert_eq!(noted.request.notes.len(), 1);
    assert_eq!(
        rig.requests(&id).iter().find(|request| request.method == "PATCH").unwrap().header("if-match"),
        Some("\"1\"")
    );
    rig.time.advance(Duration::from_secs(3_600));
    rig.standin.answer_service_request(&id, "Fixed.", true);
    let read = client.read(&id).await.unwrap();
    assert_eq!((read.status, read.last_closed), (Some(RequestStatus::Closed), Some(rig.time.date())));
    assert_eq!(read.notes[1].text, "Fixed.");
    assert_eq!(client.list(CONTOSO).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn a_lost_answer_does_not_file_twice() {
    for honours_request_ids in [true, false] {
        for fault in [Fault::DropAfterWork, Fault::HalfAnAnswer, Fault::WrongType] {
            let tell = |options: &mut watchdesk_standin::Options| options.honours_request_ids = honours_request_ids;
            let rig = Rig::with(tell, |_| {}).await;
            rig.standin.fail(FaultRule::once("/v1/servicerequests", fault.clone()));
            let filed = rig.service_requests().create(&new("WD-12-1"), ID, Before::Nothing).await.unwrap();
            assert_eq!(rig.standin.service_requests().len(), 1, "{fault:?}");
            assert!(filed.was_there);
            assert_eq!(filed.request.id, rig.standin.service_requests()[0].id);
        }
    }
}

#[tokio::test]
async fn what_was_never_done_is_done() {
    for fault in [Fault::Drop, Fault::Status(503), Fault::Html, Fault::Throttle { retry_after_s: 5 }] {
        let rig = Rig::new().await;
        rig.standin.fail(FaultRule::once("/v1/servicerequests", fault.clone()));
        let filed = rig.service_requests().create(&new("WD-12-1"), ID, Before::Nothing).await.unwrap();
        assert_eq!((filed.was_there, rig.standin.service_requests().len()), (false, 1), "{fault:?}");
        let posts = rig.requests("/v1/servicerequests");
        assert!(posts.iter().all(|post| post.header("ms-requestid") == Some(ID.to_string().as_str())));
    }
}

#[tokio::test]
async fn a_killed_program_looks_before_it_files_again() {
    let tell = |options: &mut watchdesk_standin::Options| options.honours_request_ids = false;
    let mut rig = Rig::with(tell, |_| {}).await;
    // One whose reference merely begins alike is another one.
    rig.service_requests().create(&new("WD-12-10"), Uuid::from_u128(1), Before::Nothing).await.unwrap();
    rig.standin.fail(FaultRule::every(1, Fault::DropAfterWork).at("/v1/servicerequests").times(1));
    rig.standin.fail(FaultRule::every(1, Fault::Status(503)).at("/servicerequests"));
    let error = rig.service_requests().create(&new("WD-12-1"), ID, Before::Nothing).await.unwrap_err();
    assert!(error.is_passing(), "{error}");
    rig.standin.heal();
    rig.restart();
    let filed = rig.service_requests().create(&new("WD-12-1"), ID, Before::PerhapsDone).await.unwrap();
    assert!(filed.was_there && filed.request.title.starts_with("[WD-12-1] "));
    assert_eq!(rig.standin.service_requests().len(), 2);
}

#[tokio::test]
async fn doubt_that_stays_is_told() {
    let rig = Rig::new().await;
    rig.standin.fail(FaultRule::every(1, Fault::Drop).at("/v1/servicerequests"));
    let error = rig.service_requests().create(&new("WD-12-1"), ID, Before::Nothing).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Ambiguous { .. }) && error.is_passing(), "{error}");
    assert!(error.to_string().contains("nobody knows whether it was done"), "{error}");
    assert_eq!(rig.requests("/customers/").len(), 3, "it looked before each of three more attempts");
}

#[tokio::test]
async fn doubt_is_about_the_write_and_not_about_signing_in() {
    let rig = Rig::new().await;
    rig.standin.fail(FaultRule::every(1, Fault::Status(503)).at("/oauth2/token"));
    let error = rig.service_requests().create(&new("WD-12-1"), ID, Before::Nothing).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Unavailable { .. }), "{error}");
    assert_eq!(rig.requests("/oauth2/token").len(), 4);
    let error = rig.service_requests().create(&new("WD-12-1"), ID, Before::PerhapsDone).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Ambiguous { .. }), "{error}");
    // Done, its answer lost, and then nothing can be read any more.
    let rig = Rig::new().await;
    rig.standin.fail(FaultRule::once("/v1/servicerequests", Fault::DropAfterWork));
    rig.standin.fail(FaultRule::every(1, Fault::Status(403)).at("/v1/customers"));
    let error = rig.service_requests().create(&new("WD-12-1"), ID, Before::Nothing).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Ambiguous { .. }), "{error}");
    assert_eq!(rig.standin.service_requests().len(), 1);
}

#[tokio::test]
async fn a_refused_request_is_refused_once() {
    let rig = Rig::new().await;
    let mut wrong = new("WD-12-1");
    wrong.support_topic_id = String::new();
    let error = rig.service_requests().create(&wrong, ID, Before::Nothing).await.unwrap_err();
    assert_eq!(error.said().unwrap().words, "The field supportTopicId is required");
    assert_eq!(rig.requests("/v1/servicerequests").len(), 1);
    for reference in ["", "a]b", "a b", "编号", &"x".repeat(65)] {
        let error = rig.service_requests().create(&new(reference), ID, Before::Nothing).await.unwrap_err();
        assert!(matches!(error, UpstreamError::BadId { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_note_is_added_once() {
    let tell = |options: &mut watchdesk_standin::Options| options.honours_request_ids = false;
    for fault in [Fault::DropAfterWork, Fault::Drop, Fault::Status(500), Fault::Status(412), Fault::HalfAnAnswer] {
        let rig = Rig::with(tell, |_| {}).await;
        let client = rig.service_requests();
        let id = client.create(&new("WD-12-1"), ID, Before::Nothing).await.unwrap().request.id;
        rig.standin.fail(FaultRule::once(&id, fault.clone()).method("PATCH"));
        let noted = client.add_note(&id, " Any news? ", ID, Before::Nothing).await.unwrap();
        assert_eq!(noted.request.notes.len(), 1, "{fault:?}");
        // The program was killed before it could write that down.
        let noted = client.add_note(&id, "Any news?", ID, Before::PerhapsDone).await.unwrap();
        assert_eq!((noted.was_there, noted.request.notes.len()), (true, 1), "{fault:?}");
    }
}
