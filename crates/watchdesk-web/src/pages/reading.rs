//! Reads a page's form: every fault is named at once, and a field that the form does not have is a fault too.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use serde_json::Value;
use watchdesk_core::Instant;
use watchdesk_core::ids::TicketNumber;

use crate::forms::FormFields;
use crate::input::{Faults, Input, Place, Wrong};
use crate::problem::Problem;

/// What every form may carry beside its own fields.
const ALWAYS: [&str; 2] = ["csrf", "version"];
/// Entries of a field that holds several.
const ENTRIES_MAX: usize = 100;

pub(super) struct Reading<'f> {
    fields: &'f FormFields,
    zone: Tz,
    known: Vec<&'static str>,
    faults: Faults,
}

impl<'f> Reading<'f> {
    pub fn of(fields: &'f FormFields, zone: Tz) -> Self {
        Self { fields, zone, known: ALWAYS.to_vec(), faults: Faults::default() }
    }

    /// The text of a field that is filled in.
    pub fn filled(&mut self, name: &'static str) -> Option<&'f str> {
        self.known.push(name);
        self.fields.filled(name)
    }

    pub fn wrong(&mut self, name: &str, wrong: Wrong) {
        self.faults.add(&Place::Field(&Place::Request, name), wrong);
    }

    /// None when it is empty.
    pub fn optional<T: Input>(&mut self, name: &'static str) -> Option<T> {
        let text = self.filled(name)?;
        T::read(Value::from(text), &Place::Field(&Place::Request, name), &mut self.faults)
    }

    /// A fault when it is empty.
    pub fn required<T: Input>(&mut self, name: &'static str) -> Option<T> {
        if self.filled(name).is_none() {
            self.wrong(name, Wrong::Missing);
            return None;
        }
        self.optional(name)
    }

    /// None where the form does not have the field; the inner one where it is empty.
    pub fn sent<T: Input>(&mut self, name: &'static str) -> Option<Option<T>> {
        self.fields.get(name)?;
        Some(self.optional(name))
    }

    /// A field that comes several times.
    pub fn all<T: Input>(&mut self, name: &'static str) -> Vec<T> {
        self.known.push(name);
        let texts: Vec<&str> = self.fields.all(name).filter(|text| !text.trim().is_empty()).collect();
        self.several(name, &texts)
    }

    /// A field with commas in it, also Chinese ones.
    pub fn listed<T: Input>(&mut self, name: &'static str) -> Vec<T> {
        let Some(text) = self.filled(name) else { return Vec::new() };
        let texts: Vec<&str> =
            text.split([',', ';', '，', '；', '、']).map(str::trim).filter(|text| !text.is_empty()).collect();
        self.several(name, &texts)
    }

    fn several<T: Input>(&mut self, name: &'static str, texts: &[&str]) -> Vec<T> {
        if texts.len() > ENTRIES_MAX {
            self.wrong(name, Wrong::TooMany { max: ENTRIES_MAX });
            return Vec::new();
        }
        let at = Place::Field(&Place::Request, name);
        texts.iter().filter_map(|text| T::read(Value::from(*text), &at, &mut self.faults)).collect()
    }

    pub fn checked(&mut self, name: &'static str) -> bool {
        self.filled(name) == Some("yes")
    }

    /// A time as a browser writes it, in the reader's zone.
    pub fn moment(&mut self, name: &'static str) -> Option<Instant> {
        let text = self.filled(name)?;
        let there = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
        self.instant(name, there)
    }

    pub fn required_moment(&mut self, name: &'static str) -> Option<Instant> {
        if self.filled(name).is_none() {
            self.wrong(name, Wrong::Missing);
        }
        self.moment(name)
    }

    /// The beginning of a day in the reader's zone.
    pub fn day(&mut self, name: &'static str) -> Option<Instant> {
        let text = self.filled(name)?;
        let there = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
        self.instant(name, there)
    }

    fn instant(&mut self, name: &'static str, there: Option<NaiveDateTime>) -> Option<Instant> {
        // An hour that comes twice is the first one; an hour that clocks skip is no time.
        let at = there.and_then(|there| self.zone.from_local_datetime(&there).earliest()).map(|at| at.to_utc());
        let years = Instant::UNIX_EPOCH..=Instant::from_timestamp(253_402_300_799, 0).unwrap_or_default();
        let at = at.filter(|at| years.contains(at));
        if at.is_none() {
            self.wrong(name, Wrong::NotAnInstant);
        }
        at
    }

    /// `10234`, also `#10234`.
    pub fn ticket_number(&mut self, name: &'static str) -> Option<TicketNumber> {
        let text = self.filled(name);
        let number = text.and_then(|text| text.trim_start_matches('#').parse().ok()).filter(|number| *number > 0);
        if number.is_none() {
            self.wrong(name, if text.is_none() { Wrong::Missing } else { Wrong::NotANumber });
        }
        number.map(TicketNumber)
    }

    /// Ticked boxes, each a ticket.
    pub fn ticket_numbers(&mut self, name: &'static str) -> Vec<TicketNumber> {
        self.known.push(name);
        let fields = self.fields;
        let numbers: Vec<Option<i64>> = fields.all(name).map(|text| text.trim().parse().ok()).collect();
        if numbers.is_empty() {
            self.wrong(name, Wrong::Missing);
        } else if numbers.contains(&None) {
            self.wrong(name, Wrong::NotANumber);
        }
        numbers.into_iter().flatten().map(TicketNumber).collect()
    }

    pub fn count(&mut self, name: &'static str) -> Option<u32> {
        let text = self.filled(name)?;
        let max = i32::MAX.cast_unsigned();
        let number = text.parse().ok().filter(|number| *number <= max);
        if number.is_none() {
            self.wrong(name, Wrong::OutOfRange { min: 0, max: i64::from(max) });
        }
        number
    }

    /// What was read, unless something is wrong. `None` comes with a fault.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Problem> {
        for name in self.fields.typed().keys() {
            if !self.known.contains(&name.as_str()) {
                self.faults.add(&Place::Field(&Place::Request, name), Wrong::Unknown);
            }
        }
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            Some(_) | None => Err(self.faults.into()),
        }
    }
}

