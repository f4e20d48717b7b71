//! What will happen, to whom and when: decided before anything is written, from the words and a seed alone.

mod fixed;
mod pace;
mod past;
mod present;
mod values;

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::case::{AnswerOutcome, EscalationReason, Measure};
use watchdesk_core::command::{CallDirection, CloseReason, Then};
use watchdesk_core::desk::Language;
use watchdesk_core::ids::Slug;
use watchdesk_core::rights::Role;
use watchdesk_core::ticket::{Channel, Severity};

use crate::demo::Volume;
use crate::demo::cast::Cast;
use crate::demo::conversations::{HealthCheck, Phrases, Say, Scenario, Step, Values, Words};
use crate::demo::files::{File, Files};
use crate::demo::mail::StrayMail;
use crate::demo::rng::Rng;
use crate::demo::time;

/// How far back the desk remembers.
pub const DAYS: i64 = 42;
/// The manager looked through what was missed this long ago.
const REVIEWED_AGO_MIN: i64 = 50;

#[derive(Debug, Default)]
pub struct Plan {
    pub threads: Vec<Thread>,
    /// In the order of their times.
    pub acts: Vec<Planned>,
}

/// What will be a ticket.
#[derive(Debug, Clone)]
pub struct Thread {
    /// Which scenario it came from, for cases and for messages of errors.
    pub scenario: String,
    /// Index in the cast.
    pub contact: usize,
    pub language: Language,
    pub channel: Channel,
    pub subject: String,
    pub category: Slug,
    pub service: Option<Slug>,
    pub severity: Severity,
    pub tags: Vec<String>,
    pub opened_at: Instant,
    pub case: Option<PlannedCase>,
}

#[derive(Debug, Clone)]
pub struct PlannedCase {
    pub reason: EscalationReason,
    pub summary: String,
    pub tried: String,
    pub impact: String,
    pub affected_users: u32,
    pub error_texts: String,
    pub subscription_id: String,
    /// Where it is about money.
    pub order_id: String,
}

#[derive(Debug)]
pub struct Planned {
    pub at: Instant,
    pub act: Act,
}

#[derive(Debug)]
pub enum Act {
    /// Something on the ticket of the thread with that index.
    Thread(usize, Deed),
    Health(HealthCheck),
    Mail(StrayMail),
    /// The manager goes through what was missed, and excuses what nobody here could help.
    Review {
        excuses: Vec<String>,
    },
    /// Somebody will have to take over a shift, and the manager hears of it.
    Coverage,
}

#[derive(Debug)]
pub enum Deed {
    Open {
        text: String,
        file: Option<File>,
        follow_up_of: Option<usize>,
    },
    Triage,
    Customer {
        text: String,
        file: Option<File>,
    },
    Automatic {
        text: String,
    },
    Reply {
        text: String,
        file: Option<File>,
        then: Then,
    },
    Solve {
        text: String,
        file: Option<File>,
    },
    Note {
        text: String,
        file: Option<File>,
    },
    Call {
        text: String,
        direction: CallDirection,
    },
    HandOver {
        text: String,
    },
    Snooze {
        until: Instant,
    },
    Severity {
        to: Severity,
    },
    Incident {
        reference: String,
    },
    Bounced,
    Draft,
    Filed {
        reference: String,
    },
    /// The case of that scenario.
    Joins {
        scenario: String,
    },
    Acknowledged {
        contact: String,
    },
    Operator {
        text: String,
    },
    ToOperator {
        text: String,
    },
    WaitingOnUs,
    Answered {
        text: String,
        outcome: AnswerOutcome,
    },
    Refused {
        text: String,
    },
    Withdrawn {
        reason: String,
    },
    Confirmed,
    Reopened,
    Learned {
        text: String,
        measure: Measure,
    },
    Close(CloseReason),
    Merge {
        into: usize,
    },
    /// The customer's last message there becomes this thread.
    SplitFrom {
        thread: usize,
    },
    Link {
        to: usize,
    },
}

/// All that is needed to plan.
pub(super) struct Planner<'a> {
    cast: &'a Cast,
    words: &'a Words,
    files: &'a Files,
    now: Instant,
    rng: Rng,
    plan: Plan,
}

/// The plan for a desk as it stands at `now`.
pub fn build(
    cast: &Cast,
    words: &Words,
    files: &Files,
    mails: &[StrayMail],
    now: Instant,
    volume: Volume,
    rng: Rng,
) -> anyhow::Result<Plan> {
    let mut planner = Planner { cast, words, files, now, rng, plan: Plan::default() };
    planner.stories()?;
    planner.past(volume)?;
    planner.present(volume)?;
    planner.health();
    planner.review()?;
    for mail in mails {
        planner.plan.acts.push(Planned { at: now - Duration::minutes(mail.ago), act: Act::Mail(mail.clone()) });
    }
    let mut plan = planner.plan;
    plan.acts.retain(|planned| planned.at <= now);
    plan.acts.sort_by_key(|planned| planned.at);
    Ok(plan)
}

