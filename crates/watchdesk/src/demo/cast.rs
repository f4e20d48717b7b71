//! Who takes part, as `data/people.toml` says.

use anyhow::Context;
use serde::Deserialize;
use watchdesk_core::desk::Language;
use watchdesk_core::rights::Role;

const PEOPLE: &str = include_str!("data/people.toml");

/// Where everybody of the desk has his address; the top-level domain exists only for examples.
const STAFF_DOMAIN: &str = "demo.example";

#[derive(Debug, Clone)]
pub struct Cast {
    pub staff: Vec<Member>,
    pub customers: Vec<Client>,
    /// People of the customers in their order, then those whom nobody knows.
    pub contacts: Vec<Person>,
    pub colleagues: Vec<Colleagues>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    pub key: String,
    pub name: String,
    pub role: Role,
    pub language: Language,
    #[serde(default = "shanghai")]
    pub time_zone: String,
    /// Slugs of teams.
    pub teams: Vec<String>,
    pub shift: Option<Shift>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shift {
    Day,
    Night,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    pub key: String,
    pub name: String,
    /// As people call it.
    pub short: String,
    pub prefix: String,
    pub domains: Vec<String>,
    pub language: Language,
    pub tier: String,
    #[serde(default = "yes")]
    pub delegated_admin: bool,
    /// Whether it is an account of our sales agent.
    #[serde(default)]
    pub sales: bool,
    pub notes: String,
    contacts: Vec<ContactEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactEntry {
    name: String,
    hello: String,
    local: String,
    phone: Option<String>,
    #[serde(default)]
    whole_organisation: bool,
    #[serde(default)]
    left: bool,
}

#[derive(Debug, Clone)]
pub struct Person {
    /// Index of the customer.
    pub customer: Option<usize>,
    pub name: String,
    /// How the desk addresses him: "Ms Chen".
    pub hello: String,
    pub local: String,
    pub email: String,
    pub phone: Option<String>,
    pub language: Language,
    pub whole_organisation: bool,
    /// He is in one story only, because he leaves in it.
    pub left: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colleagues {
    pub language: Language,
    /// Name and mailbox.
    pub people: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stranger {
    name: String,
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    staff: Vec<Member>,
    customer: Vec<Client>,
    stranger: Vec<Stranger>,
    colleague: Vec<Colleagues>,
}

fn shanghai() -> String {
    "Asia/Shanghai".to_owned()
}

fn yes() -> bool {
    true
}

impl Cast {
    pub fn load() -> anyhow::Result<Self> {
        let file: File = toml::from_str(PEOPLE).context("demo/data/people.toml")?;
        let of_customers = file.customer.iter().enumerate().flat_map(|(index, customer)| customer.people(index));
        let contacts = of_customers.chain(file.stranger.into_iter().map(Person::from)).collect();
        Ok(Self { staff: file.staff, customers: file.customer, contacts, colleagues: file.colleague })
    }

    pub fn customer(&self, key: &str) -> Option<usize> {
        self.customers.iter().position(|customer| customer.key == key)
    }

    pub fn people_of(&self, customer: usize) -> Vec<usize> {
        self.indexes(|person| person.customer == Some(customer) && !person.left)
    }

    pub fn strangers(&self) -> Vec<usize> {
        self.indexes(|person| person.customer.is_none())
    }

    pub fn speaking(&self, language: Language) -> Vec<usize> {
        self.indexes(|person| person.customer.is_some() && person.language == language && !person.left)
    }

    fn indexes(&self, wanted: impl Fn(&Person) -> bool) -> Vec<usize> {
        self.contacts.iter().enumerate().filter(|(_, person)| wanted(person)).map(|(index, _)| index).collect()
    }

    pub fn colleagues(&self, language: Language) -> &[(String, String)] {
        self.colleagues.iter().find(|list| list.language == language).map_or(&[], |list| list.people.as_slice())
    }
}

impl Member {
    pub fn email(&self) -> String {
        format!("{}@{STAFF_DOMAIN}", self.key)
    }

    pub fn is_in(&self, team: &str) -> bool {
        self.teams.iter().any(|slug| slug == team)
    }
}

impl Client {
    pub fn domain(&self) -> &str {
        self.domains.first().map_or("", String::as_str)
    }

    pub fn is_premium(&self) -> bool {
        self.tier == "premium"
    }

    fn people(&self, index: usize) -> impl Iterator<Item = Person> {
        self.contacts.iter().map(move |entry| Person {
            customer: Some(index),
            name: entry.name.clone(),
            hello: entry.hello.clone(),
            local: entry.local.clone(),
            email: format!("{}@{}", entry.local, self.domain()),
            phone: entry.phone.clone(),
            language: self.language,
            whole_organisation: entry.whole_organisation,
            left: entry.left,
        })
    }
}

impl From<Stranger> for Person {
    fn from(stranger: Stranger) -> Self {
        Self {
            customer: None,
            hello: stranger.name.clone(),
            name: stranger.name,
            local: String::new(),
            email: stranger.email,
            phone: None,
            language: Language::English,
            whole_organisation: false,
            left: false,
        }
    }
}
