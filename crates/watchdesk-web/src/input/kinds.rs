//! How each kind of value is read.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema};
use uuid::Uuid;
use watchdesk_core::case::{AnswerOutcome, EscalationReason, FilingChannel};
use watchdesk_core::command::{CallDirection, CloseReason, WordFrom};
use watchdesk_core::desk::{AppliesTo, Language};
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::{
    AgentId, AttachmentId, CaseId, ClockId, ContactId, CustomerId, MessageId, Slug, TeamId, TicketNumber,
};
use watchdesk_core::rights::Role;
use watchdesk_core::ticket::{Channel, LinkKind, Severity, StateKind};
use watchdesk_core::whole_seconds;
use watchdesk_store::tickets::Sort;
use watchdesk_store::{Cursor, PAGE_ITEMS_MAX};

use super::schema::{number_schema, text_schema};
use super::words::text;
use super::{Faults, Input, Place, Schemas, Wrong};

/// Entries of any list in a request.
const LIST_ITEMS_MAX: usize = 500;

/// A field of a partial change: absent leaves it, `null` empties it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change<T> {
    Keep,
    To(Option<T>),
}

impl<T> Change<T> {
    /// As core has it: the outer `None` leaves the field.
    pub fn into_option(self) -> Option<Option<T>> {
        match self {
            Self::Keep => None,
            Self::To(value) => Some(value),
        }
    }

    pub fn or(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Keep => current,
            Self::To(value) => value,
        }
    }
}

impl<T: Input> Input for Change<T> {
    const REQUIRED: bool = false;

    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        match value {
            Value::Null => Some(Self::To(None)),
            value => T::read(value, at, faults).map(|value| Self::To(Some(value))),
        }
    }

    fn absent(_: &Place<'_>, _: &mut Faults) -> Option<Self> {
        Some(Self::Keep)
    }

    fn schema() -> RefOr<Schema> {
        nullable(T::schema())
    }

    fn collect(schemas: &mut Schemas) {
        T::collect(schemas);
    }
}

/// `T` or `null`.
fn nullable(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            if let SchemaType::Type(kind) = object.schema_type.clone() {
                object.schema_type = SchemaType::Array(vec![kind, Type::Null]);
            }
            RefOr::T(Schema::Object(object))
        }
        other => other,
    }
}

impl<T: Input> Input for Option<T> {
    const REQUIRED: bool = false;

    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value, at, faults).map(Some),
        }
    }

    fn absent(_: &Place<'_>, _: &mut Faults) -> Option<Self> {
        Some(None)
    }

    fn schema() -> RefOr<Schema> {
        nullable(T::schema())
    }

    fn collect(schemas: &mut Schemas) {
        T::collect(schemas);
    }
}

impl<T: Input> Input for Vec<T> {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let Value::Array(items) = value else {
            faults.add(at, Wrong::NotAList);
            return None;
        };
        if items.len() > LIST_ITEMS_MAX {
            faults.add(at, Wrong::TooMany { max: LIST_ITEMS_MAX });
            return None;
        }
        let read = |(index, item)| T::read(item, &Place::Item(at, index), faults);
        let items: Vec<Option<T>> = items.into_iter().enumerate().map(read).collect();
        items.into_iter().collect()
    }

    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new().items(T::schema()).max_items(Some(LIST_ITEMS_MAX)).into()
    }

    fn collect(schemas: &mut Schemas) {
        T::collect(schemas);
    }
}

impl<T: Input + Ord> Input for BTreeSet<T> {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        Vec::read(value, at, faults).map(|items| items.into_iter().collect())
    }

    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new().items(T::schema()).max_items(Some(LIST_ITEMS_MAX)).unique_items(true).into()
    }
}

impl<T: Input> Input for BTreeMap<String, T> {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let Value::Object(object) = value else {
            faults.add(at, Wrong::NotAnObject);
            return None;
        };
        if object.len() > LIST_ITEMS_MAX {
            faults.add(at, Wrong::TooMany { max: LIST_ITEMS_MAX });
            return None;
        }
        object
            .into_iter()
            .map(|(name, item)| Some((name.clone(), T::read(item, &Place::Field(at, &name), faults)?)))
            .collect()
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().additional_properties(Some(T::schema())).into()
    }
}

