//! "I have seen it", from the link in a mail: nobody has to sign in for it at three in the morning.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::entry::Outside;
use super::samples;
use crate::page::Page;

/// `GET /acknowledge/{token}`. Looking at it does nothing, because mail programs look at links by themselves.
#[derive(Debug, Clone, Serialize)]
pub struct AcknowledgePage {
    pub outside: Outside,
    /// Where the button posts: `/acknowledge/{token}`.
    pub action: String,
    pub standing: AcknowledgeStanding,
    pub number: i64,
    /// `first_response`, ...
    pub objective: String,
    /// The operator's reference, for his targets.
    pub reference: Option<String>,
    pub missed: bool,
    /// None while the clock stands still.
    pub deadline: Option<DateTime<Utc>>,
    /// 1 is the first step of the ladder.
    pub step: u32,
    /// Until when somebody has to say so.
    pub until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum AcknowledgeStanding {
    /// It waits for somebody.
    Waiting,
    /// Somebody said so, perhaps a moment ago.
    Seen { by: String, by_reader: bool, at: DateTime<Utc> },
    /// Nobody did in time: the next level has been called.
    TimedOut { at: DateTime<Utc> },
    /// The target was met or is owed no more.
    Over,
}

impl Page for AcknowledgePage {
    const TEMPLATE: &'static str = "pages/acknowledge.html";
}

impl AcknowledgePage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let waiting = Self {
            outside: samples::outside("/acknowledge/5d0f6a1c9b7e"),
            action: "/acknowledge/5d0f6a1c9b7e".into(),
            standing: AcknowledgeStanding::Waiting,
            number: 10_234,
            objective: "first_response".into(),
            reference: None,
            missed: true,
            deadline: Some(samples::ago(600)),
            step: 2,
            until: Some(samples::ahead(300)),
        };
        let of_operator = Self {
            objective: "upstream_acknowledgement".into(),
            reference: Some("21V-2603180417".into()),
            missed: false,
            deadline: None,
            until: None,
            ..waiting.clone()
        };
        let seen = |by: &str, by_reader| AcknowledgeStanding::Seen { by: by.into(), by_reader, at: samples::ago(60) };
        let standing = |standing| Self { standing, ..waiting.clone() };
        vec![
            ("acknowledge_seen", standing(seen("张伟", true))),
            ("acknowledge_seen_by_another", standing(seen("<b>Contoso</b>", false))),
            ("acknowledge_timed_out", standing(AcknowledgeStanding::TimedOut { at: samples::ago(90) })),
            ("acknowledge_over", standing(AcknowledgeStanding::Over)),
            ("acknowledge", waiting),
            ("acknowledge_of_operator", of_operator),
        ]
    }
}
