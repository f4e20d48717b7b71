//! Six weeks of everyday work, most of it done by now.

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::command::CloseReason;
use watchdesk_core::desk::Language;
use watchdesk_core::ticket::Severity;

use crate::demo::Volume;
use crate::demo::conversations::{Ending, Say, Scenario, Step, Values};
use crate::demo::plan::pace::{self, Mood, Times};
use crate::demo::plan::{DAYS, Deed, Planner};
use crate::demo::time;

/// What is younger is planned one by one, so that today shows every state.
const YOUNGEST_H: i64 = 36;

/// Which conversations come next: every one once before any comes twice.
#[derive(Debug, Default)]
pub(super) struct Deck {
    left: Vec<usize>,
}

impl<'a> Planner<'a> {
    pub(super) fn past(&mut self, volume: Volume) -> anyhow::Result<()> {
        let (mut chinese, mut english) = (Deck::default(), Deck::default());
        for _ in 0..volume.past_tickets() {
            let (deck, language) =
                if self.rng.chance(66) { (&mut chinese, Language::Chinese) } else { (&mut english, Language::English) };
            let Some(scenario) = self.draw(deck, language) else { continue };
            let opened_at = self.past_opening(scenario.severity);
            self.everyday(scenario, opened_at)?;
        }
        Ok(())
    }

