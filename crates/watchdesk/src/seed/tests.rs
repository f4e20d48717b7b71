use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use watchdesk_core::calendar::{Calendar, Deadline};
use watchdesk_core::clock::Objective;
use watchdesk_core::gate::EVIDENCE_FIELDS;
use watchdesk_core::policy::{Known, PausingState, Rule, Side, Target};
use watchdesk_core::rota::{Rota, RotaSpec};
use watchdesk_core::ticket::Severity;

use super::*;

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3_600;

fn shipped() -> Seed {
    seed(&crate::config::load(None).expect("defaults")).expect("a seed")
}

fn known(seed: &Seed) -> Known {
    Known {
        calendars: seed.calendars.iter().map(|(slug, _)| slug.clone()).collect(),
        categories: seed.categories.iter().map(|category| category.slug.clone()).collect(),
        services: seed.services.iter().map(|service| service.slug.clone()).collect(),
        teams: seed.teams.iter().map(|team| team.slug.clone()).collect(),
        rotas: seed.rotas.iter().map(|rota| rota.slug.clone()).collect(),
        webhooks: BTreeSet::new(),
    }
}

fn policy(seed: &Seed, side: Side) -> &Policy {
    let mut of_side = seed.policies.iter().filter(|policy| policy.side == side);
    let policy = of_side.next().expect("a policy of that side");
    assert!(of_side.next().is_none(), "one policy a side");
    policy
}

/// The rule that decides: the first that takes the case in.
fn rule<'a>(policy: &'a Policy, service: &str, category: &str, severity: Severity) -> &'a Rule {
    let has = |wanted: &BTreeSet<Slug>, slug: &str| wanted.is_empty() || wanted.iter().any(|one| one.as_str() == slug);
    let takes = |rule: &&Rule| {
        let when = &rule.when;
        let others =
            when.customers.is_empty() && when.tiers.is_empty() && when.channels.is_empty() && when.tags.is_empty();
        others
            && has(&when.services, service)
            && has(&when.categories, category)
            && (when.severities.is_empty() || when.severities.contains(&severity))
    };
    policy.rules.iter().find(takes).unwrap_or_else(|| panic!("nothing for {service}, {category}, {severity}"))
}

fn target(rule: &Rule, objective: Objective, severity: Severity) -> Option<Target> {
    rule.targets.get(&objective).and_then(|by_severity| by_severity.get(&severity)).copied()
}

#[test]
fn the_shipped_files_are_a_whole_desk() {
    let seed = shipped();
    let calendars: Vec<_> = seed.calendars.iter().map(|(slug, _)| slug.as_str()).collect();
    assert_eq!(calendars, ["always", "cn-working-days", "operator-daily"]);
    for (slug, spec) in &seed.calendars {
        Calendar::compile(spec).unwrap_or_else(|error| panic!("{slug}: {error}"));
    }
    assert_eq!((seed.categories.len(), seed.services.len(), seed.teams.len()), (10, 8, 2));
    assert!(seed.rotas.is_empty(), "a new desk knows nobody");
    for category in &seed.categories {
        let unknown = category.evidence.iter().find(|field| !EVIDENCE_FIELDS.contains(&field.as_str()));
        assert_eq!(unknown, None, "{}", category.slug);
    }
}

#[test]
fn the_shipped_policies_have_no_faults() {
    let seed = shipped();
    for policy in &seed.policies {
        assert_eq!(policy.faults(&known(&seed)), [], "{}", policy.slug);
    }
}

#[test]
fn the_example_of_a_rota_is_one() {
    let text = include_str!("../../../../config/rotas/example.toml");
    let spec: RotaSpec = toml::from_str(text).expect("it can be read");
    let rota = Rota::compile(&spec).expect("it can be computed with");
    let everybody = |_| true;
    let at = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time").with_timezone(&Utc);
    let gaps = rota.coverage(at("2026-03-01T00:00:00Z"), at("2026-06-01T00:00:00Z"), &everybody).expect("an answer");
    assert_eq!(gaps, [], "it covers every hour");
    assert!(known(&shipped()).teams.contains(rota.team().expect("a team")));
}

/// DOMAIN section 3: all of it around the clock.
#[test]
fn what_the_desk_owes_its_customers() {
    let seed = shipped();
    let policy = policy(&seed, Side::Customer);
    let promised = [
        (Objective::Triage, [30 * MINUTE_S; 3]),
        (Objective::FirstResponse, [HOUR_S, 4 * HOUR_S, 8 * HOUR_S]),
        (Objective::NextResponse, [HOUR_S, 4 * HOUR_S, 8 * HOUR_S]),
        (Objective::PeriodicUpdate, [2 * HOUR_S, 8 * HOUR_S, 24 * HOUR_S]),
        (Objective::Resolution, [8 * HOUR_S, 24 * HOUR_S, 72 * HOUR_S]),
    ];
    for (service, category) in [("azure", "connectivity"), ("partner-center", "billing"), ("dynamics-365", "how-to")] {
        for (objective, targets) in promised {
            for (severity, seconds) in Severity::ALL.into_iter().zip(targets) {
                let rule = rule(policy, service, category, severity);
                assert_eq!(target(rule, objective, severity), Some(Target::Seconds(seconds)), "{objective} {severity}");
                assert_eq!(rule.calendar.as_ref().map(Slug::as_str), Some("always"), "{objective} {severity}");
            }
        }
    }
    let waiting = BTreeSet::from([PausingState::Waiting]);
    let pauses = BTreeMap::from([(Objective::PeriodicUpdate, waiting.clone()), (Objective::Resolution, waiting)]);
    assert_eq!(policy.pauses, pauses, "answers never stand still");
}

