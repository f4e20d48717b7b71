//! Believable mails, for tests and for `watchdesk check`.

use chrono::{NaiveDate, TimeDelta};
use watchdesk_core::Instant;
use watchdesk_core::clock::Objective;
use watchdesk_core::desk::Language;
use watchdesk_core::ticket::{Channel, Severity, StateKind};

use super::{
    Assigned, CaseAnswered, CaseEnding, Closed, ClosedBecause, CustomerWrote, DailySummary, Desk, Due, DueTicket,
    IncidentLinked, IncidentOver, LinkPurpose, MailContext, MissedTicket, OneTimeLink, PassedOn, Quoted, Received,
    Reply, Resolved, ResponseTarget, RetestWanted, StaffTicket, Support, ToOperator, WaitingOver, WrittenBy,
    ladder_samples, ticket_url,
};

/// Monday 2 March 2026, 09:30 in Shanghai.
const NOW_S: i64 = 1_772_415_000;
pub(super) const HOUR_S: i64 = 3_600;
pub(super) const BASE_URL: &str = "https://desk.example.cn";

pub(super) fn at(seconds: i64) -> Instant {
    Instant::from_timestamp(NOW_S + seconds, 0).unwrap_or_default()
}

/// One value in two languages.
pub(super) fn of(language: Language, english: &str, chinese: &str) -> String {
    match language {
        Language::English => english.to_owned(),
        Language::Chinese => chinese.to_owned(),
    }
}

impl MailContext {
    /// Every mail at least once, and the ways in which one can differ; names are unique.
    pub fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let mut samples = customer_samples(language);
        samples.extend(incident_samples(language));
        samples.extend(conversation_samples(language));
        samples.extend(staff_samples(language));
        samples.extend(ladder_samples::all(language));
        samples.extend(case_samples(language));
        samples.extend(desk_samples(language));
        samples
    }
}

pub(super) fn desk(language: Language) -> Desk {
    Desk {
        name: of(language, "Huaxin Cloud Support", "华信云服务台"),
        signature: of(
            language,
            "Huaxin Cloud Support\n400-820-1234 · support@huaxin.example.cn",
            "华信云服务台\n400-820-1234 · support@huaxin.example.cn",
        ),
        support: Support {
            email: "support@huaxin.example.cn".to_owned(),
            phone: "400-820-1234".to_owned(),
            url: "https://support.huaxin.example.cn".to_owned(),
            hours: String::new(),
        },
        operator: of(language, "21Vianet", "世纪互联"),
    }
}

/// A desk that has set up nothing but its address.
pub(super) fn bare_desk(language: Language) -> Desk {
    let support = Support { email: "support@huaxin.example.cn".to_owned(), ..Support::default() };
    Desk { signature: String::new(), support, ..desk(language) }
}

fn targets() -> Vec<ResponseTarget> {
    let of = |severity, hours: i64| ResponseTarget { severity, seconds: hours * HOUR_S, around_the_clock: true };
    vec![of(Severity::A, 1), of(Severity::B, 4), of(Severity::C, 8)]
}

