//! Work that comes round.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::Duration;
use watchdesk_core::command::{Command, Unit};
use watchdesk_core::ticket::StateKind;
use watchdesk_store::outbox::{OutboxRecord, OutboxState};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{IdempotencyKey, both_databases, idempotency, mail, outbox, schedules};

use super::desk::{BASE_URL, Desk, Wrote, ZONE};
use super::mime::Mail;
use super::sink::Answer;
use crate::scheduler::Run;
use crate::tasks::{auto_close, clean_up, daily_summary};
use crate::{PassReport, Scheduler, Step, TaskTimes, standard_tasks};

both_databases! {
    async fn a_resolved_ticket_is_closed_when_the_window_has_passed(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        let taken_up = desk.customer_opens(Wrote { mail_id: Some("other@customer.example"), ..Wrote::default() }).await;
        for ticket in [ticket, taken_up] {
            desk.triage(ticket).await;
            desk.resolve(ticket, "It works again.").await;
        }
        desk.delivered().await;
        desk.advance(Duration::days(7) - Duration::seconds(1));
        assert_eq!(auto_close(&desk.store).await.unwrap(), "0 closed");
        desk.system(Unit::ticket(taken_up, Command::Reopen { words: None })).await;
        desk.advance(Duration::seconds(1));
        assert_eq!(auto_close(&desk.store).await.unwrap(), "1 closed");
        assert_eq!(auto_close(&desk.store).await.unwrap(), "0 closed");
        assert_eq!(desk.ticket(ticket).await.ticket.state.kind(), StateKind::Closed);
        assert_eq!(desk.ticket(taken_up).await.ticket.state.kind(), StateKind::Triaged);
        let mail = desk.one_mail().await;
        assert_eq!(mail.envelope_to, [desk.email_of_contact(desk.store.seeded.contact).await]);
        assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    }
}

both_databases! {
    async fn those_who_manage_the_desk_hear_of_the_day_once(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote { subject: "Nobody answers this", ..Wrote::default() }).await;
        desk.delivered().await;
        desk.advance(Duration::hours(6));
        crate::timers::tick(&desk.store).await.unwrap();
        desk.delivered().await;
        desk.advance(Duration::hours(18));
        let (admin, manager) = (desk.store.seeded.admin, desk.store.seeded.manager);
        assert_eq!(daily_summary(&desk.store, ZONE).await.unwrap(), "2 mails about 2026-03-02 queued");
        let again = daily_summary(&desk.store, ZONE).await.unwrap();
        assert_eq!(again, "0 mails about 2026-03-02 queued, 2 were before");
        assert_eq!(desk.pass().await, PassReport { sent: 2, ..PassReport::default() });
        let mails: Vec<_> = desk.sink.mails().iter().map(Mail::of).collect();
        let mut told: Vec<_> = mails.iter().flat_map(|mail| mail.envelope_to.clone()).collect();
        told.sort();
        assert_eq!(told, [desk.email_of(admin).await, desk.email_of(manager).await], "each once, and nobody else");
        let number = desk.ticket(ticket).await.ticket.number;
        for mail in &mails {
            assert!(mail.text().contains(&format!("{BASE_URL}/tickets/{number}")), "{}", mail.text());
            assert!(mail.text().contains("Nobody answers this"));
            assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
        }
        desk.advance(Duration::days(1));
        desk.leaves(manager).await;
        assert_eq!(daily_summary(&desk.store, ZONE).await.unwrap(), "1 mails about 2026-03-03 queued");
    }
}

both_databases! {
    async fn a_summary_waits_for_a_dead_mail_server_and_goes_out_as_the_same_mail(store: TestStore) {
        let desk = Desk::with(store, |options| crate::Options { sends_at_once: 1, ..options }).await;
        daily_summary(&desk.store, ZONE).await.unwrap();
        desk.sink.answers([Answer::TakesAndHangsUp]);
        assert_eq!(desk.pass().await.put_off, 1, "the first is taken without a word, the second is not tried");
        desk.sink.hangs_up(true);
        desk.advance(Duration::minutes(10));
        assert_eq!(desk.pass().await.put_off, 1, "one probe");
        daily_summary(&desk.store, ZONE).await.unwrap();
        desk.sink.hangs_up(false);
        desk.advance(Duration::hours(1));
        assert_eq!(desk.pass().await.sent, 2);

        let rows = desk.desk_rows(OutboxState::Sent).await;
        let mails: Vec<_> = desk.sink.mails().iter().map(Mail::of).collect();
        let with_id = |row: &OutboxRecord| mails.iter().filter(|mail| mail.id() == row.mail_id).count();
        let mut copies: Vec<_> = rows.iter().map(with_id).collect();
        copies.sort();
        assert_eq!((mails.len(), copies), (3, vec![1, 2]), "one row each; what went out twice is one mail");
        let twice = rows.iter().find(|row| with_id(row) == 2).unwrap();
        let outcomes = desk.outcomes(twice).await;
        assert_eq!(outcomes.first().map(String::as_str), Some("failed"));
        assert_eq!(outcomes.last().map(String::as_str), Some("sent"));
    }
}

