//! What a call says: enough to get up and look, and nothing about a person. The customer's own words stay on the desk.

use chrono::SecondsFormat;
use serde_json::{Value, json};
use watchdesk_core::Instant;

/// How a promise stands when somebody is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its deadline comes near.
    Near,
    Missed,
}

impl Standing {
    fn as_str(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::Missed => "missed",
        }
    }
}

/// The promise that a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromiseFacts<'a> {
    /// As the API names it: `first_response`.
    pub objective: &'a str,
    /// None while its clock is paused.
    pub deadline: Option<Instant>,
    pub standing: Standing,
}

/// The ticket that a call is about. Its subject is the customer's text and is not among these facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketFacts<'a> {
    /// As people know it.
    pub number: i64,
    /// None before triage.
    pub severity: Option<&'a str>,
    /// To its page on this desk.
    pub link: &'a str,
    pub promise: Option<PromiseFacts<'a>>,
}

/// The body of a call: what happened (the notice's name), when that was decided, and to what. The same arguments make
/// the same body, so that a call that is repeated says the same thing again.
pub fn body(notice: &str, at: Instant, ticket: &TicketFacts<'_>) -> Value {
    let mut data = json!({
        "ticket": ticket.number,
        "severity": ticket.severity,
        "link": ticket.link,
    });
    if let Some(promise) = ticket.promise {
        data["objective"] = promise.objective.into();
        data["deadline"] = promise.deadline.map(in_utc).into();
        data["standing"] = promise.standing.as_str().into();
    }
    json!({ "type": notice, "timestamp": in_utc(at), "data": data })
}

fn in_utc(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn a_call_says_what_whom_it_wakes_needs() {
        let promise = PromiseFacts {
            objective: "first_response",
            deadline: Some(at("2026-02-17T19:00:00Z")),
            standing: Standing::Missed,
        };
        let ticket = TicketFacts {
            number: 42,
            severity: Some("A"),
            link: "https://desk.example.cn/tickets/42",
            promise: Some(promise),
        };
        assert_eq!(
            body("target_missed", at("2026-02-17T19:00:03Z"), &ticket),
            json!({
                "type": "target_missed",
                "timestamp": "2026-02-17T19:00:03Z",
                "data": {
                    "ticket": 42,
                    "severity": "A",
                    "link": "https://desk.example.cn/tickets/42",
                    "objective": "first_response",
                    "deadline": "2026-02-17T19:00:00Z",
                    "standing": "missed",
                },
            })
        );
    }

    #[test]
    fn what_is_about_no_promise_names_none() {
        let ticket = TicketFacts { number: 42, severity: None, link: "https://desk.example.cn/t", promise: None };
        let said = body("assigned", at("2026-02-17T19:00:03Z"), &ticket);
        assert_eq!(said["data"], json!({ "ticket": 42, "severity": null, "link": "https://desk.example.cn/t" }));
        let paused = PromiseFacts { objective: "resolution", deadline: None, standing: Standing::Near };
        let said = body("target_near", at("2026-02-17T19:00:03Z"), &TicketFacts { promise: Some(paused), ..ticket });
        assert_eq!((&said["data"]["deadline"], &said["data"]["standing"]), (&Value::Null, &json!("near")));
    }
}
