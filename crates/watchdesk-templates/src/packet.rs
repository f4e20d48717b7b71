//! The hand-off packet as copy-ready text: what a person types into the operator's form.

use chrono_tz::Tz;
use watchdesk_core::desk::Language;
use watchdesk_core::packet::Packet;

use crate::catalogue::words;
use crate::format::{self, Style};
use crate::names;
use crate::reader::ReaderLocale;
use crate::text::{one_line, plain};

/// One field of the form; fields without a value are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketField {
    /// Stable: `tenant_id`.
    pub name: &'static str,
    /// In the operator's language.
    pub label: String,
    pub text: String,
    /// It names a person: handing it over is recorded.
    pub personal: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketText {
    pub fields: Vec<PacketField>,
    /// All of it as one text.
    pub whole: String,
}

/// What the desk calls service and category in the operator's language; where it is empty, the slug is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PacketNames {
    pub service: String,
    pub category: String,
}

/// In the operator's language and zone, whoever reads the page.
pub fn packet_text(language: Language, zone: Tz, packet: &Packet, names: &PacketNames) -> PacketText {
    let fields = fields(ReaderLocale::new(language, zone), packet, names);
    let title = words().say(language, "handoff.title", &[]);
    let colon = words().say(language, "handoff.colon", &[]);
    let lines: Vec<String> = fields.iter().map(|field| written(field, &colon)).collect();
    PacketText { whole: format!("{title}\n\n{}\n", lines.join("\n").trim_end()), fields }
}

/// A field of several lines stands below its label.
fn written(field: &PacketField, colon: &str) -> String {
    match field.text.contains('\n') {
        true => format!("\n{}{}\n{}\n", field.label, colon.trim_end(), field.text),
        false => format!("{}{colon}{}", field.label, field.text),
    }
}

fn fields(reader: ReaderLocale, packet: &Packet, names: &PacketNames) -> Vec<PacketField> {
    let language = reader.language;
    let or_slug =
        |name: &str, slug: Option<String>| if name.is_empty() { slug.unwrap_or_default() } else { name.to_owned() };
    let since = packet.since.map(|at| format::instant(at, reader, Style::Full)).unwrap_or_default();
    let users = packet.affected_users.map(|users| users.to_string()).unwrap_or_default();
    let ours: [(&'static str, String, bool); 18] = [
        ("company", one_line(&packet.reseller.company), false),
        ("person", one_line(&packet.reseller.person), true),
        ("phone", one_line(&packet.reseller.phone), true),
        ("email", one_line(&packet.reseller.email), true),
        ("our_number", packet.ticket.to_string(), false),
        ("tenant_id", one_line(&packet.tenant_id), false),
        ("domain", one_line(&packet.domain), false),
        ("subscription_id", one_line(&packet.subscription_id), false),
        ("service", or_slug(&names.service, packet.service.as_ref().map(ToString::to_string)), false),
        ("category", or_slug(&names.category, packet.category.as_ref().map(ToString::to_string)), false),
        ("severity", names::severity(language, packet.severity).to_owned(), false),
        ("reason", names::reason(language, packet.reason).to_owned(), false),
        ("problem", words_of(&packet.problem), false),
        ("since", since, false),
        ("impact", words_of(&packet.impact), false),
        ("affected_users", users, false),
        ("error_texts", words_of(&packet.error_texts), false),
        ("tried", words_of(&packet.tried), false),
    ];
    let filled = ours.into_iter().filter(|(_, text, _)| !text.is_empty());
    filled.map(|(name, text, personal)| PacketField { name, label: label(language, name), text, personal }).collect()
}

fn label(language: Language, name: &str) -> String {
    words().say(language, &format!("handoff.{name}"), &[])
}

fn words_of(text: &str) -> String {
    plain(text).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use watchdesk_core::case::EscalationReason;
    use watchdesk_core::ids::{Slug, TicketNumber};
    use watchdesk_core::packet::ResellerContact;
    use watchdesk_core::ticket::Severity;

    use super::*;

    fn packet() -> Packet {
        let slug = |text: &str| Slug::new(text).expect("a slug");
        Packet {
            operator: slug("21vianet"),
            ticket: TicketNumber(1042),
            reseller: ResellerContact {
                company: "华信云".into(),
                person: "陈静".into(),
                phone: "400-820-1234".into(),
                email: "support@huaxin.example.cn".into(),
            },
            tenant_id: "6f1c2b7e-0000-4000-8000-1d2e3f405162".into(),
            domain: "yuanyang.partner.onmschina.cn".into(),
            subscription_id: String::new(),
            service: Some(slug("exchange-online")),
            category: Some(slug("connectivity")),
            severity: Severity::B,
            reason: EscalationReason::OperatorFault,
            problem: "Outlook 反复提示输入密码".into(),
            tried: "重新启用新式验证\r\n重建配置文件".into(),
            impact: "八人无法使用桌面版".into(),
            affected_users: Some(8),
            since: Some("2026-03-02T00:30:00Z".parse().expect("an instant")),
            error_texts: "0x8004010F".into(),
        }
    }

    #[test]
    fn the_packet_is_ready_to_be_copied_in_the_operators_language() {
        let names = PacketNames { service: "Exchange Online".into(), category: String::new() };
        let text = packet_text(Language::Chinese, Tz::Asia__Shanghai, &packet(), &names);
        let expected = "支持请求\n\n经销商：华信云\n联系人：陈静\n联系电话：400-820-1234\n联系邮箱：support@huaxin.example.cn\n\
            我方工单号：1042\n租户 ID：6f1c2b7e-0000-4000-8000-1d2e3f405162\n租户域名：yuanyang.partner.onmschina.cn\n\
            服务：Exchange Online\n类别：connectivity\n严重级别：B · 中等\n升级原因：服务本身故障\n\
            问题描述：Outlook 反复提示输入密码\n开始时间：2026-03-02 08:30 UTC+8\n业务影响：八人无法使用桌面版\n\
            受影响用户数：8\n错误信息：0x8004010F\n\n已尝试的措施：\n重新启用新式验证\n重建配置文件\n";
        assert_eq!(text.whole, expected);
        let personal: Vec<&str> = text.fields.iter().filter(|field| field.personal).map(|field| field.name).collect();
        assert_eq!(personal, ["person", "phone", "email"]);
        assert!(text.fields.iter().all(|field| field.name != "subscription_id"), "what is not known is left out");
        let english = packet_text(Language::English, Tz::Asia__Shanghai, &packet(), &names);
        assert!(english.whole.starts_with("Support request\n\nReseller: 华信云\n"), "{}", english.whole);
    }
}
