//! How a ticket's deadlines follow, and where its time went.

use serde::Serialize;

use super::samples;
use super::shell::{Nav, Shell};
use crate::explain::{self, Account, TimeAccount, account, time_account};
use crate::page::Page;
use crate::reader::ReaderLocale;

/// `GET /tickets/{number}/clocks`. The ticket page takes the section `#account` out of it.
#[derive(Debug, Clone, Serialize)]
pub struct TicketClocksPage {
    pub shell: Shell,
    pub number: i64,
    pub subject: String,
    /// From [`crate::explain::account`].
    pub account: Account,
    /// From [`crate::explain::time_account`]; none before the ticket was opened.
    pub time: Option<TimeAccount>,
}

impl Page for TicketClocksPage {
    const TEMPLATE: &'static str = "pages/ticket_clocks.html";
}

impl TicketClocksPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let language = watchdesk_core::desk::Language::Chinese;
        let reader = ReaderLocale::new(language, chrono_tz::Tz::Asia__Shanghai);
        let names = explain::samples::names(language);
        let explanation = explain::samples::festival();
        let full = Self {
            shell: samples::shell(Nav::Elsewhere, "/tickets/1042/clocks"),
            number: 1_042,
            subject: "Outlook 反复要求输入密码".into(),
            account: account(&explanation, reader, &names),
            time: Some(time_account(&explain::samples::division(), reader, &names)),
        };
        let mut hostile = full.clone();
        hostile.subject = "<script>alert(1)</script>".into();
        for reckoning in hostile.account.chains.iter_mut().flat_map(|chain| &mut chain.reckonings) {
            reckoning.because.push("<img src=x onerror=alert(1)> {{7*7}}".into());
            reckoning.story.iter_mut().for_each(|line| line.what.push_str("<iframe src=javascript:alert(1)>"));
        }
        let bare = Self {
            account: Account {
                nothing: Some("此工单从旧邮箱导入时已关闭，因此不计时。".into()),
                chains: Vec::new(),
                cases: Vec::new(),
                ..full.account.clone()
            },
            time: None,
            ..full.clone()
        };
        vec![("ticket_clocks", full), ("ticket_clocks_hostile", hostile), ("ticket_clocks_bare", bare)]
    }
}
