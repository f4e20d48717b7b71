//! What the API shows. Names are looked up in batches, for a list as for one object.

mod cases;
mod clocks;
mod conversation;
mod names;
mod tickets;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use cases::{CaseSummary, CaseView, DisclosureView, case_view};
pub(crate) use clocks::ClockView;
pub(crate) use conversation::{AttachmentView, EventView, MessageView, is_about_cases};
pub(crate) use names::Names;
pub(crate) use tickets::{TicketSummary, TicketView, summaries, ticket_view};

/// Somebody or something, by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct NamedRef {
    pub id: Uuid,
    pub name: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TeamRef {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ContactRef {
    pub id: Uuid,
    pub name: String,
    pub email: String,
}

/// A name in both languages of the desk.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct NamedView {
    pub en: String,
    pub zh: String,
}

impl From<&watchdesk_core::desk::Named> for NamedView {
    fn from(name: &watchdesk_core::desk::Named) -> Self {
        Self { en: name.en.clone(), zh: name.zh.clone() }
    }
}

/// The name under which a value of a closed set travels.
pub(crate) fn slug_of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(_) | Err(_) => String::new(),
    }
}
