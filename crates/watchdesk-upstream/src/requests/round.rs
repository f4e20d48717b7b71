//! What one round did, in words for the task's record.

use std::fmt;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Round {
    /// Packets and later words.
    pub handed_over: u64,
    /// To be tried again.
    pub put_off: u64,
    /// Of cases that ended before anything was sent.
    pub suppressed: u64,
    /// Given up, with an alarm on the ticket.
    pub given_up: u64,
    /// Requests that were read.
    pub asked: u64,
    /// Cases on which the operator had something new to say.
    pub news: u64,
    /// Requests of which nothing could be taken over, and the last reason.
    pub unread: u64,
    pub why: Option<String>,
}

impl Round {
    pub(super) fn failed(&mut self, why: String) {
        self.unread += 1;
        self.why = Some(why);
    }

    pub fn is_failure(&self) -> bool {
        self.unread > 0 && self.unread == self.asked
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { handed_over, put_off, suppressed, given_up, asked, news, unread, why } = self;
        write!(
            f,
            "{handed_over} handed over, {put_off} put off, {suppressed} not needed, {given_up} given up; {asked} asked, {news} with news"
        )?;
        match why {
            Some(why) => write!(f, "; nothing could be taken over of {unread}: {why}"),
            None => Ok(()),
        }
    }
}
