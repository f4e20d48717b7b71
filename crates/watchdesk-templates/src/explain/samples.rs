//! Believable accounts, for tests and for the samples of pages.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::calendar::Closed;
use watchdesk_core::clock::{ClockState, Excuse, Objective, Outcome, Suppression};
use watchdesk_core::desk::Language;
use watchdesk_core::division::{CalendarShares, Division, Interval, Shares, Whose};
use watchdesk_core::event::ActorRef;
use watchdesk_core::explain::{
    CalendarAccount, CaseChains, Chain, Explanation, Happening, HeldTo, InstanceAccount, Leg, LegKind, Matched, Next,
    PausedBy, Recomputed, SeverityBecause, StartedBy, StepAccount, StepToldTo, StoryLine, TermsAccount,
};
use watchdesk_core::ids::{AgentId, CaseId, ClockId, ContactId, CustomerId, Slug, TicketId, TicketNumber};
use watchdesk_core::policy::{LadderStep, OnCall, Whom};
use watchdesk_core::ticket::Severity;

use super::{Names, Thing};

pub(crate) fn id<T: From<Uuid>>(n: u128) -> T {
    T::from(Uuid::from_u128(n))
}

pub(crate) const GRACE: u128 = 1;
pub(crate) const LI: u128 = 2;
pub(crate) const WANG: u128 = 3;
pub(crate) const CONTOSO: u128 = 4;
pub(crate) const OTHER_TICKET: u128 = 5;
pub(crate) const CASE: u128 = 6;
const TICKET: u128 = 7;

/// An instant on a wall in Shanghai, such as `2026-02-13 17:30`; the epoch for what is none.
pub(crate) fn shanghai(text: &str) -> Instant {
    let with_seconds = if text.len() == 16 { format!("{text}:00 +0800") } else { format!("{text} +0800") };
    let at = chrono::DateTime::parse_from_str(&with_seconds, "%Y-%m-%d %H:%M:%S %z");
    at.map(|at| at.to_utc()).unwrap_or_default()
}

pub(crate) fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap_or_else(|_| Slug::new("sample").expect("a legal slug"))
}

fn date(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap_or_default()
}

pub(crate) fn names(language: Language) -> Names {
    let of = |english: &str, chinese: &str| match language {
        Language::English => english.to_owned(),
        Language::Chinese => chinese.to_owned(),
    };
    let things = [
        (Thing::Operator, "21vianet", of("21Vianet", "世纪互联")),
        (Thing::Calendar, "cn-working-days", of("China, working days 09:00-18:00", "中国工作日 09:00–18:00")),
        (Thing::Rota, "desk", of("Service desk", "服务台")),
        (Thing::Service, "dynamics-365", "Dynamics 365".to_owned()),
        (Thing::Category, "billing", of("Accounts and billing", "账户与账单")),
        (Thing::Tier, "premium", of("Premium", "高级")),
    ];
    Names {
        desk: of("Huaxin Cloud Support", "华信云服务台"),
        agents: BTreeMap::from([(id(GRACE), of("Grace Chen", "陈静")), (id(LI), of("Li Na", "李娜"))]),
        contacts: BTreeMap::from([(id::<ContactId>(WANG), of("Wang Fang", "王芳"))]),
        customers: BTreeMap::from([(id::<CustomerId>(CONTOSO), of("Contoso (China)", "上海远洋物流有限公司"))]),
        tickets: BTreeMap::from([(id::<TicketId>(OTHER_TICKET), 1039)]),
        cases: BTreeMap::from([(id::<CaseId>(CASE), "SR-2602130031".to_owned())]),
        things: things.into_iter().map(|(thing, name, words)| ((thing, slug(name)), words)).collect(),
    }
}

pub(crate) fn grace() -> ActorRef {
    ActorRef::Agent(id::<AgentId>(GRACE))
}

fn at(text: &str, what: Happening) -> StoryLine {
    StoryLine { at: shanghai(text), recorded_at: None, what }
}

