//! How a day was, for those who manage the desk.
//!
//! The figures are read from tickets that changed since the day began: every miss, every opening and every resolution
//! changes its ticket. All reading is bounded; a desk that does more in a day sees the bound in the figures.

use chrono::{Duration, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use watchdesk_core::Instant;
use watchdesk_core::clock::Objective;
use watchdesk_core::ids::CustomerId;
use watchdesk_core::rights::{Role, Visibility};
use watchdesk_core::ticket::{State, StateKind};
use watchdesk_store::mail::FateKind;
use watchdesk_store::outbox::OutboxState;
use watchdesk_store::tickets::{Sort, TicketFilter, TicketRecord};
use watchdesk_store::{PAGE_ITEMS_MAX, Store, StoreError, directory, mail, outbox, tickets};
use watchdesk_templates::mail::{DailySummary, DueTicket, MissedTicket, ROWS_MAX, ticket_url};
use watchdesk_templates::{MailContext, ReaderLocale};

use super::compose::{ComposeError, Composer};

/// Pages of tickets that are read for one summary: 4,000 tickets.
const PAGES_MAX: usize = 20;
const UNFINISHED_COUNTED_MAX: u64 = 100_000;

/// Whether the colleague manages the desk.
pub(crate) fn is_for(role: Role) -> bool {
    match role {
        Role::Admin | Role::Manager => true,
        Role::Lead | Role::Agent | Role::Sales | Role::Auditor => false,
    }
}

/// A day in a zone, as instants: `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: Instant,
    to: Instant,
}

impl Span {
    fn of(day: NaiveDate, zone: Tz) -> Self {
        let from = midnight(day, zone);
        let to = day.succ_opt().map_or(from + Duration::days(1), |next| midnight(next, zone));
        Self { from, to }
    }

    fn holds(&self, at: Instant) -> bool {
        self.from <= at && at < self.to
    }
}

/// The first instant of a local day; where midnight does not exist, the first that does.
fn midnight(day: NaiveDate, zone: Tz) -> Instant {
    let at = day.and_time(NaiveTime::MIN);
    let existing =
        (0..=4).find_map(|half_hours| zone.from_local_datetime(&(at + Duration::minutes(30 * half_hours))).earliest());
    existing.map_or_else(|| at.and_utc(), |at| at.to_utc())
}

#[derive(Debug, Default)]
struct Figures {
    opened: u64,
    resolved: u64,
    missed: Vec<(TicketRecord, Objective, Instant)>,
}

pub(super) async fn context(
    composer: &Composer,
    desk: &str,
    day: NaiveDate,
    locale: ReaderLocale,
    now: Instant,
) -> Result<MailContext, ComposeError> {
    let store = &composer.store;
    let figures = figures(store, Span::of(day, locale.zone)).await?;
    let due = due(store, now).await?;
    let base = composer.base_url.trim_end_matches('/');
    let mut missed = Vec::new();
    for (record, objective, deadline) in figures.missed.iter().take(ROWS_MAX) {
        let Row { number, url, subject, customer } = row(composer, record).await?;
        let (severity, objective, deadline) = (record.ticket.severity, *objective, *deadline);
        missed.push(MissedTicket { number, url, subject, customer, severity, objective, deadline });
    }
    let mut soon = Vec::new();
    for (record, objective, deadline) in due.iter().take(ROWS_MAX) {
        let Row { number, url, subject, customer } = row(composer, record).await?;
        let (severity, objective, deadline) = (record.ticket.severity, *objective, *deadline);
        soon.push(DueTicket { number, url, subject, customer, severity, objective, deadline });
    }
    Ok(MailContext::DailySummary(DailySummary {
        desk: desk.to_owned(),
        day,
        opened: figures.opened,
        resolved: figures.resolved,
        unfinished: tickets::count(store, &Visibility::Everything, &unfinished(), UNFINISHED_COUNTED_MAX).await?,
        missed_count: figures.missed.len() as u64,
        missed,
        due_count: due.len() as u64,
        due: soon,
        held_mails: mail::list_by_fate(store, FateKind::Held, PAGE_ITEMS_MAX, None).await?.items.len() as u64,
        quarantined_mails: mail::list_by_fate(store, FateKind::Quarantined, PAGE_ITEMS_MAX, None).await?.items.len()
            as u64,
        dead_mails: outbox::list_by_state(store, OutboxState::Dead, PAGE_ITEMS_MAX, None).await?.items.len() as u64,
        queue_url: format!("{base}/queue"),
        mail_url: format!("{base}/mail"),
    }))
}