/// In a query: `state=open,triaged`, or the name several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OneOrMany<T>(pub Vec<T>);

impl<T: Input> Input for OneOrMany<T> {
    const REQUIRED: bool = false;

    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let parts = |text: &str| text.split(',').map(|part| Value::from(part.trim())).collect::<Vec<_>>();
        let items = match value {
            Value::String(list) => parts(&list),
            Value::Array(lists) => lists.iter().flat_map(|list| parts(list.as_str().unwrap_or_default())).collect(),
            other => vec![other],
        };
        Vec::read(Value::Array(items), at, faults).map(Self)
    }

    fn absent(_: &Place<'_>, _: &mut Faults) -> Option<Self> {
        Some(Self(Vec::new()))
    }

    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new().items(T::schema()).into()
    }
}

/// Text that a query or a list gives a name by: an id, an address or a slug. What it names, the handler finds out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ListText(pub String);

const LIST_TEXT_CHARS_MAX: usize = 300;

impl Input for ListText {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let text = watchdesk_templates::text::one_line(&text(value, at, faults)?);
        if text.chars().count() > LIST_TEXT_CHARS_MAX {
            faults.add(at, Wrong::TooLong { max: LIST_TEXT_CHARS_MAX });
            return None;
        }
        Some(Self(text))
    }

    fn schema() -> RefOr<Schema> {
        text_schema(None).max_length(Some(LIST_TEXT_CHARS_MAX)).into()
    }
}

/// How many items a page of a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit(pub u64);

impl Limit {
    const USUAL: Self = Self(50);
}

impl Input for Limit {
    const REQUIRED: bool = false;

    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let number = match &value {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64(),
        };
        let legal = number.filter(|number| (1..=PAGE_ITEMS_MAX).contains(number));
        if legal.is_none() {
            faults.add(at, Wrong::OutOfRange { min: 1, max: PAGE_ITEMS_MAX.cast_signed() });
        }
        legal.map(Self)
    }

    fn absent(_: &Place<'_>, _: &mut Faults) -> Option<Self> {
        Some(Self::USUAL)
    }

    fn schema() -> RefOr<Schema> {
        number_schema(1, PAGE_ITEMS_MAX.cast_signed()).default(Some(Self::USUAL.0.into())).into()
    }
}

impl Input for u32 {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number <= U32_MAX);
        if number.is_none() {
            faults.add(at, Wrong::OutOfRange { min: 0, max: i64::from(U32_MAX) });
        }
        number
    }

    fn schema() -> RefOr<Schema> {
        number_schema(0, i64::from(U32_MAX)).into()
    }
}

/// What both databases can keep.
const U32_MAX: u32 = i32::MAX.cast_unsigned();

impl Input for bool {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let answer = value.as_bool();
        if answer.is_none() {
            faults.add(at, Wrong::NotTrueOrFalse);
        }
        answer
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(SchemaType::Type(Type::Boolean)).into()
    }
}

impl Input for TicketNumber {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let number = value.as_i64().filter(|number| *number > 0);
        if number.is_none() {
            faults.add(at, Wrong::NotANumber);
        }
        number.map(Self)
    }

    fn schema() -> RefOr<Schema> {
        number_schema(1, i64::MAX).into()
    }
}

/// Reads text that has a grammar.
fn parsed<T>(
    value: Value,
    at: &Place<'_>,
    faults: &mut Faults,
    wrong: Wrong,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let result = parse(text(value, at, faults)?.trim());
    if result.is_none() {
        faults.add(at, wrong);
    }
    result
}

macro_rules! texts {
    ($($kind:ty: $wrong:expr, $schema:expr, $parse:expr;)+) => {$(
        impl Input for $kind {
            fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
                parsed(value, at, faults, $wrong, $parse)
            }

            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }
    )+};
}

texts! {
    DateTime<Utc>: Wrong::NotAnInstant, text_schema(Some(KnownFormat::DateTime)), instant;
    Slug: Wrong::NotASlug, text_schema(None).max_length(Some(Slug::LENGTH_MAX)), |text| Self::new(text).ok();
    Tz: Wrong::NotAZone, text_schema(None), |text| text.parse().ok();
    Cursor: Wrong::NotACursor, text_schema(None), |text| text.parse().ok();
}

