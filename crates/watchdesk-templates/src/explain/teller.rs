//! Times, names and words, as one reader is told them.

use std::fmt::Display;

use chrono::{Datelike, NaiveDate, Timelike};
use watchdesk_core::Instant;
use watchdesk_core::desk::Language;
use watchdesk_core::event::ActorRef;
use watchdesk_core::ids::{AgentId, ContactId, CustomerId, Slug, TicketId};

use super::{Names, Thing};
use crate::catalogue::words;
use crate::format;
use crate::reader::ReaderLocale;
use crate::text::one_line;

pub(super) struct Teller<'a> {
    pub reader: ReaderLocale,
    pub names: &'a Names,
    pub now: Instant,
}

impl Teller<'_> {
    /// Words of the catalogue, `explain.{key}`.
    pub fn say(&self, key: &str, values: &[(&str, &dyn Display)]) -> String {
        words().say(self.reader.language, &format!("explain.{key}"), values)
    }

    pub fn as_of(&self) -> String {
        let offset = format::offset_of(self.now, self.reader.zone);
        self.say("as_of", &[("at", &self.moment(self.now)), ("zone", &self.reader.zone.name()), ("offset", &offset)])
    }

    /// To the second: `Mon 2 Mar, 10:05:00`.
    pub fn moment(&self, at: Instant) -> String {
        let there = at.with_timezone(&self.reader.zone);
        self.dated(there.date_naive(), &there.format("%H:%M:%S").to_string())
    }

    /// To the minute, or to the second where it has any.
    pub fn minute(&self, at: Instant) -> String {
        let there = at.with_timezone(&self.reader.zone);
        self.dated(there.date_naive(), &self.time(at))
    }

    fn time(&self, at: Instant) -> String {
        let there = at.with_timezone(&self.reader.zone);
        let pattern = if there.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        there.format(pattern).to_string()
    }

    fn dated(&self, date: NaiveDate, time: &str) -> String {
        self.say("moment", &[("day", &self.day(date)), ("time", &time)])
    }

    /// `Fri 13 Feb, 17:30–18:00`, or with both days.
    pub fn span(&self, from: Instant, to: Instant) -> String {
        let day = |at: Instant| at.with_timezone(&self.reader.zone).date_naive();
        let end = if day(from) == day(to) { self.time(to) } else { self.minute(to) };
        let dash = if day(from) == day(to) { "–" } else { " – " };
        format!("{}{dash}{end}", self.minute(from))
    }

    /// `Fri 13 Feb`; the year only where it is another one than now.
    pub fn day(&self, date: NaiveDate) -> String {
        const WEEKDAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
        let year = Some(date.year()).filter(|year| *year != self.year());
        match self.reader.language {
            Language::English => {
                let day = date.format("%a %-d %b").to_string();
                year.map_or(day.clone(), |year| format!("{day} {year}"))
            }
            Language::Chinese => {
                let weekday = WEEKDAYS[date.weekday().num_days_from_monday() as usize];
                let year = year.map(|year| format!("{year}年")).unwrap_or_default();
                format!("{year}{}月{}日（周{weekday}）", date.month(), date.day())
            }
        }
    }

    /// `15–23 Feb`, `30 Sep–8 Oct`; `2月15日至23日`.
    pub fn dates(&self, first: NaiveDate, last: NaiveDate) -> String {
        let one_month = (first.year(), first.month()) == (last.year(), last.month());
        match (self.reader.language, first == last, one_month) {
            (_, true, _) => self.day(first),
            (Language::English, false, true) => format!("{}–{}", first.day(), last.format("%-d %b")),
            (Language::English, false, false) => format!("{}–{}", first.format("%-d %b"), last.format("%-d %b")),
            (Language::Chinese, false, true) => format!("{}月{}日至{}日", first.month(), first.day(), last.day()),
            (Language::Chinese, false, false) => {
                format!("{}月{}日至{}月{}日", first.month(), first.day(), last.month(), last.day())
            }
        }
    }

    fn year(&self) -> i32 {
        self.now.with_timezone(&self.reader.zone).year()
    }

    /// So that what is added up adds up: `12 h 30 min`.
    pub fn exact(&self, seconds: i64) -> String {
        format::exact_duration(seconds, self.reader.language)
    }

    pub fn rough(&self, seconds: i64) -> String {
        format::duration(seconds, self.reader.language)
    }

    /// `A, B and C`; `A、B 和 C`.
    pub fn listed(&self, mut parts: Vec<String>) -> String {
        let Some(last) = parts.pop() else { return String::new() };
        if parts.is_empty() {
            return last;
        }
        let first = parts.join(&self.say("list.comma", &[]));
        self.say("list.and", &[("first", &first), ("last", &last)])
    }

    pub fn who(&self, actor: ActorRef) -> String {
        match actor {
            ActorRef::Agent(id) => self.agent(id),
            ActorRef::Contact(id) => self.contact(id),
            ActorRef::System if self.names.desk.is_empty() => "Watchdesk".to_owned(),
            ActorRef::System => one_line(&self.names.desk),
        }
    }

    pub fn agent(&self, id: AgentId) -> String {
        self.names.agents.get(&id).map_or_else(|| self.say("somebody", &[]), |name| one_line(name))
    }

    pub fn contact(&self, id: ContactId) -> String {
        self.names.contacts.get(&id).map_or_else(|| self.say("customer", &[]), |name| one_line(name))
    }

    pub fn customer(&self, id: CustomerId) -> String {
        self.names.customers.get(&id).map_or_else(|| self.say("customer.one", &[]), |name| one_line(name))
    }

    pub fn ticket(&self, id: TicketId) -> String {
        self.names.tickets.get(&id).map_or_else(|| self.say("ticket", &[]), |number| format!("#{number}"))
    }

    pub fn thing(&self, thing: Thing, slug: &Slug) -> String {
        let known = self.names.things.get(&(thing, slug.clone()));
        known.map_or_else(|| slug.to_string(), |name| one_line(name))
    }
}
