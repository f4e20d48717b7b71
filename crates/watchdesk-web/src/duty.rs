//! Who is on call, asked by programs and by pages.

use watchdesk_core::Instant;
use watchdesk_core::desk::Desk;
use watchdesk_core::ids::{AgentId, Slug};
use watchdesk_core::rota::{Gap, Rota, RotaError};

/// The weeks ahead that are looked at where nobody says otherwise.
pub(crate) const AHEAD_DAYS: i64 = 28;

/// Only who still works here is on call.
pub(crate) fn is_active(desk: &Desk) -> impl Fn(AgentId) -> bool + '_ {
    |id| desk.agents.get(&id).is_some_and(|agent| agent.active)
}

/// The coming weeks.
pub(crate) fn ahead(now: Instant) -> (Instant, Instant) {
    (now, now + chrono::Duration::days(AHEAD_DAYS))
}

/// Every gap of every rota, by time.
pub(crate) fn gaps(desk: &Desk, from: Instant, to: Instant) -> Result<Vec<(Slug, Gap)>, RotaError> {
    let mut found = Vec::new();
    for (slug, rota) in &desk.rotas {
        let gaps = rota.coverage(from, to, &is_active(desk))?;
        found.extend(gaps.into_iter().map(|gap| (slug.clone(), gap)));
    }
    found.sort_by(|(a, one), (b, other)| (one.from, a, one.level).cmp(&(other.from, b, other.level)));
    Ok(found)
}

/// The levels that are asked about: those of the rota, and the first, which is owed around the clock.
pub(crate) fn levels(rota: &Rota) -> impl Iterator<Item = u32> {
    let mut levels = rota.levels();
    levels.insert(1);
    levels.into_iter()
}
