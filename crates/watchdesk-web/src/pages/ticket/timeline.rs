//! The conversation and what happened around it, the newest part first; earlier parts are asked for.

use std::collections::BTreeMap;

use watchdesk_core::Instant;
use watchdesk_core::command::CallDirection;
use watchdesk_core::decision::Author;
use watchdesk_core::effect::Notice;
use watchdesk_core::event::{Event, EventKind, MessageKind};
use watchdesk_core::ids::{MessageId, TicketId};
use watchdesk_core::rights::Verb;
use watchdesk_core::ticket::Channel;
use watchdesk_store::outbox::{OutboxRecord, OutboxState};
use watchdesk_store::tickets::{self, MessageRecord};
use watchdesk_store::{PAGE_ITEMS_MAX, Store, StoreError};
use watchdesk_templates::pages::{Attachment, Delivery, Entry, Message, Voice};

use super::events;
use super::load::Loaded;
use crate::pages::names::{self, initials};
use crate::pages::visit::Visit;

/// Messages of one page.
const MESSAGES: usize = 40;

/// A stretch of time without gaps: everything said and done in it.
pub(super) struct Window {
    pub messages: Vec<MessageRecord>,
    pub events: Vec<Event>,
    /// There is more before this instant.
    pub earlier: Option<Instant>,
}

impl Window {
    pub async fn load(store: &Store, ticket: TicketId, before: Option<Instant>) -> Result<Self, StoreError> {
        let (messages, events) = tokio::try_join!(
            tickets::messages_before(store, ticket, before, MESSAGES as u64 + 1),
            tickets::events_before(store, ticket, before, PAGE_ITEMS_MAX),
        )?;
        let events_shown = usize::try_from(PAGE_ITEMS_MAX).unwrap_or(usize::MAX) - 1;
        let said = messages.iter().map(|message| message.at).collect::<Vec<_>>();
        let done = events.iter().map(|event| event.at).collect::<Vec<_>>();
        let from = begins(&said, MESSAGES).max(begins(&done, events_shown));
        let within = |at: Instant| from.is_none_or(|from| at >= from);
        let mut window = Self {
            messages: messages.into_iter().filter(|message| within(message.at)).collect(),
            events: events.into_iter().filter(|event| within(event.at)).collect(),
            earlier: from,
        };
        window.messages.reverse();
        window.events.reverse();
        Ok(window)
    }
}

/// Where a page begins that shows the first `max` of these instants, the newest first, and leaves out no other of the
/// same second. None where all fit.
fn begins(newest_first: &[Instant], max: usize) -> Option<Instant> {
    let (last, beyond) = (newest_first.get(max.checked_sub(1)?)?, newest_first.get(max)?);
    if last > beyond {
        return Some(*last);
    }
    let whole = newest_first.iter().take(max).rev().find(|at| *at > last);
    // So much within one second: better a page too short than an endless one.
    Some(*whole.unwrap_or(last))
}

/// Oldest first.
pub(super) fn timeline(visit: &Visit, loaded: &Loaded) -> Vec<Entry> {
    let recorded = Recorded::of(&loaded.events);
    let lines = events::lines(visit, loaded).into_iter().map(|(seq, line)| (line.at, seq, Entry::Event(line)));
    let said = loaded.messages.iter().map(|record| {
        let seq = recorded.seq.get(&record.id).copied().unwrap_or_default();
        (record.at, seq, Entry::Message(Box::new(message(visit, loaded, record, &recorded))))
    });
    let mut entries: Vec<(Instant, i64, Entry)> = lines.chain(said).collect();
    entries.sort_by_key(|(at, seq, _)| (*at, *seq));
    entries.into_iter().map(|(_, _, entry)| entry).collect()
}

/// What events tell about messages.
struct Recorded {
    seq: BTreeMap<MessageId, i64>,
    calls: BTreeMap<MessageId, CallDirection>,
    came_back: Vec<MessageId>,
}

impl Recorded {
    fn of(events: &[Event]) -> Self {
        let mut recorded = Self { seq: BTreeMap::new(), calls: BTreeMap::new(), came_back: Vec::new() };
        for event in events {
            match event.kind {
                EventKind::MessageAdded { message, .. } => drop(recorded.seq.insert(message, event.seq)),
                EventKind::CallLogged { message, direction } => {
                    recorded.seq.insert(message, event.seq);
                    recorded.calls.insert(message, direction);
                }
                EventKind::DeliveryFailed { message: Some(message) } => recorded.came_back.push(message),
                _ => {}
            }
        }
        recorded
    }
}

fn message(visit: &Visit, loaded: &Loaded, record: &MessageRecord, recorded: &Recorded) -> Message {
    let author = author(visit, loaded, record);
    let call = recorded.calls.get(&record.id);
    Message {
        id: record.id.to_string(),
        voice: voice(record),
        initials: initials(&author),
        author,
        address: address(loaded, record),
        at: record.at,
        channel: channel(loaded, record, call.is_some()).as_str().to_owned(),
        direction: call.map(|direction| direction_slug(*direction).to_owned()),
        cc: record.cc.clone(),
        text: record.body.trim_end().to_owned(),
        quoted: None,
        html: record.html.as_ref().map(|_| format!("/messages/{}/html", record.id)),
        html_first: record.html.is_some() && record.body.trim().is_empty(),
        attachments: record.attachments.iter().map(attachment).collect(),
        delivery: delivery(visit, loaded, record.id, recorded),
        hint: None,
    }
}

