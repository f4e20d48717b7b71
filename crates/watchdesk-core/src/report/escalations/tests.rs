//! What counts as what, and that groups add up to the whole.

use proptest::prelude::*;
use uuid::Uuid;

use super::{
    About, Acknowledged, Escalation, EscalationReport, Escalations, Fate, Figures, Group, Key, Part, filed_by,
};
use crate::case::{AnswerOutcome, EscalationReason, Measure};
use crate::command::{CaseCommand, Command, WordFrom};
use crate::decide::tests::world::{World, hours, minutes, slug};
use crate::division::{self, Shares};
use crate::event::EventKind;
use crate::ids::{AgentId, CaseId, TicketId};
use crate::refusal::Because;
use crate::report::{Month, Used};
use crate::ticket::Severity;

fn about(agent: Option<AgentId>) -> About {
    About {
        month: Month { year: 2026, month: 3 },
        operator: slug("21vianet"),
        product: Some(slug("exchange-online")),
        category: Some(slug("connectivity")),
        agent,
    }
}

fn of(world: &World, id: CaseId) -> Escalation {
    let case = &world.cases[&id];
    let ticket = *case.tickets.first().expect("a ticket");
    let stored = &world.tickets[&ticket];
    let time = division::time(&world.desk, &stored.events, &stored.clocks, std::slice::from_ref(case), world.now);
    let shares = time.expect("its events begin with the opening").wall;
    let agent = filed_by(&stored.events, id);
    Escalation::of(&world.desk, case, about(agent), vec![(ticket, shares)], world.now).expect("it was filed")
}

fn total(escalations: &[Escalation]) -> Figures {
    reported(escalations, &[]).total
}

fn reported(escalations: &[Escalation], groups: &[Group]) -> EscalationReport {
    let mut report = Escalations::new(groups.iter().copied());
    escalations.iter().for_each(|escalation| report.add(escalation));
    report.finish()
}

fn answer(world: &mut World, id: CaseId, outcome: AnswerOutcome) {
    let (words, at) = (world.words("Look again."), world.now);
    world.case_command(id, CaseCommand::Answer { words, outcome, at });
}

fn refuse(world: &mut World, id: CaseId) {
    let (words, at) = (world.words("The documentation answers this."), world.now);
    world.case_command(id, CaseCommand::Refuse { words, at });
}

#[test]
fn a_draft_is_not_counted_and_whoever_files_it_is_known() {
    let mut world = World::new();
    let id = world.open();
    world.triage(id, Severity::B);
    let draft = world.draft(id);
    assert_eq!(Escalation::of(&world.desk, &world.cases[&draft], about(None), Vec::new(), world.now), None);
    let filing = world.filing();
    world.case_command(draft, filing);
    assert_eq!(of(&world, draft).about.agent, Some(world.agent));
}

#[test]
fn an_acknowledgement_is_in_time_late_overdue_not_yet_or_never() {
    let mut world = World::new();
    let (_, waiting) = world.escalated();
    assert_eq!(of(&world, waiting).acknowledged, Acknowledged::NotYet);
    let (_, in_time) = world.escalated();
    let (_, refused) = world.escalated();
    world.advance(hours(1));
    let at = world.now;
    world.case_command(in_time, CaseCommand::Acknowledge { contact: None, at });
    refuse(&mut world, refused);
    let escalation = of(&world, in_time);
    assert_eq!((escalation.acknowledged, escalation.acknowledged_s), (Acknowledged::InTime, Some(3_600)));
    assert_eq!(of(&world, refused).acknowledged, Acknowledged::Never);
    world.advance(hours(24));
    assert_eq!(of(&world, waiting).acknowledged, Acknowledged::Overdue);
    let at = world.now;
    world.case_command(waiting, CaseCommand::Acknowledge { contact: None, at });
    assert_eq!(of(&world, waiting).acknowledged, Acknowledged::Late);
    let figures = total(&[of(&world, waiting), of(&world, in_time), of(&world, refused)]);
    assert_eq!(figures.acknowledged_in_time, Part { n: 1, of: 2 });
    assert_eq!((figures.acknowledged.never, figures.filed), (1, 3));
}

#[test]
fn a_late_word_of_the_operators_is_a_late_update() {
    let mut world = World::new();
    let (_, id) = world.escalated();
    let at = world.now;
    world.case_command(id, CaseCommand::Acknowledge { contact: None, at });
    assert_eq!(of(&world, id).late_updates, 0);
    world.advance(hours(72));
    let (words, at) = (world.words("Still looking."), world.now);
    world.case_command(id, CaseCommand::Update { words, from: WordFrom::Operator, at });
    let figures = total(&[of(&world, id)]);
    assert_eq!((figures.late_updates, figures.with_late_update), (1, Part { n: 1, of: 1 }));
}

