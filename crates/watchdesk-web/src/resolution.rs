//! One answer for all tickets of a case: what each customer would be told, and telling it; for pages and API alike.

use std::collections::{BTreeMap, BTreeSet};

use watchdesk_core::case::Case;
use watchdesk_core::command::{Command, Step, Unit, Words};
use watchdesk_core::desk::Language;
use watchdesk_core::ids::{ContactId, CustomerId, MailboxId, MessageId, TicketId};
use watchdesk_core::lifecycle::TicketAction;
use watchdesk_core::rights::{Actor, Object, Verb, Visibility, authorize};
use watchdesk_core::tell;
use watchdesk_core::ticket::StateKind;
use watchdesk_store::directory::{self, Contact, Customer, Mailbox};
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_store::{ExecuteError, Request, Store, StoreError, fresh_id};
use watchdesk_templates::{names, refusal_text};

/// Tickets of one case that are resolved at once.
pub(crate) const TICKETS_MAX: usize = 200;

/// What is said, in each language that a customer reads.
pub(crate) type Messages = BTreeMap<Language, String>;

/// A ticket that was chosen, and the version that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub number: i64,
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It can be resolved.
    Ready,
    /// It was before.
    Over,
    /// It cannot be resolved as it is, or not by this person.
    NotNow,
    /// It was left out.
    LeftOut,
    Resolved,
    /// Why not, in words.
    Refused(String),
}

impl Standing {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Over => "over",
            Self::NotNow => "not_now",
            Self::LeftOut => "left_out",
            Self::Resolved => "resolved",
            Self::Refused(_) => "refused",
        }
    }

    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Refused(why) => Some(why),
            Self::Ready | Self::Over | Self::NotNow | Self::LeftOut | Self::Resolved => None,
        }
    }
}

/// One ticket of the case.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub record: TicketRecord,
    pub requester: String,
    pub customer: Option<String>,
    pub language: Language,
    /// The ticket in whose mail its customer is told, where that is another one.
    pub told_in: Option<i64>,
    /// What would go out, or stand on the ticket.
    pub message: String,
    pub standing: Standing,
}

impl Line {
    fn id(&self) -> TicketId {
        self.record.ticket.id
    }

    pub fn number(&self) -> i64 {
        self.record.ticket.number.0
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// In the order of their numbers.
    pub lines: Vec<Line>,
}

/// What would happen. Nothing chosen means all of them.
pub(crate) async fn plan(
    store: &Store,
    actor: &Actor,
    visibility: &Visibility,
    case: &Case,
    messages: &Messages,
    chosen: Option<&[Chosen]>,
) -> Result<Plan, StoreError> {
    let ids: Vec<TicketId> = case.tickets.iter().copied().collect();
    let mut records = tickets::by_ids(store, &ids).await?;
    records.retain(|record| visibility.admits(&record.ticket));
    records.sort_by_key(|record| record.ticket.number);
    records.truncate(TICKETS_MAX);
    let people = People::of(store, &records).await?;
    let with_operator = case.state.kind().is_with_operator();
    let mut lines: Vec<Line> = records
        .into_iter()
        .map(|record| {
            let standing = standing(actor, &record, with_operator, chosen);
            people.line(record, standing)
        })
        .collect();
    tell_each_once(&mut lines, messages);
    Ok(Plan { lines })
}

fn standing(actor: &Actor, record: &TicketRecord, with_operator: bool, chosen: Option<&[Chosen]>) -> Standing {
    let ticket = &record.ticket;
    let state = ticket.state.kind();
    let is_chosen = chosen.is_none_or(|chosen| chosen.iter().any(|one| one.number == ticket.number.0));
    let works = authorize(actor, Verb::WorkTicket, Object::Ticket(ticket));
    if matches!(state, StateKind::Resolved | StateKind::Closed) {
        Standing::Over
    } else if with_operator || !works || !ticket.triaged || !TicketAction::Resolve.is_allowed(state) {
        Standing::NotNow
    } else if is_chosen {
        Standing::Ready
    } else {
        Standing::LeftOut
    }
}

struct People {
    contacts: BTreeMap<ContactId, Contact>,
    customers: BTreeMap<CustomerId, Customer>,
    mailboxes: Vec<Mailbox>,
}

impl People {
    async fn of(store: &Store, records: &[TicketRecord]) -> Result<Self, StoreError> {
        let contacts: BTreeSet<ContactId> = records.iter().map(|record| record.ticket.requester).collect();
        let customers: BTreeSet<CustomerId> = records.iter().filter_map(|record| record.ticket.customer).collect();
        let (contacts, customers): (Vec<_>, Vec<_>) = (contacts.into_iter().collect(), customers.into_iter().collect());
        let contacts = directory::contacts_by_ids(store, &contacts).await?;
        let customers = directory::customers_by_ids(store, &customers).await?;
        Ok(Self {
            contacts: contacts.into_iter().map(|contact| (contact.id, contact)).collect(),
            customers: customers.into_iter().map(|customer| (customer.id, customer)).collect(),
            mailboxes: directory::mailboxes(store).await?,
        })
    }

