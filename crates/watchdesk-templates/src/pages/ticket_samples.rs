//! Samples of the ticket page: one for each state, and some that try to break it.

use super::incidents::of_ticket as incident;
use super::samples::{self, ago, ahead, due, grace, li, map, zhang};
use super::shell::{Choice, Countdown, FlashKind, Nav, Refused};
use super::ticket::{
    Actions, Clock, ClockCall, ClockExcuse, CustomerCard, LinkedTicket, PortalLink, RequesterCard, ServiceHealth,
    TicketChoices, TicketHead, TicketPage,
};
use super::ticket_case::{CaseActions, CaseBox, EscalationForm};
use super::ticket_case_samples::{case, escalation, gate};
use super::ticket_timeline::{Attachment, Delivery, Entry, EventKind, EventLine, Message, Voice};

pub(super) fn all() -> Vec<(&'static str, TicketPage)> {
    vec![
        ("ticket_open", open()),
        ("ticket_triaged", triaged()),
        ("ticket_refused", refused()),
        ("ticket_escalation_refused", escalation_refused()),
        ("ticket_drafted", drafted()),
        ("ticket_escalated", escalated()),
        ("ticket_answered", answered()),
        ("ticket_waiting", waiting()),
        ("ticket_resolved", resolved()),
        ("ticket_closed", closed()),
        ("ticket_merged", merged()),
        ("ticket_auditor", auditor()),
        ("ticket_bare", bare()),
        ("ticket_extreme", extreme()),
    ]
}

fn open() -> TicketPage {
    TicketPage {
        ticket: TicketHead {
            state: "open".into(),
            severity: None,
            category: None,
            service: None,
            owner: None,
            tags: Vec::new(),
            watchers: Vec::new(),
            ..head()
        },
        clocks: vec![clock("first_response", due(2_460), 83)],
        timeline: vec![event(EventKind::Opened, "王芳", "", 11_900), customer_mail()],
        escalation: None,
        links: Vec::new(),
        actions: Actions {
            triage: true,
            escalate: false,
            resolve: false,
            unmerge: false,
            close: vec!["spam".into(), "withdrawn".into()],
            ..usual_actions()
        },
        ..triaged()
    }
}

fn triaged() -> TicketPage {
    TicketPage {
        shell: samples::shell(Nav::Elsewhere, "/tickets/10234"),
        ticket: head(),
        clocks: vec![
            clock("first_response", Countdown::met(), 42),
            clock("next_response", due(2_460), 82),
            clock("resolution", due(59_000), 21),
        ],
        timeline: conversation(),
        earlier: None,
        customer: Some(customer()),
        requester: Some(requester()),
        services: services(),
        case: None,
        escalation: Some(escalation()),
        links: vec![LinkedTicket {
            number: 10_188,
            subject: "上月同样的登录问题".into(),
            state: "closed".into(),
            kind: "follow_up_of".into(),
            removable: false,
        }],
        actions: usual_actions(),
        choices: choices(),
        refused: None,
    }
}

fn refused() -> TicketPage {
    TicketPage {
        refused: Some(Refused {
            form: "replies".into(),
            text: "Grace Chen changed this ticket while you were writing.".into(),
            way_out: Some("Your text is kept below. Read what is new, then send it again.".into()),
            fields: map(&[
                ("body", "王芳您好：\n\n请先退出 Outlook，再按以下步骤操作……"),
                ("until", "2026-03-20T18:00"),
            ]),
            errors: map(&[]),
        }),
        ..triaged()
    }
}

fn escalation_refused() -> TicketPage {
    TicketPage {
        refused: Some(Refused {
            form: "escalation".into(),
            text: "The case cannot be drafted yet: two things are missing.".into(),
            way_out: Some("Check the health of Exchange Online, and say since when.".into()),
            fields: map(&[
                ("reason", "lacks_tools"),
                ("summary", "约 40 个用户 Outlook 反复要求输入密码"),
                ("evidence_impact", "订单部门无法收信"),
            ]),
            errors: map(&[
                ("evidence_since", "Say since when the problem exists."),
                ("health_waiver", "Give a reason, or check health first."),
            ]),
        }),
        ..triaged()
    }
}

