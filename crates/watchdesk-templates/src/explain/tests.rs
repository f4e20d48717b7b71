//! Accounts as people read them.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use chrono_tz::Tz;
use watchdesk_core::calendar::Closed;
use watchdesk_core::clock::{Cancellation, ClockState, Outcome, Suppression};
use watchdesk_core::desk::Language;
use watchdesk_core::event::ActorRef;
use watchdesk_core::explain::{
    Chain, Explanation, Happening, HeldTo, InstanceAccount, Leg, LegKind, Matched, Next, NothingOwed, PausedBy,
    Recomputed, SeverityBecause, StartedBy, StepToldTo, StoryLine,
};
use watchdesk_core::policy::{AssignTo, LadderStep, OnCall, Whom};
use watchdesk_core::rights::Role;
use watchdesk_core::ticket::{Channel, Severity};

use super::samples::{
    CASE, CONTOSO, GRACE, OTHER_TICKET, WANG, division, festival, grace, id, names, shanghai, slug, step,
};
use super::{Names, account, explain_text, time_account, time_text};
use crate::ReaderLocale;

fn reader(language: Language) -> ReaderLocale {
    ReaderLocale::new(language, Tz::Asia__Shanghai)
}

#[test]
fn the_account_across_the_festival() {
    for language in Language::ALL {
        let text = explain_text(&festival(), reader(language), &names(language));
        insta::assert_snapshot!(format!("festival.{}", language.as_str()), text);
    }
}

#[test]
fn where_the_time_went() {
    for language in Language::ALL {
        let text = time_text(&division(), 1042, reader(language), &names(language));
        insta::assert_snapshot!(format!("time.{}", language.as_str()), text);
    }
}

#[test]
fn a_late_answer_reads_missed_and_met_late_to_the_second() {
    let text = explain_text(&festival(), reader(Language::English), &names(Language::English));
    assert!(text.contains("missed at Fri 13 Feb, 10:00:00 and met late at Fri 13 Feb, 10:05:00"), "{text}");
    assert!(text.contains("Spring Festival, closed 15–23 Feb"), "{text}");
    let text = explain_text(&festival(), reader(Language::Chinese), &names(Language::Chinese));
    assert!(text.contains("春节，2月15日至23日休息"), "{text}");
}

#[test]
fn a_reader_elsewhere_has_his_own_times_and_is_told_whose_dates_are_whose() {
    let berlin = ReaderLocale::new(Language::English, Tz::Europe__Berlin);
    let text = explain_text(&festival(), berlin, &names(Language::English));
    assert!(text.contains("Fri 13 Feb, 03:00:00 and met late at Fri 13 Feb, 03:05:00"), "{text}");
    assert!(text.contains("Europe/Berlin") && text.contains("Dates of closed days are dates there."), "{text}");
}

#[test]
fn what_the_legs_count_is_the_sum_below_them() {
    let account = account(&festival(), reader(Language::English), &names(Language::English));
    let reckoning = &account.cases[0].chains[0].reckonings[0];
    assert_eq!(reckoning.sum.as_deref(), Some("12 h 30 min used up: due Tue 24 Feb, 12:00:00"));
}

#[test]
fn the_picture_of_the_time_fills_its_width_and_the_shares_stand_side_by_side() {
    let account = time_account(&division(), reader(Language::English), &names(Language::English));
    let last = account.stripes.last().expect("a stripe");
    assert_eq!((account.stripes[0].x, last.x + last.width), (0, super::time::PICTURE));
    for pair in account.stripes.windows(2) {
        assert_eq!(pair[0].x + pair[0].width, pair[1].x);
    }
    let [ours, customers, operators] = &account.wall.shares[..] else { panic!("three shares") };
    assert_eq!((ours.x + ours.width, customers.x + customers.width), (customers.x, operators.x));
}

fn line(what: Happening) -> StoryLine {
    StoryLine { at: shanghai("2026-02-13 09:00"), recorded_at: None, what }
}

fn beginnings() -> Vec<StartedBy> {
    let at = shanghai("2025-12-31 23:59:58");
    let mut all = vec![
        StartedBy::Opened,
        StartedBy::OpenedBefore { ticket: id(OTHER_TICKET) },
        StartedBy::CustomerWrote { message: None, contact: Some(id(WANG)) },
        StartedBy::CustomerWrote { message: None, contact: None },
        StartedBy::StaffSpoke { message: None, agent: Some(id(GRACE)) },
        StartedBy::CallLogged { message: id(77), agent: None },
        StartedBy::PassedOn { case: id(CASE) },
        StartedBy::PassedOn { case: id(99) },
        StartedBy::CaseFiled,
        StartedBy::OperatorSpoke,
        StartedBy::OperatorAsked,
    ];
    all.extend([true, false].map(|continues| StartedBy::Reopened { at, continues }));
    all.extend([true, false].map(|continues| StartedBy::CaseReopened { at, continues }));
    all
}

