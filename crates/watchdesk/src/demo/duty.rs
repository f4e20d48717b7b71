//! What the sample desk agreed on before its first ticket: who is on call, and what its customers were promised beside
//! the shipped policy.

use anyhow::{Context, ensure};
use chrono::{Datelike, Duration};
use serde::Deserialize;
use watchdesk_core::Instant;
use watchdesk_core::desk::{AppliesTo, Named};
use watchdesk_core::ids::{AgentId, Slug};
use watchdesk_core::policy::{Policy, Rule, Side};
use watchdesk_core::rights::Role;
use watchdesk_core::rota::{LayerSpec, OverrideSpec, RestrictionSpec, RotaSpec};
use watchdesk_notifier::tasks::{ROTA_AHEAD_DAYS, rota_coverage};
use watchdesk_store::{Store, desk, rules};

use crate::demo::cast::{Cast, Shift};
use crate::demo::people::{Directory, FIRST_LINE};
use crate::demo::time;

const RULES: &str = include_str!("data/rules.toml");

pub const ROTA: &str = "desk";

/// Shifts are from eight to eight.
const DAY: (&str, &str) = ("08:00", "20:00");
const NIGHT: (&str, &str) = ("20:00", "08:00");
/// Somebody notices the hole with at least a day to go.
const NOTICED_BEFORE_H: i64 = 24;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    rules: Vec<Rule>,
}

/// The manager publishes it all.
pub async fn agree(
    store: &Store,
    cast: &Cast,
    directory: &Directory,
    begun_at: Instant,
    now: Instant,
) -> anyhow::Result<()> {
    let manager =
        cast.staff.iter().position(|member| member.role == Role::Manager).context("the cast has no manager")?;
    let ids: Vec<AgentId> = directory.staff.iter().map(|staff| staff.id).collect();
    let manager = ids[manager];
    rules::save_rota(store, manager, &rota(cast, &ids, begun_at, now)?).await?;
    let shipped = rules::policy(store, Side::Customer, None).await?.context("the desk has no policy")?.policy;
    let policy = policy(shipped)?;
    let faults = policy.faults(&rules::known(&*desk::load(store).await?, []));
    ensure!(faults.is_empty(), "demo/data/rules.toml: {faults:?}");
    rules::publish_policy(store, manager, policy, AppliesTo::New).await?;
    Ok(())
}

/// As the desk does by itself every hour.
pub async fn report_gaps(store: &Store) -> anyhow::Result<()> {
    let told = rota_coverage(store, ROTA_AHEAD_DAYS).await;
    told.map(drop).map_err(|error| anyhow::anyhow!("the rota cannot be looked through: {error}"))
}

fn policy(shipped: Policy) -> anyhow::Result<Policy> {
    let file: RuleFile = toml::from_str(RULES).context("demo/data/rules.toml")?;
    let mut rules = file.rules;
    rules.extend(shipped.rules);
    Ok(Policy { rules, ..shipped })
}

/// Around the clock, with one hole: nobody has taken over the shift of next Saturday night.
pub fn rota(cast: &Cast, ids: &[AgentId], begun_at: Instant, now: Instant) -> anyhow::Result<RotaSpec> {
    let layer = |level: u32, role: Role, shift: Shift| {
        let hours = match shift {
            Shift::Day => DAY,
            Shift::Night => NIGHT,
        };
        layer(level, people(cast, ids, role, shift), hours, begun_at)
    };
    let layers = vec![
        layer(1, Role::Agent, Shift::Day),
        layer(1, Role::Agent, Shift::Night),
        layer(2, Role::Lead, Shift::Day),
        layer(2, Role::Lead, Shift::Night),
    ];
    let (from, to) = hole(now);
    Ok(RotaSpec {
        slug: Slug::new(ROTA)?,
        name: Named { en: "Service desk".to_owned(), zh: "服务台".to_owned() },
        team: None,
        layers,
        overrides: vec![OverrideSpec { level: 1, from, to, replaces: None, with: None }],
    })
}

/// Of the first line, in the order of the cast.
fn people(cast: &Cast, ids: &[AgentId], role: Role, shift: Shift) -> Vec<AgentId> {
    let members = cast.staff.iter().zip(ids);
    let fits =
        members.filter(|(member, _)| member.role == role && member.shift == Some(shift) && member.is_in(FIRST_LINE));
    fits.map(|(_, id)| *id).collect()
}

fn layer(level: u32, people: Vec<AgentId>, (from, to): (&str, &str), begun_at: Instant) -> LayerSpec {
    LayerSpec {
        level,
        people,
        rotation: "weekly".to_owned(),
        every: 1,
        hand_over: from.to_owned(),
        weekday: None,
        time_zone: time::ZONE.to_owned(),
        starts_on: monday_before(begun_at),
        until: None,
        restrictions: vec![RestrictionSpec { weekdays: Vec::new(), from: from.to_owned(), to: to.to_owned() }],
    }
}

fn monday_before(at: Instant) -> String {
    let day = time::date(at);
    // A day more: at its very beginning the night shift of the day before is still on.
    let back = Duration::days(i64::from(day.weekday().num_days_from_monday()) + 7);
    (day - back).to_string()
}

/// From Saturday evening to Sunday morning.
pub fn hole(now: Instant) -> (Instant, Instant) {
    let days_left = (5 + 7 - i64::from(time::date(now).weekday().num_days_from_monday())) % 7;
    let saturday = time::at_time(now + Duration::days(days_left), 20, 0);
    let soon = saturday - now < Duration::hours(NOTICED_BEFORE_H);
    let from = if soon { saturday + Duration::days(7) } else { saturday };
    (from, from + Duration::hours(12))
}
