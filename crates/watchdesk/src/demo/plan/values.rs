//! What the placeholders of a conversation stand for.

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::desk::Language;

use crate::demo::conversations::Values;
use crate::demo::plan::Planner;
use crate::demo::time::{chinese_date, english_date};

const MACHINES: [&str; 6] = ["PRD-APP01", "PRD-APP03", "PRD-DB02", "SRV-CN05", "PRD-VM07", "PRD-VM12"];

impl Planner<'_> {
    pub(super) fn values(&mut self, contact: usize, language: Language, at: Instant) -> Values {
        let mut values = Values::default();
        self.people(&mut values, contact, language);
        self.dates(&mut values, language, at);
        self.numbers(&mut values);
        values
    }

    fn people(&mut self, values: &mut Values, contact: usize, language: Language) {
        let person = &self.cast.contacts[contact];
        values.0.insert("name", person.name.clone());
        values.0.insert("hello", person.hello.clone());
        if let Some(customer) = person.customer.map(|index| &self.cast.customers[index]) {
            values.0.insert("company", customer.short.clone());
            values.0.insert("domain", customer.domain().to_owned());
            values.0.insert("dashed", customer.domain().replace('.', "-"));
            values.0.insert("prefix", customer.prefix.clone());
        }
        let colleagues = self.cast.colleagues(language);
        let first = self.rng.below(colleagues.len());
        let second = (first + 1 + self.rng.below(colleagues.len().saturating_sub(1))) % colleagues.len().max(1);
        if let (Some(user), Some(other)) = (colleagues.get(first), colleagues.get(second)) {
            values.0.insert("user", user.0.clone());
            values.0.insert("mail", user.1.clone());
            values.0.insert("user2", other.0.clone());
        }
    }

    fn dates(&mut self, values: &mut Values, language: Language, at: Instant) {
        let written = match language {
            Language::Chinese => chinese_date,
            Language::English => english_date,
        };
        let before = Duration::days(self.rng.between(1, 4));
        let after = Duration::days(self.rng.between(5, 9));
        values.0.insert("date", written(at - before));
        values.0.insert("later", written(at + after));
    }

    fn numbers(&mut self, values: &mut Values) {
        let rng = &mut self.rng;
        let (small, seats) = (rng.between(3, 9), rng.between(20, 80));
        let (thousands, hundreds) = (rng.between(3, 96), rng.between(100, 999));
        let mut address = |network: &str| format!("{network}.{}", rng.between(5, 250));
        let addresses = [("ip", "203.0.113"), ("ip2", "198.51.100"), ("ip3", "192.0.2")];
        values.0.extend(addresses.map(|(name, network)| (name, address(network))));
        values.0.extend([
            ("small", small.to_string()),
            ("count", rng.between(11, 64).to_string()),
            ("seats", seats.to_string()),
            ("seats2", (seats + small).to_string()),
            ("amount", format!("{thousands},{hundreds}.00")),
            ("invoice", format!("2{}", rng.digits(11))),
            ("order", rng.digits(10)),
            ("code", rng.digits(4)),
            ("subscription", rng.guid()),
        ]);
        let machine = rng.pick(&MACHINES).copied().unwrap_or_default();
        values.0.insert("vm", machine.to_owned());
    }
}