both_databases! {
    async fn a_summary_is_given_up_or_becomes_moot_like_any_other_mail(store: TestStore) {
        let desk = Desk::over(store).await;
        desk.leaves(desk.store.seeded.admin).await;
        daily_summary(&desk.store, ZONE).await.unwrap();
        desk.sink.answers([Answer::Says("550 5.1.1 no such user")]);
        assert_eq!(desk.pass().await, PassReport { dead: 1, ..PassReport::default() });
        let row = desk.desk_rows(OutboxState::Dead).await.remove(0);
        assert_eq!(row.ticket, None);
        assert!(outbox::resend(&desk.store, row.id, desk.now()).await.unwrap());
        assert_eq!(desk.one_mail().await.id(), row.mail_id);

        desk.advance(Duration::days(1));
        daily_summary(&desk.store, ZONE).await.unwrap();
        desk.leaves(desk.store.seeded.manager).await;
        assert_eq!(desk.pass().await, PassReport { suppressed: 1, ..PassReport::default() });
        let moot = desk.desk_rows(OutboxState::Suppressed).await.remove(0);
        assert_eq!(moot.last_error.as_deref(), Some("the colleague is not active any more"));
    }
}

both_databases! {
    async fn what_was_missed_runs_once_and_what_failed_runs_again_soon(store: TestStore) {
        let desk = Desk::over(store).await;
        let runs = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&runs);
        let scheduler = Scheduler::new(desk.store.store().clone())
            .register("count", "0 0 * * * *", ZONE, move || {
                let run = counting.fetch_add(1, Ordering::SeqCst) + 1;
                async move { if run == 2 { Err("not today".into()) } else { Ok(format!("run {run}")) } }
            })
            .unwrap();
        scheduler.prepare().await.unwrap();
        assert_eq!(scheduler.run_due().await.unwrap(), []);
        desk.advance(Duration::days(2));
        // A restart forgets nothing that was missed.
        scheduler.prepare().await.unwrap();
        let done = scheduler.run_due().await.unwrap();
        assert_eq!(done.len(), 1);
        assert_eq!((done[0].status.as_str(), done[0].ok), ("run 1", true));
        assert_eq!(scheduler.run_due().await.unwrap(), [], "two days of missed hours are one run");
        desk.advance(Duration::hours(1));
        let done = scheduler.run_due().await.unwrap();
        assert_eq!((done[0].status.as_str(), done[0].ok), ("failed: not today", false));
        desk.advance(Duration::minutes(5));
        assert_eq!(scheduler.run_due().await.unwrap()[0].status, "run 3");
        let row = schedules::all(&desk.store).await.unwrap().remove(0);
        assert_eq!((row.name.as_str(), row.last_status.as_deref()), ("count", Some("run 3")));
        assert_eq!(row.next_run_at, desk.now() + Duration::minutes(55));
    }
}

both_databases! {
    async fn a_task_that_panics_or_is_unknown_stops_no_other(store: TestStore) {
        let desk = Desk::over(store).await;
        let with_more = Scheduler::new(desk.store.store().clone())
            .register("breaks", "0 0 * * * *", ZONE, || async { panic!("it is broken") })
            .unwrap()
            .register("of-old", "0 0 * * * *", ZONE, || async { Ok(String::new()) })
            .unwrap()
            .register("works", "0 0 * * * *", ZONE, || async { Ok("fine\nindeed".to_owned()) })
            .unwrap();
        with_more.prepare().await.unwrap();
        desk.advance(Duration::hours(1));
        let fewer = Scheduler::new(desk.store.store().clone())
            .register("breaks", "0 0 * * * *", ZONE, || async { panic!("it is broken") })
            .unwrap()
            .register("works", "0 0 * * * *", ZONE, || async { Ok("fine\nindeed".to_owned()) })
            .unwrap();
        let mut runs = fewer.run_due().await.unwrap();
        runs.sort_by(|one, other| one.name.cmp(&other.name));
        let seen: Vec<_> = runs.iter().map(|Run { name, status, .. }| (name.as_str(), status.as_str())).collect();
        let expected = [
            ("breaks", "failed: it broke off"),
            ("of-old", "failed: this program knows no such task"),
            ("works", "fine indeed"),
        ];
        assert_eq!(seen, expected);
    }
}