fn reasons() -> Vec<Recomputed> {
    vec![
        Recomputed::Severity { from: Some(Severity::C), to: Severity::A, by: grace() },
        Recomputed::Severity { from: None, to: Severity::A, by: ActorRef::System },
        Recomputed::Category { to: slug("billing") },
        Recomputed::Service { to: Some(slug("dynamics-365")) },
        Recomputed::Service { to: None },
        Recomputed::Customer { to: Some(id(CONTOSO)) },
        Recomputed::Customer { to: None },
        Recomputed::Tags,
        Recomputed::Contract { to: Some(slug("gold")) },
        Recomputed::Contract { to: None },
        Recomputed::CaseSeverity { to: Severity::B },
        Recomputed::Policy { from: 1, to: 2 },
        Recomputed::Calendar { slug: slug("cn-working-days"), from: 1, to: 2 },
        Recomputed::OwedAgain,
    ]
}

fn everybody() -> LadderStep {
    LadderStep {
        before_s: Some(1_800),
        tell: vec![
            Whom::Assignee,
            Whom::Team,
            Whom::Leads,
            Whom::Managers,
            Whom::Role(Role::Admin),
            Whom::AccountOwner,
            Whom::OnCall(OnCall { rota: slug("desk"), level: 1 }),
            Whom::Address("duty@example.cn".to_owned()),
            Whom::Webhook(slug("pager")),
        ],
        acknowledge_within_s: Some(600),
        raise_severity: true,
        assign: Some(AssignTo::Team(slug("first-line"))),
        tags: BTreeSet::from(["late".to_owned()]),
        ..LadderStep::default()
    }
}

fn happenings() -> Vec<Happening> {
    let by = grace();
    let suppressed = [Suppression::Recomputed, Suppression::CarriedOver, Suppression::Moot];
    let cancelled = [
        Cancellation::Spam,
        Cancellation::Withdrawn,
        Cancellation::Merged,
        Cancellation::NoPolicy,
        Cancellation::NoLongerOwed,
        Cancellation::Refused,
        Cancellation::NotSolved,
    ];
    let mut all: Vec<Happening> = beginnings().into_iter().map(|by| Happening::Started { by }).collect();
    all.push(Happening::TookOver { from_revision: 1, why: reasons() });
    all.push(Happening::TookOver { from_revision: 1, why: Vec::new() });
    let pauses = [PausedBy::Waiting { until: None }, PausedBy::WaitingOnUs, PausedBy::Finished];
    all.extend(pauses.map(|by| Happening::Paused { by }));
    all.extend(
        suppressed
            .map(|why| Happening::Step(step(0, "2026-02-13 09:00", 0, everybody(), StepToldTo::Suppressed { why }))),
    );
    let fired = StepToldTo::Fired { told: BTreeSet::from([id(GRACE), id(88)]), elsewhere: 2 };
    let again = step(1, "2026-02-13 09:00", 7_200, everybody(), fired);
    all.push(Happening::Step(Box::new(watchdesk_core::explain::StepAccount {
        repetition: 1,
        ladder_step: None,
        ..(*again).clone()
    })));
    all.push(Happening::Step(again));
    all.push(Happening::Step(step(1, "2026-02-13 09:00", 0, everybody(), StepToldTo::Nobody)));
    all.extend(cancelled.map(|why| Happening::Ended { outcome: Outcome::Cancelled(why) }));
    all.extend([Outcome::Met, Outcome::MetLate, Outcome::Superseded].map(|outcome| Happening::Ended { outcome }));
    all.extend([
        Happening::Resumed,
        Happening::StepUnanswered { step: 0, repetition: 1 },
        Happening::StepAcknowledged { step: 0, repetition: 0, by: id(GRACE) },
        Happening::EscalationProposed,
        Happening::Missed,
        Happening::Corrected { by },
        Happening::Excused { by, reason: Some("{{7*191}}\nBcc: <b>x</b>".to_owned()) },
        Happening::Excused { by, reason: None },
        Happening::ExcuseRevoked { by },
        Happening::EndTakenBack,
        Happening::Superseded,
    ]);
    all
}

fn ways() -> Vec<Leg> {
    let day = |day| NaiveDate::from_ymd_opt(2025, 9, day).expect("a date");
    let (first, last) = (day(28), NaiveDate::from_ymd_opt(2025, 10, 8).expect("a date"));
    let closed = vec![
        Closed::Weekend { first: day(6), last: day(7) },
        Closed::Holiday { name: Some("<i>Own</i> day".to_owned()), first, last },
        Closed::Holiday { name: None, first, last: first },
        Closed::NoHours { first, last },
    ];
    let kinds = vec![
        LegKind::Open { nights_closed: true, make_up_days: vec![first, last] },
        LegKind::Closed { because: closed },
        LegKind::Closed { because: vec![Closed::Night] },
        LegKind::Closed { because: vec![Closed::OutsideHours] },
        LegKind::Paused { by: PausedBy::Waiting { until: Some(shanghai("2025-12-31 10:00")) } },
        LegKind::Summed { legs: 12 },
    ];
    let (from, to) = (shanghai("2025-09-28 09:00"), shanghai("2025-10-09 18:00"));
    kinds.into_iter().map(|kind| Leg { from, to, counted_s: 3_601, kind }).collect()
}

