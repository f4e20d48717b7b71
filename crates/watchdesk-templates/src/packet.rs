//! The hand-off packet as copy-ready text: what a person types into the operator's form.

use chrono_tz::Tz;
use watchdesk_core::desk::Language;
use watchdesk_core::disclosure::{Handed, HandedField};
use watchdesk_core::packet::{Packet, PacketFile};
use watchdesk_core::redaction::{Kind, Piece, Spared, redact};

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
    /// The same, and what of it was taken out or kept.
    pub pieces: Vec<Piece>,
    /// It names a person: handing it over is recorded.
    pub personal: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketText {
    pub fields: Vec<PacketField>,
    /// All of it as one text.
    pub whole: String,
}

impl PacketText {
    /// Empty where the field was left out.
    pub fn text_of(&self, name: &str) -> &str {
        self.fields.iter().find(|field| field.name == name).map_or("", |field| &field.text)
    }

    /// The packet's texts as they are handed over.
    pub fn apply(&self, packet: &mut Packet) {
        for (name, text) in packet.texts() {
            self.text_of(name).clone_into(text);
        }
    }

    /// For the record of what was disclosed.
    pub fn handed(&self) -> Handed {
        let field = |field: &PacketField| HandedField { name: field.name.to_owned(), personal: field.personal };
        Handed::of(self.fields.iter().map(field).collect(), &self.whole)
    }
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
    let redaction = Redaction { language: reader.language, spared: packet.spared() };
    let contact = ours(packet).into_iter().map(|(name, text, personal)| redaction.as_it_is(name, text, personal));
    let ids = ids(packet).into_iter().map(|(name, text)| redaction.redacted(name, &one_line(text)));
    let facts = facts(reader, packet, names).into_iter().map(|(name, text)| redaction.as_it_is(name, text, false));
    let words = words_of(packet).into_iter().map(|(name, text)| redaction.redacted(name, text.trim()));
    let files = files(packet);
    let files = files.iter().map(|text| redaction.redacted("attachments", text));
    let mut fields: Vec<PacketField> =
        contact.chain(ids).chain(facts).chain(words).chain(files).filter(|field| !field.text.is_empty()).collect();
    fields.sort_by_key(|field| ORDER.iter().position(|name| *name == field.name));
    fields
}

/// As the operator's form asks.
const ORDER: [&str; 23] = [
    "company",
    "person",
    "phone",
    "email",
    "mpn_id",
    "our_number",
    "tenant_id",
    "domain",
    "customer_id",
    "subscription_id",
    "order_id",
    "invoice_number",
    "service",
    "category",
    "severity",
    "reason",
    "problem",
    "since",
    "impact",
    "affected_users",
    "error_texts",
    "tried",
    "attachments",
];