fn voice(record: &MessageRecord) -> Voice {
    match (record.kind, record.author) {
        (MessageKind::Public, Author::System) => Voice::System,
        (MessageKind::Customer, _) => Voice::Customer,
        (MessageKind::Public, _) => Voice::Public,
        (MessageKind::Note, _) => Voice::Note,
        (MessageKind::Operator, _) => Voice::Operator,
        (MessageKind::Automatic, _) => Voice::Automatic,
    }
}

fn author(visit: &Visit, loaded: &Loaded, record: &MessageRecord) -> String {
    match record.author {
        Author::Operator => {
            let case = loaded.cases.iter().find(|case| Some(case.id) == record.case);
            names::operator(visit, case.map_or(&visit.desk.settings.operator, |case| &case.operator))
        }
        Author::System => visit.app.options.desk_name.clone(),
        Author::Agent(_) | Author::Contact(_) if record.author_name.is_empty() => "?".to_owned(),
        Author::Agent(_) | Author::Contact(_) => record.author_name.clone(),
    }
}

fn address(loaded: &Loaded, record: &MessageRecord) -> Option<String> {
    match record.author {
        Author::Contact(id) => loaded.contacts.get(&id).map(|contact| contact.email.clone()),
        Author::Agent(_) | Author::Operator | Author::System => None,
    }
}

fn channel(loaded: &Loaded, record: &MessageRecord, is_call: bool) -> Channel {
    match record.kind {
        _ if is_call => Channel::Phone,
        _ if record.mail_id.is_some() => Channel::Mail,
        MessageKind::Customer => loaded.ticket().channel,
        MessageKind::Public | MessageKind::Automatic => Channel::Mail,
        MessageKind::Note | MessageKind::Operator => Channel::Web,
    }
}

fn direction_slug(direction: CallDirection) -> &'static str {
    match direction {
        CallDirection::Inbound => "inbound",
        CallDirection::Outbound => "outbound",
    }
}

fn attachment(meta: &watchdesk_store::attachments::AttachmentMeta) -> Attachment {
    Attachment {
        name: meta.filename.clone(),
        href: format!("/attachments/{}", meta.id),
        size: meta.size,
        media_type: meta.content_type.clone(),
    }
}

/// The message that a notice carries out of the house.
pub(super) fn carried(notice: &Notice) -> Option<MessageId> {
    match notice {
        Notice::Reply { message } | Notice::Resolved { message } | Notice::ToOperator { message, .. } => Some(*message),
        Notice::Received { .. }
        | Notice::PassedOn { .. }
        | Notice::IncidentLinked { .. }
        | Notice::IncidentOver { .. }
        | Notice::RetestWanted { .. }
        | Notice::Closed
        | Notice::Assigned
        | Notice::CustomerWrote { .. }
        | Notice::WaitingOver
        | Notice::TargetNear { .. }
        | Notice::TargetMissed { .. }
        | Notice::NobodyToCall { .. }
        | Notice::EscalationProposed { .. }
        | Notice::Digest
        | Notice::RotaGap { .. }
        | Notice::HandOver { .. }
        | Notice::TimersStuck
        | Notice::CaseAnswered { .. }
        | Notice::DailySummary { .. } => None,
    }
}

fn delivery(visit: &Visit, loaded: &Loaded, id: MessageId, recorded: &Recorded) -> Option<Delivery> {
    let sent = loaded.outbox.iter().find(|row| carried(&row.notice) == Some(id))?;
    let state = delivery_state(sent, recorded.came_back.contains(&id));
    let given_up = matches!(sent.state, OutboxState::Dead | OutboxState::Suppressed);
    let may_resend = given_up && visit.may_with(Verb::WorkTicket, loaded.ticket());
    let number = loaded.ticket().number;
    Some(Delivery {
        state: state.to_owned(),
        detail: sent.last_error.clone().filter(|_| state != "sent").unwrap_or_default(),
        resend: may_resend.then(|| format!("/tickets/{number}/messages/{id}/resending")),
    })
}

fn delivery_state(row: &OutboxRecord, came_back: bool) -> &'static str {
    match row.state {
        OutboxState::Sent if came_back => "bounced",
        OutboxState::Sent => "sent",
        OutboxState::Dead | OutboxState::Suppressed => "dead",
        OutboxState::Pending | OutboxState::Sending if row.attempts > 0 && row.last_error.is_some() => "retrying",
        OutboxState::Pending | OutboxState::Sending | OutboxState::Held | OutboxState::InDigest => "queued",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_where_nothing_of_the_same_second_is_left_out() {
        let at = |seconds: &[i64]| -> Vec<Instant> {
            seconds.iter().map(|s| Instant::from_timestamp(*s, 0).unwrap()).collect()
        };
        let table: [(&[i64], usize, Option<i64>); 6] = [
            (&[], 2, None),
            (&[9, 8], 2, None),
            (&[9, 8, 7], 2, Some(8)),
            (&[9, 8, 8], 2, Some(9)),
            (&[9, 9, 8, 8, 8], 4, Some(9)),
            (&[8, 8, 8], 2, Some(8)),
        ];
        for (seconds, max, expected) in table {
            let begins = begins(&at(seconds), max);
            assert_eq!(begins.map(|at| at.timestamp()), expected, "{seconds:?}");
        }
    }
}