    pub(super) fn draw(&mut self, deck: &mut Deck, language: Language) -> Option<&'a Scenario> {
        let words = self.words;
        if deck.left.is_empty() {
            let all = words.scenarios.iter().enumerate();
            deck.left = all.filter(|(_, scenario)| scenario.language == language).map(|(index, _)| index).collect();
        }
        let chosen = self.rng.below(deck.left.len());
        (!deck.left.is_empty()).then(|| &words.scenarios[deck.left.swap_remove(chosen)])
    }

    /// More of them lately; mostly while people work.
    fn past_opening(&mut self, severity: Severity) -> Instant {
        let span_min = DAYS * 24 * 60 - YOUNGEST_H * 60;
        let (one, other) = (self.rng.between(0, span_min), self.rng.between(0, span_min));
        let ago = Duration::minutes(YOUNGEST_H * 60 + one.min(other)) + Duration::seconds(self.rng.between(0, 59));
        let at = self.now - ago;
        if severity == Severity::A || self.rng.chance(18) {
            return at;
        }
        let at = if time::is_weekend(at) && self.rng.chance(65) { at - Duration::days(2) } else { at };
        let at = time::at_time(at, self.rng.between(8, 18), self.rng.between(0, 59)) + seconds_of(at);
        if at > self.now - Duration::hours(YOUNGEST_H) { at - Duration::days(1) } else { at }
    }

    fn everyday(&mut self, scenario: &Scenario, opened_at: Instant) -> anyhow::Result<()> {
        let (Some(contact), Some(first)) = (self.writer(scenario), scenario.steps.first()) else { return Ok(()) };
        let (thread, values) = self.begin(scenario, contact, opened_at);
        let mood = if self.rng.chance(9) { Mood::Late } else { Mood::Normal };
        let times = pace::times(&scenario.steps, scenario.severity, opened_at, mood, true, &mut self.rng);
        self.open(thread, first, &values, None)?;
        if scenario.ending == Ending::Spam {
            let seen_at = opened_at + Duration::minutes(self.rng.between(8, 70));
            self.push(thread, seen_at, Deed::Close(CloseReason::Spam));
            return Ok(());
        }
        self.push(thread, times.triage, Deed::Triage);
        self.play(thread, &scenario.steps, &values, &times)?;
        self.spices(thread, scenario, &values, &times)?;
        if scenario.ending == Ending::Withdrawn {
            self.push(thread, times.last() + Duration::minutes(8), Deed::Close(CloseReason::Withdrawn));
            return Ok(());
        }
        let solved_at = self.perhaps_again(thread, scenario, &values, &times)?;
        let closed_at = self.close_when_quiet(thread, solved_at);
        self.follow_up(thread, scenario, closed_at)
    }

    /// Everything but the opening.
    pub(super) fn play(&mut self, thread: usize, steps: &[Step], values: &Values, times: &Times) -> anyhow::Result<()> {
        for (step, at) in steps.iter().zip(&times.steps).skip(1) {
            let deed = self.deed(step, values, *at)?;
            self.push(thread, *at, deed);
        }
        Ok(())
    }

    /// What makes one conversation unlike the other.
    fn spices(&mut self, thread: usize, scenario: &Scenario, values: &Values, times: &Times) -> anyhow::Result<()> {
        let phrases = self.phrases(scenario.language)?.clone();
        if self.rng.chance(5) {
            let text = self.rng.pick(&phrases.duplicates).map_or_else(String::new, |text| values.fill(text));
            self.duplicate(thread, text);
        }
        let ours = (1..scenario.steps.len()).find(|index| scenario.steps[*index].say.is_by_staff());
        if let Some(index) = ours.filter(|_| self.rng.chance(4)) {
            let text = values.fill(&phrases.out_of_office);
            self.push(thread, times.steps[index] + Duration::seconds(40), Deed::Automatic { text });
        }
        let later = (2..scenario.steps.len()).find(|index| scenario.steps[*index].say.is_by_staff());
        if let Some(index) = later.filter(|_| self.rng.chance(14)) {
            let text = self.rng.pick(&phrases.handovers).map_or_else(String::new, |text| values.fill(text));
            self.push(thread, times.steps[index] - Duration::minutes(2), Deed::HandOver { text });
        }
        let answered = (2..scenario.steps.len()).find(|index| matches!(scenario.steps[*index].say, Say::Customer(_)));
        if let Some(index) = answered.filter(|_| self.rng.chance(4)) {
            self.second_matter(thread, values, times.steps[index])?;
        }
        if self.rng.chance(6) {
            self.relate(thread, times.last() - Duration::minutes(1));
        }
        Ok(())
    }

    /// The customer writes again before anybody has answered; the desk puts both together.
    fn duplicate(&mut self, original: usize, text: String) {
        let mut copy = self.plan.threads[original].clone();
        let opened_at = copy.opened_at + Duration::minutes(self.rng.between(26, 40));
        copy.opened_at = opened_at;
        self.plan.threads.push(copy);
        let thread = self.plan.threads.len() - 1;
        self.push(thread, opened_at, Deed::Open { text, file: None, follow_up_of: None });
        let merged_at = opened_at + Duration::minutes(self.rng.between(4, 18));
        self.push(thread, merged_at, Deed::Merge { into: original });
    }

    /// A mail with two questions becomes two tickets.
    fn second_matter(&mut self, thread: usize, values: &Values, asked_at: Instant) -> anyhow::Result<()> {
        let phrases = self.phrases(self.plan.threads[thread].language)?.clone();
        let text = values.fill(&phrases.second_matter);
        let asked_at = asked_at + Duration::seconds(50);
        self.push(thread, asked_at, Deed::Customer { text, file: None });
        let mut second = self.plan.threads[thread].clone();
        second.subject = phrases.second_subject;
        second.opened_at = asked_at;
        self.plan.threads.push(second);
        let new = self.plan.threads.len() - 1;
        let minutes = |minutes: i64| asked_at + Duration::minutes(minutes);
        self.push(new, minutes(2), Deed::SplitFrom { thread });
        self.push(new, minutes(3), Deed::Triage);
        let ask = Step { say: Say::Ask(phrases.second_answer), after: None, file: None };
        let deed = self.deed(&ask, values, minutes(25))?;
        self.push(new, minutes(25), deed);
        self.push(new, minutes(190), Deed::Customer { text: phrases.second_yes, file: None });
        self.push(new, minutes(260), Deed::Solve { text: values.fill(&phrases.second_solved), file: None });
        self.close_when_quiet(new, minutes(260));
        Ok(())
    }

    /// Points to an earlier everyday ticket of the same customer.
    fn relate(&mut self, thread: usize, at: Instant) {
        let customer = |thread: usize| self.cast.contacts[self.plan.threads[thread].contact].customer;
        let stories = self.words.stories.len();
        let opened_at = self.plan.threads[thread].opened_at;
        let earlier = (stories..thread).filter(|other| {
            customer(*other).is_some()
                && customer(*other) == customer(thread)
                && self.plan.threads[*other].opened_at < opened_at
        });
        let earlier: Vec<usize> = earlier.collect();
        if let Some(to) = self.rng.pick(&earlier).copied() {
            self.push(thread, at, Deed::Link { to });
        }
    }

    /// Sometimes it was not solved after all. Answers when it was solved for good.
    fn perhaps_again(
        &mut self,
        thread: usize,
        scenario: &Scenario,
        values: &Values,
        times: &Times,
    ) -> anyhow::Result<Instant> {
        if !self.rng.chance(6) {
            return Ok(times.last());
        }
        let phrases = self.phrases(scenario.language)?.clone();
        let again_at = times.last() + Duration::minutes(self.rng.between(200, 3000));
        let target = pace::answer_minutes(scenario.severity);
        let solved_at = again_at + Duration::minutes(target * self.rng.between(15, 80) / 100);
        self.push(thread, again_at, Deed::Customer { text: values.fill(&phrases.again), file: None });
        self.push(thread, solved_at, Deed::Solve { text: values.fill(&phrases.again_solved), file: None });
        Ok(solved_at)
    }

    /// Days after it was closed the customer comes back to it.
    fn follow_up(&mut self, thread: usize, scenario: &Scenario, closed_at: Instant) -> anyhow::Result<()> {
        let opened_at = closed_at + Duration::minutes(self.rng.between(400, 3600));
        let Some(first) = scenario.follow_up.first() else { return Ok(()) };
        if opened_at + Duration::hours(2) > self.now {
            return Ok(());
        }
        let contact = self.plan.threads[thread].contact;
        let (new, values) = self.begin(scenario, contact, opened_at);
        self.plan.threads[new].subject = format!("Re: {}", self.plan.threads[thread].subject);
        let (steps, severity) = (&scenario.follow_up, scenario.severity);
        let times = pace::times(steps, severity, opened_at, Mood::Normal, true, &mut self.rng);
        self.open(new, first, &values, Some(thread))?;
        self.push(new, times.triage, Deed::Triage);
        self.play(new, steps, &values, &times)?;
        self.close_when_quiet(new, times.last());
        Ok(())
    }
}

fn seconds_of(at: Instant) -> Duration {
    Duration::seconds(at.timestamp().rem_euclid(60))
}
