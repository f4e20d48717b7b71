//! How long somebody has.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::calendar::Calendar;

/// Written as seconds, or as `{ working_days = 1 }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    Seconds(i64),
    /// One is the open seconds of an ordinary working day of the rule's calendar.
    WorkingDays(u32),
}

impl Target {
    pub fn seconds(self, calendar: &Calendar) -> i64 {
        match self {
            Self::Seconds(seconds) => seconds,
            Self::WorkingDays(days) => {
                i64::try_from(calendar.working_day_s()).unwrap_or(i64::MAX).saturating_mul(i64::from(days))
            }
        }
    }

    pub fn is_positive(self) -> bool {
        match self {
            Self::Seconds(seconds) => seconds > 0,
            Self::WorkingDays(days) => days > 0,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Days {
    working_days: u32,
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Seconds(seconds) => serializer.serialize_i64(*seconds),
            Self::WorkingDays(working_days) => Days { working_days: *working_days }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TargetVisitor)
    }
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = Target;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds, or a table with `working_days`")
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Target, E> {
        Ok(Target::Seconds(seconds))
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Target, E> {
        i64::try_from(seconds).map(Target::Seconds).map_err(|_| E::custom("that many seconds are no target"))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Target, A::Error> {
        let days = Days::deserialize(de::value::MapAccessDeserializer::new(map))?;
        Ok(Target::WorkingDays(days.working_days))
    }
}
