//! Microsoft Graph: the health of the services in one directory.

mod model;

use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

pub use model::{HealthOverview, HealthState, Issue, Post};

use crate::UpstreamError;
use crate::line::{Ask, Line};
use crate::reading::{Row, Rows};

/// A list that is longer is taken for one that never ends.
const PAGES_MAX: usize = 50;
const PREFER: HeaderName = HeaderName::from_static("prefer");
const PAGE_SIZE: HeaderValue = HeaderValue::from_static("odata.maxpagesize=100");
const HEALTH: &str = "reading the health of services";
const ISSUES: &str = "reading the issues of services";
const ISSUE: &str = "reading an issue of a service";

/// As one app in the directory whose services are asked about. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Graph {
    pub(crate) line: Arc<Line>,
}

impl Graph {
    pub async fn health_overviews(&self) -> Result<Rows<HealthOverview>, UpstreamError> {
        self.all(HEALTH, "healthOverviews", HealthOverview::read).await
    }

    /// Open ones and ended ones, as far back as the operator remembers.
    pub async fn issues(&self) -> Result<Rows<Issue>, UpstreamError> {
        self.all(ISSUES, "issues", Issue::read).await
    }

    pub async fn issue(&self, id: &str) -> Result<Issue, UpstreamError> {
        let mut url = self.announcements("issues");
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(self.line.id(ISSUE, id)?);
        }
        let understand = |body: &Value, _: &HeaderMap| {
            let row = Row::of(body).ok_or("it is no object")?;
            Issue::read(row).map_err(str::to_owned)
        };
        self.line.read(&Ask::get(ISSUE, url), understand).await
    }

    async fn all<T>(
        &self,
        doing: &'static str,
        what: &str,
        read: impl Fn(Row<'_>) -> Result<T, &'static str>,
    ) -> Result<Rows<T>, UpstreamError> {
        let first = self.announcements(what);
        let mut found = Rows::none();
        let mut url = first.clone();
        for _ in 0..PAGES_MAX {
            let ask = Ask::get(doing, url.clone()).header(PREFER, PAGE_SIZE);
            let understand = |body: &Value, _: &HeaderMap| {
                Ok((Rows::read(body, "value", &read)?, body["@odata.nextLink"].as_str().map(str::to_owned)))
            };
            let (rows, link) = self.line.read(&ask, understand).await?;
            found.join(rows);
            match link {
                None => return Ok(found),
                Some(link) => url = self.next(doing, &first, &url, &link)?,
            }
        }
        Err(UpstreamError::TooMuch { place: self.line.place(doing), max: PAGES_MAX, what: "pages" })
    }

    /// Our token goes nowhere but to the list that we asked for.
    fn next(&self, doing: &'static str, first: &Url, this: &Url, link: &str) -> Result<Url, UpstreamError> {
        let next = Url::parse(link).map_err(|_| self.line.unreadable(doing, "the next page has no address"))?;
        if next.origin() != first.origin() || next.path() != first.path() || !next.username().is_empty() {
            let host = next.host_str().unwrap_or(next.scheme()).to_owned();
            return Err(UpstreamError::ForeignLink { place: self.line.place(doing), host });
        }
        if next == *this {
            return Err(self.line.unreadable(doing, "the next page is this page"));
        }
        Ok(next)
    }

    fn announcements(&self, what: &str) -> Url {
        self.line.url(&["v1.0", "admin", "serviceAnnouncement", what])
    }
}
