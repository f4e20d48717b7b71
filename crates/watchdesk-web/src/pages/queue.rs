//! The queue: what must be done next, and by when.

use axum::response::Response;
use uuid::Uuid;
use watchdesk_core::ids::{AgentId, CustomerId, TeamId};
use watchdesk_core::ticket::{Severity, StateKind};
use watchdesk_store::tickets::{self, OwnerFilter, Sort, TicketFilter};
use watchdesk_store::{Cursor, StoreError, directory};
use watchdesk_templates::pages::{Choice, Nav, QueueChoices, QueueFilters, QueuePage, QueueSummary};

use super::answer;
use super::files::percent_encoded;
use super::names::{self, Staff};
use super::rows::rows;
use super::shell::{UNFINISHED, shell};
use super::visit::Visit;
use crate::forms::FormFields;
use crate::problem::Problem;

const ROWS: u64 = 50;
const COUNTED_MAX: u64 = 1_000;
/// What is due within the hour is near.
const NEAR_S: i64 = 3_600;

pub(super) async fn home(_visit: Visit) -> Response {
    answer::see_other("/queue")
}

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    let asked = Asked::of(&visit.query, &visit)?;
    let store = &visit.app.store;
    let visibility = visit.visibility();
    let found = tickets::list(store, &visibility, &asked.filter, asked.sort, ROWS, asked.cursor.as_ref());
    let (found, choices, summary) = tokio::try_join!(found, choices(&visit, &asked), summary(&visit))?;
    let rows = rows(&visit, &found.items).await?;
    let next = found.next.map(|cursor| asked.link(&cursor));
    let page = QueuePage {
        shell: shell(&visit, asked.nav()).await?,
        rows,
        choices,
        summary: Some(summary),
        previous: None,
        next,
        filtered: asked.is_filtered(),
        filters: asked.filters,
    };
    visit.page(&page)
}

/// What the query asks for. Empty values mean "any"; nonsense is told.
struct Asked {
    filters: QueueFilters,
    filter: TicketFilter,
    sort: Sort,
    cursor: Option<Cursor>,
}

impl Asked {
    fn of(query: &FormFields, visit: &Visit) -> Result<Self, Problem> {
        let text = |name: &str| query.filled(name).unwrap_or_default().to_owned();
        let filters = QueueFilters {
            state: text("state"),
            owner: text("owner"),
            severity: text("severity"),
            customer: text("customer"),
            team: text("team"),
            sort: text("sort"),
        };
        let filter = TicketFilter {
            state: parsed("state", &filters.state, StateKind::parse)?.into_iter().collect(),
            owner: parsed("owner", &filters.owner, |owner| self::owner(owner, visit.agent.id))?,
            team: parsed("team", &filters.team, id)?.map(TeamId),
            customer: parsed("customer", &filters.customer, id)?.map(CustomerId),
            severity: parsed("severity", &filters.severity, Severity::parse)?,
            text: None,
        };
        // By what is due, only unfinished ones can be sorted.
        let usual = if filter.state.iter().any(|state| state.is_finished()) { Sort::Updated } else { Sort::Due };
        let sort = match parsed("sort", &filters.sort, Sort::parse)? {
            Some(Sort::Due) | None => usual,
            Some(sort) => sort,
        };
        let cursor = parsed("cursor", &text("cursor"), |cursor| cursor.parse().ok())?;
        Ok(Self { filters, filter, sort, cursor })
    }

    fn nav(&self) -> Nav {
        match (self.filters.owner.as_str(), self.filters.state.as_str()) {
            ("me", _) => Nav::Mine,
            ("none", _) => Nav::Unassigned,
            (_, "escalated") => Nav::Escalated,
            _ => Nav::Queue,
        }
    }

    fn is_filtered(&self) -> bool {
        self.pairs().iter().any(|(name, value)| *name != "sort" && !value.is_empty())
    }

    fn pairs(&self) -> [(&'static str, &str); 6] {
        let filters = &self.filters;
        [
            ("state", &filters.state),
            ("owner", &filters.owner),
            ("severity", &filters.severity),
            ("customer", &filters.customer),
            ("team", &filters.team),
            ("sort", &filters.sort),
        ]
    }

    /// The page after this one, with all filters.
    fn link(&self, cursor: &Cursor) -> String {
        let filled = self.pairs().into_iter().filter(|(_, value)| !value.is_empty());
        let pairs: String = filled.map(|(name, value)| format!("{name}={}&", percent_encoded(value))).collect();
        format!("/queue?{pairs}cursor={cursor}")
    }
}

fn owner(text: &str, me: AgentId) -> Option<OwnerFilter> {
    match text {
        "me" => Some(OwnerFilter::Agent(me)),
        "none" => Some(OwnerFilter::Nobody),
        other => id(other).map(|id| OwnerFilter::Agent(AgentId(id))),
    }
}

fn id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

pub(super) fn parsed<T>(name: &str, text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).ok_or_else(|| Problem::no_such(name))
}

async fn choices(visit: &Visit, asked: &Asked) -> Result<QueueChoices, StoreError> {
    let store = &visit.app.store;
    let chosen = match asked.filter.customer.filter(|id| names::knows_customer(visit, *id)) {
        Some(id) => directory::customer(store, id).await?,
        None => None,
    };
    let customers = names::customer_choices(visit, chosen.as_ref()).await?;
    let teams = directory::teams(store).await?;
    let team = |team: &directory::Team| Choice::new(team.id.to_string(), team.name.in_language(visit.language()));
    Ok(QueueChoices { owners: owner_shown(visit, asked).await?, customers, teams: teams.iter().map(team).collect() })
}

/// The page offers "me" and "nobody"; somebody else it shows where he is asked for.
async fn owner_shown(visit: &Visit, asked: &Asked) -> Result<Vec<Choice>, StoreError> {
    match asked.filter.owner {
        Some(OwnerFilter::Agent(id)) if asked.filters.owner != "me" => {
            let staff = Staff::named(visit, [id]).await?;
            Ok(vec![Choice::new(id.to_string(), staff.name(id))])
        }
        Some(OwnerFilter::Agent(_) | OwnerFilter::Nobody) | None => Ok(Vec::new()),
    }
}

/// How everything stands that the reader sees.
async fn summary(visit: &Visit) -> Result<QueueSummary, StoreError> {
    let store = &visit.app.store;
    let visibility = visit.visibility();
    let soon = visit.now + chrono::Duration::seconds(NEAR_S);
    let unfinished = TicketFilter { state: UNFINISHED.to_vec(), ..TicketFilter::default() };
    let (missed, by_then, unfinished) = tokio::try_join!(
        tickets::overdue(store, &visibility, visit.now, COUNTED_MAX),
        tickets::overdue(store, &visibility, soon, COUNTED_MAX),
        tickets::count(store, &visibility, &unfinished, COUNTED_MAX),
    )?;
    let near = by_then.saturating_sub(missed);
    Ok(QueueSummary { missed: missed.cast_signed(), near: near.cast_signed(), unfinished: unfinished.cast_signed() })
}