fn unfinished() -> TicketFilter {
    let state = StateKind::ALL.into_iter().filter(|kind| !kind.is_finished()).collect();
    TicketFilter { state, ..TicketFilter::default() }
}

async fn figures(store: &Store, day: Span) -> Result<Figures, StoreError> {
    let mut figures = Figures::default();
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let everything = TicketFilter::default();
        let page =
            tickets::list(store, &Visibility::Everything, &everything, Sort::Updated, PAGE_ITEMS_MAX, cursor.as_ref())
                .await?;
        let last = page.items.last().is_none_or(|record| record.ticket.updated_at < day.from);
        for record in
            page.items.into_iter().filter(|record| record.ticket.updated_at >= day.from && !record.ticket.imported)
        {
            count(store, &mut figures, record, day).await?;
        }
        cursor = page.next.filter(|_| !last);
        if cursor.is_none() {
            break;
        }
    }
    figures.missed.sort_by_key(|(_, _, deadline)| *deadline);
    Ok(figures)
}

async fn count(store: &Store, figures: &mut Figures, record: TicketRecord, day: Span) -> Result<(), StoreError> {
    figures.opened += u64::from(day.holds(record.ticket.opened_at));
    let resolved = match &record.ticket.state {
        State::Resolved { at } => day.holds(*at),
        State::Open | State::Triaged | State::Waiting { .. } | State::Escalated | State::Closed { .. } => false,
    };
    figures.resolved += u64::from(resolved);
    for clock in tickets::clocks(store, record.ticket.id).await? {
        if let Some(at) = clock.missed_at.filter(|at| day.holds(*at)) {
            figures.missed.push((record.clone(), clock.objective, at));
        }
    }
    Ok(())
}

/// Deadlines of the next 24 hours, the earliest first.
async fn due(store: &Store, now: Instant) -> Result<Vec<(TicketRecord, Objective, Instant)>, StoreError> {
    let until = now + Duration::days(1);
    let mut due = Vec::new();
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let everything = TicketFilter::default();
        let page =
            tickets::list(store, &Visibility::Everything, &everything, Sort::Due, PAGE_ITEMS_MAX, cursor.as_ref())
                .await?;
        let within = page.items.iter().take_while(|record| record.due_at.is_some_and(|at| at < until));
        let records: Vec<TicketRecord> = within.cloned().collect();
        let last = records.len() < page.items.len();
        for record in records {
            for clock in tickets::clocks(store, record.ticket.id).await?.iter().filter(|clock| clock.is_running()) {
                if let Some(deadline) = clock.deadline.filter(|at| (now..until).contains(at)) {
                    due.push((record.clone(), clock.objective, deadline));
                }
            }
        }
        cursor = page.next.filter(|_| !last);
        if cursor.is_none() {
            break;
        }
    }
    due.sort_by_key(|(_, _, deadline)| *deadline);
    Ok(due)
}

struct Row {
    number: i64,
    url: String,
    subject: String,
    customer: Option<String>,
}

async fn row(composer: &Composer, record: &TicketRecord) -> Result<Row, ComposeError> {
    let number = record.ticket.number.0;
    Ok(Row {
        number,
        url: ticket_url(&composer.base_url, number),
        subject: record.words.subject.clone(),
        customer: customer_name(&composer.store, record.ticket.customer).await?,
    })
}

async fn customer_name(store: &Store, id: Option<CustomerId>) -> Result<Option<String>, StoreError> {
    match id {
        Some(id) => Ok(directory::customer(store, id).await?.map(|customer| customer.name)),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_readers_own_and_may_have_23_or_25_hours() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let hours = |text: &str, zone| {
            let span = Span::of(day(text), zone);
            (span.to - span.from).num_hours()
        };
        assert_eq!(Span::of(day("2026-03-02"), Tz::Asia__Shanghai).from.to_rfc3339(), "2026-03-01T16:00:00+00:00");
        assert_eq!(hours("2026-03-02", Tz::Asia__Shanghai), 24);
        assert_eq!(hours("2026-03-29", Tz::Europe__Berlin), 23);
        assert_eq!(hours("2026-10-25", Tz::Europe__Berlin), 25);
        // Midnight itself is skipped in Beirut.
        assert_eq!(hours("2026-03-29", Tz::Asia__Beirut), 23);
    }
}