fn ours(packet: &Packet) -> [(&'static str, String, bool); 5] {
    let reseller = &packet.reseller;
    [
        ("company", one_line(&reseller.company), false),
        ("person", one_line(&reseller.person), true),
        ("phone", one_line(&reseller.phone), true),
        ("email", one_line(&reseller.email), true),
        ("our_number", packet.ticket.to_string(), false),
    ]
}

fn ids(packet: &Packet) -> [(&'static str, &str); 7] {
    [
        ("mpn_id", &packet.mpn_id),
        ("tenant_id", &packet.tenant_id),
        ("domain", &packet.domain),
        ("customer_id", &packet.customer_id),
        ("subscription_id", &packet.subscription_id),
        ("order_id", &packet.order_id),
        ("invoice_number", &packet.invoice_number),
    ]
}

fn facts(reader: ReaderLocale, packet: &Packet, names: &PacketNames) -> [(&'static str, String); 6] {
    let language = reader.language;
    let or_slug =
        |name: &str, slug: Option<String>| if name.is_empty() { slug.unwrap_or_default() } else { name.to_owned() };
    [
        ("service", or_slug(&names.service, packet.service.as_ref().map(ToString::to_string))),
        ("category", or_slug(&names.category, packet.category.as_ref().map(ToString::to_string))),
        ("severity", names::severity(language, packet.severity).to_owned()),
        ("reason", names::reason(language, packet.reason).to_owned()),
        ("since", packet.since.map(|at| format::instant(at, reader, Style::Full)).unwrap_or_default()),
        ("affected_users", packet.affected_users.map(|users| users.to_string()).unwrap_or_default()),
    ]
}

fn words_of(packet: &Packet) -> [(&'static str, String); 4] {
    [
        ("problem", plain(&packet.problem)),
        ("impact", plain(&packet.impact)),
        ("error_texts", plain(&packet.error_texts)),
        ("tried", plain(&packet.tried)),
    ]
}

/// One a line: the name, and how large it is.
fn files(packet: &Packet) -> Option<String> {
    let line = |file: &PacketFile| {
        let size = format::size(file.bytes);
        format!("{} ({size})", one_line(&file.name))
    };
    let lines: Vec<String> = packet.attachments.iter().map(line).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// What is taken out, and in whose language it is said.
struct Redaction {
    language: Language,
    spared: Spared,
}

impl Redaction {
    fn redacted(&self, name: &'static str, text: &str) -> PacketField {
        let pieces = redact(text, &self.spared, &|kind| mark(self.language, kind));
        let text = pieces.iter().map(Piece::text).collect();
        let personal = pieces.iter().any(|piece| matches!(piece, Piece::Kept { .. }));
        PacketField { name, label: label(self.language, name), text, pieces, personal }
    }

    fn as_it_is(&self, name: &'static str, text: String, personal: bool) -> PacketField {
        let pieces = vec![Piece::Plain(text.clone())];
        PacketField { name, label: label(self.language, name), text, pieces, personal }
    }
}

/// A text that leaves the house in another document: what the packet takes out is taken out here as well.
pub fn redacted(language: Language, text: &str) -> String {
    let pieces = redact(text, &Spared::default(), &|kind| mark(language, kind));
    pieces.iter().map(Piece::text).collect()
}

/// What stands on a case when the operator closed its request without a word.
pub fn request_closed(language: Language) -> String {
    words().say(language, "handoff.request_closed", &[])
}

/// `[redacted: password]`.
fn mark(language: Language, kind: Kind) -> String {
    let what = words().say(language, &format!("handoff.secret.{}", kind.as_str()), &[]);
    words().say(language, "handoff.redacted", &[("what", &what)])
}

/// What a field of the packet is called; its name, where it has no other.
pub fn packet_label(language: Language, name: &str) -> String {
    let known = words().get(language, &format!("handoff.{name}"));
    known.map_or_else(|| name.to_owned(), str::to_owned)
}

fn label(language: Language, name: &str) -> String {
    words().say(language, &format!("handoff.{name}"), &[])
}

#[cfg(test)]
mod tests {
    use watchdesk_core::case::{EscalationReason, Queue};
    use watchdesk_core::ids::{AttachmentId, Slug, TicketNumber};
    use watchdesk_core::packet::ResellerContact;
    use watchdesk_core::ticket::Severity;

    use super::*;

    fn packet() -> Packet {
        let slug = |text: &str| Slug::new(text).expect("a slug");
        Packet {
            operator: slug("21vianet"),
            queue: Queue::CustomerRequest,
            ticket: TicketNumber(1042),
            reseller: ResellerContact {
                company: "华信云".into(),
                person: "陈静".into(),
                phone: "400-820-1234".into(),
                email: "support@huaxin.example.cn".into(),
                mpn_id: String::new(),
            },
            tenant_id: "6f1c2b7e-0000-4000-8000-1d2e3f405162".into(),
            domain: "yuanyang.partner.onmschina.cn".into(),
            subscription_id: String::new(),
            order_id: String::new(),
            customer_id: String::new(),
            mpn_id: String::new(),
            invoice_number: String::new(),
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
            attachments: Vec::new(),
            keep: Vec::new(),
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

    #[test]
    fn secrets_and_people_stay_in_the_house_and_what_was_kept_is_recorded() {
        let mut packet = packet();
        packet.tried = "用 wang@yuanyang.example.cn 密码：Abc@123 登录，回拨 13812341234 或 400-820-1234".into();
        packet.error_texts = "550 5.7.1 from li@yuanyang.example.cn, mail support@huaxin.example.cn".into();
        packet.invoice_number = "6222021234567890128".into();
        packet.impact = "发票 6222021234567890128".into();
        packet.keep = vec!["li@yuanyang.example.cn".into()];
        packet.attachments =
            vec![PacketFile { id: AttachmentId(uuid::Uuid::nil()), name: "trace\r\n.csv".into(), bytes: 2_048 }];
        let text = packet_text(Language::Chinese, Tz::Asia__Shanghai, &packet, &PacketNames::default());
        assert_eq!(
            text.text_of("tried"),
            "用 w***@yuanyang.example.cn 密码：[已隐去：密码] 登录，回拨 138****1234 或 400-820-1234"
        );
        let kept = "550 5.7.1 from li@yuanyang.example.cn, mail support@huaxin.example.cn";
        assert_eq!(text.text_of("error_texts"), kept, "ours stands, and what a person kept");
        assert_eq!(text.text_of("impact"), "发票 6222021234567890128", "the operator asks for the invoice");
        assert!(text.text_of("attachments").starts_with("trace .csv (2"), "{}", text.text_of("attachments"));
        assert!(!text.whole.contains("Abc@123") && !text.whole.contains("13812341234"), "{}", text.whole);
        text.apply(&mut packet);
        assert!(!format!("{packet:?}").contains("Abc@123"), "as data it says no more than as text");
        let handed = text.handed();
        let personal: Vec<&str> =
            handed.fields.iter().filter(|field| field.personal).map(|field| field.name.as_str()).collect();
        assert_eq!(personal, ["person", "phone", "email", "error_texts"]);
        assert_eq!(handed.digest.len(), 64);
        let english = packet_text(Language::English, Tz::UTC, &packet, &PacketNames::default());
        assert!(english.whole.contains("Files that go along"), "{}", english.whole);
    }
}
