//! Lists: filters, order, pages.

use serde_json::{Value, json};
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::desk::{Client, WebDesk, opening};

/// Every number of the list, in order, read in pages of two.
async fn numbers(client: &Client<'_>, query: &str) -> Vec<i64> {
    let mut numbers = Vec::new();
    let mut path = format!("/tickets?limit=2&{query}");
    loop {
        let page = client.get(&path).await.expect(200);
        assert!(page.items().len() <= 2);
        numbers.extend(page.items().iter().map(|ticket| ticket["number"].as_i64().expect("a number")));
        match page.body["next"].as_str() {
            Some(next) => path = format!("/tickets?limit=2&cursor={next}&{query}"),
            None => return numbers,
        }
    }
}

both_databases! {
    async fn pages_follow_one_another(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let mut opened = Vec::new();
        for (index, severity) in ["C", "A", "B", "C", "A"].into_iter().enumerate() {
            let mut body = opening(&format!("Problem {index}"));
            body["severity"] = json!(severity);
            opened.push(agent.post("/tickets", body).await.expect(201).body["number"].as_i64().expect("a number"));
            web.desk.advance(chrono::Duration::minutes(1));
        }
        let pick = |indexes: [usize; 5]| indexes.map(|index| opened[index]).to_vec();
        assert_eq!(numbers(&agent, "sort=due").await, pick([1, 4, 2, 0, 3]), "what is due first stands first");
        assert_eq!(numbers(&agent, "sort=created").await, pick([4, 3, 2, 1, 0]));
        assert_eq!(numbers(&agent, "severity=A").await, [opened[1], opened[4]]);
        assert_eq!(numbers(&agent, "state=triaged,waiting").await, [0_i64; 0]);

        let assignment = json!({"owner": "agent@desk.example"});
        agent.post(&format!("/tickets/{}/assignment", opened[2]), assignment).await.expect(200);
        for (query, expected) in [
            ("owner=me", vec![opened[2]]),
            ("owner=agent@desk.example", vec![opened[2]]),
            ("owner=none&severity=A", vec![opened[1], opened[4]]),
            ("team=second-line", vec![]),
        ] {
            assert_eq!(numbers(&agent, query).await, expected, "{query}");
        }
        assert_eq!(numbers(&agent, "sort=updated").await[0], opened[2]);
        let other = web.by(web.desk.seeded.other_agent).await;
        assert_eq!(numbers(&other, "sort=created").await, [0_i64; 0]);
        let sales = web.by(web.desk.seeded.sales).await;
        assert_eq!(numbers(&sales, "sort=created").await.len(), 5);
    }

    async fn events_are_read_in_pages(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let path = format!("/tickets/{}/events", web.triaged("Mail is late").await);
        let all = agent.get(&path).await.expect(200);
        let first = agent.get(&format!("{path}?limit=2")).await.expect(200);
        let next = first.body["next"].as_str().expect("a next page");
        let second = agent.get(&format!("{path}?limit=200&cursor={next}")).await.expect(200);
        let joined: Vec<&Value> = first.items().iter().chain(second.items()).collect();
        assert_eq!(joined, all.items().iter().collect::<Vec<_>>());
        assert_eq!(second.body["next"], Value::Null);
    }

    async fn search_finds_numbers_and_words(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let number = web.ticket("邮件延迟 for everybody").await;
        web.ticket("Something else").await;
        for query in [number.to_string(), format!("%23{number}"), "%E5%BB%B6%E8%BF%9F".to_owned(), "everybody".to_owned()] {
            let found = agent.get(&format!("/search?q={query}")).await.expect(200);
            let numbers: Vec<&Value> = found.items().iter().map(|ticket| &ticket["number"]).collect();
            assert_eq!(numbers, [&json!(number)], "{query}");
        }
    }
}