    fn line(&self, record: TicketRecord, standing: Standing) -> Line {
        let contact = self.contacts.get(&record.ticket.requester);
        let customer = record.ticket.customer.and_then(|id| self.customers.get(&id));
        let language = contact.and_then(|contact| contact.language).or(customer.map(|customer| customer.language));
        Line {
            requester: contact.map(|contact| contact.name.clone()).unwrap_or_default(),
            customer: customer.map(|customer| customer.name.clone()),
            language: language.unwrap_or_else(|| self.language_of(record.ticket.mailbox)),
            told_in: None,
            message: String::new(),
            standing,
            record,
        }
    }
}

impl People {
    /// Of the mailbox that a ticket came through; else of the desk's first. As its mails speak.
    fn language_of(&self, mailbox: Option<MailboxId>) -> Language {
        let came_through = self.mailboxes.iter().find(|known| Some(known.id) == mailbox);
        let first = self.mailboxes.iter().min_by_key(|known| (!known.active, known.id));
        came_through.or(first).map_or(Language::English, |mailbox| mailbox.language)
    }
}

/// A person with several tickets gets one mail, on the first of them, that names the others.
fn tell_each_once(lines: &mut [Line], messages: &Messages) {
    let mut firsts: BTreeMap<ContactId, (usize, Vec<i64>)> = BTreeMap::new();
    for (index, line) in lines.iter_mut().enumerate() {
        if line.standing != Standing::Ready {
            continue;
        }
        let text = messages.get(&line.language).map(String::as_str).unwrap_or_default().trim();
        line.message = text.to_owned();
        let requester = line.record.ticket.requester;
        if let Some((_, others)) = firsts.get_mut(&requester) {
            others.push(line.number());
        } else {
            firsts.insert(requester, (index, Vec::new()));
        }
    }
    for (first, others) in firsts.into_values().filter(|(_, others)| !others.is_empty()) {
        let (number, language) = (lines[first].number(), lines[first].language);
        let listed: Vec<String> = others.iter().map(|other| format!("#{other}")).collect();
        let also = names::say(language, "resolution.also", &[("numbers", &listed.join(", "))]);
        lines[first].message = format!("{}\n\n{also}", lines[first].message);
        for line in lines.iter_mut().filter(|line| others.contains(&line.number())) {
            line.told_in = Some(number);
            line.message = names::say(line.language, "resolution.told_in", &[("number", &number)]);
        }
    }
}

impl Plan {
    /// The languages of those who would be told.
    pub fn languages(&self) -> BTreeSet<Language> {
        let told = |line: &&Line| matches!(line.standing, Standing::Ready | Standing::LeftOut);
        self.lines.iter().filter(told).map(|line| line.language).collect()
    }

    /// A language that somebody reads who would be told, and in which nothing is said, or not to the end.
    pub fn unsaid(&self, messages: &Messages) -> Option<Language> {
        let ready = self.lines.iter().filter(|line| line.standing == Standing::Ready);
        let is_said = |language: &Language| {
            messages.get(language).is_some_and(|text| !text.trim().is_empty() && !tell::is_unfinished(text))
        };
        ready.map(|line| line.language).find(|language| !is_said(language))
    }

    pub fn ready(&self) -> usize {
        self.lines.iter().filter(|line| line.standing == Standing::Ready).count()
    }

    /// Each customer with his tickets in one transaction: one that is refused keeps no other back. Doing it again does
    /// nothing to what is resolved already.
    pub async fn carry_out(
        mut self,
        store: &Store,
        actor: &Actor,
        chosen: Option<&[Chosen]>,
        language: Language,
    ) -> Result<Self, StoreError> {
        let firsts: Vec<i64> = self
            .lines
            .iter()
            .filter(|line| line.standing == Standing::Ready && line.told_in.is_none())
            .map(Line::number)
            .collect();
        for first in firsts {
            let of_group = |line: &Line| {
                line.standing == Standing::Ready && (line.number() == first || line.told_in == Some(first))
            };
            let group: Vec<&Line> = self.lines.iter().filter(|line| of_group(line)).collect();
            let standing = match store.execute(actor, request(&group, chosen)).await {
                Ok(_) => Standing::Resolved,
                Err(ExecuteError::Refused(refusal)) => Standing::Refused(refusal_text(language, &refusal).0),
                Err(ExecuteError::Stale { .. }) => Standing::Refused(names::say(language, "resolution.changed", &[])),
                Err(ExecuteError::Store(error)) => return Err(error),
                Err(
                    error @ (ExecuteError::AlreadySettled(_)
                    | ExecuteError::KeyReused
                    | ExecuteError::UnknownAttachment
                    | ExecuteError::BrokeOff
                    | ExecuteError::ClaimLost),
                ) => Standing::Refused(error.to_string()),
            };
            for line in self.lines.iter_mut().filter(|line| of_group(line)) {
                line.standing = standing.clone();
            }
        }
        Ok(self)
    }
}

/// The first of the group tells the person; the others go along.
fn request(group: &[&Line], chosen: Option<&[Chosen]>) -> Request {
    let first = group.iter().find(|line| line.told_in.is_none()).map(|line| line.id());
    let mut unit = Unit::default();
    let mut expected_versions = BTreeMap::new();
    for line in group {
        let words = Words::text(MessageId(fresh_id()), line.message.clone());
        let command = match (line.told_in, first) {
            (Some(_), Some(with)) => Command::ResolveAlong { words, with },
            (Some(_) | None, _) => Command::Resolve { words },
        };
        unit.steps.push(Step::Ticket(line.id(), command));
        let looked_at = chosen.and_then(|chosen| chosen.iter().find(|one| one.number == line.number()));
        expected_versions.insert(line.id(), looked_at.map_or(line.record.ticket.version, |one| one.version));
    }
    Request { expected_versions, ..Request::from(unit) }
}