fn customer_samples(language: Language) -> Vec<(&'static str, MailContext)> {
    let received = Received {
        desk: desk(language),
        number: 1042,
        channel: Channel::Mail,
        received_at: at(0),
        answer_by: Some(at(4 * HOUR_S)),
        targets: targets(),
    };
    let promising_nothing = Received {
        desk: bare_desk(language),
        channel: Channel::Phone,
        answer_by: None,
        targets: Vec::new(),
        ..received.clone()
    };
    let in_working_hours = Received {
        channel: Channel::Web,
        targets: vec![ResponseTarget { severity: Severity::C, seconds: 8 * HOUR_S, around_the_clock: false }],
        ..received.clone()
    };
    let passed_on = PassedOn {
        desk: desk(language),
        number: 1042,
        opened_at: at(0),
        passed_on_at: at(2 * HOUR_S),
        answer_by: Some(at(6 * HOUR_S)),
    };
    let closed = |because| {
        MailContext::Closed(Closed {
            desk: desk(language),
            number: 1042,
            opened_at: at(0),
            closed_at: at(200 * HOUR_S),
            because,
        })
    };
    vec![
        ("received", MailContext::Received(received)),
        ("received_promising_nothing", MailContext::Received(promising_nothing)),
        ("received_in_working_hours", MailContext::Received(in_working_hours)),
        ("passed_on", MailContext::PassedOn(passed_on.clone())),
        (
            "passed_on_promising_nothing",
            MailContext::PassedOn(PassedOn { desk: bare_desk(language), answer_by: None, ..passed_on }),
        ),
        ("closed", closed(ClosedBecause::Solved)),
        ("closed_withdrawn", closed(ClosedBecause::Withdrawn)),
        ("closed_duplicate", closed(ClosedBecause::Duplicate { of: 1039 })),
    ]
}

fn incident_samples(language: Language) -> Vec<(&'static str, MailContext)> {
    let service = Some("Exchange Online".to_owned());
    let reference = "EX226792".to_owned();
    let incident_linked = IncidentLinked {
        desk: desk(language),
        number: 1042,
        opened_at: at(0),
        reference: reference.clone(),
        service: service.clone(),
        started_at: at(-HOUR_S),
    };
    let incident_over = IncidentOver {
        desk: desk(language),
        number: 1042,
        opened_at: at(0),
        reference,
        service,
        ended_at: at(3 * HOUR_S),
    };
    vec![
        (
            "incident_linked_of_no_service",
            MailContext::IncidentLinked(IncidentLinked { service: None, ..incident_linked.clone() }),
        ),
        ("incident_linked", MailContext::IncidentLinked(incident_linked)),
        (
            "incident_over_of_no_service",
            MailContext::IncidentOver(IncidentOver { service: None, ..incident_over.clone() }),
        ),
        ("incident_over", MailContext::IncidentOver(incident_over)),
    ]
}

pub(super) fn subject(language: Language) -> String {
    of(language, "Outlook keeps asking for a password", "Outlook 反复提示输入密码")
}

fn conversation_samples(language: Language) -> Vec<(&'static str, MailContext)> {
    let asked = of(
        language,
        "Hello,\n\nsince this morning Outlook asks all eight of us for a password, again and again.\nWebmail works.\n\n> What you wrote last week",
        "您好：\n\n今天早上开始，我们八个人的 Outlook 都反复提示输入密码，网页版正常。\n\n> 上周的来信内容",
    );
    let answer = of(
        language,
        "Hello Ms Wang,\n\nmodern authentication was switched off for your tenant. We have switched it on again.\nPlease close Outlook and open it once more.\n\nWhat it is: https://docs.example.cn/auth?lang=en",
        "王女士，您好！\n\n贵公司租户的新式验证被关闭，我们已重新启用。请关闭并重新打开 Outlook。\n\n说明文档：https://docs.example.cn/auth?lang=zh",
    );
    let written = WrittenBy { agent: of(language, "Grace Chen", "陈静"), text: answer, html: None };
    let reply = Reply {
        desk: desk(language),
        number: 1042,
        subject: subject(language),
        written: written.clone(),
        answer_until: None,
        quoted: Quoted::new(at(0), &asked),
    };
    let asking = Reply {
        desk: bare_desk(language),
        subject: String::new(),
        written: WrittenBy {
            html: Some("<p>See <b>this</b>:</p><script>alert(1)</script><ol><li>One</li><li>Two</li></ol>".to_owned()),
            ..written.clone()
        },
        answer_until: Some(at(48 * HOUR_S)),
        quoted: None,
        ..reply.clone()
    };
    let resolved = Resolved {
        desk: desk(language),
        number: 1042,
        subject: subject(language),
        written,
        reopen_until: Some(at(7 * 24 * HOUR_S)),
        quoted: Quoted::new(at(0), &asked),
    };
    let without_date = Resolved { reopen_until: None, quoted: None, ..resolved.clone() };
    vec![
        ("reply", MailContext::Reply(reply)),
        ("reply_asking", MailContext::Reply(asking)),
        ("resolved", MailContext::Resolved(resolved)),
        ("resolved_without_date", MailContext::Resolved(without_date)),
    ]
}

