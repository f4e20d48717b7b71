//! A desk that does whatever comes, in whatever order: nothing of it may leave anything in disorder.

use chrono::Duration;
use watchdesk_core::command::{CallDirection, CloseReason, FieldChanges};
use watchdesk_core::ticket::LinkKind;

use super::*;

const STEPS: usize = 250;

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
        _ => Command::FireTimers,
    }
}

crate::both_databases! {
    async fn whatever_happens_the_desk_stays_in_order(desk: TestStore) {
        let mut dice = Dice(7);
        let mut all = Vec::new();
        for n in 0..6 {
            all.push(open(&desk, &format!("ticket {n}")).await);
        }
        let mut done = 0;
        for step in 0..STEPS {
            desk.advance(Duration::minutes(i64::try_from(dice.below(40)).unwrap()));
            let ticket = all[dice.below(all.len())].id;
            let command = anything(&desk, &mut dice, &all);
            let unit = Unit::ticket(ticket, command.clone());
            match desk.execute(&Actor::System, unit).await {
                Ok(_) => done += 1,
                Err(ExecuteError::Refused(_)) => {}
                Err(error) => panic!("step {step}, {command:?}: {error:?}"),
            }
        }
        assert!(done > STEPS / 3, "most of it is allowed: {done}");
        expect_order(&desk).await;
    }
}
