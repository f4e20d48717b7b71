//! All that the stand-in knows, and who answers what.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Duration, Utc};
use url::form_urlencoded;

use crate::answer::Answer;
use crate::fault::{Fault, Faults};
use crate::health::Health;
use crate::options::{Links, Options};
use crate::record::{Recorded, Records};
use crate::seed::SeedCustomer;
use crate::service_requests::ServiceRequests;
use crate::{graph, partner_center, service_requests, sign_in};

/// Answers to writes that are remembered by their `MS-RequestId`.
const WRITES_MAX: usize = 10_000;
const GUID_LENGTH: usize = 36;

/// One request, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

#[derive(Debug)]
pub(crate) struct Token {
    pub tenant: String,
    pub until: DateTime<Utc>,
}

#[derive(Debug)]
pub(crate) struct World {
    pub options: Options,
    pub base_url: String,
    pub links: Links,
    pub tokens: BTreeMap<String, Token>,
    pub tokens_made: u64,
    pub health: Health,
    pub service_requests: ServiceRequests,
    pub faults: Faults,
    pub records: Records,
    /// Customers that are not as the seed has them any more.
    pub changed: BTreeMap<String, SeedCustomer>,
    admitted: BTreeMap<(String, &'static str), VecDeque<DateTime<Utc>>>,
    writes: BTreeMap<String, Answer>,
}

impl Call {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn query(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    fn is_write(&self) -> bool {
        self.method != "GET"
    }
}

impl World {
    pub fn new(options: Options, base_url: String) -> Self {
        let service_requests = ServiceRequests::new(options.spelling);
        Self {
            options,
            base_url,
            links: Links::default(),
            tokens: BTreeMap::new(),
            tokens_made: 0,
            health: Health::default(),
            service_requests,
            faults: Faults::default(),
            records: Records::default(),
            changed: BTreeMap::new(),
            admitted: BTreeMap::new(),
            writes: BTreeMap::new(),
        }
    }

    pub fn customers_total(&self) -> usize {
        self.options.seed.len()
    }

    pub fn customer_at(&self, index: usize) -> Option<SeedCustomer> {
        let seeded = self.options.seed.get(index)?;
        Some(self.changed.get(&seeded.id).cloned().unwrap_or(seeded))
    }

    pub fn customer(&self, id: &str) -> Option<SeedCustomer> {
        let seeded = self.options.seed.find(id)?;
        Some(self.changed.get(&seeded.id).cloned().unwrap_or(seeded))
    }

    pub fn knows_tenant(&self, tenant: &str) -> bool {
        tenant.eq_ignore_ascii_case(&self.options.tenant) || self.customer(tenant).is_some()
    }

    /// The answer to a call, and what is to go wrong on its way back.
    pub fn handle(&mut self, call: &Call) -> (Answer, Option<Fault>) {
        let now = (self.options.now)();
        self.records.add(Recorded {
            at: now,
            method: call.method.clone(),
            path: call.path.clone(),
            query: call.query.clone(),
            headers: call.headers.clone(),
            body: call.body.clone(),
        });
        let fault = self.faults.strike(&call.method, &call.path);
        match fault {
            Some(Fault::Status(status)) => (self.refuse(call, status), None),
            Some(Fault::Throttle { retry_after_s }) => (Answer::throttled(retry_after_s), None),
            Some(Fault::Redirect(to)) => (Answer::redirect(to), None),
            Some(Fault::Huge) => (Answer::huge(), None),
            Some(Fault::Html) => (Answer::html(), None),
            Some(Fault::Silence | Fault::Drop) => (Answer::nothing(503), fault),
            Some(Fault::HalfAnAnswer) => (self.answer(call, now).cut_in_half(), None),
            Some(Fault::WrongType) => (self.answer(call, now).of_wrong_type(), None),
            Some(Fault::Slow(_) | Fault::DropAfterWork) | None => (self.answer(call, now), fault),
        }
    }