fn drafted() -> TicketPage {
    TicketPage {
        case: Some(CaseBox {
            state: "drafted".into(),
            reference: None,
            channel: None,
            contact: None,
            filed_at: None,
            acknowledged_at: None,
            last_word_at: None,
            clocks: Vec::new(),
            draft: Some(EscalationForm {
                reason: "lacks_tools".into(),
                severity: "B".into(),
                summary: "约 40 个用户 Outlook 反复要求输入密码".into(),
                ..escalation()
            }),
            gate: vec![
                gate("triaged", ""),
                gate("health", ""),
                gate("reason", ""),
                gate("tried", ""),
                gate("affected_users", "Say how many people are affected."),
            ],
            actions: CaseActions { file: true, drop_draft: true, add_ticket: true, ..CaseActions::default() },
            ..case()
        }),
        actions: Actions { escalate: false, ..usual_actions() },
        escalation: None,
        ..triaged()
    }
}

fn escalated() -> TicketPage {
    let mut page = TicketPage {
        ticket: TicketHead {
            state: "escalated".into(),
            severity: Some("A".into()),
            incidents: vec![incident("open"), incident("retest"), incident("over")],
            offered_incidents: vec![incident("open")],
            ..head()
        },
        clocks: vec![
            clock("first_response", Countdown::met_late(300), 108),
            clock("next_response", due(-3_900), 127),
            clock("resolution", due(14_400), 50),
        ],
        case: Some(case()),
        actions: Actions { escalate: false, resolve: false, close: Vec::new(), ..usual_actions() },
        escalation: None,
        ..triaged()
    };
    page.clocks[0].may_excuse = false;
    page.clocks[0].excuse = Some(ClockExcuse {
        by: "Grace Chen".into(),
        at: ago(2_000),
        reason: "运营商故障，<b>客户</b>无法联系。".into(),
        may_revoke: true,
    });
    page.clocks[1].call = Some(ClockCall { step: 2, until: Some(ahead(600)), may_acknowledge: true });
    page.timeline.extend([
        event(EventKind::CaseFiled, "Grace Chen", "21V-2603180417, A", 9_000),
        operator_mail(),
        event(EventKind::CaseAcknowledged, "21Vianet", "刘工", 7_200),
        event(EventKind::ClockMissed, "Watchdesk", "next response", 3_900),
        event(EventKind::StepFired, "Watchdesk", "张伟", 3_900),
        event(EventKind::StepReachedNobody, "Watchdesk", "服务台第 2 级值班人员", 3_800),
        event(EventKind::ClockExcused, "Grace Chen", "first response", 2_000),
    ]);
    page
}

fn answered() -> TicketPage {
    TicketPage {
        case: Some(CaseBox {
            state: "answered".into(),
            outcome: Some("solved".into()),
            actions: CaseActions { confirm: true, reopen: true, ..CaseActions::default() },
            ..case()
        }),
        ..triaged()
    }
}

fn waiting() -> TicketPage {
    let mut page = triaged();
    page.ticket.state = "waiting".into();
    page.ticket.waiting_until = Some(ahead(100_000));
    page.ticket.snoozed_until = Some(ahead(40_000));
    page.clocks =
        vec![clock("first_response", Countdown::met(), 42), clock("resolution", Countdown::paused(48_000), 44)];
    page.actions.wake = true;
    page.shell.flash = samples::flash(FlashKind::Done, "Sent. The ticket waits for the customer.");
    page
}

fn resolved() -> TicketPage {
    let mut page = triaged();
    page.ticket.state = "resolved".into();
    page.ticket.reopens_until = Some(ahead(500_000));
    page.clocks = vec![clock("first_response", Countdown::met(), 42), clock("resolution", Countdown::met(), 61)];
    page.timeline.push(event(EventKind::Resolved, "张伟", "", 300));
    page.actions = Actions {
        reopen: true,
        close: vec!["solved".into()],
        resolve: false,
        ask: false,
        escalate: false,
        ..usual_actions()
    };
    page.escalation = None;
    page
}

