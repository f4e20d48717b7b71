//! What a change midway does to a clock that runs.

use super::world::{World, calendar_of, hours, minutes, slug};
use crate::clock::{Cancellation, Clock, ClockState, Measured, Objective, Outcome, StepFate, Suppression};
use crate::command::{Command, FieldChanges};
use crate::desk::{AppliesTo, Published};
use crate::event::EventKind;
use crate::ids::TicketId;
use crate::policy::Policy;
use crate::ticket::Severity;
use crate::what_if::{Verdict, dry_run, replay};

use Objective::{FirstResponse, Resolution};

fn severity(world: &mut World, id: TicketId, to: Severity) {
    let change = FieldChanges { severity: Some(to), ..FieldChanges::default() };
    world.command(id, Command::Change(Box::new(change)));
}

fn chain(world: &World, id: TicketId, objective: Objective) -> Vec<Clock> {
    let clocks = world.tickets[&id].clocks.iter().filter(|clock| clock.objective == objective);
    clocks.cloned().collect()
}

#[test]
fn c_raised_to_a_after_two_hours_is_missed_an_hour_ago_and_only_the_latest_step_speaks() {
    let mut world = World::new();
    let start = world.now;
    let id = world.open();
    world.triage(id, Severity::C);
    world.let_pass(hours(2));
    severity(&mut world, id, Severity::A);
    let chain = chain(&world, id, FirstResponse);
    let [_, old, new] = chain.as_slice() else { panic!("three instances: {chain:?}") };
    assert_eq!((old.outcome, old.missed_at, old.consumed_s), (Some(Outcome::Superseded), None, Some(7_200)));
    assert_eq!((new.deadline, new.missed_at), (Some(start + hours(1)), Some(start + hours(1))));
    let stamped = |event: &&crate::event::Event| matches!(event.kind, EventKind::ClockMissed { .. });
    assert_eq!(world.tickets[&id].events.iter().find(stamped).expect("a miss").at, start + hours(1));
    let before = world.effects.len();
    world.let_pass(minutes(1));
    let said: Vec<_> = world.effects[before..].iter().map(|effect| effect.notice.name()).collect();
    assert_eq!(said, ["target_missed", "target_missed"], "owner and lead; the warning is not said any more");
    let clock = world.clock(id, FirstResponse, 1);
    let fates: Vec<_> = clock.steps.iter().map(|record| (record.step, record.fate)).collect();
    assert_eq!(fates, [(0, StepFate::Suppressed(Suppression::Recomputed)), (1, StepFate::Fired)]);
}

#[test]
fn a_change_keeps_the_pauses() {
    let mut world = World::new();
    let start = world.now;
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(1));
    world.ask(id, None);
    world.advance(hours(5));
    world.customer_writes(id);
    severity(&mut world, id, Severity::A);
    assert_eq!(world.clock(id, Resolution, 1).deadline, Some(start + hours(8 + 5)));
}

#[test]
fn a_severity_lowered_after_a_miss_leaves_the_miss_counted() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::A);
    world.let_pass(hours(2));
    severity(&mut world, id, Severity::C);
    let clock = world.clock(id, FirstResponse, 1);
    assert_eq!((clock.missed_at, clock.lowered, clock.is_missed()), (None, true, true));
    world.reply(id);
    let clock = world.clock(id, FirstResponse, 1);
    assert_eq!((clock.outcome, clock.is_missed()), (Some(Outcome::Met), true), "missed at most once, but missed");
}

#[test]
fn a_target_that_is_met_stays_met_whatever_the_severity_becomes() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::C);
    world.advance(hours(3));
    world.reply(id);
    let before = world.clock(id, FirstResponse, 1).clone();
    severity(&mut world, id, Severity::A);
    assert_eq!(*world.clock(id, FirstResponse, 1), before, "three hours were fine when they were taken");
}

#[test]
fn what_no_rule_promises_any_more_is_cancelled_and_promised_again_goes_on_from_its_start() {
    let mut world = World::new();
    let start = world.now;
    let id = world.open();
    world.triage(id, Severity::B);
    let tags = |tags: &[&str]| {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        Command::Change(Box::new(FieldChanges { tags: Some(tags), ..FieldChanges::default() }))
    };
    world.advance(hours(1));
    world.command(id, tags(&["internal"]));
    assert_eq!(world.clock(id, Resolution, 1).outcome, Some(Outcome::Cancelled(Cancellation::NoPolicy)));
    world.advance(hours(1));
    world.command(id, tags(&[]));
    let clock = world.clock(id, Resolution, 1);
    assert_eq!((clock.state, clock.revision), (ClockState::Running, 2));
    assert_eq!(clock.deadline, Some(start + hours(24)));
}