pub(crate) fn step(step: u32, due_at: &str, late_s: i64, of_ladder: LadderStep, fate: StepToldTo) -> Box<StepAccount> {
    Box::new(StepAccount {
        step,
        repetition: 0,
        due_at: shanghai(due_at),
        late_s,
        acknowledge_within_s: of_ladder.acknowledge_within_s,
        ladder_step: Some(of_ladder),
        fate,
        delivered_at: None,
        deliveries: Vec::new(),
    })
}

fn told(people: &[u128]) -> StepToldTo {
    StepToldTo::Fired { told: people.iter().map(|n| id(*n)).collect(), elsewhere: 0 }
}

fn terms(rule: &str, target_s: i64) -> TermsAccount {
    TermsAccount {
        policy: Some(slug("standard")),
        policy_version: 3,
        rule: rule.to_owned(),
        matched: Vec::new(),
        severity: Some(HeldTo { severity: Severity::B, because: SeverityBecause::AsTriaged }),
        calendar: CalendarAccount { slug: slug("always"), version: 1, always: true, time_zone: None },
        target_s,
        working_days: None,
    }
}

pub(crate) fn instance(terms: TermsAccount) -> InstanceAccount {
    InstanceAccount {
        clock: id::<ClockId>(9),
        revision: 1,
        started_at: shanghai("2026-02-13 09:00"),
        started_by: StartedBy::Opened,
        terms,
        state: ClockState::Running,
        outcome: None,
        ended_at: None,
        deadline: Some(shanghai("2026-02-13 13:00")),
        remaining_s: None,
        used_s: 0,
        over_s: None,
        missed_at: None,
        lowered: false,
        provisional: false,
        excuse: None,
        legs: Vec::new(),
        story: Vec::new(),
        next: None,
    }
}

fn leg(from: &str, to: &str, counted_s: i64, kind: LegKind) -> Leg {
    Leg { from: shanghai(from), to: shanghai(to), counted_s, kind }
}

fn open(make_up_days: Vec<NaiveDate>) -> LegKind {
    LegKind::Open { nights_closed: false, make_up_days }
}

/// A ticket of 13 February 2026 with a case on working days: across the Spring Festival, answered late.
pub(crate) fn festival() -> Explanation {
    let case = CaseChains {
        case: id(CASE),
        reference: Some("SR-2602130031".to_owned()),
        operator: slug("21vianet"),
        chains: vec![Chain {
            objective: Objective::UpstreamAcknowledgement,
            cycle: 1,
            instances: vec![acknowledged()],
        }],
        left_out: 0,
    };
    let first = Chain { objective: Objective::FirstResponse, cycle: 1, instances: vec![answered_late()] };
    let resolution = Chain { objective: Objective::Resolution, cycle: 1, instances: vec![lenient(), strict()] };
    Explanation {
        ticket: id(TICKET),
        number: TicketNumber(1042),
        at: shanghai("2026-02-25 10:00"),
        nothing_owed: None,
        chains: vec![first, resolution],
        cases: vec![case],
        left_out: 0,
    }
}

/// Against 10:00 it was answered at 10:05, and nothing ran in between.
fn answered_late() -> InstanceAccount {
    let percent = LadderStep { percent: Some(75), tell: vec![Whom::Assignee], ..LadderStep::default() };
    let deadline = LadderStep { percent: Some(100), tell: vec![Whom::Leads], ..LadderStep::default() };
    let moot = StepToldTo::Suppressed { why: Suppression::Moot };
    InstanceAccount {
        state: ClockState::Ended,
        outcome: Some(Outcome::MetLate),
        started_at: shanghai("2026-02-13 06:00"),
        deadline: Some(shanghai("2026-02-13 10:00")),
        missed_at: Some(shanghai("2026-02-13 10:00")),
        ended_at: Some(shanghai("2026-02-13 10:05")),
        used_s: 14_700,
        over_s: Some(300),
        legs: vec![leg("2026-02-13 06:00", "2026-02-13 10:00", 14_400, open(Vec::new()))],
        story: vec![
            at("2026-02-13 06:00", Happening::Started { by: StartedBy::Opened }),
            at("2026-02-13 09:00:01", Happening::Step(step(0, "2026-02-13 09:00", 1, percent, told(&[GRACE])))),
            at("2026-02-13 10:00", Happening::Missed),
            at("2026-02-13 10:05", Happening::Ended { outcome: Outcome::MetLate }),
            at("2026-02-13 10:05:30", Happening::Step(step(1, "2026-02-13 10:00", 330, deadline, moot))),
        ],
        ..instance(terms("Standard, around the clock", 14_400))
    }
}