/// The years that both databases and every calendar can hold.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    let legal = DateTime::UNIX_EPOCH..=DateTime::from_timestamp(253_402_300_799, 0)?;
    legal.contains(&at).then(|| whole_seconds(at))
}

macro_rules! ids {
    ($($kind:ty),+) => {$(
        impl Input for $kind {
            fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
                parsed(value, at, faults, Wrong::NotAnId, |text| Uuid::try_parse(text).ok().map(Self))
            }

            fn schema() -> RefOr<Schema> {
                text_schema(Some(KnownFormat::Uuid)).into()
            }
        }
    )+};
}

ids!(AgentId, AttachmentId, CaseId, ClockId, ContactId, CustomerId, MessageId, TeamId);

/// One of a closed set of names.
macro_rules! choices {
    ($($kind:ty { $($name:literal => $value:expr),+ $(,)? })+) => {$(
        impl $crate::input::Input for $kind {
            fn read(
                value: serde_json::Value,
                at: &$crate::input::Place<'_>,
                faults: &mut $crate::input::Faults,
            ) -> Option<Self> {
                match value.as_str() {
                    $(Some($name) => Some($value),)+
                    _ => {
                        faults.add(at, $crate::input::Wrong::NoneOf(&[$($name),+]));
                        None
                    }
                }
            }

            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::input::text_schema(None).enum_values(Some([$($name),+])).into()
            }
        }
    )+};
}
pub(crate) use choices;

choices! {
    Severity { "A" => Severity::A, "B" => Severity::B, "C" => Severity::C }
    Channel { "mail" => Channel::Mail, "phone" => Channel::Phone, "web" => Channel::Web, "api" => Channel::Api }
    StateKind {
        "open" => StateKind::Open, "triaged" => StateKind::Triaged, "waiting" => StateKind::Waiting,
        "escalated" => StateKind::Escalated, "resolved" => StateKind::Resolved, "closed" => StateKind::Closed,
    }
    Sort { "due" => Sort::Due, "created" => Sort::Created, "updated" => Sort::Updated }
    CallDirection { "inbound" => CallDirection::Inbound, "outbound" => CallDirection::Outbound }
    CloseReason { "solved" => CloseReason::Solved, "spam" => CloseReason::Spam, "withdrawn" => CloseReason::Withdrawn }
    LinkKind {
        "parent" => LinkKind::Parent, "child" => LinkKind::Child, "related" => LinkKind::Related,
        "duplicate" => LinkKind::Duplicate, "follow_up_of" => LinkKind::FollowUpOf,
        "followed_up_by" => LinkKind::FollowedUpBy, "split_from" => LinkKind::SplitFrom,
        "split_into" => LinkKind::SplitInto,
    }
    EscalationReason {
        "lacks_training" => EscalationReason::LacksTraining,
        "lacks_documentation" => EscalationReason::LacksDocumentation,
        "lacks_tools" => EscalationReason::LacksTools,
        "operator_fault" => EscalationReason::OperatorFault,
    }
    FilingChannel {
        "portal" => FilingChannel::Portal, "phone" => FilingChannel::Phone, "mail" => FilingChannel::Mail,
        "api" => FilingChannel::Api,
    }
    AnswerOutcome { "solved" => AnswerOutcome::Solved, "not_solved" => AnswerOutcome::NotSolved }
    WordFrom {
        "operator" => WordFrom::Operator, "operator_desk" => WordFrom::OperatorDesk, "us" => WordFrom::Us,
    }
    HealthStatus {
        "operational" => HealthStatus::Operational, "degraded" => HealthStatus::Degraded,
        "interrupted" => HealthStatus::Interrupted, "restored" => HealthStatus::Restored,
    }
    Role {
        "admin" => Role::Admin, "manager" => Role::Manager, "lead" => Role::Lead, "agent" => Role::Agent,
        "sales" => Role::Sales, "auditor" => Role::Auditor,
    }
    Language { "en" => Language::English, "zh-CN" => Language::Chinese }
    AppliesTo { "new" => AppliesTo::New, "running" => AppliesTo::Running }
}
