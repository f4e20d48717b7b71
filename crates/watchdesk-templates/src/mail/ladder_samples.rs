//! Believable mails of ladders and rotas.

use watchdesk_core::clock::Objective;
use watchdesk_core::desk::Language;
use watchdesk_core::ticket::{Severity, StateKind};

use super::samples::{BASE_URL, HOUR_S, at, bare_desk, bare_ticket, desk, of, subject, ticket};
use super::{
    Acknowledge, Called, CaseOwed, Digest, DigestLine, DigestNow, DigestTicket, DigestWhat, Due, EscalationProposed,
    HandOver, HandOverTicket, MailContext, NobodyToCall, RotaGap, TargetMissed, TargetNear, TargetOutside, TimersStuck,
    acknowledge_url, ticket_url,
};

pub(super) fn all(language: Language) -> Vec<(&'static str, MailContext)> {
    let mut samples = near(language);
    samples.extend(missed(language));
    samples.extend(outside(language));
    samples.extend(alarms(language));
    samples.extend(digests(language));
    samples.extend(duty(language));
    samples
}

fn called() -> Called {
    Called { step: 1, steps: 3, round: 1, due_at: at(0), late_s: 2, acknowledge: None }
}

/// Late, in the second round, and somebody has to say that he has seen it.
fn called_again(next_called: bool) -> Called {
    let url = acknowledge_url(BASE_URL, "5d0f6a1c9b7e4f0d8a63c2e1");
    let acknowledge = Some(Acknowledge { url, within_s: 900, next_called });
    Called { step: 3, round: 2, late_s: 1_320, acknowledge, ..called() }
}

fn case(language: Language) -> CaseOwed {
    CaseOwed {
        operator: of(language, "21Vianet", "世纪互联"),
        reference: Some("SR-2603020417".to_owned()),
        chase: Some("您好！\n请告知请求 SR-2603020417 的进展。".to_owned()),
    }
}

fn near(language: Language) -> Vec<(&'static str, MailContext)> {
    let near = TargetNear {
        ticket: ticket(language),
        case: None,
        objective: Objective::NextResponse,
        percent: Some(75),
        deadline: Some(at(HOUR_S)),
        left_s: HOUR_S,
        provisional: false,
        called: called(),
    };
    let of_operator = TargetNear {
        case: Some(case(language)),
        objective: Objective::UpstreamAcknowledgement,
        percent: None,
        provisional: true,
        called: called_again(true),
        ..near.clone()
    };
    let paused = TargetNear { objective: Objective::Resolution, deadline: None, ..near.clone() };
    let passed = TargetNear { objective: Objective::Triage, left_s: -60, ..near.clone() };
    vec![
        ("target_near", MailContext::TargetNear(near)),
        ("target_near_of_operator", MailContext::TargetNear(of_operator)),
        ("target_near_paused", MailContext::TargetNear(paused)),
        ("target_near_passed", MailContext::TargetNear(passed)),
    ]
}

fn missed(language: Language) -> Vec<(&'static str, MailContext)> {
    let mut late = ticket(language);
    late.due[0] = Due { at: at(-HOUR_S), missed: true, provisional: true, ..late.due[0].clone() };
    let missed = |objective, case, called| {
        MailContext::TargetMissed(TargetMissed {
            ticket: late.clone(),
            case,
            objective,
            deadline: at(-HOUR_S),
            over_s: HOUR_S,
            provisional: false,
            called,
        })
    };
    let unnamed = CaseOwed { reference: None, ..case(language) };
    vec![
        ("target_missed", missed(Objective::NextResponse, None, called_again(true))),
        ("target_missed_triage", missed(Objective::Triage, None, called())),
        ("target_missed_first_response", missed(Objective::FirstResponse, None, called())),
        ("target_missed_update", missed(Objective::PeriodicUpdate, None, called())),
        ("target_missed_resolution", missed(Objective::Resolution, None, called_again(false))),
        (
            "target_missed_acknowledgement",
            missed(Objective::UpstreamAcknowledgement, Some(case(language)), called_again(true)),
        ),
        ("target_missed_operators_update", missed(Objective::UpstreamUpdate, Some(unnamed), called())),
        ("target_missed_operators_resolution", missed(Objective::UpstreamResolution, Some(case(language)), called())),
    ]
}