/// As it was promised for severity C, until somebody raised it.
fn lenient() -> InstanceAccount {
    let held = HeldTo { severity: Severity::C, because: SeverityBecause::AsTriaged };
    InstanceAccount {
        state: ClockState::Ended,
        outcome: Some(Outcome::Superseded),
        deadline: Some(shanghai("2026-02-16 09:00")),
        ended_at: Some(shanghai("2026-02-13 11:00")),
        used_s: 7_200,
        legs: vec![leg("2026-02-13 09:00", "2026-02-16 09:00", 259_200, open(Vec::new()))],
        story: vec![
            at("2026-02-13 09:00", Happening::Started { by: StartedBy::Opened }),
            at("2026-02-13 11:00", Happening::Superseded),
        ],
        ..instance(TermsAccount { severity: Some(held), ..terms("Standard, around the clock", 259_200) })
    }
}

/// After C became A: eight hours from the original start, less the time that we waited for the customer.
fn strict() -> InstanceAccount {
    let changed = SeverityBecause::Changed { from: Some(Severity::C), at: shanghai("2026-02-13 11:00"), by: grace() };
    let on_call = Whom::OnCall(OnCall { rota: slug("desk"), level: 2 });
    let near = LadderStep { percent: Some(75), tell: vec![Whom::Assignee], ..LadderStep::default() };
    let called = LadderStep {
        after_s: Some(0),
        tell: vec![Whom::Assignee, on_call.clone()],
        acknowledge_within_s: Some(900),
        raise_severity: true,
        ..LadderStep::default()
    };
    let last = LadderStep { after_s: Some(3_600), tell: vec![Whom::Managers], ..LadderStep::default() };
    let outside = StepToldTo::Fired { told: BTreeSet::from([id(GRACE), id(LI)]), elsewhere: 1 };
    let recomputed = StepToldTo::Suppressed { why: Suppression::Recomputed };
    let severity = Recomputed::Severity { from: Some(Severity::C), to: Severity::A, by: grace() };
    let waited = PausedBy::Waiting { until: Some(shanghai("2026-02-14 10:00")) };
    InstanceAccount {
        revision: 2,
        deadline: Some(shanghai("2026-02-13 19:30")),
        missed_at: Some(shanghai("2026-02-13 19:30")),
        used_s: 1_027_800,
        over_s: Some(999_000),
        excuse: Some(Excuse {
            reason: "The customer's own firewall was down.".to_owned(),
            by: id(LI),
            at: shanghai("2026-02-24 09:10"),
        }),
        legs: vec![
            leg("2026-02-13 09:00", "2026-02-13 12:00", 10_800, open(Vec::new())),
            leg("2026-02-13 12:00", "2026-02-13 14:30", 0, LegKind::Paused { by: waited }),
            leg("2026-02-13 14:30", "2026-02-13 19:30", 18_000, open(Vec::new())),
        ],
        story: vec![
            at("2026-02-13 11:00", Happening::TookOver { from_revision: 1, why: vec![severity] }),
            at("2026-02-13 11:00", Happening::Step(step(0, "2026-02-13 10:45", 900, near, recomputed))),
            at("2026-02-13 12:00", Happening::Paused { by: waited }),
            at("2026-02-13 14:30", Happening::Resumed),
            at("2026-02-13 19:30", Happening::Missed),
            at("2026-02-13 19:52", Happening::Step(step(1, "2026-02-13 19:30", 1_320, called, outside))),
            at("2026-02-13 20:07", Happening::StepUnanswered { step: 1, repetition: 0 }),
            at(
                "2026-02-24 09:10",
                Happening::Excused {
                    by: ActorRef::Agent(id(LI)),
                    reason: Some("The customer's own firewall was down.".to_owned()),
                },
            ),
        ],
        next: Some(Next::Step { at: shanghai("2026-02-25 11:00"), step: 2, ladder_step: last }),
        ..instance(TermsAccount {
            severity: Some(HeldTo { severity: Severity::A, because: changed }),
            ..terms("Standard, around the clock", 28_800)
        })
    }
}