impl Planner<'_> {
    fn phrases(&self, language: Language) -> anyhow::Result<&Phrases> {
        self.words.phrases(language)
    }

    fn health(&mut self) {
        for check in &self.words.health {
            let at = time::at_clock(self.now - Duration::minutes(check.ago), check.at.as_deref());
            self.plan.acts.push(Planned { at, act: Act::Health(check.clone()) });
        }
    }

    /// In the manager's language.
    fn review(&mut self) -> anyhow::Result<()> {
        let manager = self.cast.staff.iter().find(|member| member.role == Role::Manager);
        let excuses = self.phrases(manager.map_or(Language::English, |member| member.language))?.excuses.clone();
        let at = self.now - Duration::minutes(REVIEWED_AGO_MIN);
        self.plan.acts.push(Planned { at, act: Act::Review { excuses } });
        self.plan.acts.push(Planned { at: at + Duration::minutes(2), act: Act::Coverage });
        Ok(())
    }

    fn push(&mut self, thread: usize, at: Instant, deed: Deed) {
        self.plan.acts.push(Planned { at, act: Act::Thread(thread, deed) });
    }

    /// A thread and its values; nothing happens in it yet.
    fn begin(&mut self, scenario: &Scenario, contact: usize, opened_at: Instant) -> (usize, Values) {
        let values = self.values(contact, scenario.language, opened_at);
        let subject = self.rng.pick(&scenario.subjects).map_or_else(String::new, |subject| values.fill(subject));
        let channel = scenario.channel.unwrap_or_else(|| self.channel(scenario.severity));
        let subscription_id = values.0.get("subscription").cloned().unwrap_or_default();
        let is_about_money = scenario.category.as_str() == "billing";
        let order_id = values.0.get("order").filter(|_| is_about_money).cloned().unwrap_or_default();
        let case = scenario.case.as_ref().map(|case| PlannedCase {
            reason: case.reason,
            summary: values.fill(&case.summary),
            tried: values.fill(&case.tried),
            impact: values.fill(&case.impact),
            affected_users: case.affected_users,
            error_texts: values.fill(&case.error_texts),
            subscription_id,
            order_id,
        });
        self.plan.threads.push(Thread {
            scenario: scenario.id.clone(),
            contact,
            language: scenario.language,
            channel,
            subject,
            category: scenario.category.clone(),
            service: scenario.service.clone(),
            severity: scenario.severity,
            tags: scenario.tags.clone(),
            opened_at,
            case,
        });
        (self.plan.threads.len() - 1, values)
    }

    fn channel(&mut self, severity: Severity) -> Channel {
        let phone = if severity == Severity::A { 45 } else { 12 };
        match self.rng.between(1, 100) {
            n if n <= phone => Channel::Phone,
            n if n <= phone + 10 => Channel::Web,
            n if n <= phone + 14 => Channel::Api,
            _ => Channel::Mail,
        }
    }

    /// The deed of a step; the first one of a thread opens it.
    fn deed(&self, step: &Step, values: &Values, at: Instant) -> anyhow::Result<Deed> {
        let text = |text: &String| values.fill(text);
        let file = step.file.as_ref().map(|name| self.files.file(name, values)).transpose()?;
        let until = Some(at + Duration::days(2));
        Ok(match &step.say {
            Say::Customer(words) => Deed::Customer { text: text(words), file },
            Say::Reply(words) => Deed::Reply { text: text(words), file, then: Then::Stay },
            Say::Ask(words) => Deed::Reply { text: text(words), file, then: Then::Wait { until } },
            Say::Solve(words) => Deed::Solve { text: text(words), file },
            Say::Note(words) => Deed::Note { text: text(words), file },
            Say::CallIn(words) => Deed::Call { text: text(words), direction: CallDirection::Inbound },
            Say::CallOut(words) => Deed::Call { text: text(words), direction: CallDirection::Outbound },
            Say::Severity(to) => Deed::Severity { to: *to },
            Say::Incident(reference) => Deed::Incident { reference: reference.clone() },
            Say::Bounced(_) => Deed::Bounced,
            Say::Draft(_) => Deed::Draft,
            Say::Filed(reference) => Deed::Filed { reference: reference.clone() },
            Say::Joins(scenario) => Deed::Joins { scenario: scenario.clone() },
            Say::Acknowledged(contact) => Deed::Acknowledged { contact: contact.clone() },
            Say::Operator(words) => Deed::Operator { text: text(words) },
            Say::ToOperator(words) => Deed::ToOperator { text: text(words) },
            Say::WaitingOnUs(_) => Deed::WaitingOnUs,
            Say::AnswerSolved(words) => Deed::Answered { text: text(words), outcome: AnswerOutcome::Solved },
            Say::AnswerNotSolved(words) => Deed::Answered { text: text(words), outcome: AnswerOutcome::NotSolved },
            Say::Refused(words) => Deed::Refused { text: text(words) },
            Say::Withdrawn(reason) => Deed::Withdrawn { reason: text(reason) },
            Say::Confirmed(_) => Deed::Confirmed,
            Say::Reopened(_) => Deed::Reopened,
            Say::Learned(lesson) => Deed::Learned { text: text(&lesson.body), measure: lesson.measure },
        })
    }

    fn open(&mut self, thread: usize, step: &Step, values: &Values, follow_up_of: Option<usize>) -> anyhow::Result<()> {
        let at = self.plan.threads[thread].opened_at;
        if let Deed::Customer { text, file } = self.deed(step, values, at)? {
            self.push(thread, at, Deed::Open { text, file, follow_up_of });
        }
        Ok(())
    }

    /// The hourly look closes what nobody came back to.
    fn close_when_quiet(&mut self, thread: usize, solved_at: Instant) -> Instant {
        let over = solved_at + Duration::days(7);
        let closed_at = over + Duration::seconds(3600 - over.timestamp().rem_euclid(3600));
        self.push(thread, closed_at, Deed::Close(CloseReason::Solved));
        closed_at
    }
}
