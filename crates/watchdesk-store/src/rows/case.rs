use std::collections::BTreeSet;

use watchdesk_core::case::{Case, CaseState, EscalationReason, FilingChannel};
use watchdesk_core::clock::Clock;
use watchdesk_core::firing::Standing;
use watchdesk_core::ids::{CaseId, TicketId};
use watchdesk_core::ticket::Severity;

use crate::StoreError;
use crate::entities::operator_case::Model;
use crate::firing::failures;
use crate::rows::{Place, json, seconds, seconds_or_none, without_nul};

impl Model {
    /// With what stands in other tables.
    pub(crate) fn with_parts(self, tickets: BTreeSet<TicketId>, clocks: Vec<Clock>) -> Result<Case, StoreError> {
        let row = self;
        let id = row.id;
        let place = Place { table: "operator_case", id: &id };
        let state: CaseState = place.json("state_data", &row.state_data)?;
        if state.kind().as_str() != row.state {
            return Err(place.corrupt("state", format_args!("\"{}\" beside {}", row.state, row.state_data)));
        }
        Ok(Case {
            id: CaseId(id),
            version: row.version,
            tickets,
            state,
            operator: place.slug("operator", row.operator)?,
            reason: place.word("reason", &row.reason, EscalationReason::parse)?,
            severity: place.word("severity", &row.severity, Severity::parse)?,
            severity_lowered: place.word_or_none(
                "severity_lowered",
                row.severity_lowered.as_deref(),
                Severity::parse,
            )?,
            health: place.json("health", &row.health)?,
            reference: row.reference,
            channel: place.word_or_none("channel", row.channel.as_deref(), FilingChannel::parse)?,
            drafted_at: place.instant("drafted_at", row.drafted_at)?,
            filed_at: place.instant_or_none("filed_at", row.filed_at)?,
            acknowledged_at: place.instant_or_none("acknowledged_at", row.acknowledged_at)?,
            last_word_at: place.instant_or_none("last_word_at", row.last_word_at)?,
            ended_at: place.instant_or_none("ended_at", row.ended_at)?,
            reopened_count: row.reopened_count,
            timeline: place.json("timeline", &row.timeline)?,
            clocks,
            next_fire_at: place.instant_or_none("next_fire_at", row.next_fire_at)?,
            words: place.json("words", &row.words)?,
        })
    }
}

/// As a new case; of one that is there the firing is somebody else's matter.
pub(crate) fn case_row(case: &Case, standing: &Standing) -> Model {
    Model {
        id: case.id.0,
        version: case.version,
        state: case.state.kind().as_str().to_owned(),
        state_data: json(&case.state),
        operator: case.operator.to_string(),
        reason: case.reason.as_str().to_owned(),
        severity: case.severity.as_str().to_owned(),
        severity_lowered: case.severity_lowered.map(|severity| severity.as_str().to_owned()),
        health: json(&case.health),
        reference: case.reference.clone().map(without_nul),
        channel: case.channel.map(|channel| channel.as_str().to_owned()),
        drafted_at: seconds(case.drafted_at),
        filed_at: seconds_or_none(case.filed_at),
        acknowledged_at: seconds_or_none(case.acknowledged_at),
        last_word_at: seconds_or_none(case.last_word_at),
        ended_at: seconds_or_none(case.ended_at),
        reopened_count: case.reopened_count,
        words: json(&case.words),
        timeline: json(&case.timeline),
        next_fire_at: seconds_or_none(case.next_fire_at),
        fire_claimed_until: seconds_or_none(standing.claimed_until),
        fire_fence: standing.fence,
        fire_failures: failures(standing),
    }
}
