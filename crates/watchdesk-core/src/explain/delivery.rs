//! What became of the notices that steps sent, where it is not simply that they arrived.

use serde::Serialize;

use crate::Instant;
use crate::effect::Recipient;
use crate::event::StepRef;
use crate::explain::{Chain, Explanation, Happening};
use crate::ids::ClockId;

/// A notice of a step that did not get through, or perhaps twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    pub clock: ClockId,
    #[serde(flatten)]
    pub step: StepRef,
    pub to: Recipient,
    /// When that came of it.
    pub at: Instant,
    #[serde(flatten)]
    pub fate: DeliveryFate,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "delivery", rename_all = "snake_case")]
pub enum DeliveryFate {
    /// It has failed, and is tried again.
    Retrying { why: String },
    /// Given up for good; a person can have it sent again.
    Dead { why: String },
    /// Not to be sent at all: it had become moot, or nothing is sent to that address.
    Suppressed { why: String },
    /// The sender stopped between sending it and saying so, and it was sent again.
    Ambiguous,
}

impl Explanation {
    /// The same with each delivery at its step; those whose step is not told are left out.
    #[must_use]
    pub fn with_deliveries(mut self, deliveries: &[Delivery]) -> Self {
        let of_cases = self.cases.iter_mut().flat_map(|case| &mut case.chains);
        self.chains.iter_mut().chain(of_cases).for_each(|chain| chain.take(deliveries));
        self
    }
}

impl Chain {
    fn take(&mut self, deliveries: &[Delivery]) {
        for instance in &mut self.instances {
            let own = || deliveries.iter().filter(|delivery| delivery.clock == instance.clock);
            for line in &mut instance.story {
                let Happening::Step(account) = &mut line.what else { continue };
                let step = StepRef { step: account.step, repetition: account.repetition };
                account.deliveries = own().filter(|delivery| delivery.step == step).cloned().collect();
            }
        }
    }
}
