//! What templates may do with values: `when`, `iso`, `duration`, `human_size`, `nl2br`, `paragraphs`, `clean_html`,
//! `one_line`, `quoted`, `day`.

use chrono::{DateTime, NaiveDate, Utc};
use tera::{Error, Kwargs, State, Tera, TeraResult, Value};
use watchdesk_core::Instant;

use crate::format::{self, Style};
use crate::{html, reader, text};

pub(crate) fn register(tera: &mut Tera) {
    tera.register_filter("when", when);
    tera.register_filter("day", day);
    tera.register_filter("iso", iso);
    tera.register_filter("duration", duration);
    tera.register_filter("human_size", human_size);
    tera.register_filter("nl2br", nl2br);
    tera.register_filter("paragraphs", paragraphs);
    tera.register_filter("clean_html", clean_html);
    tera.register_filter("quoted", quoted);
    tera.register_filter("one_line", one_line);
}

fn instant(text: &str) -> TeraResult<Instant> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .map_err(|_| Error::message(format!("\"{text}\" is not an instant")))
}

/// `{{ at | when }}`, `{{ at | when(style="long") }}`
fn when(at: &str, arguments: Kwargs, _: &State) -> TeraResult<String> {
    let name = arguments.get::<&str>("style")?.unwrap_or("full");
    let style = Style::parse(name).ok_or_else(|| Error::message(format!("\"{name}\" is no style of `when`")))?;
    Ok(format::instant(instant(at)?, reader::current(), style))
}

/// A date without a time, in words.
fn day(date: &str, _: Kwargs, _: &State) -> TeraResult<String> {
    let date: NaiveDate = date.parse().map_err(|_| Error::message(format!("\"{date}\" is not a date")))?;
    Ok(format::date(date, reader::current().language))
}

fn iso(at: &str, _: Kwargs, _: &State) -> TeraResult<String> {
    Ok(format::iso(instant(at)?))
}

fn duration(seconds: i64, _: Kwargs, _: &State) -> String {
    format::duration(seconds, reader::current().language)
}

fn human_size(bytes: u64, _: Kwargs, _: &State) -> String {
    format::size(bytes)
}

fn nl2br(text: &str, _: Kwargs, _: &State) -> Value {
    Value::safe_string(&text::lines_to_html(text))
}

fn paragraphs(text: &str, _: Kwargs, _: &State) -> Value {
    Value::safe_string(&text::to_html(text))
}

/// A name or subject: nothing that ends the line or turns it round.
fn one_line(text: &str, _: Kwargs, _: &State) -> String {
    text::one_line(text)
}

/// HTML from outside, cleaned once more where it is shown.
fn clean_html(source: &str, _: Kwargs, _: &State) -> Value {
    Value::safe_string(&html::clean_html(source).html)
}

/// The lines of a text as a plain-text mail quotes them.
fn quoted(text: &str, _: Kwargs, _: &State) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("> {line}").trim_end().to_owned()).collect();
    lines.join("\n")
}
