//! One answer for all tickets of a case.

use serde::Serialize;

use super::samples;
use super::shell::{Nav, Refused, Shell};
use crate::page::Page;

/// `GET /cases/{id}/resolution`, and what a form of it leads to.
#[derive(Debug, Clone, Serialize)]
pub struct ResolutionPage {
    pub shell: Shell,
    pub case: String,
    pub operator: String,
    pub reference: String,
    /// The case has to end first.
    pub with_operator: bool,
    /// `write`, `look`, `done`.
    pub step: String,
    pub ready: usize,
    pub resolved: usize,
    pub has_refused: bool,
    /// Somebody who would be told reads it.
    pub needs_en: bool,
    pub needs_zh: bool,
    pub message_en: String,
    pub message_zh: String,
    pub rows: Vec<ResolutionRow>,
    pub refused: Option<Refused>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ResolutionRow {
    pub number: i64,
    pub version: i64,
    pub subject: String,
    pub customer: Option<String>,
    pub requester: String,
    /// `en`, `zh-CN`.
    pub language: String,
    pub state: String,
    /// `ready`, `over`, `not_now`, `left_out`, `resolved`, `refused`.
    pub standing: String,
    pub why: Option<String>,
    /// The ticket in whose mail the customer is told.
    pub told_in: Option<i64>,
    pub message: String,
    /// The first ticket on which the same is said.
    pub same_as: Option<i64>,
}

impl Page for ResolutionPage {
    const TEMPLATE: &'static str = "pages/resolution.html";
}

impl ResolutionPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let row = |number: i64, standing: &str| ResolutionRow {
            number,
            version: 7,
            subject: "邮件无法收发 <script>alert(1)</script>".into(),
            customer: Some("上海远洋物流有限公司".into()),
            requester: "王芳".into(),
            language: "zh-CN".into(),
            state: "triaged".into(),
            standing: standing.into(),
            why: None,
            told_in: None,
            message: "邮件流已恢复，请确认。".into(),
            same_as: None,
        };
        let write = Self {
            shell: samples::shell(Nav::Cases, "/cases/c1/resolution"),
            case: "c1".into(),
            operator: "21Vianet".into(),
            reference: "21V-2603180417".into(),
            with_operator: false,
            step: "write".into(),
            ready: 2,
            resolved: 0,
            has_refused: false,
            needs_en: true,
            needs_zh: true,
            message_en: "Mail flows again.".into(),
            message_zh: "邮件流已恢复，请确认。".into(),
            rows: vec![
                row(10_234, "ready"),
                ResolutionRow { told_in: Some(10_234), ..row(10_235, "ready") },
                row(10_236, "over"),
                row(10_237, "not_now"),
                row(10_238, "left_out"),
                ResolutionRow { same_as: Some(10_234), ..row(10_240, "ready") },
            ],
            refused: None,
        };
        let look = Self { step: "look".into(), ..write.clone() };
        let refused = ResolutionRow { why: Some("It changed in the meantime.".into()), ..row(10_239, "refused") };
        let done = Self {
            step: "done".into(),
            ready: 0,
            resolved: 1,
            has_refused: true,
            rows: vec![row(10_234, "resolved"), refused],
            ..write.clone()
        };
        let early = Self { with_operator: true, ready: 0, ..write.clone() };
        let unsaid = Self {
            refused: Some(Refused {
                form: "resolution".into(),
                text: "Some fields are wrong.".into(),
                way_out: None,
                fields: samples::map(&[("message_en", "")]),
                errors: samples::map(&[("message_en", "is missing")]),
            }),
            ..write.clone()
        };
        vec![
            ("resolution", write),
            ("resolution_look", look),
            ("resolution_done", done),
            ("resolution_early", early),
            ("resolution_refused", unsaid),
        ]
    }
}