/// One line: service, category, severity; then the calendar, the acknowledgement and the update.
type Owed = (&'static str, &'static str, Severity, &'static str, Option<Target>, Target);

/// DOMAIN section 3: by product, partly in working hours; no target for the solution.
#[test]
fn what_the_operator_owes_the_desk() {
    use Severity::{A, B, C};
    let hours = |hours: i64| Some(Target::Seconds(hours * HOUR_S));
    let day = Some(Target::WorkingDays(1));
    let (one_day, two_days) = (Target::WorkingDays(1), Target::WorkingDays(2));
    let four_hours = Target::Seconds(4 * HOUR_S);
    let table: [Owed; 10] = [
        ("azure", "performance-availability", A, "always", hours(2), four_hours),
        ("azure", "performance-availability", B, "operator-daily", hours(4), one_day),
        ("azure", "performance-availability", C, "operator-daily", hours(8), two_days),
        ("dynamics-365", "configuration", A, "always", hours(1), four_hours),
        ("dynamics-365", "configuration", B, "cn-working-days", day, one_day),
        ("dynamics-365", "configuration", C, "cn-working-days", day, two_days),
        ("exchange-online", "connectivity", B, "operator-daily", hours(4), one_day),
        ("azure", "billing", B, "cn-working-days", day, one_day),
        ("azure", "subscription-change", C, "cn-working-days", day, two_days),
        ("dynamics-365", "billing", B, "cn-working-days", day, one_day),
    ];
    let seed = shipped();
    let policy = policy(&seed, Side::Operator);
    for (service, category, severity, calendar, acknowledgement, update) in table {
        let place = format!("{service}, {category}, {severity}");
        let rule = rule(policy, service, category, severity);
        assert_eq!(rule.calendar.as_ref().map(Slug::as_str), Some(calendar), "{place}");
        assert_eq!(target(rule, Objective::UpstreamAcknowledgement, severity), acknowledgement, "{place}");
        assert_eq!(target(rule, Objective::UpstreamUpdate, severity), Some(update), "{place}");
        assert_eq!(target(rule, Objective::UpstreamResolution, severity), None, "{place}");
    }
    for objective in [Objective::UpstreamAcknowledgement, Objective::UpstreamUpdate, Objective::UpstreamResolution] {
        assert!(
            policy.pauses_in(objective, PausingState::WaitingOnUs),
            "{objective} waits while the case waits for us"
        );
    }
}

/// DOMAIN section 4, on the calendars that the operator's rules name.
#[test]
fn the_operators_hours() {
    let seed = shipped();
    let calendar = |name: &str| {
        let (_, spec) = seed.calendars.iter().find(|(slug, _)| slug.as_str() == name).expect("a calendar");
        Calendar::compile(spec).expect("it can be computed with")
    };
    let at = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time").with_timezone(&Utc);
    for (name, from, target_s, due, provisional) in [
        ("cn-working-days", "2026-02-13T17:30:00+08:00", 8 * HOUR_S, "2026-02-14T16:30:00+08:00", false),
        ("cn-working-days", "2026-02-14T17:00:00+08:00", 4 * HOUR_S, "2026-02-24T12:00:00+08:00", false),
        ("cn-working-days", "2026-09-30T17:30:00+08:00", HOUR_S, "2026-10-08T09:30:00+08:00", false),
        ("cn-working-days", "2026-12-31T17:30:00+08:00", HOUR_S, "2027-01-04T09:30:00+08:00", true),
        ("operator-daily", "2026-02-17T23:00:00+08:00", 4 * HOUR_S, "2026-02-18T12:00:00+08:00", false),
        ("operator-daily", "2026-02-18T03:00:00+08:00", 8 * HOUR_S, "2026-02-18T17:00:00+08:00", false),
    ] {
        let answer = calendar(name).deadline(at(from), target_s.unsigned_abs(), &[]).expect("an answer");
        assert_eq!(answer, Deadline::At { instant: at(due), provisional }, "{name} from {from}");
    }
    assert_eq!(calendar("cn-working-days").working_day_s(), 9 * HOUR_S.unsigned_abs());
    assert_eq!(calendar("operator-daily").working_day_s(), 15 * HOUR_S.unsigned_abs());
}
