//! Believable values that the samples of several pages share.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::cases::CaseRow;
use super::customers::CustomerRow;
use super::entry::Outside;
use super::mail::HeldMail;
use super::queue::{QueueChoices, QueueRow};
use super::services::{CustomerHealth, ServiceRow};
use super::shell::{Choice, Countdown, Counts, Flash, FlashKind, Nav, NavRights, Person, Reader, Shell};
use super::ticket::{DataCountdown, PortalLink, Subscription};

/// 18 March 2026, 14:24 in Shanghai: the instant at which all samples are seen.
const NOW_S: i64 = 1_773_815_040;

pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW_S, 0).unwrap_or_default()
}

pub(super) fn ago(seconds: i64) -> DateTime<Utc> {
    now() - TimeDelta::seconds(seconds)
}

pub(super) fn ahead(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

pub(super) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// A clock that is due in so many seconds (negative: missed) and near in its last hour.
pub(super) fn due(seconds: i64) -> Countdown {
    Countdown::running(ahead(seconds), ahead(seconds - 3_600), now())
}

pub(super) fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub(super) fn choices(pairs: &[(&str, &str)]) -> Vec<Choice> {
    pairs.iter().map(|(value, label)| Choice::new(*value, *label)).collect()
}

pub(super) fn outside(path: &str) -> Outside {
    Outside { desk: "华信云 Watchdesk".into(), csrf: "csrf-sample".into(), assets: "1".into(), path: path.into() }
}

pub(super) fn shell(nav: Nav, path: &str) -> Shell {
    Shell {
        desk: "华信云".into(),
        reader: Reader {
            name: "张伟".into(),
            initials: "张".into(),
            email: "zhang.wei@example.cn".into(),
            role: "admin".into(),
        },
        nav,
        counts: Counts {
            queue: Some(41),
            mine: Some(6),
            unassigned: Some(3),
            escalated: Some(2),
            cases: None,
            mail: Some(120),
            rota_gaps: Some(1),
        },
        rights: NavRights {
            create_ticket: true,
            cases: true,
            mail: true,
            customers: true,
            services: true,
            mailboxes: true,
            people: true,
            rotas: true,
            reports: true,
        },
        csrf: "csrf-sample".into(),
        assets: "1".into(),
        now: now(),
        path: path.into(),
        search: String::new(),
        flash: None,
    }
}

pub(super) fn flash(kind: FlashKind, text: &str) -> Option<Flash> {
    Some(Flash { kind, text: text.into() })
}

pub(super) fn person(id: &str, name: &str, initials: &str) -> Person {
    Person { id: id.into(), name: name.into(), initials: initials.into(), me: id == "p1" }
}

pub(super) fn zhang() -> Person {
    person("p1", "张伟", "张")
}

pub(super) fn grace() -> Person {
    person("p2", "Grace Chen", "GC")
}

pub(super) fn li() -> Person {
    person("p3", "李娜", "李")
}

pub(super) fn categories() -> Vec<Choice> {
    choices(&[
        ("account-setup", "Account set-up"),
        ("billing", "Accounts and billing"),
        ("how-to", "How-to"),
        ("updates", "Service and software updates"),
        ("configuration", "Software configuration"),
        ("connectivity", "Client connectivity"),
        ("performance-availability", "Performance and availability"),
        ("subscription-change", "Subscription change"),
        ("data-request", "Data request"),
        ("other", "Other"),
    ])
}

pub(super) fn services() -> Vec<Choice> {
    choices(&[
        ("exchange-online", "Exchange Online"),
        ("sharepoint-online", "SharePoint Online"),
        ("skype-for-business", "Skype for Business"),
        ("office-apps", "Office apps"),
        ("azure", "Azure"),
        ("dynamics-365", "Dynamics 365"),
        ("power-platform", "Power Platform"),
        ("partner-center", "Partner Center"),
    ])
}

pub(super) fn queue_choices() -> QueueChoices {
    QueueChoices {
        owners: choices(&[("p1", "张伟"), ("p2", "Grace Chen"), ("p3", "李娜")]),
        customers: choices(&[("c1", "上海远洋物流有限公司"), ("c2", "Contoso (China)"), ("c3", "苏州精密制造")]),
        teams: choices(&[("first-line", "First line"), ("escalation", "Escalation")]),
    }
}

struct Sketch {
    number: i64,
    subject: &'static str,
    state: &'static str,
    severity: Option<&'static str>,
    customer: Option<&'static str>,
    service: Option<&'static str>,
    owner: Option<Person>,
    due: Option<(Countdown, &'static str)>,
    age_s: i64,
    from: &'static str,
}

fn row(sketch: Sketch) -> QueueRow {
    let (due, due_objective) = match sketch.due {
        Some((countdown, objective)) => (Some(countdown), Some(objective.to_owned())),
        None => (None, None),
    };
    QueueRow {
        number: sketch.number,
        subject: sketch.subject.into(),
        state: sketch.state.into(),
        severity: sketch.severity.map(Into::into),
        customer: sketch.customer.map(Into::into),
        category: sketch.severity.map(|_| "Performance and availability".into()),
        service: sketch.service.map(Into::into),
        owner: sketch.owner,
        team: Some("First line".into()),
        due,
        due_objective,
        last_activity_at: ago(sketch.age_s),
        last_from: sketch.from.into(),
        snoozed_until: None,
    }
}

const OCEAN: Option<&str> = Some("上海远洋物流有限公司");
const CONTOSO: Option<&str> = Some("Contoso (China)");
const SUZHOU: Option<&str> = Some("苏州精密制造");
const NORTHWIND: Option<&str> = Some("Northwind Traders Beijing");
const EXCHANGE: Option<&str> = Some("Exchange Online");

pub(super) fn queue_rows() -> Vec<QueueRow> {
    let mut rows = urgent_rows();
    rows.extend(calm_rows());
    rows
}

fn urgent_rows() -> Vec<QueueRow> {
    vec![
        row(Sketch {
            number: 10_231,
            subject: "全公司无法收发邮件，仓库停工",
            state: "escalated",
            severity: Some("A"),
            customer: OCEAN,
            service: EXCHANGE,
            owner: Some(grace()),
            due: Some((due(-3_900), "next_response")),
            age_s: 4_000,
            from: "customer",
        }),
        row(Sketch {
            number: 10_234,
            subject: "Outlook keeps asking for a password since this morning",
            state: "triaged",
            severity: Some("B"),
            customer: CONTOSO,
            service: EXCHANGE,
            owner: Some(zhang()),
            due: Some((due(-240), "first_response")),
            age_s: 14_640,
            from: "customer",
        }),
        row(Sketch {
            number: 10_240,
            subject: "SharePoint 站点打开很慢",
            state: "open",
            severity: None,
            customer: SUZHOU,
            service: None,
            owner: None,
            due: Some((due(730), "first_response")),
            age_s: 13_670,
            from: "customer",
        }),
        row(Sketch {
            number: 10_228,
            subject: "Azure VM in China East 2 cannot be started: AllocationFailed",
            state: "escalated",
            severity: Some("B"),
            customer: NORTHWIND,
            service: Some("Azure"),
            owner: Some(zhang()),
            due: Some((due(2_520), "next_response")),
            age_s: 11_880,
            from: "operator",
        }),
        row(Sketch {
            number: 10_219,
            subject: "发票抬头错误，请重新开具 2 月发票",
            state: "triaged",
            severity: Some("C"),
            customer: SUZHOU,
            service: Some("Partner Center"),
            owner: Some(li()),
            due: Some((due(3_500), "next_response")),
            age_s: 25_300,
            from: "customer",
        }),
    ]
}

fn calm_rows() -> Vec<QueueRow> {
    let mut snoozed = row(Sketch {
        number: 10_207,
        subject: "Add 25 licences of Office 365 E3",
        state: "triaged",
        severity: Some("C"),
        customer: NORTHWIND,
        service: Some("Partner Center"),
        owner: Some(zhang()),
        due: Some((due(93_600), "resolution")),
        age_s: 50_000,
        from: "staff",
    });
    snoozed.snoozed_until = Some(ahead(64_000));
    vec![
        row(Sketch {
            number: 10_238,
            subject: "How do I share a mailbox with an external auditor?",
            state: "open",
            severity: None,
            customer: None,
            service: None,
            owner: None,
            due: Some((due(12_240), "first_response")),
            age_s: 2_160,
            from: "customer",
        }),
        row(Sketch {
            number: 10_225,
            subject: "新员工账号开通（5 人）",
            state: "triaged",
            severity: Some("C"),
            customer: OCEAN,
            service: Some("Office apps"),
            owner: Some(li()),
            due: Some((due(30_600), "resolution")),
            age_s: 18_000,
            from: "staff",
        }),
        snoozed,
        row(Sketch {
            number: 10_212,
            subject: "Re: Dynamics 365 import job fails with 0x80040265",
            state: "waiting",
            severity: Some("B"),
            customer: CONTOSO,
            service: Some("Dynamics 365"),
            owner: Some(grace()),
            due: Some((Countdown::paused(48_000), "resolution")),
            age_s: 90_000,
            from: "staff",
        }),
        row(Sketch {
            number: 10_201,
            subject: "Teams 会议无法共享屏幕",
            state: "resolved",
            severity: Some("C"),
            customer: SUZHOU,
            service: Some("Skype for Business"),
            owner: Some(zhang()),
            due: None,
            age_s: 172_800,
            from: "staff",
        }),
    ]
}

/// Rows that try to break the list.
pub(super) fn extreme_rows() -> Vec<QueueRow> {
    let mut rows = queue_rows();
    if let Some(first) = rows.first_mut() {
        first.subject = "Very long subject about a mail flow rule that will not end ".repeat(6);
        first.customer = Some("北京市海淀区中关村软件园二期信息技术服务外包产业联盟有限责任公司第三分公司".into());
    }
    if let Some(second) = rows.get_mut(1) {
        second.subject = "<script>alert('subject')</script> & \"quotes\" {{7*7}} {% raw %}".into();
        second.customer = Some("<b>Contoso</b>".into());
    }
    if let Some(third) = rows.get_mut(2) {
        third.subject = "مشكلة في تسجيل الدخول إلى البريد الإلكتروني منذ الصباح".into();
        third.customer = Some("שרות לקוחות בע\"מ".into());
    }
    if let Some(fourth) = rows.get_mut(3) {
        fourth.subject = "無空格的非常長的主旨".repeat(30);
        fourth.number = 9_999_999_999;
    }
    rows
}

fn subscription(id: &str, name: &str, status: &str, words: &str) -> Subscription {
    Subscription {
        id: id.into(),
        version: 2,
        name: name.into(),
        operator_id: format!("5e000001-{id}"),
        quantity: Some(240),
        status: status.into(),
        status_words: words.into(),
        suspended_since: None,
        countdown: None,
        commitment_end: Some(day(2026, 12, 31)),
        portals: Vec::new(),
    }
}

pub(super) fn suspended() -> Vec<Subscription> {
    let of = |id: &str, days_left: i64, warning: &str| Subscription {
        quantity: None,
        suspended_since: Some(ago((60 - days_left) * 86_400)),
        countdown: Some(DataCountdown { data_lost_at: ahead(days_left * 86_400), days_left, warning: warning.into() }),
        ..subscription(id, "Project <b>Online</b> Premium", "suspended", "Suspended")
    };
    vec![of("s0", 0, "over"), of("s1", 8, "urgent"), of("s2", 19, "soon"), of("s3", 52, "early")]
}

pub(super) fn subscriptions() -> Vec<Subscription> {
    let portals = vec![PortalLink { label: "Subscription".into(), href: "https://portal.example.cn/s".into() }];
    let mut all = vec![
        Subscription { portals, ..subscription("s4", "Office 365 E3", "active", "Active") },
        subscription("s5", "Azure", "other", "expired <i>x</i>"),
    ];
    all.extend(suspended());
    all
}

pub(super) fn customer_rows() -> Vec<CustomerRow> {
    let of = |id: &str, name: &str, tier: Option<&str>, domain: &str, open: i64, dap: &str| CustomerRow {
        id: id.into(),
        name: name.into(),
        tier: tier.map(Into::into),
        language: "zh-CN".into(),
        domains: vec![domain.into()],
        open_tickets: open,
        delegated_admin: dap.into(),
    };
    let mut rows = vec![
        of("c1", "上海远洋物流有限公司", Some("Premium"), "yuanyang.example.cn", 4, "withdrawn"),
        of("c2", "Contoso (China)", Some("Standard"), "contoso.example.cn", 2, "granted"),
        of("c3", "苏州精密制造", Some("Standard"), "szjm.example.cn", 3, "granted"),
        of("c4", "Northwind Traders Beijing", None, "northwind.example.cn", 0, "unknown"),
    ];
    if let Some(contoso) = rows.get_mut(1) {
        contoso.language = "en".into();
        contoso.domains.push("contoso-china.example.cn".into());
    }
    rows
}

pub(super) fn health_statuses() -> Vec<Choice> {
    choices(&[
        ("serviceOperational", "Operational"),
        ("investigating", "Investigating"),
        ("serviceDegradation", "Degraded"),
        ("serviceInterruption", "Interrupted"),
        ("restoringService", "Being restored"),
        ("extendedRecovery", "Extended recovery"),
        ("serviceRestored", "Restored"),
        ("falsePositive", "False alarm"),
    ])
}

pub(super) fn service_rows() -> Vec<ServiceRow> {
    let fine = |slug: &str, name: &str| ServiceRow {
        slug: slug.into(),
        name: name.into(),
        health: "healthy".into(),
        status: "Operational".into(),
        note: String::new(),
        checked_at: Some(ago(1_500)),
        checked_by: Some("李娜".into()),
        stale: false,
        incident: None,
        open_tickets: 1,
        customers: Vec::new(),
    };
    vec![
        ServiceRow {
            health: "degraded".into(),
            status: "Degraded".into(),
            note: "部分用户收发邮件延迟，21Vianet 正在处理。".into(),
            incident: Some("EX226792".into()),
            open_tickets: 7,
            checked_at: Some(ago(900)),
            checked_by: Some("张伟".into()),
            customers: vec![CustomerHealth {
                customer: "上海远洋物流有限公司".into(),
                health: "down".into(),
                status: "Interrupted".into(),
                note: "All mailboxes on one database.".into(),
                checked_at: ago(1_200),
            }],
            ..fine("exchange-online", "Exchange Online")
        },
        fine("sharepoint-online", "SharePoint Online"),
        ServiceRow { stale: true, checked_at: Some(ago(90_000)), open_tickets: 0, ..fine("azure", "Azure") },
        ServiceRow {
            health: "unknown".into(),
            status: String::new(),
            checked_at: None,
            checked_by: None,
            open_tickets: 0,
            ..fine("dynamics-365", "Dynamics 365")
        },
    ]
}

pub(super) fn held_mails() -> Vec<HeldMail> {
    let of = |id: &str, fate: &str, reason: &str, sender: &str, subject: &str| HeldMail {
        id: id.into(),
        fate: fate.into(),
        reason: reason.into(),
        sender: sender.into(),
        subject: subject.into(),
        mailbox: "support@reseller.example.cn".into(),
        received_at: ago(2_400),
        size: 48_213,
        attempts: 1,
    };
    vec![
        of(
            "r1",
            "held",
            "More than 20 mails in an hour from this sender.",
            "printer@yuanyang.example.cn",
            "扫描件 0318",
        ),
        of(
            "r2",
            "quarantined",
            "The message could not be parsed: header longer than 100 KB.",
            "<script>@evil.example",
            "\u{202e}gpj.exe <img src=x onerror=alert(1)>",
        ),
        of(
            "r3",
            "ignored",
            "Automatic reply to an automatic mail.",
            "no-reply@contoso.example.cn",
            "Automatic reply: [#10212] Dynamics 365 import job fails",
        ),
    ]
}

pub(super) fn case_rows() -> Vec<CaseRow> {
    let filed = CaseRow {
        id: "e1".into(),
        reference: Some("21V-2603180417".into()),
        state: "acknowledged".into(),
        severity: Some("A".into()),
        operator: "21Vianet".into(),
        summary: "全公司无法收发邮件".into(),
        service: Some("Exchange Online".into()),
        tickets: vec![10_231, 10_236, 10_237],
        customer: Some("上海远洋物流有限公司".into()),
        owner: Some(grace()),
        since: ago(9_000),
        due: Some(due(5_400)),
        due_objective: Some("upstream_update".into()),
        last_word_at: Some(ago(3_600)),
    };
    vec![
        CaseRow {
            id: "e2".into(),
            reference: Some("21V-2603170233".into()),
            state: "waiting_on_us".into(),
            severity: Some("B".into()),
            summary: "Azure VM cannot be started: AllocationFailed".into(),
            service: Some("Azure".into()),
            tickets: vec![10_228],
            customer: Some("Northwind Traders Beijing".into()),
            owner: Some(zhang()),
            since: ago(86_400),
            due: Some(Countdown::paused(7_200)),
            due_objective: Some("upstream_acknowledgement".into()),
            ..filed.clone()
        },
        CaseRow {
            id: "e3".into(),
            reference: None,
            state: "drafted".into(),
            severity: None,
            summary: "Invoice of February shows a wrong tax number".into(),
            service: None,
            tickets: vec![10_219],
            customer: Some("苏州精密制造".into()),
            owner: None,
            since: ago(600),
            due: None,
            due_objective: None,
            last_word_at: None,
            ..filed.clone()
        },
        filed,
    ]
}