fn stricter(world: &World, applies_to: AppliesTo) -> Published<Policy> {
    let mut body = world.desk.customer_policy.newest().expect("a policy").body.clone();
    body.version = 2;
    for rule in &mut body.rules {
        for target in rule.targets.values_mut().flat_map(|by_severity| by_severity.values_mut()) {
            *target = crate::policy::Target::Seconds(600);
        }
    }
    Published { version: 2, at: world.now, applies_to, body }
}

#[test]
fn a_policy_for_new_tickets_leaves_running_ones_alone() {
    let mut world = World::new();
    let old = world.open();
    world.triage(old, Severity::B);
    world.advance(hours(1));
    world.desk.customer_policy.push(stricter(&world, AppliesTo::New));
    world.system(old, Command::Recompute);
    assert_eq!(world.clock(old, Resolution, 1).target_s, 86_400);
    assert_eq!(world.clock(old, Resolution, 1).policy_version, 1);
    let new = world.open();
    assert_eq!(world.clock(new, Resolution, 1).target_s, 600);
    assert_eq!(world.clock(new, Resolution, 1).policy_version, 2);
}

#[test]
fn a_policy_for_running_tickets_measures_them_anew_from_their_start() {
    let mut world = World::new();
    let start = world.now;
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(1));
    world.desk.customer_policy.push(stricter(&world, AppliesTo::Running));
    world.system(id, Command::Recompute);
    let clock = world.clock(id, Resolution, 1);
    assert_eq!((clock.policy_version, clock.missed_at), (2, Some(start + minutes(10))));
    let version = world.tickets[&id].ticket.version;
    world.system(id, Command::Recompute);
    assert_eq!(world.tickets[&id].ticket.version, version, "a second time changes nothing");
}

#[test]
fn a_version_that_changes_nothing_for_a_clock_supersedes_nothing() {
    let mut world = World::new();
    let id = world.open();
    let mut same = stricter(&world, AppliesTo::Running);
    same.body.rules.clone_from(&world.desk.customer_policy.newest().expect("a policy").body.rules);
    world.desk.customer_policy.push(same);
    world.system(id, Command::Recompute);
    assert_eq!(world.clock(id, Resolution, 1).revision, 1);
}

const OFFICE: &str = r#"{"time_zone": "Asia/Shanghai", "schedule_years": [2025],
  "hours": {"mon": [["09:00", "18:00"]], "tue": [["09:00", "18:00"]], "wed": [["09:00", "18:00"]],
            "thu": [["09:00", "18:00"]], "fri": [["09:00", "18:00"]]}}"#;
const OFFICE_2026: &str = r#"{"time_zone": "Asia/Shanghai", "schedule_years": [2025, 2026], "holidays": ["2026-03-03"],
  "hours": {"mon": [["09:00", "18:00"]], "tue": [["09:00", "18:00"]], "wed": [["09:00", "18:00"]],
            "thu": [["09:00", "18:00"]], "fri": [["09:00", "18:00"]]}}"#;

#[test]
fn a_provisional_deadline_is_said_to_be_one_and_computed_anew_when_the_schedule_arrives() {
    let mut world = World::new();
    let start = world.now;
    world.policy(
        r#"{"slug": "standard", "rules": [{"name": "office", "calendar": "office",
            "targets": {"resolution": {"B": {"working_days": 2}}}}]}"#,
    );
    world.calendar("office", OFFICE, AppliesTo::Running);
    let id = world.open();
    let clock = world.clock(id, Resolution, 1);
    assert_eq!((clock.provisional, clock.deadline), (true, Some(start + hours(24 + 9))));
    world.calendar("office", OFFICE_2026, AppliesTo::Running);
    world.system(id, Command::Recompute);
    let clock = world.clock(id, Resolution, 1);
    assert_eq!((clock.provisional, clock.calendar_version), (false, 2));
    assert_eq!(clock.deadline, Some(start + hours(48 + 9)), "Tuesday is a holiday after all");
    assert_eq!(calendar_of("office", 2, OFFICE_2026).slug, slug("office"));
}

#[test]
fn a_late_call_corrects_the_reading_of_a_superseded_instance_too() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::A);
    world.advance(minutes(50));
    let called = world.now;
    world.let_pass(hours(1));
    severity(&mut world, id, Severity::C);
    assert!(world.clock(id, FirstResponse, 1).lowered);
    let words = world.words("Spoke to him in time.");
    let direction = crate::command::CallDirection::Outbound;
    world.command(id, Command::LogCall { words, direction, at: called });
    let clock = world.clock(id, FirstResponse, 1);
    assert_eq!((clock.outcome, clock.is_missed()), (Some(Outcome::Met), false));
    assert!(chain(&world, id, FirstResponse).iter().all(|clock| clock.missed_at.is_none()));
}

