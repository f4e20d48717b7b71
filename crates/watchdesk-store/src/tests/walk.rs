//! A desk that does whatever comes, in whatever order: nothing of it may leave anything in disorder.

use chrono::Duration;
use watchdesk_core::case::{AnswerOutcome, EscalationReason, Evidence, FilingChannel, Handing};
use watchdesk_core::clock::{Objective, Subject};
use watchdesk_core::command::{CallDirection, CaseCommand, CloseReason, DraftCase, FieldChanges, WordFrom};
use watchdesk_core::desk::AppliesTo;
use watchdesk_core::disclosure::Handed;
use watchdesk_core::ids::CaseId;
use watchdesk_core::policy::Target;
use watchdesk_core::ticket::LinkKind;

use super::*;
use crate::testing::small_seed;
use crate::{firing, rules};

const STEPS: usize = 300;

/// A plain generator of numbers that look random; the same seed walks the same way.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

fn anything(desk: &TestStore, dice: &mut Dice, others: &[TicketRef]) -> Command {
    let other = others[dice.below(others.len())].id;
    let severity = Severity::ALL[dice.below(3)];
    let now = desk.clock.now();
    match dice.below(16) {
        0 => Command::Triage {
            category: slug("how-to"),
            service: None,
            severity,
            assignment: Assignment::to(desk.seeded.agent),
        },
        1 => reply("Hello"),
        2 => Command::Reply { words: words("When?"), then: Then::Wait { until: Some(now + Duration::hours(3)) } },
        3 => Command::CustomerMessage { from: desk.seeded.colleague, words: words("Now!"), at: now },
        4 => Command::AutomaticMail { from: Some(desk.seeded.contact), words: words("Out of office"), at: now },
        5 => Command::Note { words: words("Note") },
        6 => Command::LogCall { words: words("Called"), direction: CallDirection::Outbound, at: now },
        7 => Command::Change(Box::new(FieldChanges { severity: Some(severity), ..FieldChanges::default() })),
        8 => Command::Resolve { words: words("Done") },
        9 => Command::Reopen { words: None },
        10 if dice.below(8) == 0 => Command::Close { reason: CloseReason::Spam },
        11 if dice.below(3) == 0 => Command::Merge { into: other },
        12 => Command::Unmerge,
        13 => Command::Snooze { until: now + Duration::hours(1) },
        14 => Command::Link { to: other, kind: LinkKind::Related },
        _ => Command::Recompute,
    }
}

fn draft(id: CaseId) -> Command {
    let evidence =
        Evidence { tried: "Restarted.".to_owned(), impact: "Nobody can work.".to_owned(), ..Evidence::default() };
    Command::DraftCase(Box::new(DraftCase {
        id,
        operator: slug("21vianet"),
        reason: Some(EscalationReason::LacksTools),
        severity: None,
        summary: "It is down.".to_owned(),
        evidence,
        health_waiver: Some("The page is down as well.".to_owned()),
        not_this_incident: None,
        incident_override: None,
        handing: Handing::default(),
    }))
}

fn anything_of_case(desk: &TestStore, dice: &mut Dice, others: &[TicketRef]) -> CaseCommand {
    let at = desk.clock.now();
    match dice.below(12) {
        0 | 1 => CaseCommand::File {
            reference: format!("SR-{}", dice.below(1_000)),
            channel: FilingChannel::Phone,
            contact: None,
            severity: None,
            at,
            handed: Handed::default(),
        },
        2 => CaseCommand::AddTicket { ticket: others[dice.below(others.len())].id },
        3 => CaseCommand::Acknowledge { contact: None, at },
        4 => CaseCommand::Update { words: words("We look at it."), from: WordFrom::Operator, at },
        5 => CaseCommand::WaitOnUs { at },
        6 => CaseCommand::Update { words: words("Here is the log."), from: WordFrom::Us, at },
        7 => CaseCommand::Answer { words: words("Try now."), outcome: AnswerOutcome::Solved, at },
        8 => CaseCommand::Answer { words: words("No idea."), outcome: AnswerOutcome::NotSolved, at },
        9 => CaseCommand::Reopen,
        10 => CaseCommand::ChangeSeverity { severity: Severity::ALL[dice.below(3)] },
        _ => CaseCommand::Recompute,
    }
}

/// The rules change under everybody's feet.
async fn publish(desk: &TestStore, dice: &mut Dice) {
    let mut policy = small_seed().policies.remove(dice.below(2));
    let hours = i64::try_from(dice.below(30) + 1).unwrap();
    for rule in &mut policy.rules {
        for (objective, targets) in &mut rule.targets {
            if *objective != Objective::NextResponse {
                targets.insert(Severity::B, Target::Seconds(hours * 3_600));
            }
        }
    }
    let applies_to = if dice.below(2) == 0 { AppliesTo::New } else { AppliesTo::Running };
    rules::publish_policy(desk, desk.seeded.manager, policy, applies_to).await.unwrap();
}

/// A worker takes what is due; some of its claims it leaves lying.
async fn tick(desk: &TestStore, dice: &mut Dice) {
    for claim in firing::claim_due(desk, desk.clock.now(), 3).await.unwrap() {
        let unit = match claim.subject {
            Subject::Ticket(id) => Unit::ticket(id, Command::FireTimers),
            Subject::Case(id) => Unit::case(id, CaseCommand::FireTimers),
        };
        if dice.below(5) > 0 {
            let request = Request { claim: Some(claim), ..unit.into() };
            desk.execute(&Actor::System, request).await.expect("timers can be fired");
        }
    }
}

crate::both_databases! {
    async fn whatever_happens_the_desk_stays_in_order(desk: TestStore) {
        let mut dice = Dice(7);
        let mut all = Vec::new();
        for n in 0..6 {
            all.push(open(&desk, &format!("ticket {n}")).await);
        }
        let (mut cases, mut done) = (Vec::new(), 0);
        for step in 0..STEPS {
            desk.advance(Duration::minutes(i64::try_from(dice.below(40)).unwrap()));
            let unit = match dice.below(10) {
                0 => {
                    tick(&desk, &mut dice).await;
                    continue;
                }
                1 if dice.below(3) == 0 => {
                    publish(&desk, &mut dice).await;
                    continue;
                }
                2 => {
                    let id = CaseId(fresh_id());
                    cases.push(id);
                    Unit::ticket(all[dice.below(all.len())].id, draft(id))
                }
                3..=5 if !cases.is_empty() => {
                    Unit::case(cases[dice.below(cases.len())], anything_of_case(&desk, &mut dice, &all))
                }
                _ => Unit::ticket(all[dice.below(all.len())].id, anything(&desk, &mut dice, &all)),
            };
            match desk.execute(&Actor::System, unit.clone()).await {
                Ok(_) => done += 1,
                Err(ExecuteError::Refused(_)) => {}
                Err(error) => panic!("step {step}, {unit:?}: {error:?}"),
            }
            if step % 50 == 0 {
                expect_order(&desk).await;
            }
        }
        assert!(done > STEPS / 4, "most of it is allowed: {done}");
        expect_order(&desk).await;
    }
}