#[test]
fn what_waited_on_us_is_not_the_operators_time_to_answer() {
    let mut world = World::new();
    let (_, id) = world.escalated();
    world.advance(hours(1));
    let at = world.now;
    world.case_command(id, CaseCommand::WaitOnUs { at });
    world.advance(hours(2));
    let (words, at) = (world.words("Here is the trace."), world.now);
    world.case_command(id, CaseCommand::Update { words, from: WordFrom::Us, at });
    world.advance(minutes(30));
    answer(&mut world, id, AnswerOutcome::Solved);
    assert_eq!(of(&world, id).answered_s, Some(5_400));
}

#[test]
fn a_confirmed_case_keeps_its_outcome_and_a_reopened_one_is_open() {
    let mut world = World::new();
    let (_, solved) = world.escalated();
    let (_, unsolved) = world.escalated();
    answer(&mut world, solved, AnswerOutcome::Solved);
    answer(&mut world, unsolved, AnswerOutcome::NotSolved);
    world.case_command(solved, CaseCommand::Confirm);
    assert_eq!((of(&world, solved).fate, of(&world, unsolved).fate), (Fate::Solved, Fate::NotSolved));
    world.case_command(solved, CaseCommand::Reopen);
    let again = of(&world, solved);
    assert_eq!((again.fate, again.was_reopened), (Fate::Open, true));
}

#[test]
fn a_severity_that_the_operator_lowered_is_counted_and_a_raised_one_is_not() {
    let mut world = World::new();
    let (_, id) = world.escalated();
    assert!(!of(&world, id).was_lowered);
    world.case_command(id, CaseCommand::ChangeSeverity { severity: Severity::C });
    assert!(of(&world, id).was_lowered);
    world.case_command(id, CaseCommand::ChangeSeverity { severity: Severity::B });
    assert!(!of(&world, id).was_lowered);
}

#[test]
fn a_lesson_is_on_record_with_who_and_when_and_its_words_are_in_no_event() {
    let mut world = World::new();
    let (ticket, id) = world.escalated();
    let learn = |body: &str, measure| CaseCommand::Learn { body: body.to_owned(), measure, owner: None };
    let refusal = world.try_case(id, learn("Too early.", Measure::None)).expect_err("it is with the operator");
    assert!(matches!(refusal.because, Because::CaseState(_)), "{refusal}");
    refuse(&mut world, id);
    assert_eq!(total(&[of(&world, id)]).lessons, Part { n: 0, of: 1 });
    let refusal = world.try_case(id, learn("  ", Measure::Training)).expect_err("nothing is said");
    assert_eq!(refusal.because, Because::NothingSaid);
    let nobody = Some(AgentId(Uuid::from_u128(404)));
    let learned = CaseCommand::Learn { body: "Read it.".to_owned(), measure: Measure::Training, owner: nobody };
    assert_eq!(world.try_case(id, learned).expect_err("nobody").because, Because::UnknownAgent);

    world.case_command(id, learn("Read the article first.", Measure::Training));
    world.advance(hours(1));
    world.case_command(id, learn("Read the article; it is linked in the guide now.", Measure::Documentation));
    assert_eq!(total(&[of(&world, id)]).lessons, Part { n: 1, of: 1 });
    let lesson = world.cases[&id].words.lesson.clone().expect("a lesson");
    assert_eq!((lesson.measure, lesson.by, lesson.at), (Measure::Documentation, world.agent, world.now));
    let events = &world.tickets[&ticket].events;
    let recorded = events.iter().filter(|event| matches!(event.kind, EventKind::CaseLessonRecorded { .. }));
    assert_eq!(recorded.count(), 2, "what was amended stays on record as a fact");
    assert!(!serde_json::to_string(events).expect("JSON").contains("article"));
}

#[test]
fn a_lesson_is_drawn_from_a_closed_ticket_too() {
    let mut world = World::new();
    let (ticket, id) = world.escalated();
    refuse(&mut world, id);
    world.resolve(ticket);
    world.command(ticket, Command::Close { reason: crate::command::CloseReason::Solved });
    world
        .case_command(id, CaseCommand::Learn { body: "Ask first.".to_owned(), measure: Measure::Process, owner: None });
    assert!(of(&world, id).has_lesson);
}

fn ticket(n: u128) -> TicketId {
    TicketId(Uuid::from_u128(n))
}

