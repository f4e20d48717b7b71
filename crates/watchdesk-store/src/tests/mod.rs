//! Stories of the store, each on both databases.

mod access;
mod bulk;
mod cases;
mod changes;
mod checks;
mod delegation;
mod digests;
mod directory;
mod escalations;
mod execute;
mod faults;
mod firing;
mod incidents;
mod lists;
mod lost_answers;
mod mail;
mod merging;
mod outbox;
mod plans;
mod reports;
mod rules;
mod schema;
mod subscriptions;
mod together;
mod upgrade;
mod walk;
mod work;

use watchdesk_core::command::{Assignment, Command, OpenTicket, Step, Then, Unit, Words};
use watchdesk_core::decision::Author;
use watchdesk_core::ids::{MessageId, Slug, TeamId, TicketId};
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::{Channel, Severity};

use crate::testing::TestStore;
use crate::tickets::TicketRecord;
use crate::{ExecuteError, Executed, Request, TicketRef, check, fresh_id, tickets};

fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

fn words(body: &str) -> Words {
    Words::text(MessageId(fresh_id()), body)
}

fn opening(desk: &TestStore, subject: &str) -> OpenTicket {
    OpenTicket {
        subject: subject.to_owned(),
        words: words("It does not work any more."),
        requester: desk.seeded.contact,
        customer: Some(desk.seeded.customer),
        mailbox: Some(desk.seeded.mailbox),
        channel: Channel::Mail,
        at: desk.clock.now(),
        category: None,
        service: None,
        severity: None,
        team: Some(desk.seeded.team),
        custom_fields: Default::default(),
        acknowledge: true,
        follow_up_of: None,
        imported: false,
    }
}

async fn open_with(desk: &TestStore, opening: OpenTicket) -> TicketRef {
    let unit = Unit::ticket(TicketId(fresh_id()), Command::Open(Box::new(opening)));
    desk.execute(&Actor::System, unit).await.expect("a ticket can be opened").tickets[0]
}

async fn open(desk: &TestStore, subject: &str) -> TicketRef {
    open_with(desk, opening(desk, subject)).await
}

fn triage(desk: &TestStore) -> Command {
    Command::Triage {
        category: slug("performance-availability"),
        service: Some(slug("exchange-online")),
        severity: Severity::B,
        assignment: Assignment::to(desk.seeded.agent),
    }
}

async fn act(desk: &TestStore, ticket: TicketId, command: Command) -> Executed {
    try_act(desk, ticket, command).await.expect("the agent may do that")
}

async fn try_act(desk: &TestStore, ticket: TicketId, command: Command) -> Result<Executed, ExecuteError> {
    let agent = desk.actor(desk.seeded.agent).await;
    desk.execute(&agent, Unit::ticket(ticket, command)).await
}

fn reply(body: &str) -> Command {
    Command::Reply { words: words(body), then: Then::Stay }
}

async fn record(desk: &TestStore, ticket: TicketId) -> TicketRecord {
    tickets::by_id(desk, ticket).await.unwrap().expect("the ticket is there")
}

/// Nothing that happened in a story may leave the desk in disorder.
async fn expect_order(desk: &TestStore) {
    let report = check(desk, &mut |_| {}).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.findings);
}