fn closed() -> TicketPage {
    let mut page = resolved();
    page.ticket.state = "closed".into();
    page.ticket.closing_reason = Some("solved".into());
    page.ticket.reopens_until = None;
    page.actions = Actions { note: true, link: true, follow_up: true, ..Actions::default() };
    page
}

fn merged() -> TicketPage {
    let mut page = closed();
    page.ticket.closing_reason = Some("duplicate".into());
    page.ticket.merged_into = Some(10_231);
    page.actions.unmerge = true;
    page.actions.follow_up = false;
    page
}

fn auditor() -> TicketPage {
    let mut page = escalated();
    page.actions = Actions::default();
    if let Some(case) = &mut page.case {
        case.actions = CaseActions::default();
    }
    for clock in &mut page.clocks {
        clock.may_excuse = false;
        clock.excuse.iter_mut().for_each(|excuse| excuse.may_revoke = false);
        clock.call.iter_mut().for_each(|call| (call.may_acknowledge, call.until) = (false, None));
    }
    page.shell.reader.role = "auditor".into();
    page
}

/// Nothing is known: no customer, no clocks, imported.
fn bare() -> TicketPage {
    TicketPage {
        ticket: TicketHead {
            state: "closed".into(),
            closing_reason: Some("imported".into()),
            severity: None,
            category: None,
            service: None,
            owner: None,
            team: None,
            tags: Vec::new(),
            watchers: Vec::new(),
            custom_fields: Vec::new(),
            subject: String::new(),
            imported: true,
            ..head()
        },
        clocks: Vec::new(),
        timeline: vec![event(EventKind::Imported, "Watchdesk", "", 900_000)],
        customer: None,
        requester: None,
        services: Vec::new(),
        escalation: None,
        links: Vec::new(),
        actions: Actions::default(),
        choices: TicketChoices::default(),
        ..triaged()
    }
}

fn extreme() -> TicketPage {
    let mut page = escalated();
    page.ticket.subject = "<script>alert('x')</script> مشكلة في تسجيل الدخول ".to_owned() + &"very long ".repeat(30);
    page.ticket.tags = (1..=12).map(|n| format!("tag-{n}-<b>bold</b>")).collect();
    page.earlier = Some("/tickets/10234?before=40".into());
    page.timeline.push(Entry::message(Message {
        id: "msg-9".into(),
        author: "\u{202e}<img src=x onerror=alert(1)>".into(),
        text: format!(
            "{{{{7*7}}}} {{% raw %}}\n{}\n<iframe src=javascript:alert(1)>",
            "https://example.com/".to_owned() + &"a".repeat(400)
        ),
        attachments: (0..7)
            .map(|n| Attachment {
                name: format!("\u{202e}fdp.exe {n} 一个非常长的文件名一个非常长的文件名.pdf"),
                href: format!("/attachments/{n}"),
                size: 24_000_000,
                media_type: "application/pdf".into(),
            })
            .collect(),
        hint: Some("The sender is not a participant of ticket 10234; look before you answer.".into()),
        ..customer_message()
    }));
    if let Some(customer) = &mut page.customer {
        customer.domains = (1..=9).map(|n| format!("domain-{n}.example.cn")).collect();
    }
    if let Some(form) = page.case.as_mut() {
        form.reference = Some("R".repeat(80));
    }
    page
}

fn head() -> TicketHead {
    TicketHead {
        number: 10_234,
        version: 12,
        subject: "Outlook 反复要求输入密码，今天早上开始".into(),
        state: "triaged".into(),
        severity: Some("B".into()),
        channel: "mail".into(),
        opened_at: ago(11_900),
        category: Some(Choice::new("connectivity", "Client connectivity")),
        service: Some(Choice::new("exchange-online", "Exchange Online")),
        owner: Some(zhang()),
        team: Some(Choice::new("first-line", "First line")),
        tags: vec!["outlook".into(), "登录".into()],
        watchers: vec![grace()],
        incidents: Vec::new(),
        offered_incidents: Vec::new(),
        label: None,
        custom_fields: vec![Choice::new("Asset", "SH-LT-0417")],
        snoozed_until: None,
        waiting_until: None,
        closing_reason: None,
        merged_into: None,
        reopens_until: None,
        imported: false,
    }
}