fn outside(language: Language) -> Vec<(&'static str, MailContext)> {
    let missed = TargetOutside {
        desk: desk(language),
        number: 1042,
        severity: Some(Severity::A),
        state: StateKind::Triaged,
        service: Some("Exchange Online".to_owned()),
        case: None,
        objective: Objective::FirstResponse,
        missed: true,
        deadline: Some(at(-HOUR_S)),
        left_s: -HOUR_S,
        provisional: false,
        called: called_again(true),
    };
    let near = TargetOutside {
        desk: bare_desk(language),
        severity: None,
        service: None,
        case: Some(case(language)),
        objective: Objective::UpstreamAcknowledgement,
        missed: false,
        deadline: Some(at(HOUR_S)),
        left_s: HOUR_S,
        called: called(),
        ..missed.clone()
    };
    let paused = TargetOutside { deadline: None, left_s: HOUR_S, missed: false, ..missed.clone() };
    vec![
        ("target_outside_missed", MailContext::TargetOutside(missed)),
        ("target_outside_near", MailContext::TargetOutside(near)),
        ("target_outside_paused", MailContext::TargetOutside(paused)),
    ]
}

fn alarms(language: Language) -> Vec<(&'static str, MailContext)> {
    let rotas_url = format!("{BASE_URL}/rotas");
    let nobody = NobodyToCall {
        ticket: ticket(language),
        case: None,
        objective: Objective::FirstResponse,
        deadline: Some(at(HOUR_S)),
        step: 2,
        whom: vec![of(language, "on call, Service desk, level 2", "服务台值班第 2 级")],
        next_called: true,
        rotas_url,
    };
    let last = NobodyToCall {
        ticket: bare_ticket(language),
        case: Some(case(language)),
        objective: Objective::UpstreamUpdate,
        deadline: None,
        whom: Vec::new(),
        next_called: false,
        ..nobody.clone()
    };
    let proposed = EscalationProposed {
        ticket: ticket(language),
        operator: of(language, "21Vianet", "世纪互联"),
        objective: Objective::Resolution,
        deadline: Some(at(8 * HOUR_S)),
    };
    let stuck = TimersStuck {
        desk: desk(language).name,
        number: 1042,
        url: ticket_url(BASE_URL, 1042),
        reference: None,
        due_at: at(-HOUR_S),
        attempts: 5,
        error: "the store: column \"state\" of ticket 0190…1042 holds \"<b>opne</b>\"".to_owned(),
        next_try_at: Some(at(HOUR_S)),
    };
    let of_case = TimersStuck {
        reference: Some("SR-2603020417".to_owned()),
        attempts: 1,
        error: String::new(),
        next_try_at: None,
        ..stuck.clone()
    };
    vec![
        ("nobody_to_call", MailContext::NobodyToCall(nobody)),
        ("nobody_to_call_last", MailContext::NobodyToCall(last)),
        ("escalation_proposed", MailContext::EscalationProposed(proposed)),
        ("timers_stuck", MailContext::TimersStuck(stuck)),
        ("timers_stuck_of_case", MailContext::TimersStuck(of_case)),
    ]
}