pub(super) fn ticket(language: Language) -> StaffTicket {
    let due = |objective, seconds| Due { objective, at: at(seconds), missed: false, provisional: false };
    StaffTicket {
        number: 1042,
        url: ticket_url(BASE_URL, 1042),
        subject: subject(language),
        customer: Some(of(language, "Contoso (China)", "上海远洋物流有限公司")),
        requester: of(language, "Wang Fang", "王芳"),
        severity: Some(Severity::B),
        state: StateKind::Triaged,
        category: Some(of(language, "Client connectivity", "客户端连接")),
        service: Some("Exchange Online".to_owned()),
        owner: Some(of(language, "Grace Chen", "陈静")),
        team: Some(of(language, "First line", "一线支持")),
        due: vec![due(Objective::NextResponse, 4 * HOUR_S), due(Objective::Resolution, 24 * HOUR_S)],
    }
}

/// Fresh from the mailbox: nobody knows anything about it yet.
pub(super) fn bare_ticket(language: Language) -> StaffTicket {
    StaffTicket {
        subject: String::new(),
        customer: None,
        severity: None,
        state: StateKind::Open,
        category: None,
        service: None,
        owner: None,
        team: None,
        due: Vec::new(),
        ..ticket(language)
    }
}

fn staff_samples(language: Language) -> Vec<(&'static str, MailContext)> {
    let assigned = |ticket: StaffTicket, by: Option<&str>, to_team: Option<String>| {
        MailContext::Assigned(Assigned { ticket, by: by.map(str::to_owned), to_team })
    };
    let team = Some(of(language, "First line", "一线支持"));
    let waiting = |until| MailContext::WaitingOver(WaitingOver { ticket: ticket(language), until });
    vec![
        ("assigned", assigned(ticket(language), Some("Li Na"), None)),
        ("assigned_by_rule", assigned(bare_ticket(language), None, None)),
        ("assigned_to_team", assigned(ticket(language), Some("Li Na"), team.clone())),
        ("assigned_to_team_by_rule", assigned(bare_ticket(language), None, team)),
        (
            "customer_wrote",
            MailContext::CustomerWrote(CustomerWrote {
                ticket: ticket(language),
                from: of(language, "Wang Fang", "王芳"),
                at: at(600),
                words: of(
                    language,
                    "It works for five of us.\nThree still cannot sign in.",
                    "五个人已经正常。\n还有三个人无法登录。",
                ),
            }),
        ),
        ("waiting_over", waiting(Some(at(-60)))),
        ("waiting_over_without_date", waiting(None)),
    ]
}

fn case_samples(language: Language) -> Vec<(&'static str, MailContext)> {
    let answered = CaseAnswered {
        ticket: StaffTicket { state: StateKind::Triaged, ..ticket(language) },
        operator: of(language, "21Vianet", "世纪互联"),
        reference: Some("21V-2603020417".to_owned()),
        ending: CaseEnding::Solved,
        words: of(
            language,
            "The directory service was restarted at 08:40.\nPlease ask the customer to sign in again.",
            "目录服务已于 08:40 重启。\n请让客户重新登录。",
        ),
    };
    let not_solved = CaseAnswered { ending: CaseEnding::NotSolved, reference: None, ..answered.clone() };
    let goes_on = CaseAnswered { ending: CaseEnding::GoesOn, ..answered.clone() };
    let refused = CaseAnswered { ending: CaseEnding::Refused, words: String::new(), ..answered.clone() };
    vec![
        (
            "retest_wanted",
            MailContext::RetestWanted(RetestWanted {
                ticket: ticket(language),
                operator: of(language, "21Vianet", "世纪互联"),
                reference: "EX226792".to_owned(),
                ended_at: at(3 * HOUR_S),
            }),
        ),
        ("to_operator", MailContext::ToOperator(letter(language))),
        (
            "to_operator_later",
            MailContext::ToOperator(ToOperator {
                reference: Some("FK-40213".to_owned()),
                body: of(
                    language,
                    "The trace is attached.\nTwo users are affected now.",
                    "跟踪日志已附上。\n目前有两名用户受影响。",
                ),
                signature: "Watchdesk".to_owned(),
                ..letter(language)
            }),
        ),
        ("case_answered", MailContext::CaseAnswered(answered)),
        ("case_answered_not_solved", MailContext::CaseAnswered(not_solved)),
        ("case_answered_goes_on", MailContext::CaseAnswered(goes_on)),
        ("case_answered_refused", MailContext::CaseAnswered(refused)),
    ]
}

