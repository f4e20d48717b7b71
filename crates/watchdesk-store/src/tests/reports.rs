use std::collections::BTreeSet;

use chrono::Duration;
use watchdesk_core::clock::{ClockState, Objective, Outcome};
use watchdesk_core::ids::ClockId;

use super::*;
use crate::reports::{Fulfilled, Reading, fulfilled_since, outlook, outlook_of, readings};
use watchdesk_core::forecast::Expected;
use watchdesk_core::rights::Visibility;

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

fn urgently(assignment: Assignment) -> Command {
    Command::Triage { category: slug("how-to"), service: None, severity: Severity::A, assignment }
}

fn numbers(listed: &[Expected]) -> Vec<watchdesk_core::ids::TicketNumber> {
    listed.iter().map(|expected| expected.ticket).collect()
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
        for record in tickets::list(&desk, &Visibility::Everything, &Default::default(),
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
        act(&desk, urgent.id, urgently(Assignment::to(desk.seeded.lead))).await;
        let all = Visibility::Everything;
        let next = outlook(&desk, &all, 5).await.unwrap();
        assert!(!next.is_cut);
        let [queue] = next.forecast.queues.as_slice() else { panic!("both are of one team") };
        assert_eq!(numbers(&queue.listed), [urgent.number, slow.number]);
        let people: Vec<_> = next.forecast.persons.iter().map(|person| (person.line, person.due)).collect();
        assert!(people.contains(&(desk.seeded.lead, 1)) && people.contains(&(desk.seeded.agent, 1)), "{people:?}");
        assert_eq!(outlook(&desk, &all, 1).await.unwrap().forecast.queues[0].due, 1, "only the urgent one by then");
        let cut = outlook_of(&desk, &all, 5, 1).await.unwrap();
        assert!(cut.is_cut, "one of the two was not looked at");
        assert!(!outlook_of(&desk, &all, 5, 2).await.unwrap().is_cut, "two fit exactly");

        desk.advance(Duration::hours(2));
        fire(&desk, urgent.id).await;
        let queue = &outlook(&desk, &all, 3).await.unwrap().forecast.queues[0];
        assert_eq!((queue.overdue, numbers(&queue.listed)), (1, vec![slow.number]), "what was missed is no forecast");
    }

    async fn what_others_have_to_do_takes_no_place_in_a_forecast(desk: TestStore) {
        let (theirs, own) = (open(&desk, "theirs").await, open(&desk, "own").await);
        let assignment = Assignment { team: Some(Some(desk.seeded.other_team)), ..Assignment::default() };
        act(&desk, theirs.id, urgently(assignment)).await;
        act(&desk, own.id, triage(&desk)).await;
        let lead = Visibility::Teams { agent: desk.seeded.lead, teams: [desk.seeded.team].into() };
        let found = outlook_of(&desk, &lead, 5, 1).await.unwrap();
        let [queue] = found.forecast.queues.as_slice() else { panic!("one team: {:?}", found.forecast.queues) };
        assert_eq!((found.is_cut, queue.line, numbers(&queue.listed)), (false, Some(desk.seeded.team), vec![own.number]));
        let other = desk.actor(desk.seeded.other_agent).await;
        desk.execute(&other, Unit::ticket(theirs.id, reply("Hello"))).await.unwrap();
        act(&desk, own.id, reply("Hello")).await;
        let since = desk.advance(Duration::hours(1)) - Duration::hours(1);
        let done = |found: Vec<Fulfilled>| found.into_iter().map(|done| done.team).collect::<BTreeSet<_>>();
        assert_eq!(done(fulfilled_since(&desk, &lead, since).await.unwrap()), [Some(desk.seeded.team)].into());
        assert_eq!(done(fulfilled_since(&desk, &Visibility::Everything, since).await.unwrap()).len(), 2);
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
        assert_eq!(fulfilled_since(&desk, &Visibility::Everything, start).await.unwrap(), fulfilled(3));
        assert_eq!(fulfilled_since(&desk, &Visibility::Everything, start + Duration::minutes(90)).await.unwrap(), fulfilled(2));
        assert_eq!(fulfilled_since(&desk, &Visibility::Everything, desk.advance(Duration::hours(1))).await.unwrap(), []);
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