pub(super) fn clock(objective: &str, countdown: Countdown, used_percent: i64) -> Clock {
    Clock {
        objective: objective.into(),
        missed_at: (used_percent > 100).then(|| ago(3_900)),
        countdown,
        used_percent,
        target_s: 14_400,
        id: format!("clock-{objective}"),
        excuse: None,
        may_excuse: used_percent > 100,
        call: None,
    }
}

fn usual_actions() -> Actions {
    Actions {
        triage: false,
        reply: true,
        ask: true,
        resolve: true,
        note: true,
        call: true,
        change: true,
        assign: true,
        snooze: true,
        wake: false,
        link: true,
        link_incident: true,
        retest: true,
        escalate: true,
        merge: true,
        unmerge: false,
        split: true,
        reopen: false,
        close: vec!["spam".into(), "withdrawn".into()],
        follow_up: false,
        set_customer: true,
        set_health: true,
    }
}

fn choices() -> TicketChoices {
    let lists = samples::queue_choices();
    TicketChoices {
        categories: samples::categories(),
        services: samples::services(),
        severities: vec!["A".into(), "B".into(), "C".into()],
        owners: lists.owners,
        teams: lists.teams,
        customers: lists.customers,
        health_statuses: samples::health_statuses(),
    }
}

fn customer() -> CustomerCard {
    CustomerCard {
        id: "c1".into(),
        name: "上海远洋物流有限公司".into(),
        tier: Some("Premium".into()),
        contract_until: Some(samples::day(2026, 12, 31)),
        language: "zh-CN".into(),
        domains: vec!["yuanyang.example.cn".into()],
        delegated_admin: "withdrawn".into(),
        open_tickets: 4,
        note: "仓库夜班 22:00 开始，夜间请打值班电话。".into(),
        suspended: samples::suspended(),
        subscriptions: samples::subscriptions(),
        closed_portals: vec!["Office 365 admin".into()],
        portals: vec![
            PortalLink {
                label: "Partner Center".into(),
                href: "https://partner.partnercenter.microsoftonline.cn/".into(),
            },
            PortalLink { label: "Azure".into(), href: "https://portal.azure.cn/".into() },
        ],
    }
}

fn requester() -> RequesterCard {
    RequesterCard {
        name: "王芳".into(),
        email: "wang.fang@yuanyang.example.cn".into(),
        phone: "138****1234".into(),
        known: true,
        bounced: false,
    }
}

fn services() -> Vec<ServiceHealth> {
    let of = |slug: &str, name: &str, health: &str, status: &str| ServiceHealth {
        slug: slug.into(),
        name: name.into(),
        health: health.into(),
        status: status.into(),
        note: String::new(),
        checked_at: Some(ago(900)),
        stale: false,
        incident: None,
        affected: false,
    };
    vec![
        ServiceHealth {
            note: "部分用户收发邮件延迟。".into(),
            incident: Some("EX226792".into()),
            affected: true,
            ..of("exchange-online", "Exchange Online", "degraded", "Degraded")
        },
        of("sharepoint-online", "SharePoint Online", "healthy", "Operational"),
        ServiceHealth {
            checked_at: Some(ago(90_000)),
            stale: true,
            ..of("office-apps", "Office apps", "healthy", "Operational")
        },
        ServiceHealth { checked_at: None, ..of("azure", "Azure", "unknown", "") },
    ]
}

fn event(kind: EventKind, who: &str, what: &str, age_s: i64) -> Entry {
    Entry::Event(EventLine { event: kind, who: who.into(), what: what.into(), at: ago(age_s) })
}

