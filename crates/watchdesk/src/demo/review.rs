//! The manager goes through what was missed, and excuses what nobody here could help.

use std::collections::BTreeSet;

use anyhow::Context;
use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::clock::{Clock, ClockState, Objective, Subject};
use watchdesk_core::command::{Command, Unit};
use watchdesk_core::rights::Role;
use watchdesk_store::reports::{self, READINGS_MAX};

use crate::demo::story::Teller;

const DAYS: i64 = 21;
/// Every so many of them was nobody's fault.
const ONE_OF: usize = 3;
const EXCUSES_MAX: usize = 6;

pub async fn excuse_misses(teller: &Teller<'_>, reasons: &[String], now: Instant) -> anyhow::Result<()> {
    let manager = teller.cast.staff.iter().position(|member| member.role == Role::Manager);
    let manager = teller.roster.actor(manager.context("the cast has no manager")?);
    let page = reports::readings(teller.store, now - Duration::days(DAYS), now, None, READINGS_MAX).await?;
    let missed = page.items.into_iter().map(|reading| reading.clock).filter(is_over_and_missed).step_by(ONE_OF);
    let mut excused = BTreeSet::new();
    for (clock, reason) in missed.take(EXCUSES_MAX).zip(reasons.iter().cycle()) {
        // One a ticket is enough to look at.
        if let Subject::Ticket(ticket) = clock.subject
            && excused.insert(ticket)
        {
            let excuse = Command::Excuse { clock: clock.id, reason: Some(reason.clone()) };
            teller.execute(manager, Unit::ticket(ticket, excuse)).await?;
        }
    }
    Ok(())
}

fn is_over_and_missed(clock: &Clock) -> bool {
    // An update that was late is talked about, and not excused.
    let matters = matches!(clock.objective, Objective::FirstResponse | Objective::NextResponse | Objective::Resolution);
    let is_over = clock.state == ClockState::Ended && !clock.is_superseded();
    matters && is_over && clock.missed_at.is_some() && clock.excuse.is_none()
}