both_databases! {
    async fn two_nodes_run_a_task_once(store: TestStore) {
        let desk = Desk::over(store).await;
        let runs = Arc::new(AtomicUsize::new(0));
        let node = || {
            let counting = Arc::clone(&runs);
            let task = move || {
                counting.fetch_add(1, Ordering::SeqCst);
                async { Ok(String::new()) }
            };
            Scheduler::new(desk.store.store().clone()).register("count", "0 0 * * * *", ZONE, task).unwrap()
        };
        let (one, two) = (node(), node());
        one.prepare().await.unwrap();
        desk.advance(Duration::hours(2));
        let (first, second) = tokio::join!(one.run_due(), two.run_due());
        assert_eq!(first.unwrap().len() + second.unwrap().len(), 1);
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }
}

both_databases! {
    async fn every_desk_has_the_standard_tasks_and_they_all_run(store: TestStore) {
        let desk = Desk::over(store).await;
        let scheduler = Scheduler::new(desk.store.store().clone());
        let scheduler = standard_tasks(scheduler, &desk.store, ZONE, &TaskTimes::default()).unwrap();
        scheduler.prepare().await.unwrap();
        let key = IdempotencyKey { owner: "x".into(), key: "y".into(), body_hash: "z".into() };
        idempotency::remember(&desk.store, &key, "answer").await.unwrap();
        mail::note_auto_answer(&desk.store, "kim@contoso.example", desk.now()).await.unwrap();
        desk.advance(Duration::hours(25));
        let mut runs = scheduler.run_due().await.unwrap();
        runs.sort_by(|one, other| one.name.cmp(&other.name));
        let names: Vec<_> = runs.iter().map(|run| (run.name.as_str(), run.ok)).collect();
        let expected = ["auto-close", "clean-up", "daily-summary", "hand-over", "incident-news", "rota-coverage"];
        assert_eq!(names, expected.map(|name| (name, true)));
        assert_eq!(
            runs[1].status,
            "forgotten: 1 idempotency keys, 0 sessions and links, 0 sign-in attempts, 1 automatic answers, \
             0 disclosures"
        );
        assert_eq!(clean_up(&desk.store).await.unwrap().split(',').next(), Some("forgotten: 0 idempotency keys"));
        let broken = TaskTimes { clean_up: "nonsense".to_owned(), ..TaskTimes::default() };
        let error = standard_tasks(Scheduler::new(desk.store.store().clone()), &desk.store, ZONE, &broken).unwrap_err();
        assert!(error.to_string().contains("clean-up"), "{error}");
    }
}

both_databases! {
    async fn a_task_in_steps_goes_on_at_once_and_is_soon_missed(store: TestStore) {
        let left = Arc::new(AtomicUsize::new(3));
        let steps = Arc::clone(&left);
        let scheduler = Scheduler::new(store.store().clone()).register_in_steps("walk", "0 0 2 * * *", ZONE, move || {
            let left = steps.fetch_sub(1, Ordering::SeqCst) - 1;
            async move { Ok(Step { said: format!("{left} left"), goes_on: left > 0 }) }
        });
        let scheduler = scheduler.unwrap();
        scheduler.prepare().await.unwrap();
        assert_eq!(scheduler.run_due().await.unwrap(), [], "it has time until two");
        schedules::run_now(&store, "walk").await.unwrap();
        for expected in ["2 left", "1 left", "0 left"] {
            let runs = scheduler.run_due().await.unwrap();
            assert_eq!(runs.iter().map(|run| run.status.as_str()).collect::<Vec<_>>(), [expected]);
        }
        assert_eq!(scheduler.run_due().await.unwrap(), [], "it is done, and comes round tomorrow");

        // Whoever dies over a step is missed after three minutes and not after a quarter of an hour.
        let now = store.clock.now();
        schedules::run_now(&store, "walk").await.unwrap();
        left.store(1, Ordering::SeqCst);
        let claim = schedules::claim_due(&store, now, 1, 900).await.unwrap().remove(0);
        assert!(schedules::hold(&store, "walk", claim.fence, now + Duration::seconds(180)).await.unwrap());
        store.advance(Duration::seconds(181));
        assert_eq!(scheduler.run_due().await.unwrap().len(), 1);
    }
}