fn terms() -> Vec<HeldTo> {
    let at = shanghai("2026-01-01 00:00");
    let because = [
        SeverityBecause::Untriaged,
        SeverityBecause::AsOpened,
        SeverityBecause::AsTriaged,
        SeverityBecause::Changed { from: None, at, by: ActorRef::Contact(id(WANG)) },
        SeverityBecause::Changed { from: Some(Severity::C), at, by: grace() },
        SeverityBecause::AsFiled,
        SeverityBecause::ChangedByOperator { at },
    ];
    because.map(|because| HeldTo { severity: Severity::B, because }).into_iter().collect()
}

/// One of each: every way in which an instance can stand, under every kind of terms, with all that can happen to it.
fn everything() -> Explanation {
    let sample = festival();
    let base = &sample.cases[0].chains[0].instances[0];
    let missed = [None, Some(shanghai("2026-02-13 10:00"))];
    let states = [
        (ClockState::Running, None),
        (ClockState::Paused, None),
        (ClockState::Ended, Some(Outcome::Met)),
        (ClockState::Ended, Some(Outcome::MetLate)),
        (ClockState::Ended, Some(Outcome::Cancelled(Cancellation::Spam))),
        (ClockState::Ended, Some(Outcome::Superseded)),
    ];
    let mut instances: Vec<InstanceAccount> = Vec::new();
    for (missed_at, (state, outcome)) in missed.into_iter().flat_map(|at| states.map(|state| (at, state))) {
        let deadline = base.deadline.filter(|_| state != ClockState::Paused);
        instances.push(InstanceAccount { state, outcome, missed_at, deadline, ..base.clone() });
    }
    for (instance, held) in instances.iter_mut().zip(terms()) {
        instance.terms.severity = Some(held);
        instance.terms.working_days = Some(3);
        instance.provisional = true;
        instance.lowered = true;
    }
    instances[0].terms.policy = None;
    instances[0].terms.matched = vec![
        Matched::Customer(id(CONTOSO)),
        Matched::Tier(slug("premium")),
        Matched::Category(slug("billing")),
        Matched::Service(slug("unknown-service")),
        Matched::Severity(Severity::A),
        Matched::Channel(Channel::Mail),
        Matched::Tags(BTreeSet::from(["vip".to_owned(), "late".to_owned()])),
    ];
    instances[1].legs = ways();
    instances[2].story = happenings().into_iter().map(line).collect();
    let at = shanghai("2026-02-25 10:00");
    let quiet = LadderStep { percent: Some(50), raise_severity: true, ..LadderStep::default() };
    instances[3].next = Some(Next::Step { at, step: 0, ladder_step: quiet });
    instances[4].next = Some(Next::TimeOut { at, step: 0, repetition: 2, then: Some(everybody()) });
    instances[5].next = Some(Next::TimeOut { at, step: 0, repetition: 0, then: None });
    let chain = |instance| Chain { objective: sample.chains[0].objective, cycle: 1, instances: vec![instance] };
    Explanation { chains: instances.into_iter().map(chain).collect(), left_out: 2, ..sample }
}

#[test]
fn everything_that_can_be_told_has_words_in_both_languages() {
    for language in Language::ALL {
        let mut texts = vec![explain_text(&everything(), reader(language), &names(language))];
        texts.push(explain_text(&everything(), reader(language), &Names::default()));
        for why in [
            NothingOwed::Imported,
            NothingOwed::NoRule,
            NothingOwed::Rule { name: "Internal".to_owned(), policy_version: 2 },
        ] {
            let nothing = Explanation { nothing_owed: Some(why), chains: Vec::new(), cases: Vec::new(), ..festival() };
            texts.push(explain_text(&nothing, reader(language), &names(language)));
        }
        let mut finished = division();
        finished.is_finished = true;
        finished.calendar.iter_mut().for_each(|calendar| calendar.slug = slug("always"));
        texts.push(time_text(&finished, 1042, reader(language), &Names::default()));
        for text in texts {
            let without_attack = text.replace("{{7*191}}", "");
            for leftover in ["explain.", "names.", "{", "}", "1337"] {
                assert!(!without_attack.contains(leftover), "{} contains {leftover}: {text}", language.as_str());
            }
            assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
        }
    }
}

#[test]
fn a_reason_of_several_lines_stays_within_its_place() {
    let text = explain_text(&everything(), reader(Language::English), &names(Language::English));
    assert!(!text.contains("\nBcc:"), "{text}");
}
