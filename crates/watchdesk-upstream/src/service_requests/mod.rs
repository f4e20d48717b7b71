//! The service-request model: filed, read, listed, and spoken to by notes.
//!
//! A write whose end nobody knows is looked for before it is made again: a request by our reference in its title, a
//! note by its words. So two of them come only from an operator who forgets what he was told.

mod model;

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue, IF_MATCH};
use serde_json::{Value, json};
use uuid::Uuid;

pub use model::{Contact, NewServiceRequest, RequestNote, RequestSeverity, RequestStatus, ServiceRequest};

use crate::UpstreamError;
use crate::line::{Ask, Line, Ready};
use crate::reading::{Row, Rows};

const CREATING: &str = "filing a service request";
const READING: &str = "reading a service request";
const LISTING: &str = "reading a customer's service requests";
const NOTING: &str = "adding a note to a service request";
/// A note whose request keeps changing under our hands is given up.
const CONFLICTS_MAX: usize = 3;

/// As one app in the reseller's own directory. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ServiceRequests {
    pub(crate) line: Arc<Line>,
    /// The language of whoever files.
    pub(crate) locale: String,
}

/// What is known of the same write from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// It was never tried.
    Nothing,
    /// It was tried, and nobody knows whether it was done.
    PerhapsDone,
}

/// How a write ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub request: ServiceRequest,
    /// It was there already: an earlier attempt had done it.
    pub was_there: bool,
}

impl ServiceRequests {
    /// Files a request once. Keep `request_id` and whether an attempt was begun; come back with both after a failure
    /// that passes or a restart.
    pub async fn create(
        &self,
        new: &NewServiceRequest,
        request_id: Uuid,
        before: Before,
    ) -> Result<Done, UpstreamError> {
        let Some(mark) = new.mark() else {
            let (place, id) = (self.line.place(CREATING), new.reference.escape_debug().to_string());
            return Err(UpstreamError::BadId { place, id, why: "a reference is 1 to 64 signs without brackets" });
        };
        let url = self.line.url(&["v1", "servicerequests", &self.locale]);
        let ask = Ask::write(CREATING, Method::POST, url, new.body(&mark));
        let mut in_doubt = before == Before::PerhapsDone;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let known = if in_doubt { self.find(&new.tenant, &mark).await } else { Ok(None) };
            if let Some(request) = known.map_err(|failed| self.doubted(CREATING, failed))? {
                return Ok(Done { request, was_there: true });
            }
            let ready = self.line.ready(CREATING).await;
            let ready = ready.map_err(|failed| if in_doubt { self.doubted(CREATING, failed) } else { failed })?;
            let failed = match self.post(&ask, request_id, ready).await {
                Ok(request) => return Ok(Done { request, was_there: false }),
                Err(failed) => failed,
            };
            in_doubt |= failed.may_have_been_done();
            self.line.rest_or_give_up(attempts, failed).await.map_err(UpstreamError::into_ambiguous)?;
        }
    }

    pub async fn read(&self, id: &str) -> Result<ServiceRequest, UpstreamError> {
        let url = self.line.url(&["v1", "servicerequests", self.line.id(READING, id)?]);
        self.line.read(&Ask::get(READING, url), |body: &Value, _: &HeaderMap| understand(body)).await
    }

    /// All that were filed for one customer.
    pub async fn list(&self, customer: &str) -> Result<Rows<ServiceRequest>, UpstreamError> {
        let url = self.line.url(&["v1", "customers", self.line.id(LISTING, customer)?, "servicerequests"]);
        let understand = |body: &Value, _: &HeaderMap| Rows::read(body, "items", ServiceRequest::read);
        self.line.read(&Ask::get(LISTING, url), understand).await
    }

    /// Adds a note once. After `Before::PerhapsDone` a note of the same words is taken for this one, so let no two
    /// notes be alike: a date in its words is enough.
    pub async fn add_note(
        &self,
        id: &str,
        text: &str,
        request_id: Uuid,
        before: Before,
    ) -> Result<Done, UpstreamError> {
        let mut known = self.read(id).await?;
        if before == Before::PerhapsDone && known.times_noted(text) > 0 {
            return Ok(Done { request: known, was_there: true });
        }
        let noted_before = known.times_noted(text);
        let (mut attempts, mut conflicts, mut in_doubt) = (0, 0, false);
        loop {
            let ready = self.line.ready(NOTING).await;
            let ready = ready.map_err(|failed| if in_doubt { self.doubted(NOTING, failed) } else { failed })?;
            let failed = match self.patch(&known, text, request_id, ready).await {
                Ok(()) => return Ok(Done { request: self.read(id).await?, was_there: false }),
                Err(failed) => failed,
            };
            in_doubt |= failed.may_have_been_done();
            if matches!(failed, UpstreamError::Conflict { .. }) && conflicts < CONFLICTS_MAX {
                conflicts += 1;
            } else {
                attempts += 1;
                self.line.rest_or_give_up(attempts, failed).await.map_err(UpstreamError::into_ambiguous)?;
            }
            let read = self.read(id).await;
            known = read.map_err(|failed| if in_doubt { self.doubted(NOTING, failed) } else { failed })?;
            if known.times_noted(text) > noted_before {
                return Ok(Done { request: known, was_there: true });
            }
        }
    }

    /// Something else failed while nobody knew whether a write was done.
    fn doubted(&self, doing: &'static str, failed: UpstreamError) -> UpstreamError {
        let why = failed.to_string().trim_end_matches('.').to_owned();
        UpstreamError::Ambiguous { place: self.line.place(doing), why }
    }

    async fn find(&self, tenant: &str, mark: &str) -> Result<Option<ServiceRequest>, UpstreamError> {
        let listed = self.list(tenant).await?;
        Ok(listed.rows.into_iter().find(|request| request.carries(mark)))
    }

    async fn post(&self, ask: &Ask, request_id: Uuid, ready: Ready) -> Result<ServiceRequest, UpstreamError> {
        let (body, _) = self.line.once(ask, request_id, ready).await?;
        understand(&body.unwrap_or_default()).map_err(|why| self.line.unreadable(ask.doing, &why))
    }

    /// Only if nobody changed it since we read it.
    async fn patch(
        &self,
        known: &ServiceRequest,
        text: &str,
        request_id: Uuid,
        ready: Ready,
    ) -> Result<(), UpstreamError> {
        let url = self.line.url(&["v1", "servicerequests", self.line.id(NOTING, &known.id)?]);
        let mut ask = Ask::write(NOTING, Method::PATCH, url, json!({"newNote": {"text": text.trim()}}));
        if let Some(etag) = known.etag.as_deref().and_then(|etag| HeaderValue::from_str(etag).ok()) {
            ask = ask.header(IF_MATCH, etag);
        }
        self.line.once(&ask, request_id, ready).await.map(|_| ())
    }
}

fn understand(body: &Value) -> Result<ServiceRequest, String> {
    let row = Row::of(body).ok_or("it is no object")?;
    ServiceRequest::read(row).map_err(str::to_owned)
}
