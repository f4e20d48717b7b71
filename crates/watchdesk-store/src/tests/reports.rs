use std::collections::BTreeSet;

use chrono::Duration;
use watchdesk_core::clock::{ClockState, Objective, Outcome};
use watchdesk_core::ids::ClockId;

use super::*;
use crate::reports::{Fulfilled, Reading, fulfilled_since, missed_and_running, readings, running_until};

async fn all_pages(desk: &TestStore, hours: std::ops::Range<i64>, limit: u64) -> Vec<Reading> {
    let start = crate::testing::test_start();
    let (from, to) = (start + Duration::hours(hours.start), start + Duration::hours(hours.end));
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = readings(desk, from, to, cursor.as_ref(), limit).await.unwrap();
        assert!(page.items.len() as u64 <= limit);
        all.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return all,
        }
    }
}

async fn fire(desk: &TestStore, ticket: TicketId) {
    desk.execute(&Actor::System, Unit::ticket(ticket, Command::FireTimers)).await.unwrap();
}

crate::both_databases! {
    async fn readings_are_those_that_ended_or_were_missed_in_the_span(desk: TestStore) {
        let (in_time, late) = (open(&desk, "in time").await, open(&desk, "late").await);
        for ticket in [in_time, late] {
            act(&desk, ticket.id, triage(&desk)).await;
        }
        desk.advance(Duration::hours(1));
        act(&desk, in_time.id, reply("Hello")).await;
        desk.advance(Duration::hours(4));
        fire(&desk, late.id).await;
        desk.advance(Duration::hours(2));
        act(&desk, late.id, reply("Sorry")).await;

        let found = all_pages(&desk, 0..24, 10).await;
        let fates: Vec<_> = found.iter().map(|one| (one.about.number, one.clock.objective, one.clock.outcome)).collect();
        let first = Objective::FirstResponse;
        assert_eq!(fates, [(in_time.number, first, Some(Outcome::Met)), (late.number, first, Some(Outcome::MetLate))]);
        let about = &found[0].about;
        assert_eq!((about.customer, about.team), (Some(desk.seeded.customer), Some(desk.seeded.team)));
        assert_eq!((about.owner, about.severity, about.case), (Some(desk.seeded.agent), Some(Severity::B), None));
        assert_eq!(about.service, Some(slug("exchange-online")));
        assert_eq!(found[0].clock.consumed_s, Some(3600));
        // Missed in one span, met late in another: it is in both.
        assert_eq!(all_pages(&desk, 4..6, 10).await.len(), 1);
        assert_eq!(all_pages(&desk, 6..24, 10).await.len(), 1);
        assert!(all_pages(&desk, 24..48, 10).await.is_empty());
    }

    async fn pages_together_are_everything_once(desk: TestStore) {
        let mut expected = BTreeSet::new();
        for n in 0..9 {
            let ticket = open(&desk, &format!("ticket {n}")).await;
            act(&desk, ticket.id, triage(&desk)).await;
            if n % 3 == 0 {
                act(&desk, ticket.id, Command::Resolve { words: words("Done.") }).await;
            }
        }
        let now = desk.advance(Duration::hours(5));
        for record in tickets::list(&desk, &watchdesk_core::rights::Visibility::Everything, &Default::default(),
            tickets::Sort::Created, 50, None).await.unwrap().items
        {
            fire(&desk, record.ticket.id).await;
            for clock in tickets::clocks(&desk, record.ticket.id).await.unwrap() {
                if clock.ended_at.is_some() || clock.missed_at.is_some_and(|at| at < now) {
                    expected.insert(clock.id);
                }
            }
        }
        assert_eq!(expected.len(), 3 * 2 + 6);
        for limit in [1, 2, 5, 6, 12, 100] {
            let found = all_pages(&desk, 0..24, limit).await;
            let ids: BTreeSet<ClockId> = found.iter().map(|one| one.clock.id).collect();
            assert_eq!((found.len(), ids), (expected.len(), expected.clone()), "pages of {limit}");
            let ended = found.iter().take_while(|one| one.clock.ended_at.is_some()).count();
            assert!(found[ended..].iter().all(|one| one.clock.state == ClockState::Running), "pages of {limit}");
        }
    }

    async fn what_will_be_missed_comes_in_the_order_of_its_deadlines(desk: TestStore) {
        let (slow, urgent) = (open(&desk, "slow").await, open(&desk, "urgent").await);
        act(&desk, slow.id, triage(&desk)).await;
        let urgently = Command::Triage {
            category: slug("how-to"),
            service: None,
            severity: Severity::A,
            assignment: Assignment::to(desk.seeded.lead),
        };
        act(&desk, urgent.id, urgently).await;
        let now = desk.clock.now();
        let next = running_until(&desk, now + Duration::hours(5), 10).await.unwrap();
        let due: Vec<_> = next.iter().map(|one| (one.about.number, one.about.owner)).collect();
        assert_eq!(due, [(urgent.number, Some(desk.seeded.lead)), (slow.number, Some(desk.seeded.agent))]);
        assert_eq!(running_until(&desk, now + Duration::minutes(59), 10).await.unwrap(), []);
        assert_eq!(running_until(&desk, now + Duration::days(9), 1).await.unwrap().len(), 1);

        desk.advance(Duration::hours(2));
        fire(&desk, urgent.id).await;
        let left = running_until(&desk, now + Duration::hours(5), 10).await.unwrap();
        assert_eq!(left.len(), 1, "what was missed is no forecast");
        let overdue = missed_and_running(&desk, 10).await.unwrap();
        assert_eq!(overdue.iter().map(|one| one.about.number).collect::<Vec<_>>(), [urgent.number]);
    }

    async fn what_was_done_is_counted_by_team_and_person(desk: TestStore) {
        let start = desk.clock.now();
        for n in 0..3 {
            let ticket = open(&desk, &format!("ticket {n}")).await;
            act(&desk, ticket.id, triage(&desk)).await;
            desk.advance(Duration::hours(1));
            act(&desk, ticket.id, reply("Hello")).await;
        }
        let spam = open(&desk, "spam").await;
        act(&desk, spam.id, Command::Close { reason: watchdesk_core::command::CloseReason::Spam }).await;
        let (team, owner) = (Some(desk.seeded.team), Some(desk.seeded.agent));
        let objective = Objective::FirstResponse;
        let fulfilled = |count| vec![Fulfilled { team, owner, objective, count }];
        assert_eq!(fulfilled_since(&desk, start).await.unwrap(), fulfilled(3));
        assert_eq!(fulfilled_since(&desk, start + Duration::minutes(90)).await.unwrap(), fulfilled(2));
        assert_eq!(fulfilled_since(&desk, desk.advance(Duration::hours(1))).await.unwrap(), []);
    }

    async fn jobs_go_over_all_that_is_unfinished(desk: TestStore) {
        let mut unfinished = BTreeSet::new();
        for n in 0..7 {
            let ticket = open(&desk, &format!("ticket {n}")).await;
            act(&desk, ticket.id, triage(&desk)).await;
            if n == 3 {
                act(&desk, ticket.id, Command::Resolve { words: words("Done.") }).await;
            } else {
                unfinished.insert(ticket.id);
            }
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = tickets::unfinished_after(&desk, after, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(*last);
            seen.extend(page);
        }
        assert_eq!(seen.len(), unfinished.len());
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), unfinished);
        assert_eq!(crate::cases::open_after(&desk, None, 10).await.unwrap(), []);
    }
}
