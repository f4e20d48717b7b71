//! Secrets and tokens are in no error, no debug output and no address.

use std::sync::{Arc, Mutex};

use watchdesk_standin::{Fault, FaultRule};

use super::{CONTOSO, Rig, SECRET, TENANT};
use crate::AppIdentity;

/// Everything a log could have been told.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_confidential_is_said_anywhere() {
    let heard = Heard::default();
    let writer = heard.clone();
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(log.finish());
    let rig = Rig::new().await;
    let mut said = Vec::new();
    let mut hear = |error: crate::UpstreamError| said.push(format!("{error} {error:?}"));
    for fault in [Fault::Status(401), Fault::Status(403), Fault::Status(503), Fault::Html, Fault::Drop] {
        rig.standin.fail(FaultRule::every(1, fault).at("/v1"));
        hear(rig.partner_center().customer(CONTOSO).await.unwrap_err());
        hear(rig.graph().issues().await.unwrap_err());
        rig.standin.heal();
        rig.partner_center().customer(CONTOSO).await.ok();
    }
    let wrong = AppIdentity::new(TENANT, "watchdesk", "wr0ng-secret");
    hear(rig.upstream.partner_center(&wrong).unwrap().customer(CONTOSO).await.unwrap_err());
    rig.partner_center().customer(CONTOSO).await.unwrap();
    said.push(format!("{:?} {:?} {:?} {:?}", rig.upstream, rig.identity(), rig.partner_center(), rig.graph()));
    said.push(format!("{:?} {:?}", rig.service_requests(), rig.options));
    said.push(String::from_utf8(heard.0.lock().unwrap().clone()).unwrap());
    assert!(said.last().unwrap().contains("asking again"), "the log was heard");
    for text in &said {
        for word in [SECRET, "wr0ng-secret", "stand-in-token-", "Bearer"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    for request in rig.standin.requests() {
        assert!(!request.path.contains(SECRET) && !request.query.contains(SECRET));
    }
}
