//! The form for a ticket that did not come by mail.

use serde::Serialize;

use super::samples;
use super::shell::{Choice, Nav, Refused, Shell};
use crate::page::Page;

/// `GET /tickets/new`.
#[derive(Debug, Clone, Serialize)]
pub struct NewTicketPage {
    pub shell: Shell,
    pub categories: Vec<Choice>,
    pub services: Vec<Choice>,
    pub customers: Vec<Choice>,
    /// A ticket that this one follows, from `?follow_up=`.
    pub follow_up: Option<i64>,
    /// Values to start with come as `fields` with an empty `text`.
    pub refused: Option<Refused>,
}

impl Page for NewTicketPage {
    const TEMPLATE: &'static str = "pages/new_ticket.html";
}

impl NewTicketPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let blank = Self {
            shell: samples::shell(Nav::NewTicket, "/tickets/new"),
            categories: samples::categories(),
            services: samples::services(),
            customers: samples::queue_choices().customers,
            follow_up: None,
            refused: None,
        };
        let refused = Self {
            follow_up: Some(10188),
            refused: Some(Refused {
                form: "tickets".into(),
                text: "Two fields need another look.".into(),
                way_out: None,
                fields: samples::map(&[
                    ("subject", "无法登录 Outlook <b>紧急</b>"),
                    ("body", "客户来电：从今天早上 9 点开始，约 40 个用户无法登录。"),
                    ("requester_email", "wang.fang@"),
                    ("requester_name", "王芳"),
                    ("channel", "phone"),
                    ("severity", "A"),
                ]),
                errors: samples::map(&[
                    ("requester_email", "This is not a complete e-mail address."),
                    ("category", "Choose a category when you set a severity."),
                ]),
            }),
            ..blank.clone()
        };
        vec![("new_ticket", blank), ("new_ticket_refused", refused)]
    }
}
