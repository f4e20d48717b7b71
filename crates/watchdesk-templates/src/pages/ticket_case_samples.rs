//! Samples of the operator's side of a ticket.

use super::samples::{ago, due};
use super::shell::Countdown;
use super::ticket_case::{
    CaseActions, CaseBox, CaseTicket, CaseWord, Disclosed, EscalationForm, Evidence, FileChoice, GateItem,
    IncidentNote, Keepable, Packet, PacketField, PacketFile, PacketPart,
};
use super::ticket_samples::clock;

pub(super) fn escalation() -> EscalationForm {
    EscalationForm {
        operator: "21Vianet".into(),
        severities: vec!["B".into(), "C".into()],
        reason: String::new(),
        severity: "B".into(),
        summary: String::new(),
        health_waiver: String::new(),
        not_this_incident: String::new(),
        incident_override: String::new(),
        gate: vec![
            gate("triaged", ""),
            gate("right", ""),
            gate("severity", ""),
            gate("health", "Exchange Online was last checked more than an hour ago."),
            gate("incident", "EX226792 is open: is it this one?"),
            gate("reason", "Choose why the desk cannot solve it."),
            gate("tried", "Say what was tried."),
        ],
        needs_waiver: true,
        open_incident: Some(IncidentNote {
            reference: "EX226792".into(),
            title: "Limited number of users unable to send or receive email".into(),
        }),
        linked_incident: None,
        may_override: true,
        evidence: Evidence { tenant_id: "6f0a2c1e-8a11-4f0e-9a63-1b1f2ac0d9b4".into(), ..Evidence::default() },
        quotes_numbers: false,
        queue: "customer_request".into(),
        files: vec![FileChoice { id: "f1".into(), name: "message-trace.csv".into(), size: 48_213, chosen: true }],
        keepable: vec![Keepable { text: "wang@yuanyang.example.cn".into(), kept: false }],
    }
}

pub(super) fn gate(name: &str, missing: &str) -> GateItem {
    GateItem { name: name.into(), passed: missing.is_empty(), missing: missing.into() }
}

pub(super) fn case() -> CaseBox {
    CaseBox {
        id: "e1".into(),
        version: 4,
        operator: "21Vianet".into(),
        state: "acknowledged".into(),
        outcome: None,
        reference: Some("21V-2603180417".into()),
        summary: "约 40 个用户 Outlook 反复要求输入密码".into(),
        reason: "lacks_tools".into(),
        channel: Some("portal".into()),
        contact: Some("刘工, 400-089-0365".into()),
        severity: Some("A".into()),
        ended_because: None,
        lesson: None,
        owners: Vec::new(),
        drafted_at: ago(9_600),
        filed_at: Some(ago(9_000)),
        acknowledged_at: Some(ago(7_200)),
        last_word_at: Some(ago(7_200)),
        clocks: vec![clock("upstream_acknowledgement", Countdown::met(), 25), clock("upstream_update", due(7_200), 50)],
        gate: Vec::new(),
        draft: None,
        packet: Some(packet()),
        disclosures: vec![Disclosed {
            at: ago(9_000),
            by: Some("陈静".into()),
            channel: "portal".into(),
            fields: vec!["租户 ID".into(), "问题描述".into(), "联系人".into()],
            personal: vec!["联系人".into()],
            files: 1,
            digest: "9f86d081884c".into(),
        }],
        tickets: vec![
            CaseTicket {
                number: 10_234,
                subject: "Outlook 反复要求输入密码，今天早上开始".into(),
                customer: Some("上海远洋物流有限公司".into()),
            },
            CaseTicket {
                number: 10_236,
                subject: "Outlook asks for password".into(),
                customer: Some("Contoso (China)".into()),
            },
        ],
        takes: None,
        portal: Some("https://partner.partnercenter.microsoftonline.cn/".into()),
        actions: CaseActions {
            update: true,
            wait_on_us: true,
            severity: true,
            answer: true,
            refuse: true,
            withdraw: true,
            add_ticket: true,
            ..CaseActions::default()
        },
        now: "2026-03-18T12:00".into(),
        awaits_contact: true,
        tell: "您好！\n\n⟦请用自己的话说明进展⟧".into(),
        words: [("m5".to_owned(), CaseWord { tell: true, first_answer_at: Some("2026-03-18T11:00:00".into()) })].into(),
        chase: "您好！\n请告知请求 21V-2603180417 的进展。".into(),
        resolve_all: Some(2),
    }
}

pub(super) fn packet() -> Packet {
    let part =
        |text: &str, removed: Option<&str>| PacketPart { text: text.into(), removed: removed.map(str::to_owned) };
    let field = |label: &str, text: &str, personal: bool| PacketField {
        label: label.into(),
        parts: vec![part(text, None)],
        personal,
    };
    let tried = PacketField {
        label: "已尝试的措施".into(),
        parts: vec![
            part("用测试帐户登录，密码：", None),
            part("[已隐去：密码]", Some("password")),
            part("，结果相同。", None),
        ],
        personal: false,
    };
    Packet {
        queue: "customer_request".into(),
        fields: vec![
            field("标题", "约 40 个用户 Outlook 反复要求输入密码", false),
            field(
                "问题描述",
                "自 2026-03-18 09:05（北京时间）起，约 40 个用户的 Outlook 反复弹出密码输入框，\n网页版正常。已尝试：清除凭据、重建配置文件、关闭加载项，均无效。",
                false,
            ),
            tried,
            field("影响范围", "40 个用户，订单部门无法收信", false),
            field("租户 ID", "6f0a2c1e-8a11-4f0e-9a63-1b1f2ac0d9b4", false),
            field("联系人", "华信云 升级组 400-800-0000", true),
        ],
        whole: "标题：约 40 个用户 Outlook 反复要求输入密码\n问题描述：……".into(),
        is_shown: false,
        redacted: true,
        files: vec![PacketFile { href: "/attachments/f1".into(), name: "message-trace.csv".into(), size: 48_213 }],
    }
}
