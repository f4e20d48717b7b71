//! Lines, paces and what comes too late.

use chrono::Duration;
use uuid::Uuid;

use super::{Fulfilled, LISTED_MAX, OpenClock, Outlook, Pace, Workload, forecast};
use crate::Instant;
use crate::clock::Objective;
use crate::ids::{AgentId, ClockId, TeamId, TicketNumber};

const NOW: Instant = Instant::UNIX_EPOCH;
const DAY_S: i64 = 86_400;
const LI: AgentId = AgentId(Uuid::from_u128(1));
const WANG: AgentId = AgentId(Uuid::from_u128(2));
const FIRST_LINE: TeamId = TeamId(Uuid::from_u128(9));

fn clock(number: i64, hours: i64, owner: Option<AgentId>) -> OpenClock {
    OpenClock {
        clock: ClockId(Uuid::from_u128(number.unsigned_abs().into())),
        ticket: TicketNumber(number),
        objective: Objective::Resolution,
        deadline: NOW + Duration::hours(hours),
        owner,
        team: Some(FIRST_LINE),
    }
}

fn done(owner: AgentId, count: u32) -> Fulfilled {
    Fulfilled { team: Some(FIRST_LINE), owner: Some(owner), count }
}

fn workload<'a>(open: &'a [OpenClock], fulfilled: &'a [Fulfilled]) -> Workload<'a> {
    Workload { open, fulfilled, window_s: DAY_S, now: NOW, horizon_s: 8 * 3600 }
}

fn numbers<L>(outlook: &Outlook<L>) -> Vec<i64> {
    outlook.listed.iter().map(|expected| expected.ticket.0).collect()
}

#[test]
fn a_persons_work_is_taken_in_the_order_of_deadlines_at_his_pace() {
    // Twelve a day are one every two hours.
    let open = [clock(4, 7, Some(LI)), clock(1, 2, Some(LI)), clock(2, 3, Some(LI)), clock(3, 6, Some(LI))];
    let forecast = forecast(&workload(&open, &[done(LI, 12)]));
    let [li] = forecast.persons.as_slice() else { panic!("one person") };
    assert_eq!((li.line, li.pace), (LI, Pace::Known { fulfilled: 12, seconds_each: 7_200 }));
    assert_eq!((li.due, li.will_be_missed, li.at_risk, li.overdue), (4, 2, 0, 0));
    assert_eq!(numbers(li), [2, 4], "done after 4 and after 8 hours; at exactly the deadline is in time");
    assert_eq!(li.listed[0].expected, Some(NOW + Duration::hours(4)));
}

#[test]
fn what_is_missed_already_is_still_in_the_way() {
    let open = [clock(1, -1, Some(LI)), clock(2, -2, Some(LI)), clock(3, 5, Some(LI))];
    let forecast = forecast(&workload(&open, &[done(LI, 12)]));
    assert_eq!((forecast.persons[0].overdue, forecast.persons[0].due), (2, 1));
    assert_eq!(numbers(&forecast.persons[0]), [3], "the third in line is done after six hours");
}

#[test]
fn a_queue_goes_at_the_pace_of_all_its_people() {
    let open = [clock(1, 1, Some(LI)), clock(2, 1, Some(WANG)), clock(3, 2, None)];
    let forecast = forecast(&workload(&open, &[done(LI, 24), done(WANG, 24)]));
    let [queue] = forecast.queues.as_slice() else { panic!("one queue") };
    assert_eq!((queue.line, queue.due, queue.will_be_missed), (Some(FIRST_LINE), 3, 0));
    let due: Vec<_> = forecast.persons.iter().map(|person| (person.line, person.due, person.will_be_missed)).collect();
    assert_eq!(due, [(LI, 1, 0), (WANG, 1, 0)]);
}

#[test]
fn without_a_pace_nothing_is_foretold_and_what_is_due_is_at_risk() {
    let open = [clock(1, 1, Some(LI)), clock(2, 7, Some(LI)), clock(3, 9, Some(LI))];
    let forecast = forecast(&workload(&open, &[]));
    let li = &forecast.persons[0];
    assert_eq!((li.pace, li.due, li.at_risk, li.will_be_missed), (Pace::Unknown, 2, 2, 0));
    assert_eq!((numbers(li), li.listed[0].expected), (vec![1, 2], None), "the third is due after the horizon");
}

#[test]
fn the_operators_clocks_are_not_our_work() {
    let mut upstream = clock(1, 1, Some(LI));
    upstream.objective = Objective::UpstreamUpdate;
    let forecast = forecast(&workload(&[upstream], &[]));
    assert!(forecast.persons.is_empty() && forecast.queues.is_empty());
}

#[test]
fn the_list_is_bounded_and_the_counts_are_not() {
    let open: Vec<OpenClock> = (1..=1_000).map(|number| clock(number, 1, Some(LI))).collect();
    let forecast = forecast(&workload(&open, &[done(LI, 24)]));
    assert_eq!((forecast.persons[0].due, forecast.persons[0].will_be_missed), (1_000, 999));
    assert_eq!(forecast.persons[0].listed.len(), LISTED_MAX);
}