    fn refuse(&self, call: &Call, status: u16) -> Answer {
        if call.path.starts_with("/v1.0/") {
            Answer::graph_refusal(status, "UnknownError", "The stand-in was told to fail.")
        } else {
            Answer::refusal(status, &status.to_string(), "The stand-in was told to fail.")
        }
    }

    fn answer(&mut self, call: &Call, now: DateTime<Utc>) -> Answer {
        let segments: Vec<&str> = call.path.trim_matches('/').split('/').collect();
        match segments.as_slice() {
            [tenant, "oauth2", "token"] => sign_in::answer(self, call, tenant, now),
            ["v1", rest @ ..] => self.partner_center(call, rest, now),
            ["v1.0", "admin", "serviceAnnouncement", rest @ ..] => self.graph(call, rest, now),
            _ => Answer::nothing(404),
        }
    }

    fn partner_center(&mut self, call: &Call, rest: &[&str], now: DateTime<Utc>) -> Answer {
        let Some(tenant) = self.signed_in(call, now) else {
            return Answer::refusal(401, "1001", "The token is missing, unknown or expired.");
        };
        if let Some(retry_after_s) = self.over_the_limit(tenant, "partner center", now) {
            return Answer::throttled(retry_after_s);
        }
        if let Some(wrong) = wrong_header(call) {
            return Answer::refusal(400, "20001", &format!("The header {wrong} is missing or invalid."));
        }
        let id = call.header("ms-requestid").unwrap_or_default().to_owned();
        if let Some(known) = self.writes.get(&id).filter(|_| call.is_write() && self.options.honours_request_ids) {
            return known.clone();
        }
        let answer = match rest {
            ["customers", rest @ ..] => partner_center::answer(self, call, rest),
            ["servicerequests", rest @ ..] => service_requests::answer(self, call, rest, now),
            _ => Answer::refusal(404, "404", "There is no such resource."),
        };
        if call.is_write() && answer.status < 300 && self.writes.len() < WRITES_MAX {
            self.writes.insert(id, answer.clone());
        }
        answer
    }

    fn graph(&mut self, call: &Call, rest: &[&str], now: DateTime<Utc>) -> Answer {
        let Some(tenant) = self.signed_in(call, now) else {
            return Answer::graph_refusal(401, "InvalidAuthenticationToken", "Access token has expired or is invalid.");
        };
        match self.over_the_limit(tenant.clone(), "graph", now) {
            Some(retry_after_s) => Answer::throttled(retry_after_s),
            None => graph::answer(self, call, &tenant, rest),
        }
    }

    fn signed_in(&self, call: &Call, now: DateTime<Utc>) -> Option<String> {
        let token = call.header("authorization")?.strip_prefix("Bearer ")?;
        self.tokens.get(token).filter(|token| token.until > now).map(|token| token.tenant.clone())
    }

    /// After how many seconds there is room again, where there is none; otherwise the call is counted.
    fn over_the_limit(&mut self, tenant: String, interface: &'static str, now: DateTime<Utc>) -> Option<i64> {
        let limit = self.options.requests_per_minute;
        let admitted = self.admitted.entry((tenant, interface)).or_default();
        while admitted.front().is_some_and(|at| now - *at >= Duration::minutes(1)) {
            admitted.pop_front();
        }
        if admitted.len() < limit {
            admitted.push_back(now);
            return None;
        }
        let oldest = admitted.front().copied().unwrap_or(now);
        Some((oldest + Duration::minutes(1) - now).num_seconds().max(1))
    }
}

/// What every call to Partner Center has to bring.
fn wrong_header(call: &Call) -> Option<&'static str> {
    let is_guid = |name| call.header(name).is_some_and(|id| id.len() == GUID_LENGTH && id.matches('-').count() == 4);
    let checks = [
        ("Accept", call.header("accept") == Some("application/json")),
        ("MS-RequestId", is_guid("ms-requestid")),
        ("MS-CorrelationId", is_guid("ms-correlationid")),
        ("MS-Contract-Version", call.header("ms-contract-version") == Some("v1")),
        ("X-Locale", call.header("x-locale").is_some()),
    ];
    checks.into_iter().find(|(_, right)| !right).map(|(name, _)| name)
}