/// One and a half working days, from before the festival to after it.
fn acknowledged() -> InstanceAccount {
    let night = || LegKind::Closed { because: vec![Closed::Night] };
    let festival = Closed::Holiday { name: Some("Spring Festival".to_owned()), first: date(2, 15), last: date(2, 23) };
    let nobody = LadderStep {
        percent: Some(100),
        tell: vec![Whom::OnCall(OnCall { rota: slug("desk"), level: 1 })],
        ..LadderStep::default()
    };
    InstanceAccount {
        started_at: shanghai("2026-02-13 17:30"),
        started_by: StartedBy::CaseFiled,
        state: ClockState::Ended,
        outcome: Some(Outcome::MetLate),
        deadline: Some(shanghai("2026-02-24 12:00")),
        missed_at: Some(shanghai("2026-02-24 12:00")),
        ended_at: Some(shanghai("2026-02-24 15:20")),
        used_s: 57_000,
        over_s: Some(12_000),
        legs: vec![
            leg("2026-02-13 17:30", "2026-02-13 18:00", 1_800, open(Vec::new())),
            leg("2026-02-13 18:00", "2026-02-14 09:00", 0, night()),
            leg("2026-02-14 09:00", "2026-02-14 18:00", 32_400, open(vec![date(2, 14)])),
            leg(
                "2026-02-14 18:00",
                "2026-02-24 09:00",
                0,
                LegKind::Closed { because: vec![Closed::Night, festival, Closed::Night] },
            ),
            leg("2026-02-24 09:00", "2026-02-24 12:00", 10_800, open(Vec::new())),
        ],
        story: vec![
            at("2026-02-13 17:30", Happening::Started { by: StartedBy::CaseFiled }),
            at("2026-02-24 12:00", Happening::Missed),
            at("2026-02-24 12:00:02", Happening::Step(step(0, "2026-02-24 12:00", 2, nobody, StepToldTo::Nobody))),
            StoryLine {
                recorded_at: Some(shanghai("2026-02-24 15:40")),
                ..at("2026-02-24 15:20", Happening::Ended { outcome: Outcome::MetLate })
            },
        ],
        ..instance(TermsAccount {
            policy: Some(slug("operator")),
            policy_version: 2,
            matched: vec![Matched::Service(slug("dynamics-365"))],
            severity: Some(HeldTo { severity: Severity::B, because: SeverityBecause::AsFiled }),
            calendar: CalendarAccount {
                slug: slug("cn-working-days"),
                version: 2,
                always: false,
                time_zone: Some("Asia/Shanghai".to_owned()),
            },
            ..terms("Dynamics 365, severities B and C on working days", 45_000)
        })
    }
}

/// Of the same ticket: three waits, and a case in between.
pub(crate) fn division() -> Division {
    let interval = |from: &str, to: &str, whose| Interval { from: shanghai(from), to: shanghai(to), whose };
    let intervals = vec![
        interval("2026-02-13 06:00", "2026-02-13 12:00", Whose::Ours),
        interval("2026-02-13 12:00", "2026-02-13 14:30", Whose::Customers),
        interval("2026-02-13 14:30", "2026-02-13 17:30", Whose::Ours),
        interval("2026-02-13 17:30", "2026-02-24 15:20", Whose::Operators),
        interval("2026-02-24 15:20", "2026-02-25 10:00", Whose::Ours),
    ];
    let wall = Shares { whole_s: 1_051_200, customers_s: 9_000, operators_s: 942_600, ours_s: 99_600 };
    Division {
        from: shanghai("2026-02-13 06:00"),
        to: shanghai("2026-02-25 10:00"),
        is_finished: false,
        wall,
        calendar: Some(CalendarShares {
            slug: slug("cn-working-days"),
            version: 2,
            shares: Shares { whole_s: 100_800, customers_s: 9_000, operators_s: 57_000, ours_s: 34_800 },
            provisional: true,
        }),
        intervals,
    }
}
