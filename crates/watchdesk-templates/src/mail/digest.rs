//! What piled up for one person while the desk could not send, as one mail.

use serde::Serialize;
use watchdesk_core::Instant;
use watchdesk_core::clock::{Clock, ClockState, Objective, Outcome};
use watchdesk_core::ids::ClockId;
use watchdesk_core::ticket::Severity;

/// Notices that a digest lists; the rest is a number and a link.
pub const DIGEST_ROWS_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digest {
    pub desk: String,
    /// When the first of them was due, and when they were put together.
    pub from: Instant,
    pub to: Instant,
    /// All that piled up.
    pub notices: u64,
    /// The tickets that still owe something come first; each holds at least one line.
    pub open: Vec<DigestTicket>,
    pub done: Vec<DigestTicket>,
    /// Notices beyond [`DIGEST_ROWS_MAX`].
    pub left_out: u64,
    pub queue_url: String,
    /// See [`Digest::for_outside`].
    pub is_outside: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestTicket {
    pub number: i64,
    pub url: String,
    pub subject: String,
    pub customer: Option<String>,
    pub severity: Option<Severity>,
    pub lines: Vec<DigestLine>,
}

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestLine {
    pub objective: Objective,
    /// The operator's reference, for his targets.
    pub reference: Option<String>,
    pub what: DigestWhat,
    /// When the notice was due.
    pub due_at: Instant,
    pub now: DigestNow,
    /// The clock of which nobody has said yet that he has seen it.
    #[serde(skip)]
    pub unseen: Option<ClockId>,
    /// Where the reader says so.
    pub seen_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DigestWhat {
    Near,
    Missed,
}

/// How the clock stands when the digest is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DigestNow {
    Due,
    Overdue,
    Paused,
    Met,
    MetLate,
    Dropped,
}

impl DigestNow {
    pub fn of(clock: &Clock) -> Self {
        match (clock.state, clock.outcome) {
            (ClockState::Running, _) if clock.missed_at.is_some() => Self::Overdue,
            (ClockState::Running, _) => Self::Due,
            (ClockState::Paused, _) => Self::Paused,
            (ClockState::Ended, Some(Outcome::Met)) => Self::Met,
            (ClockState::Ended, Some(Outcome::MetLate)) => Self::MetLate,
            (ClockState::Ended, Some(Outcome::Cancelled(_) | Outcome::Superseded) | None) => Self::Dropped,
        }
    }

    fn is_open(self) -> bool {
        match self {
            Self::Due | Self::Overdue | Self::Paused => true,
            Self::Met | Self::MetLate | Self::Dropped => false,
        }
    }
}

impl Digest {
    /// Groups the notices, each a ticket with one line, by ticket: by when the first of them was due, what is still
    /// owed first, and no more than [`DIGEST_ROWS_MAX`] of them. None without a notice.
    pub fn of(
        desk: String,
        queue_url: String,
        to: Instant,
        mut notices: Vec<(DigestTicket, DigestLine)>,
    ) -> Option<Self> {
        notices.sort_by_key(|(_, line)| (!line.now.is_open(), line.due_at));
        let from = notices.iter().map(|(_, line)| line.due_at).min()?;
        let all = notices.len();
        let mut digest = Self {
            desk,
            from,
            to,
            notices: all as u64,
            open: Vec::new(),
            done: Vec::new(),
            left_out: all.saturating_sub(DIGEST_ROWS_MAX) as u64,
            queue_url,
            is_outside: false,
        };
        for (ticket, line) in notices.into_iter().take(DIGEST_ROWS_MAX) {
            let group = if line.now.is_open() { &mut digest.open } else { &mut digest.done };
            match group.iter_mut().find(|known| known.number == ticket.number) {
                Some(known) => known.lines.push(line),
                None => group.push(DigestTicket { lines: vec![line], ..ticket }),
            }
        }
        Some(digest)
    }

    /// For an address outside the desk: without words of customers, names, and links into the desk.
    pub fn for_outside(mut self) -> Self {
        self.is_outside = true;
        self.queue_url.clear();
        for ticket in self.open.iter_mut().chain(&mut self.done) {
            ticket.url.clear();
            ticket.subject.clear();
            ticket.customer = None;
            ticket.lines.iter_mut().for_each(|line| line.seen_url = None);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Instant {
        Instant::from_timestamp(minute * 60, 0).expect("an instant")
    }

    fn notice(number: i64, minute: i64, now: DigestNow) -> (DigestTicket, DigestLine) {
        let ticket = DigestTicket {
            number,
            url: String::new(),
            subject: String::new(),
            customer: None,
            severity: None,
            lines: Vec::new(),
        };
        let line = DigestLine {
            objective: Objective::FirstResponse,
            reference: None,
            what: DigestWhat::Near,
            due_at: at(minute),
            now,
            unseen: None,
            seen_url: None,
        };
        (ticket, line)
    }

    #[test]
    fn what_is_still_owed_comes_first_each_ticket_once() {
        let notices = vec![
            notice(1, 10, DigestNow::Met),
            notice(2, 30, DigestNow::Overdue),
            notice(3, 20, DigestNow::Due),
            notice(2, 25, DigestNow::Overdue),
        ];
        let digest = Digest::of("Desk".into(), String::new(), at(60), notices).expect("a digest");
        let numbers = |tickets: &[DigestTicket]| -> Vec<(i64, usize)> {
            tickets.iter().map(|ticket| (ticket.number, ticket.lines.len())).collect()
        };
        assert_eq!(numbers(&digest.open), [(3, 1), (2, 2)]);
        assert_eq!(numbers(&digest.done), [(1, 1)]);
        assert_eq!((digest.from, digest.notices, digest.left_out), (at(10), 4, 0));
        assert_eq!(Digest::of(String::new(), String::new(), at(0), Vec::new()), None);
    }

    #[test]
    fn a_long_list_is_bounded_and_says_how_much_is_missing() {
        let notices = (0..250).map(|n| notice(n, n, DigestNow::Due)).collect();
        let digest = Digest::of(String::new(), String::new(), at(900), notices).expect("a digest");
        assert_eq!((digest.open.len(), digest.notices, digest.left_out), (DIGEST_ROWS_MAX, 250, 150));
    }
}