fn letter(language: Language) -> ToOperator {
    ToOperator {
        desk: "Watchdesk".to_owned(),
        number: 1042,
        reference: None,
        summary: of(language, "Nobody can sign in to Exchange", "所有用户都无法登录 Exchange"),
        body: of(language, "Request\n\nProblem: nobody can sign in", "支持请求\n\n问题：所有用户都无法登录"),
        signature: String::new(),
    }
}

fn desk_samples(language: Language) -> Vec<(&'static str, MailContext)> {
    let link = |purpose| {
        MailContext::OneTimeLink(OneTimeLink {
            desk: desk(language).name,
            name: of(language, "Grace Chen", "陈静"),
            purpose,
            url: format!("{BASE_URL}/welcome/8b1c0f2e6d5a4f3c9e7b"),
            valid_until: at(24 * HOUR_S),
        })
    };
    vec![
        ("daily_summary", MailContext::DailySummary(summary(language))),
        ("daily_summary_quiet", MailContext::DailySummary(quiet_summary(language))),
        ("one_time_link_first_administrator", link(LinkPurpose::FirstAdministrator)),
        ("one_time_link_invitation", link(LinkPurpose::Invitation)),
        ("one_time_link_password_reset", link(LinkPurpose::PasswordReset)),
    ]
}

fn summary(language: Language) -> DailySummary {
    let full = ticket(language);
    let missed = MissedTicket {
        number: 1031,
        url: ticket_url(BASE_URL, 1031),
        subject: full.subject.clone(),
        customer: full.customer.clone(),
        severity: Some(Severity::A),
        objective: Objective::FirstResponse,
        deadline: at(-10 * HOUR_S),
    };
    let due = DueTicket {
        number: 1042,
        url: full.url,
        subject: full.subject,
        customer: full.customer,
        severity: full.severity,
        objective: Objective::NextResponse,
        deadline: at(4 * HOUR_S),
    };
    DailySummary {
        missed_count: 2,
        missed: vec![
            missed.clone(),
            MissedTicket {
                number: 1033,
                url: ticket_url(BASE_URL, 1033),
                subject: String::new(),
                customer: None,
                severity: None,
                ..missed
            },
        ],
        due_count: 24,
        due: vec![due],
        held_mails: 3,
        quarantined_mails: 1,
        dead_mails: 2,
        ..quiet_summary(language)
    }
}

fn quiet_summary(language: Language) -> DailySummary {
    DailySummary {
        desk: desk(language).name,
        day: NaiveDate::from_ymd_opt(2026, 3, 2).unwrap_or_default() - TimeDelta::days(1),
        opened: 41,
        resolved: 38,
        unfinished: 63,
        missed_count: 0,
        missed: Vec::new(),
        due_count: 0,
        due: Vec::new(),
        held_mails: 0,
        quarantined_mails: 0,
        dead_mails: 0,
        queue_url: format!("{BASE_URL}/queue"),
        mail_url: format!("{BASE_URL}/mail"),
    }
}
