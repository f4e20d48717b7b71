//! The people of the desk, for administrators.

use serde::Serialize;

use super::samples;
use super::shell::{Choice, Nav, Refused, Shell};
use crate::page::Page;

/// `GET /people`.
#[derive(Debug, Clone, Serialize)]
pub struct PeoplePage {
    pub shell: Shell,
    pub people: Vec<PersonRow>,
    pub teams: Vec<Choice>,
    /// A fresh one-time link, shown once, right after inviting somebody.
    pub invitation: Option<String>,
    pub refused: Option<Refused>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PersonRow {
    pub id: String,
    pub version: i64,
    pub name: String,
    pub initials: String,
    pub email: String,
    pub role: String,
    /// Slugs of teams.
    pub teams: Vec<String>,
    pub active: bool,
    pub me: bool,
    /// Has a link, and no password yet.
    pub invited: bool,
}

impl Page for PeoplePage {
    const TEMPLATE: &'static str = "pages/people.html";
}

impl PeoplePage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let person = |id: &str, name: &str, initials: &str, email: &str, role: &str| PersonRow {
            id: id.into(),
            version: 2,
            name: name.into(),
            initials: initials.into(),
            email: email.into(),
            role: role.into(),
            teams: vec!["first-line".into()],
            active: true,
            me: id == "p1",
            invited: false,
        };
        let full = Self {
            shell: samples::shell(Nav::People, "/people"),
            people: vec![
                person("p1", "张伟", "张伟", "zhang.wei@example.cn", "admin"),
                person("p2", "Grace Chen", "GC", "grace.chen@example.cn", "lead"),
                person("p3", "李娜", "李娜", "li.na@example.cn", "agent"),
                PersonRow {
                    active: false,
                    invited: true,
                    teams: Vec::new(),
                    ..person("p4", "Tom <i>Sales</i>", "TS", "tom@example.cn", "sales")
                },
            ],
            teams: samples::queue_choices().teams,
            invitation: None,
            refused: None,
        };
        let invited = Self { invitation: Some("https://desk.example.cn/welcome/9f3a7c10b2".into()), ..full.clone() };
        let refused = Self {
            refused: Some(Refused {
                form: "people".into(),
                text: "Somebody with this address already works here.".into(),
                way_out: Some("Change that person instead.".into()),
                fields: samples::map(&[("email", "li.na@example.cn"), ("name", "李娜")]),
                errors: samples::map(&[("email", "Already in use.")]),
            }),
            ..full.clone()
        };
        vec![("people", full), ("people_invited", invited), ("people_refused", refused)]
    }
}