#[test]
fn a_merge_counts_the_older_unanswered_message_and_unmerging_takes_it_back() {
    let mut world = World::new();
    let older = world.open();
    let opened = world.now;
    world.advance(hours(1));
    let survivor = world.open();
    let own = world.clock(survivor, FirstResponse, 1).deadline;
    world.command(older, Command::Merge { into: survivor });
    assert_eq!(world.clock(survivor, FirstResponse, 1).deadline, Some(opened + hours(4)));
    assert_eq!(world.clock(older, FirstResponse, 1).outcome, Some(Outcome::Cancelled(Cancellation::Merged)));
    world.command(older, Command::Unmerge);
    assert_eq!(world.clock(survivor, FirstResponse, 1).deadline, own);
    assert_eq!(world.clock(older, FirstResponse, 1).state, ClockState::Running);
}

#[test]
fn a_version_can_be_tried_before_it_is_published() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(1));
    let stored = &world.tickets[&id];
    let timeline = crate::clock::Timeline::of(&stored.events);
    let trial = world.desk.with_policy(stricter(&world, AppliesTo::Running).body, AppliesTo::Running, world.now);
    let tier = slug("standard");
    let on = |desk| Measured::ticket(desk, &stored.ticket, Some(&tier), &timeline, &stored.clocks, world.now);
    let changes = dry_run(&on(&trial)).expect("a trial");
    let told: Vec<_> = changes.iter().map(|change| (change.objective, change.overdue_at_once)).collect();
    assert_eq!(told, [(FirstResponse, true), (Resolution, true)]);
    assert_eq!(dry_run(&on(&world.desk)).expect("a trial"), [], "the desk as it is changes nothing");
    let trial = world.desk.with_policy(stricter(&world, AppliesTo::New).body, AppliesTo::New, world.now);
    assert_eq!(dry_run(&on(&trial)).expect("a trial"), [], "it is for new tickets only");
}

#[test]
fn past_tickets_are_replayed_under_another_policy() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    world.advance(hours(1));
    world.reply(id);
    let stored = &world.tickets[&id];
    let timeline = crate::clock::Timeline::of(&stored.events);
    let desk = world.desk.under_policy(stricter(&world, AppliesTo::Running).body);
    let measured = Measured::ticket(&desk, &stored.ticket, None, &timeline, &[], world.now);
    let replayed = replay(&measured, &stored.clocks).expect("a replay");
    let told: Vec<_> = replayed.iter().map(|one| (one.objective, one.was, one.would_be)).collect();
    assert_eq!(told, [(FirstResponse, Verdict::Met, Verdict::Missed), (Resolution, Verdict::Running, Verdict::Missed)]);
}

#[test]
fn a_calendar_that_moves_no_deadline_supersedes_nothing() {
    let mut world = World::new();
    world.policy(
        r#"{"slug": "standard", "rules": [{"name": "office", "calendar": "office",
            "targets": {"resolution": {"B": {"working_days": 1}}}}]}"#,
    );
    world.calendar("office", &OFFICE_2026.replace("2026-03-03", "2026-12-31"), AppliesTo::Running);
    let id = world.open();
    world.calendar("office", OFFICE_2026, AppliesTo::Running);
    world.system(id, Command::Recompute);
    let clock = world.clock(id, Resolution, 1);
    assert_eq!((clock.revision, clock.calendar_version), (1, 1), "it is due on Monday evening either way");
}

#[test]
fn a_call_logged_late_is_judged_by_the_terms_of_its_time() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::C);
    world.let_pass(minutes(80));
    let called = world.now;
    world.let_pass(minutes(12));
    severity(&mut world, id, Severity::A);
    assert!(world.clock(id, FirstResponse, 1).missed_at.is_some());
    world.let_pass(minutes(3));
    let words = world.words("I had called him before.");
    let direction = crate::command::CallDirection::Outbound;
    world.command(id, Command::LogCall { words, direction, at: called });
    let clock = world.clock(id, FirstResponse, 1);
    assert_eq!((clock.outcome, clock.is_missed()), (Some(Outcome::Met), false), "eighty minutes were fine under C");
}

#[test]
fn a_merge_that_was_merged_on_is_taken_back_in_order() {
    let mut world = World::new();
    let (first, second, third) = (world.open(), world.open(), world.open());
    world.command(first, Command::Merge { into: second });
    world.command(second, Command::Merge { into: third });
    assert!(world.try_command(first, Command::Unmerge).is_err(), "its messages are in the third by now");
    world.command(second, Command::Unmerge);
    world.command(first, Command::Unmerge);
    assert_eq!(world.clock(first, FirstResponse, 1).state, ClockState::Running);
}
