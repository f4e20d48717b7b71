//! Somebody is always on duty; where nobody is, that is known before.

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::ids::AgentId;
use watchdesk_core::rota::RotaSpec;
use watchdesk_store::both_databases;
use watchdesk_store::outbox::OutboxState;
use watchdesk_store::rules;
use watchdesk_store::testing::TestStore;

use super::desk::{BASE_URL, Desk};
use crate::PassReport;
use crate::tasks::{ROTA_AHEAD_DAYS, hand_over, rota_coverage};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Two people take turns, at eight in the evening. In between somebody may be missing.
fn rota(people: [AgentId; 2], hole: Option<(&str, &str)>) -> RotaSpec {
    let overrides = hole.map(|(from, to)| serde_json::json!({ "from": from, "to": to }));
    let spec = serde_json::json!({
        "slug": "desk",
        "name": { "en": "Service desk", "zh": "服务台" },
        "team": "first-line",
        "layers": [{
            "people": people, "rotation": "daily", "hand_over": "20:00", "time_zone": "Asia/Shanghai",
            "starts_on": "2026-03-01",
        }],
        "overrides": overrides.into_iter().collect::<Vec<_>>(),
    });
    serde_json::from_value(spec).unwrap()
}

/// Saturday night of next week.
const HOLE: (&str, &str) = ("2026-03-14T12:00:00Z", "2026-03-14T22:00:00Z");
const LONGER: (&str, &str) = ("2026-03-14T12:00:00Z", "2026-03-14T23:00:00Z");

async fn save(desk: &Desk, hole: Option<(&str, &str)>) {
    let people = [desk.store.seeded.agent, desk.store.seeded.lead];
    rules::save_rota(&desk.store, desk.store.seeded.manager, &rota(people, hole)).await.unwrap();
}

async fn cover(desk: &Desk) -> String {
    rota_coverage(&desk.store, ROTA_AHEAD_DAYS).await.unwrap()
}

both_databases! {
    async fn a_hole_on_saturday_night_is_told_the_week_before_and_the_day_before(store: TestStore) {
        let desk = Desk::over(store).await;
        save(&desk, Some(HOLE)).await;
        assert_eq!(cover(&desk).await, "1 gaps within 14 days, 1 mails queued");
        desk.advance(Duration::hours(1));
        assert_eq!(cover(&desk).await, "1 gaps within 14 days, 0 mails queued", "once");
        let mail = desk.one_mail().await;
        assert_eq!(mail.envelope_to, [desk.email_of(desk.store.seeded.manager).await]);
        let words = mail.text();
        assert!(words.contains("服务台") || words.contains("Service desk"), "{words}");
        assert!(words.contains(&format!("{BASE_URL}/rotas")), "{words}");

        save(&desk, Some(LONGER)).await;
        assert_eq!(cover(&desk).await, "1 gaps within 14 days, 1 mails queued", "a gap that changed is another one");
        desk.delivered().await;
        desk.store.clock.set(at(HOLE.0) - Duration::hours(24) - Duration::seconds(1));
        assert_eq!(cover(&desk).await, "1 gaps within 14 days, 0 mails queued");
        desk.advance(Duration::seconds(1));
        assert_eq!(cover(&desk).await, "1 gaps within 14 days, 1 mails queued", "once more, the day before");
        desk.delivered().await;
        desk.store.clock.set(at(HOLE.0) + Duration::hours(2));
        assert_eq!(cover(&desk).await, "1 gaps within 14 days, 0 mails queued", "it is the same gap while it lasts");
    }
}

/// A hole of an hour in each of so many hours.
async fn full_of_holes(desk: &Desk, holes: i64) {
    let people = [desk.store.seeded.agent, desk.store.seeded.lead];
    let mut spec = rota(people, None);
    let first = at("2026-03-10T00:30:00Z");
    let hole = |n| {
        let from = first + Duration::hours(2 * n);
        serde_json::json!({ "from": from, "to": from + Duration::hours(1) })
    };
    spec.overrides = serde_json::from_value((0..holes).map(hole).collect()).unwrap();
    rules::save_rota(&desk.store, desk.store.seeded.manager, &spec).await.unwrap();
}

