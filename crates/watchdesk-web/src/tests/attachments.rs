//! Files go in and out, and nowhere else.

use serde_json::json;
use watchdesk_store::both_databases;
use watchdesk_store::testing::TestStore;

use super::desk::WebDesk;

both_databases! {
    async fn a_file_is_downloaded_by_those_who_read_its_message(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
        let uploaded = agent.send_bytes("/attachments?filename=..%2F%E6%88%AA%E5%9B%BE.svg", "image/svg+xml", svg).await.expect(201);
        assert_eq!(uploaded.body["filename"], "截图.svg");
        assert_eq!(uploaded.body["content_type"], "text/plain; charset=utf-8");
        let id = uploaded.body["id"].as_str().expect("an id").to_owned();
        let path = format!("/attachments/{id}");
        assert_eq!(uploaded.header("location"), format!("/api/v1{path}"));

        let file = agent.get(&path).await;
        assert_eq!(file.status, 200);
        assert_eq!(file.bytes, svg.as_bytes());
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        assert!(file.header("content-disposition").starts_with("attachment; "), "{}", file.header("content-disposition"));
        assert!(file.header("content-security-policy").contains("sandbox"));

        // Until it is sent, it is the uploader's alone; nobody else attaches it.
        let lead = web.by(web.desk.seeded.lead).await;
        lead.get(&path).await.expect(404);
        let number = web.triaged("Mail is late").await;
        let reply = json!({"body": "See the picture.", "attachments": [id]});
        let stolen = lead.post(&format!("/tickets/{number}/replies"), reply.clone()).await.expect(422);
        assert_eq!(stolen.wrong_fields(), ["attachments[0]"]);
        agent.post(&format!("/tickets/{number}/replies"), reply.clone()).await.expect(200);
        let twice = agent.post(&format!("/tickets/{number}/replies"), reply).await.expect(422);
        assert_eq!(twice.wrong_fields(), ["attachments"]);
        assert_eq!(lead.get(&path).await.status, 200);
        web.by(web.desk.seeded.other_agent).await.get(&path).await.expect(404);
        let said = lead.get(&format!("/tickets/{number}/messages")).await.expect(200);
        assert_eq!(said.items().last().expect("a reply")["attachments"][0]["id"], id);
    }

    async fn a_form_carries_one_file(desk: TestStore) {
        let web = WebDesk::new(desk);
        let agent = web.by(web.desk.seeded.agent).await;
        let png = "\u{89}PNG";
        let form = format!(
            "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; \
             name=\"file\"; filename=\"a.png\"\r\nContent-Type: text/html\r\n\r\n{png}\r\n--b--\r\n"
        );
        let uploaded = agent.send_bytes("/attachments", "multipart/form-data; boundary=b", form).await.expect(201);
        assert_eq!(uploaded.body["filename"], "a.png");
        assert_ne!(uploaded.body["content_type"], "text/html");
        let none = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n--b--\r\n";
        agent.send_bytes("/attachments", "multipart/form-data; boundary=b", none).await.expect(422);
        agent.send_bytes("/attachments", "application/octet-stream", "").await.expect(422);
        agent.send_bytes("/attachments", "multipart/form-data; boundary=b", "nonsense").await.expect(400);
        let large = vec![b'x'; 25 * 1024 * 1024 + 1];
        agent.send_bytes("/attachments", "application/octet-stream", large).await.expect(413);
        let auditor = web.by(web.desk.seeded.auditor).await;
        auditor.send_bytes("/attachments", "application/octet-stream", "x").await.expect(409);
    }
}