prop_compose! {
    fn anything()(
        which in (0_u32..3, 0_usize..4, 0_usize..3, 0_usize..3),
        how in (0_usize..6, 0_usize..5, 0_u32..4),
        flags in (any::<bool>(), any::<bool>(), any::<bool>()),
        seconds in (proptest::option::of(0_i64..1_000_000), proptest::option::of(0_i64..1_000_000)),
        tickets in proptest::collection::btree_map(0_u128..20, 0_i64..1, 1..3),
    ) -> Escalation {
        let (month, reason, agent, product) = which;
        let (acknowledged, fate, late_updates) = how;
        use Acknowledged::{InTime, Late, Never, NotYet, Overdue, Unpromised};
        // The time of a ticket is the same in whichever case it is met.
        let time = |n: u128| {
            let n = i64::try_from(n).expect("few");
            Shares { whole_s: n * 111, customers_s: n, operators_s: n * 10, ours_s: n * 100 }
        };
        Escalation {
            case: CaseId(Uuid::nil()),
            about: About {
                month: Month { year: 2026, month: month + 1 },
                product: ["exchange-online", "azure"].get(product).map(|name| slug(name)),
                agent: (agent > 0).then(|| AgentId(Uuid::from_u128(agent as u128))),
                ..about(None)
            },
            reason: EscalationReason::ALL[reason],
            filed_at: crate::Instant::UNIX_EPOCH,
            acknowledged: [InTime, Late, Overdue, NotYet, Never, Unpromised][acknowledged],
            late_updates,
            fate: [Fate::Open, Fate::Refused, Fate::Withdrawn, Fate::Solved, Fate::NotSolved][fate],
            was_reopened: flags.0,
            was_lowered: flags.1,
            has_lesson: flags.2,
            acknowledged_s: seconds.0,
            answered_s: seconds.1,
            tickets: tickets.into_keys().map(|n| (ticket(n), time(n))).collect(),
        }
    }
}

/// All that can be added up.
fn counts(figures: &Figures) -> Vec<u64> {
    let how = &figures.acknowledged;
    let parts = [
        figures.acknowledged_in_time,
        figures.with_late_update,
        figures.open,
        figures.refused,
        figures.withdrawn,
        figures.solved,
        figures.not_solved,
        figures.reopened,
        figures.lowered,
        figures.lessons,
    ];
    let plain = [figures.filed, how.in_time, how.late, how.overdue, how.not_yet, how.never, how.unpromised];
    let used = [figures.times.to_acknowledgement, figures.times.to_answer].map(|used| used.map_or(0, |it| it.count));
    let parts = parts.iter().flat_map(|part| [part.n, part.of]);
    plain.into_iter().chain([figures.late_updates]).chain(used).chain(parts).collect()
}

/// Half of them took no longer, by the sorted list.
fn nearest_rank(mut values: Vec<i64>, percent: usize) -> Option<i64> {
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied()
}

proptest! {
    #[test]
    fn the_rows_of_each_group_add_up_to_the_whole(all in proptest::collection::vec(anything(), 0..60)) {
        let report = reported(&all, &Group::ALL);
        let whole = counts(&report.total);
        for group in Group::ALL {
            let mut sums = vec![0; whole.len()];
            for row in report.rows.iter().filter(|row| row.key.group() == group) {
                sums.iter_mut().zip(counts(&row.figures)).for_each(|(sum, count)| *sum += count);
            }
            prop_assert_eq!(&sums, &whole, "{:?}", group);
        }
        let how = report.total.acknowledged;
        let ways = [how.in_time, how.late, how.overdue, how.not_yet, how.never, how.unpromised];
        prop_assert_eq!(ways.iter().sum::<u64>(), report.total.filed);
        let fates = [report.total.open, report.total.refused, report.total.withdrawn, report.total.solved,
            report.total.not_solved];
        prop_assert_eq!(fates.iter().map(|part| part.n).sum::<u64>(), report.total.filed);
    }

    #[test]
    fn a_median_is_the_middle_of_the_sorted_list_and_a_ticket_counts_once(
        all in proptest::collection::vec(anything(), 1..60),
    ) {
        let times = total(&all).times;
        let mut tickets: Vec<(TicketId, Shares)> = all.iter().flat_map(|one| one.tickets.clone()).collect();
        tickets.sort_by_key(|(id, _)| *id);
        tickets.dedup_by_key(|(id, _)| *id);
        let check = |used: Option<Used>, values: Vec<i64>| {
            prop_assert_eq!(used.map_or(0, |used| used.count), values.len() as u64);
            prop_assert_eq!(used.map(|used| used.p50_s), nearest_rank(values.clone(), 50));
            prop_assert_eq!(used.map(|used| used.p90_s), nearest_rank(values, 90));
            Ok(())
        };
        check(times.ours, tickets.iter().map(|(_, shares)| shares.ours_s).collect())?;
        check(times.customers, tickets.iter().map(|(_, shares)| shares.customers_s).collect())?;
        check(times.operators, tickets.iter().map(|(_, shares)| shares.operators_s).collect())?;
        check(times.to_acknowledgement, all.iter().filter_map(|one| one.acknowledged_s).collect())?;
        check(times.to_answer, all.iter().filter_map(|one| one.answered_s).collect())?;
    }
}

#[test]
fn a_key_is_of_its_group_and_a_group_of_its_name() {
    let mut world = World::new();
    let (_, id) = world.escalated();
    let escalation = of(&world, id);
    for group in Group::ALL {
        assert_eq!(Key::of(group, &escalation).group(), group);
        assert_eq!(Group::parse(group.as_str()), Some(group));
    }
    assert_eq!(Part::default().fraction(), None);
    assert_eq!(Part { n: 1, of: 4 }.fraction(), Some(0.25));
}