both_databases! {
    async fn of_many_holes_each_is_told_some_with_each_run(store: TestStore) {
        let desk = Desk::over(store).await;
        full_of_holes(&desk, 60).await;
        let first = "60 gaps within 14 days, 50 mails queued; 10 more gaps come with the next runs";
        assert_eq!(cover(&desk).await, first);
        assert_eq!(cover(&desk).await, "60 gaps within 14 days, 10 mails queued");
        assert_eq!(cover(&desk).await, "60 gaps within 14 days, 0 mails queued");
        assert_eq!(desk.delivered().await.len(), 60);
    }
}

both_databases! {
    async fn a_ladder_that_calls_on_no_rota_is_said(store: TestStore) {
        let desk = Desk::over(store).await;
        desk.promises(r#"[{"percent": 50, "tell": [{"on_call": {"rota": "desk", "level": 2}}]}]"#).await;
        let nobody = "0 gaps within 14 days, 0 mails queued; ladders call on what is not there: desk level 2 \
                      (`watchdesk check` says which)";
        assert_eq!(cover(&desk).await, nobody);
        save(&desk, None).await;
        assert_eq!(cover(&desk).await, nobody, "there is a rota, but nobody at that level");
        desk.promises(r#"[{"percent": 50, "tell": [{"on_call": {"rota": "desk", "level": 1}}]}]"#).await;
        assert_eq!(cover(&desk).await, "0 gaps within 14 days, 0 mails queued");
    }
}

both_databases! {
    async fn a_hole_that_is_filled_before_the_mail_goes_out_is_not_told(store: TestStore) {
        let desk = Desk::over(store).await;
        save(&desk, Some(HOLE)).await;
        cover(&desk).await;
        save(&desk, None).await;
        assert_eq!(desk.pass().await, PassReport { suppressed: 1, ..PassReport::default() });
        let moot = desk.desk_rows(OutboxState::Suppressed).await.remove(0);
        assert_eq!(moot.last_error.as_deref(), Some("somebody is on call by now, or it is over"));
        assert_eq!(cover(&desk).await, "0 gaps within 14 days, 0 mails queued");
    }
}

both_databases! {
    async fn who_comes_on_duty_gets_what_runs_from_who_leaves(store: TestStore) {
        let desk = Desk::over(store).await;
        let (agent, lead) = (desk.store.seeded.agent, desk.store.seeded.lead);
        let ticket = desk.assigned("his-1@customer.example").await;
        save(&desk, None).await;
        assert_eq!(hand_over(&desk.store).await.unwrap(), "1 mails queued");
        let mail = desk.one_mail().await;
        assert_eq!(mail.envelope_to, [desk.email_of(agent).await], "since yesterday evening");
        let number = desk.ticket(ticket).await.ticket.number;
        let link = format!("{BASE_URL}/tickets/{number}");
        assert!(!mail.text().contains(&link), "his own tickets he knows: {}", mail.text());

        // The evening passes while nobody runs.
        desk.store.clock.set(at("2026-03-02T13:30:00Z"));
        assert_eq!(hand_over(&desk.store).await.unwrap(), "1 mails queued");
        desk.advance(Duration::minutes(1));
        assert_eq!(hand_over(&desk.store).await.unwrap(), "0 mails queued", "once for each shift");
        let mail = desk.one_mail().await;
        assert_eq!(mail.envelope_to, [desk.email_of(lead).await]);
        let (words, name) = (mail.text(), "agent of the desk");
        assert!(words.contains(&link) && words.contains("Outlook asks") && words.contains(name), "{words}");
    }
}

both_databases! {
    async fn a_shift_that_went_to_somebody_else_is_not_handed_over_to_the_first(store: TestStore) {
        let desk = Desk::over(store).await;
        save(&desk, None).await;
        hand_over(&desk.store).await.unwrap();
        desk.leaves(desk.store.seeded.agent).await;
        assert_eq!(desk.pass().await, PassReport { suppressed: 1, ..PassReport::default() });
    }
}
