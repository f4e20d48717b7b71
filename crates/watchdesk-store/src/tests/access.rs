use chrono::Duration;
use watchdesk_core::rights::Role;

use super::*;
use crate::auth::{
    self, Purpose, SESSION_IDLE_S_MAX, SESSION_S_MAX, SignIn, bearer, create_link, create_token, end_session,
    link_agent, revoke_token, session, session_alive, set_password, sign_in, start_session, tokens_of, use_link,
};
use crate::directory::{AgentFields, agent, update_agent};

const ADDRESS: &str = "192.0.2.7";

async fn fields(desk: &TestStore) -> AgentFields {
    let agent = agent(desk, desk.seeded.agent).await.unwrap().unwrap();
    AgentFields {
        email: agent.email,
        name: agent.name,
        role: agent.role,
        language: agent.language,
        time_zone: agent.time_zone,
        active: agent.active,
        teams: agent.teams,
    }
}

crate::both_databases! {
    async fn the_right_password_opens_and_everything_else_gets_one_answer(desk: TestStore) {
        let id = desk.seeded.agent;
        set_password(&desk, id, "correct horse").await.unwrap();
        let try_in = async |email: &str, password: &str| sign_in(&desk, email, password, ADDRESS).await.unwrap();
        assert_eq!(try_in(" AGENT@desk.example ", "correct horse").await, SignIn::Welcome(id));
        assert_eq!(try_in("agent@desk.example", "wrong").await, SignIn::Wrong);
        assert_eq!(try_in("nobody@desk.example", "correct horse").await, SignIn::Wrong);
        assert_eq!(try_in("lead@desk.example", "").await, SignIn::Wrong, "no password is set");
        assert_eq!(try_in("agent@desk.example", &"x".repeat(5_000)).await, SignIn::Wrong);
        update_agent(&desk, id, AgentFields { active: false, ..fields(&desk).await }).await.unwrap();
        assert_eq!(try_in("agent@desk.example", "correct horse").await, SignIn::Wrong);
    }

    async fn guessing_is_throttled_for_known_and_unknown_accounts_alike(desk: TestStore) {
        for email in ["agent@desk.example", "nobody@desk.example"] {
            let mut answers = Vec::new();
            for n in 0..11 {
                answers.push(sign_in(&desk, email, "guess", &format!("198.51.100.{n}")).await.unwrap());
            }
            let until = desk.clock.now() + Duration::minutes(15);
            assert!(answers[..10].iter().all(|answer| *answer == SignIn::Wrong));
            assert_eq!(answers[10], SignIn::Throttled { until }, "{email}");
        }
        desk.advance(Duration::minutes(15));
        assert_eq!(sign_in(&desk, "agent@desk.example", "guess", ADDRESS).await.unwrap(), SignIn::Wrong);
        let forgotten = auth::forget_attempts_before(&desk, desk.clock.now(), 1_000).await.unwrap();
        assert_eq!(forgotten, 40);
    }

    async fn a_session_lasts_while_it_is_used_and_not_for_ever(desk: TestStore) {
        let new = start_session(&desk, desk.seeded.agent).await.unwrap();
        let seen = session(&desk, &new.token).await.unwrap().unwrap();
        assert_eq!((seen.agent, &seen.csrf, seen.id), (desk.seeded.agent, &new.csrf, new.id));
        assert_eq!(seen.actor, desk.actor(desk.seeded.agent).await);
        assert_eq!(session(&desk, "nonsense").await.unwrap(), None);
        for _ in 0..(SESSION_S_MAX / (SESSION_IDLE_S_MAX - 1)) {
            desk.advance(Duration::seconds(SESSION_IDLE_S_MAX - 1));
            assert!(session(&desk, &new.token).await.unwrap().is_some());
        }
        desk.advance(Duration::seconds(SESSION_IDLE_S_MAX - 1));
        assert_eq!(session(&desk, &new.token).await.unwrap(), None, "a week is over");
        let idle = start_session(&desk, desk.seeded.agent).await.unwrap();
        desk.advance(Duration::seconds(SESSION_IDLE_S_MAX));
        assert_eq!(session(&desk, &idle.token).await.unwrap(), None);
        assert_eq!(auth::forget_expired(&desk, desk.clock.now(), 10).await.unwrap(), 1);
    }

    async fn sessions_end_with_the_password_the_role_and_the_person(desk: TestStore) {
        let id = desk.seeded.agent;
        let alive = async |token: &str| session(&desk, token).await.unwrap().is_some();
        let first = start_session(&desk, id).await.unwrap();
        assert!(session_alive(&desk, first.id).await.unwrap());
        set_password(&desk, id, "a new one").await.unwrap();
        assert!(!alive(&first.token).await);
        assert!(!session_alive(&desk, first.id).await.unwrap());

        let second = start_session(&desk, id).await.unwrap();
        update_agent(&desk, id, AgentFields { name: "Renamed".to_owned(), ..fields(&desk).await }).await.unwrap();
        assert!(alive(&second.token).await, "a name is no right");
        update_agent(&desk, id, AgentFields { role: Role::Lead, ..fields(&desk).await }).await.unwrap();
        assert!(!alive(&second.token).await);

        let third = start_session(&desk, id).await.unwrap();
        end_session(&desk, &third.token).await.unwrap();
        assert!(!alive(&third.token).await);
    }

    async fn a_token_is_shown_once_and_can_be_revoked(desk: TestStore) {
        let id = desk.seeded.agent;
        let new = create_token(&desk, id, "script", &["tickets:read".to_owned()]).await.unwrap();
        assert!(new.token.starts_with("wd_"));
        let who = bearer(&desk, &new.token).await.unwrap().unwrap();
        assert_eq!((who.id, who.agent, who.scopes), (new.id, id, vec!["tickets:read".to_owned()]));
        assert_eq!(bearer(&desk, "wd_wrong").await.unwrap(), None);
        let known = tokens_of(&desk, id).await.unwrap();
        assert_eq!((known[0].name.as_str(), known[0].last_used_at), ("script", Some(desk.clock.now())));
        assert!(!revoke_token(&desk, desk.seeded.lead, new.id).await.unwrap(), "not his");
        assert!(revoke_token(&desk, id, new.id).await.unwrap());
        assert_eq!(bearer(&desk, &new.token).await.unwrap(), None);
    }

    async fn a_link_opens_once_for_its_purpose_and_in_its_time(desk: TestStore) {
        let id = desk.seeded.agent;
        let secret = create_link(&desk, Purpose::Invitation, id, Duration::days(30)).await.unwrap();
        assert_eq!(use_link(&desk, Purpose::PasswordReset, &secret).await.unwrap(), None);
        assert_eq!(link_agent(&desk, Purpose::Invitation, &secret).await.unwrap(), Some(id));
        assert_eq!(use_link(&desk, Purpose::Invitation, &secret).await.unwrap(), Some(id));
        assert_eq!(use_link(&desk, Purpose::Invitation, &secret).await.unwrap(), None);
        assert_eq!(use_link(&desk, Purpose::Invitation, "").await.unwrap(), None);
        let old = create_link(&desk, Purpose::SignIn, id, Duration::days(30)).await.unwrap();
        desk.advance(Duration::hours(24));
        assert_eq!(use_link(&desk, Purpose::SignIn, &old).await.unwrap(), None, "24 hours at most");
    }
}