fn customer_message() -> Message {
    Message {
        id: "msg-1".into(),
        voice: Voice::Customer,
        author: "王芳".into(),
        initials: "王".into(),
        address: Some("wang.fang@yuanyang.example.cn".into()),
        at: ago(11_900),
        channel: "mail".into(),
        direction: None,
        cc: Vec::new(),
        text: "您好，\n\n从今天早上 9 点左右开始，我们订单部大约 40 个人的 Outlook 一直弹出密码框，输入正确密码也不行。\n网页版可以登录。仓库那边等着收单，请尽快帮忙看一下。\n\n谢谢！\n王芳".into(),
        quoted: None,
        html: None,
        html_first: false,
        attachments: Vec::new(),
        delivery: None,
        hint: None,
    }
}

fn customer_mail() -> Entry {
    Entry::message(Message {
        html: Some("/messages/msg-1/html".into()),
        attachments: vec![Attachment {
            name: "outlook-密码提示.png".into(),
            href: "/attachments/a1".into(),
            size: 183_224,
            media_type: "image/png".into(),
        }],
        ..customer_message()
    })
}

fn ours(id: &str, voice: Voice, text: &str, age_s: i64) -> Message {
    Message {
        id: id.into(),
        voice,
        author: "张伟".into(),
        initials: "张".into(),
        address: None,
        at: ago(age_s),
        text: text.into(),
        ..customer_message()
    }
}

fn operator_mail() -> Entry {
    Entry::message(Message {
        author: "21Vianet 刘工".into(),
        initials: "21".into(),
        address: Some("case@operator.example.cn".into()),
        ..ours("msg-7", Voice::Operator, "您好，请求 21V-2603180417 已受理，正在检查该租户的身份验证日志。", 7_300)
    })
}

fn conversation() -> Vec<Entry> {
    vec![
        event(EventKind::Opened, "王芳", "", 11_900),
        customer_mail(),
        Entry::message(Message {
            author: "Watchdesk".into(),
            initials: "W".into(),
            delivery: Some(sent("")),
            ..ours("msg-2", Voice::System, "我们已收到您的请求，编号 10234。", 11_890)
        }),
        event(EventKind::Triaged, "张伟", "B, Exchange Online", 11_400),
        event(EventKind::Assigned, "张伟", "张伟", 11_400),
        Entry::message(Message {
            delivery: Some(sent("")),
            ..ours(
                "msg-3",
                Voice::Public,
                "王芳您好，\n\n收到，我们正在检查身份验证服务。请问受影响的用户是否都在同一个办公室？\n\n张伟",
                10_200,
            )
        }),
        Entry::message(ours(
            "msg-4",
            Voice::Note,
            "和三周前 #10188 的现象一样，当时是条件访问策略。先查租户登录日志。",
            9_900,
        )),
        Entry::message(Message {
            channel: "phone".into(),
            direction: Some("outbound".into()),
            author: "李娜".into(),
            initials: li().initials,
            ..ours("msg-5", Voice::Public, "电话确认：上海和宁波两个办公室都受影响，VPN 用户正常。", 6_000)
        }),
        Entry::message(Message {
            id: "msg-6".into(),
            at: ago(2_700),
            text: "已经下午了，还没有恢复，请问有进展吗？".into(),
            quoted: Some(
                "在 2026-03-18 11:34，华信云服务支持 写道：\n> 王芳您好，\n> 收到，我们正在检查身份验证服务。".into(),
            ),
            cc: vec!["it@yuanyang.example.cn".into()],
            ..customer_message()
        }),
        Entry::message(Message {
            delivery: Some(Delivery {
                state: "dead".into(),
                detail: "550 5.1.1 mailbox unavailable".into(),
                resend: Some("/tickets/10234/messages/msg-8/resending".into()),
            }),
            ..ours("msg-8", Voice::Public, "王芳您好，我们已把问题提交给运营商，有进展马上通知您。", 1_200)
        }),
    ]
}

fn sent(detail: &str) -> Delivery {
    Delivery { state: "sent".into(), detail: detail.into(), resend: None }
}
