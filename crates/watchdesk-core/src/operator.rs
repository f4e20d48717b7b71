//! The operators that cases go to, and how each of them takes a request.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;

use crate::case::FilingChannel;
use crate::desk::{Desk, Language, Named, Settings};
use crate::effect::Recipient;
use crate::ids::Slug;

/// One of them, as the configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    pub slug: Slug,
    pub name: Named,
    /// What it reads.
    pub language: Language,
    /// What its people live by: times in a packet are written so.
    pub time_zone: Tz,
    pub takes: Takes,
    /// The services that it operates. The desk's own operator has all that nobody names.
    pub services: BTreeSet<Slug>,
}

/// How it takes requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Takes {
    /// On a form or by telephone: a person files, and records the number that the operator gives.
    ByPerson,
    /// As a mail to that address.
    Mail { address: String },
    /// By the interface for service requests, under that support topic.
    ServiceRequests { topic: String },
}

impl Takes {
    /// By which channel the desk itself hands a packet over; `None` where a person does.
    pub fn channel(&self) -> Option<FilingChannel> {
        match self {
            Self::ByPerson => None,
            Self::Mail { .. } => Some(FilingChannel::Mail),
            Self::ServiceRequests { .. } => Some(FilingChannel::Api),
        }
    }
}

impl Operator {
    /// Of whom nothing is said: a person files.
    pub fn unknown(slug: Slug) -> Self {
        let name = slug.to_string();
        Self {
            slug,
            name: Named { en: name.clone(), zh: name },
            language: Language::Chinese,
            time_zone: Tz::Asia__Shanghai,
            takes: Takes::ByPerson,
            services: BTreeSet::new(),
        }
    }

    /// Where what we write to it goes.
    pub fn recipient(&self) -> Option<Recipient> {
        match &self.takes {
            Takes::ByPerson => None,
            Takes::Mail { address } => Some(Recipient::Address(address.clone())),
            Takes::ServiceRequests { .. } => Some(Recipient::Operator(self.slug.clone())),
        }
    }
}

/// All of them, by slug.
pub type Operators = BTreeMap<Slug, Operator>;

/// Whom a desk has whose configuration says nothing else.
pub fn shipped() -> Operators {
    let slug = Settings::default().operator;
    let name = Named { en: "21Vianet".to_owned(), zh: "世纪互联".to_owned() };
    [(slug.clone(), Operator { name, ..Operator::unknown(slug) })].into()
}

impl Desk {
    pub fn operator(&self, slug: &Slug) -> Operator {
        self.operators.get(slug).cloned().unwrap_or_else(|| Operator::unknown(slug.clone()))
    }

    /// Whose a service is.
    pub fn operator_of(&self, service: Option<&Slug>) -> Operator {
        let names = |operator: &&Operator| service.is_some_and(|service| operator.services.contains(service));
        let named = self.operators.values().find(names);
        named.cloned().unwrap_or_else(|| self.operator(&self.settings.operator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(text: &str) -> Slug {
        Slug::new(text).expect("a legal slug")
    }

    #[test]
    fn how_it_takes_requests_says_where_they_go() {
        let of = |takes| Operator { takes, ..Operator::unknown(slug("fabrikam")) };
        let table = [
            (Takes::ByPerson, None, None),
            (
                Takes::Mail { address: "desk@fabrikam.example".to_owned() },
                Some(FilingChannel::Mail),
                Some(Recipient::Address("desk@fabrikam.example".to_owned())),
            ),
            (
                Takes::ServiceRequests { topic: "7".to_owned() },
                Some(FilingChannel::Api),
                Some(Recipient::Operator(slug("fabrikam"))),
            ),
        ];
        for (takes, channel, recipient) in table {
            let operator = of(takes);
            assert_eq!((operator.takes.channel(), operator.recipient()), (channel, recipient));
        }
    }
}
