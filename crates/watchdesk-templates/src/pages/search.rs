//! Search by number, subject and text.

use serde::Serialize;

use super::queue::QueueRow;
use super::samples;
use super::shell::{Nav, Shell};
use crate::page::Page;

/// `GET /search?q=`. A query that is exactly a ticket number leads to the ticket instead.
#[derive(Debug, Clone, Serialize)]
pub struct SearchPage {
    pub shell: Shell,
    pub query: String,
    pub rows: Vec<QueueRow>,
    /// The candidates were capped: there may be more, older ones.
    pub capped: bool,
    pub next: Option<String>,
}

impl Page for SearchPage {
    const TEMPLATE: &'static str = "pages/search.html";
}

impl SearchPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let of = |query: &str, rows: Vec<QueueRow>, capped: bool| {
            let mut shell = samples::shell(Nav::Search, "/search?q=x");
            shell.search = query.into();
            Self { shell, query: query.into(), rows, capped, next: None }
        };
        let mut some = samples::queue_rows();
        some.truncate(5);
        vec![
            ("search", of("邮件", some, true)),
            ("search_nothing", of("<script>alert(1)</script>", Vec::new(), false)),
            ("search_blank", of("", Vec::new(), false)),
        ]
    }
}
