//! Partner Center: who our customers are and what they subscribe to.

mod cursor;
mod model;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

pub use cursor::{BadCursor, Cursor};
pub use model::{
    BillingType, Customer, CustomerDetail, ManagedService, Relationship, Subscription, SubscriptionStatus,
};

use crate::UpstreamError;
use crate::line::{Ask, Line};
use crate::reading::{Row, Rows};

/// A list that is longer is taken for one that never ends.
const CUSTOMER_PAGES_MAX: usize = 10_000;
const SUBSCRIPTION_PAGES_MAX: usize = 100;
const CONTINUATION: HeaderName = HeaderName::from_static("ms-continuationtoken");
const CUSTOMERS: &str = "reading the customers";
const CUSTOMER: &str = "reading a customer";
const SUBSCRIPTIONS: &str = "reading a customer's subscriptions";
const MANAGED_SERVICES: &str = "reading a customer's managed services";

/// As one app in the reseller's own directory. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PartnerCenter {
    pub(crate) line: Arc<Line>,
    pub(crate) customers_per_page: usize,
    pub(crate) managed_services: bool,
}

/// One page of customers. Whoever keeps `next` can go on from there, also after a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerPage {
    pub customers: Vec<Customer>,
    /// A word on each row that could not be read; the others are whole.
    pub not_understood: Vec<String>,
    /// How many customers there are on all pages, as far as the operator says so.
    pub total: Option<u64>,
    pub next: Option<Cursor>,
}

/// Page after page; ends with `None`.
#[derive(Debug)]
pub struct CustomerPages {
    client: PartnerCenter,
    state: Walk,
    pages: usize,
}

#[derive(Debug)]
enum Walk {
    Begin,
    From(Cursor),
    Done,
}

impl PartnerCenter {
    /// Every page from `from` on, or from the first.
    #[must_use]
    pub fn customers(&self, from: Option<Cursor>) -> CustomerPages {
        CustomerPages { client: self.clone(), state: from.map_or(Walk::Begin, Walk::From), pages: 0 }
    }

    /// One page. A cursor that the operator no longer knows is `CursorGone`: begin with the first page.
    pub async fn customers_page(&self, from: Option<&Cursor>) -> Result<CustomerPage, UpstreamError> {
        let mut url = self.line.url(&["v1", "customers"]);
        if from.is_none() {
            url.query_pairs_mut().append_pair("size", &self.customers_per_page.to_string());
        }
        let ask = onward(Ask::get(CUSTOMERS, url), from);
        let understand = |body: &Value, headers: &HeaderMap| {
            let found = Rows::read(body, "items", Customer::read)?;
            let next = next_cursor(body, headers);
            if next.is_some() && next.as_ref() == from {
                return Err("the next page is this page".to_owned());
            }
            let total = Row::of(body).and_then(|row| row.number("totalCount"));
            let total = total.and_then(|total| u64::try_from(total).ok());
            Ok(CustomerPage { customers: found.rows, not_understood: found.not_understood, total, next })
        };
        match self.line.read(&ask, understand).await {
            Err(UpstreamError::Refused { place, status: 400 | 410, .. }) if from.is_some() => {
                Err(UpstreamError::CursorGone { place })
            }
            outcome => outcome,
        }
    }

    /// The only place that says whether administration is delegated to us.
    pub async fn customer(&self, customer: &str) -> Result<CustomerDetail, UpstreamError> {
        let url = self.line.url(&["v1", "customers", self.line.id(CUSTOMER, customer)?]);
        let understand = |body: &Value, _: &HeaderMap| {
            let row = Row::of(body).ok_or("it is no object")?;
            CustomerDetail::read(row).map_err(str::to_owned)
        };
        self.line.read(&Ask::get(CUSTOMER, url), understand).await
    }

    pub async fn subscriptions(&self, customer: &str) -> Result<Rows<Subscription>, UpstreamError> {
        let url = self.line.url(&["v1", "customers", self.line.id(SUBSCRIPTIONS, customer)?, "subscriptions"]);
        let mut found = Rows::none();
        let mut cursor = None;
        for _ in 0..SUBSCRIPTION_PAGES_MAX {
            let ask = onward(Ask::get(SUBSCRIPTIONS, url.clone()), cursor.as_ref());
            let understand = |body: &Value, headers: &HeaderMap| {
                Ok((Rows::read(body, "items", Subscription::read)?, next_cursor(body, headers)))
            };
            let (rows, next) = self.line.read(&ask, understand).await?;
            found.join(rows);
            if next.is_none() {
                return Ok(found);
            }
            cursor = next;
        }
        Err(self.too_much(SUBSCRIPTIONS, SUBSCRIPTION_PAGES_MAX))
    }

    /// `None` where they are switched off, because the operator has none.
    pub async fn managed_services(&self, customer: &str) -> Result<Option<Rows<ManagedService>>, UpstreamError> {
        if !self.managed_services {
            return Ok(None);
        }
        let url = self.line.url(&["v1", "customers", self.line.id(MANAGED_SERVICES, customer)?, "managedservices"]);
        let understand = |body: &Value, _: &HeaderMap| Rows::read(body, "items", ManagedService::read);
        self.line.read(&Ask::get(MANAGED_SERVICES, url), understand).await.map(Some)
    }

    /// Asks nothing for so long. Whoever goes on after a crash does not know how much was asked in the last minute;
    /// with a minute of quiet the operator's limit holds all the same.
    pub fn keep_quiet(&self, length: Duration) {
        self.line.pace.hold(length);
    }

    fn too_much(&self, doing: &'static str, max: usize) -> UpstreamError {
        UpstreamError::TooMuch { place: self.line.place(doing), max, what: "pages" }
    }
}

impl CustomerPages {
    /// After a failure the same page is asked for again.
    pub async fn next(&mut self) -> Result<Option<CustomerPage>, UpstreamError> {
        let from = match &self.state {
            Walk::Begin => None,
            Walk::From(cursor) => Some(cursor),
            Walk::Done => return Ok(None),
        };
        if self.pages >= CUSTOMER_PAGES_MAX {
            return Err(self.client.too_much(CUSTOMERS, CUSTOMER_PAGES_MAX));
        }
        let page = self.client.customers_page(from).await?;
        self.pages += 1;
        self.state = page.next.clone().map_or(Walk::Done, Walk::From);
        Ok(Some(page))
    }
}

/// Goes on from a cursor. The address of the next page is made here and not taken from the answer.
fn onward(mut ask: Ask, from: Option<&Cursor>) -> Ask {
    let Some(from) = from else {
        return ask;
    };
    ask.url.query_pairs_mut().append_pair("seekOperation", "Next");
    match HeaderValue::from_str(from.as_str()) {
        Ok(value) => ask.header(CONTINUATION, value),
        Err(_) => ask,
    }
}

/// Among the headers that the link to the next page wants, or, as some versions have it, of the answer itself.
fn next_cursor(body: &Value, headers: &HeaderMap) -> Option<Cursor> {
    let wanted = body["links"]["next"]["headers"].as_array().into_iter().flatten().filter_map(Row::of);
    let is_token = |row: &Row<'_>| row.words("key").eq_ignore_ascii_case(CONTINUATION.as_str());
    let linked = wanted.filter(is_token).find_map(|row| row.text("value"));
    let own = || headers.get(CONTINUATION)?.to_str().ok().map(str::to_owned);
    linked.or_else(own)?.parse().ok()
}
