//! The statements: tickets and cases have the same columns for it, in tables of their own.

use std::fmt::Display;

use sea_orm::QueryResult;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{
    Expr, ExprTrait, LockBehavior, LockType, Order, Query, SelectStatement, SimpleExpr, SubQueryStatement,
    UpdateStatement,
};
use watchdesk_core::Instant;
use watchdesk_core::clock::Subject;
use watchdesk_core::firing::{FAILURES_MAX, Standing};
use watchdesk_core::ids::{CaseId, TicketId};

use super::{failures, subject_id};
use crate::StoreError;
use crate::rows::{Place, seconds, seconds_or_none};

/// From when on a subject can be claimed; word by word what the index is on.
const FIRES_AT: &str = "(CASE WHEN fire_claimed_until > next_fire_at THEN fire_claimed_until ELSE next_fire_at END)";

const COLUMNS: [&str; 5] = ["id", "next_fire_at", "fire_claimed_until", "fire_fence", "fire_failures"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Tickets,
    Cases,
}

/// The time of the first row that each table answers with, or nothing, in a column of the table's name.
pub(super) fn of_both(rows: impl Fn(Table) -> SelectStatement) -> SelectStatement {
    let mut both = Query::select();
    for table in Table::BOTH {
        let first = rows(table).clear_selects().column("next_fire_at").to_owned();
        both.expr_as(Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(first))), table.name());
    }
    both
}

impl Table {
    pub const BOTH: [Self; 2] = [Self::Tickets, Self::Cases];

    pub fn of(subject: Subject) -> Self {
        match subject {
            Subject::Ticket(_) => Self::Tickets,
            Subject::Case(_) => Self::Cases,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Tickets => "ticket",
            Self::Cases => "operator_case",
        }
    }

    pub(super) fn place(self, id: &dyn Display) -> Place<'_> {
        Place { table: self.name(), id }
    }

    pub(super) fn subject(self, row: &QueryResult) -> Result<Subject, StoreError> {
        let id: Uuid = row.try_get("", "id")?;
        Ok(match self {
            Self::Tickets => Subject::Ticket(TicketId(id)),
            Self::Cases => Subject::Case(CaseId(id)),
        })
    }

    /// The id, if the subject stands in this table.
    pub(super) fn id(self, subject: Subject) -> Option<Uuid> {
        (Self::of(subject) == self).then(|| subject_id(subject))
    }

    fn select(self) -> SelectStatement {
        Query::select().columns(COLUMNS).from(self.name()).to_owned()
    }

    /// What is due and free.
    pub fn free(self, now: Instant, limit: u64) -> SelectStatement {
        let fires_at: SimpleExpr = Expr::cust(FIRES_AT);
        self.select()
            .and_where(Expr::col("next_fire_at").is_not_null())
            .and_where(fires_at.clone().lte(seconds(now)))
            .order_by_expr(fires_at, Order::Asc)
            .limit(limit)
            .to_owned()
    }

    pub(super) fn free_for_update(self, now: Instant, limit: u64) -> SelectStatement {
        self.free(now, limit).lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).to_owned()
    }

    pub(super) fn by_subject(self, subject: Subject) -> SelectStatement {
        self.select().and_where(Expr::col("id").eq(subject_id(subject))).lock(LockType::Update).to_owned()
    }

    pub fn oldest(self) -> SelectStatement {
        self.select()
            .and_where(Expr::col("next_fire_at").is_not_null())
            .and_where(Expr::col("fire_failures").lt(FAILURES_MAX))
            .order_by("next_fire_at", Order::Asc)
            .limit(1)
            .to_owned()
    }

    pub fn set_aside(self, limit: u64) -> SelectStatement {
        self.select()
            // Said this way, because only so do the databases see which index is meant.
            .and_where(Expr::cust("fire_failures > 0"))
            .and_where(Expr::col("fire_failures").gte(FAILURES_MAX))
            .order_by("fire_failures", Order::Asc)
            .order_by("id", Order::Asc)
            .limit(limit)
            .to_owned()
    }

    /// What [`watchdesk_core::firing::claim`] says of each of them.
    pub(super) fn take(self, ids: &[Uuid], until: Instant) -> UpdateStatement {
        Query::update()
            .table(self.name())
            .value("fire_claimed_until", seconds(until))
            .value("fire_fence", Expr::col("fire_fence").add(1))
            .and_where(Expr::col("id").is_in(ids.iter().copied()))
            .to_owned()
    }

    pub(super) fn write(self, subject: Subject, standing: &Standing) -> UpdateStatement {
        Query::update()
            .table(self.name())
            .value("fire_claimed_until", seconds_or_none(standing.claimed_until))
            .value("fire_fence", standing.fence)
            .value("fire_failures", failures(standing))
            .and_where(Expr::col("id").eq(subject_id(subject)))
            .to_owned()
    }
}