fn digests(language: Language) -> Vec<(&'static str, MailContext)> {
    let listed = |number: i64, subject: String| DigestTicket {
        number,
        url: ticket_url(BASE_URL, number),
        subject,
        customer: Some(of(language, "Contoso (China)", "上海远洋物流有限公司")),
        severity: Some(Severity::B),
        lines: Vec::new(),
    };
    let line = |objective, what, hour: i64, now| DigestLine {
        objective,
        reference: None,
        what,
        due_at: at(hour * HOUR_S),
        now,
        unseen: None,
        seen_url: None,
    };
    let full = || listed(1042, subject(language));
    let nameless = || DigestTicket { customer: None, severity: None, ..listed(1043, String::new()) };
    let of_case = DigestLine {
        reference: Some("SR-2603020417".to_owned()),
        seen_url: Some(acknowledge_url(BASE_URL, "4Jc2")),
        ..line(Objective::UpstreamAcknowledgement, DigestWhat::Missed, -30, DigestNow::Overdue)
    };
    let notices = vec![
        (full(), line(Objective::FirstResponse, DigestWhat::Near, -60, DigestNow::MetLate)),
        (full(), line(Objective::FirstResponse, DigestWhat::Missed, -59, DigestNow::MetLate)),
        (full(), line(Objective::Resolution, DigestWhat::Near, -20, DigestNow::Due)),
        (nameless(), of_case),
        (nameless(), line(Objective::Resolution, DigestWhat::Near, -12, DigestNow::Paused)),
        (listed(1044, subject(language)), line(Objective::Triage, DigestWhat::Missed, -40, DigestNow::Dropped)),
        (listed(1045, subject(language)), line(Objective::NextResponse, DigestWhat::Near, -10, DigestNow::Met)),
    ];
    let many = (0..130).map(|n| {
        let hour = i64::from(n) - 140;
        (
            listed(3_000 + i64::from(n), subject(language)),
            line(Objective::Triage, DigestWhat::Near, hour, DigestNow::Due),
        )
    });
    let one = vec![(full(), line(Objective::Triage, DigestWhat::Missed, -2, DigestNow::Met))];
    let digest = |notices| Digest::of(desk(language).name, format!("{BASE_URL}/queue"), at(0), notices);
    let outside = digest(notices.clone()).map(Digest::for_outside);
    let samples = [
        ("digest", digest(notices)),
        ("digest_long", digest(many.collect())),
        ("digest_of_one", digest(one)),
        ("digest_outside", outside),
    ];
    samples.into_iter().filter_map(|(name, digest)| Some((name, MailContext::Digest(digest?)))).collect()
}

fn duty(language: Language) -> Vec<(&'static str, MailContext)> {
    let rota = of(language, "Service desk", "服务台");
    let gap = RotaGap {
        desk: desk(language).name,
        rota: rota.clone(),
        level: 1,
        from: at(110 * HOUR_S),
        to: at(122 * HOUR_S),
        length_s: 12 * HOUR_S,
        has_begun: false,
        before: Some(of(language, "Grace Chen", "陈静")),
        after: Some(of(language, "Li Na", "李娜")),
        rotas_url: format!("{BASE_URL}/rotas"),
    };
    let begun = RotaGap { has_begun: true, before: None, after: None, level: 2, ..gap.clone() };
    let running = HandOverTicket {
        number: 1042,
        url: ticket_url(BASE_URL, 1042),
        subject: subject(language),
        customer: Some(of(language, "Contoso (China)", "上海远洋物流有限公司")),
        severity: Some(Severity::A),
        state: StateKind::Escalated,
        owner: Some(of(language, "Grace Chen", "陈静")),
        objective: Some(Objective::PeriodicUpdate),
        deadline: Some(at(-HOUR_S)),
        missed: true,
    };
    let bare = HandOverTicket {
        subject: String::new(),
        customer: None,
        severity: None,
        owner: None,
        objective: None,
        deadline: None,
        missed: false,
        number: 1050,
        state: StateKind::Open,
        ..running.clone()
    };
    let hand_over = HandOver {
        desk: desk(language).name,
        rota,
        level: 1,
        from: Some(of(language, "Li Na", "李娜")),
        at: at(0),
        until: Some(at(168 * HOUR_S)),
        count: 140,
        tickets: vec![running, bare],
        queue_url: format!("{BASE_URL}/queue"),
    };
    let quiet = HandOver { from: None, until: None, count: 0, tickets: Vec::new(), level: 2, ..hand_over.clone() };
    vec![
        ("rota_gap", MailContext::RotaGap(gap)),
        ("rota_gap_begun", MailContext::RotaGap(begun)),
        ("hand_over", MailContext::HandOver(hand_over)),
        ("hand_over_quiet", MailContext::HandOver(quiet)),
    ]
}