/// The version of what the form was made from.
pub(super) fn version(fields: &FormFields) -> Result<i64, Problem> {
    let version = fields.filled("version").and_then(|text| text.parse().ok());
    version.ok_or_else(|| Problem::invalid("version", Wrong::NotANumber))
}

#[cfg(test)]
mod tests {
    use watchdesk_core::ticket::Severity;

    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> FormFields {
        let mut fields = FormFields::default();
        pairs.iter().for_each(|(name, value)| fields.push((*name).to_owned(), (*value).to_owned()));
        fields
    }

    fn faults(problem: &Problem) -> Vec<(String, Wrong)> {
        problem.field_faults().map(|fault| (fault.field.clone(), fault.wrong.clone())).collect()
    }

    #[test]
    fn times_are_the_readers() {
        let table = [
            ("2026-03-18T14:24", Tz::Asia__Shanghai, Some("2026-03-18T06:24:00Z")),
            ("2026-03-18T14:24:30", Tz::UTC, Some("2026-03-18T14:24:30Z")),
            // The hour that is skipped, and the one that comes twice.
            ("2026-03-29T02:30", Tz::Europe__Berlin, None),
            ("2026-10-25T02:30", Tz::Europe__Berlin, Some("2026-10-25T00:30:00Z")),
            ("yesterday", Tz::UTC, None),
            ("1066-10-14T09:00", Tz::UTC, None),
        ];
        for (text, zone, expected) in table {
            let fields = fields(&[("at", text)]);
            let mut reading = Reading::of(&fields, zone);
            let at = reading.moment("at");
            assert_eq!(at, expected.map(|at| at.parse().unwrap()), "{text}");
            assert_eq!(reading.finish(Some(())).is_ok(), expected.is_some(), "{text}");
        }
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let fields = fields(&[("csrf", "x"), ("version", "3"), ("severity", "D"), ("number", "many"), ("evil", "1")]);
        let mut reading = Reading::of(&fields, Tz::UTC);
        let severity: Option<Severity> = reading.required("severity");
        let number = reading.ticket_number("number");
        let subject: Option<crate::input::Line> = reading.required("subject");
        let problem = reading.finish(severity.zip(number).zip(subject)).unwrap_err();
        assert_eq!(
            faults(&problem),
            [
                ("severity".to_owned(), Wrong::NoneOf(&["A", "B", "C"])),
                ("number".to_owned(), Wrong::NotANumber),
                ("subject".to_owned(), Wrong::Missing),
                ("evil".to_owned(), Wrong::Unknown),
            ]
        );
    }

    #[test]
    fn lists_take_commas_of_both_kinds() {
        let fields = fields(&[("tags", "vip, 夜班，spam、 "), ("owner", "")]);
        let mut reading = Reading::of(&fields, Tz::UTC);
        let tags: Vec<crate::input::Line> = reading.listed("tags");
        assert_eq!(tags.into_iter().map(|tag| tag.0).collect::<Vec<_>>(), ["vip", "夜班", "spam"]);
        assert_eq!(reading.sent::<Severity>("owner"), Some(None));
        assert_eq!(reading.sent::<Severity>("team"), None);
        assert!(reading.finish(Some(())).is_ok());
    }
}
