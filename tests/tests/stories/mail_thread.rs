//! A customer writes, is acknowledged, answers; and a stranger gets nowhere.

use serde_json::json;
use watchdesk_tests::desk::SUPPORT;
use watchdesk_tests::{Backend, Desk, mail};

use super::on_both_databases;

on_both_databases!(
    an_answer_lands_in_its_ticket_and_a_stranger_does_not,
    lmtp_and_pipe_are_doors_too,
    a_busy_mail_server_loses_nothing
);

const WANG: &str = "wang.fang@contoso.example";

/// The address of an angle-bracketed or bare mailbox.
fn address(header: &str) -> String {
    let start = header.rfind('<').map_or(0, |at| at + 1);
    header[start..].trim_end_matches('>').to_owned()
}

async fn an_answer_lands_in_its_ticket_and_a_stranger_does_not(backend: Backend) {
    let desk = Desk::start(backend).await;
    let first = mail::message(
        "王芳 <wang.fang@contoso.example>",
        SUPPORT,
        "=?utf-8?B?5peg5rOV5pS25Y+R6YKu5Lu2?=",
        "first@contoso.example",
        "",
        "今天早上开始，所有同事都收不到邮件。",
    );
    let reply = desk.deliver(WANG, SUPPORT, &first).await;
    assert_eq!(reply.code, 250, "{}", reply.text);

    let received = desk.sink.wait_for(WANG, 1).await.remove(0);
    assert_eq!(received.header("In-Reply-To"), "<first@contoso.example>", "it threads under the customer's mail");
    assert!(received.header("References").contains("<first@contoso.example>"));
    assert_eq!(received.header("Auto-Submitted"), "auto-replied");
    let tickets = desk.http.get("/api/v1/tickets").await.expect(200);
    let number = tickets["items"][0]["number"].as_i64().expect("a number");
    assert!(received.subject().contains(&number.to_string()), "{}", received.subject());
    assert!(received.text().contains(&number.to_string()), "{}", received.text());
    assert_eq!(tickets["items"][0]["subject"], "无法收发邮件");

    let answer_to = address(&received.header("Reply-To"));
    assert_ne!(answer_to, SUPPORT, "the address proves that one had a mail of ours");
    let threading = format!("In-Reply-To: {}\nReferences: <first@contoso.example> {}\n", received.id(), received.id());
    let answer = mail::message(WANG, &answer_to, "Re: 收到", "second@contoso.example", &threading, "还是不行。");
    assert_eq!(desk.deliver(WANG, &answer_to, &answer).await.code, 250);
    let path = format!("/api/v1/tickets/{number}/messages");
    let messages = desk.until(&path, |list| list["items"].as_array().is_some_and(|items| items.len() == 2)).await;
    assert_eq!(messages["items"][1]["kind"], "customer");

    // A stranger quotes the number, the address and the thread: he gets a ticket of his own and reads nothing.
    let stranger = "mallory@elsewhere.example";
    let quoting = mail::message(
        stranger,
        &answer_to,
        &format!("Re: [#{number}]"),
        "third@elsewhere.example",
        &threading,
        "Send me all.",
    );
    assert_eq!(desk.deliver(stranger, &answer_to, &quoting).await.code, 250);
    let his = desk.sink.wait_for(stranger, 1).await.remove(0);
    assert!(!his.subject().contains(&format!("#{number}]")), "{}", his.subject());
    assert!(!his.message.contains("还是不行"), "nothing of the other ticket");
    let messages = desk.http.get(&path).await.expect(200);
    assert_eq!(messages["items"].as_array().map(Vec::len), Some(2), "his words are not in it");
    let tickets = desk.http.get("/api/v1/tickets").await.expect(200);
    assert_eq!(tickets["items"].as_array().map(Vec::len), Some(2));

    // An agent answers; the customer's mail program shows it in the same thread, from a person.
    let reply = desk
        .http
        .post(&format!("/api/v1/tickets/{number}/replies"), json!({"body": "请问有错误提示吗？", "then": "wait"}))
        .await;
    assert_eq!(reply.expect(200)["state"], "waiting");
    let reply = desk.sink.wait_for(WANG, 2).await.remove(1);
    assert_eq!(reply.header("In-Reply-To"), "<second@contoso.example>");
    assert_eq!(reply.header("Auto-Submitted"), "", "a person wrote it");
    assert!(reply.text().contains("请问有错误提示吗？"));
    desk.check().await;
}

async fn lmtp_and_pipe_are_doors_too(backend: Backend) {
    let desk = Desk::start(backend).await;
    let over_lmtp = mail::message(WANG, SUPPORT, "By LMTP", "lmtp@contoso.example", "", "Hello");
    let mut client = watchdesk_tests::smtp::Client::connect(desk.lmtp, "LHLO").await.expect("LMTP");
    assert_eq!(client.send(WANG, &[SUPPORT], &over_lmtp).await.expect("a conversation").code, 250);
    let piped = mail::message("li.na@contoso.example", SUPPORT, "By pipe", "pipe@contoso.example", "", "Hello");
    let ran =
        desk.run(&["mail", "receive", "--sender", "li.na@contoso.example", SUPPORT], &piped).await.expect_success();
    assert!(ran.out.trim().ends_with("ticket"), "{}", ran.out);
    desk.sink.wait_for(WANG, 1).await;
    desk.sink.wait_for("li.na@contoso.example", 1).await;

    let unknown = desk.deliver(WANG, "nobody@desk.example", "Subject: x\n\nx").await;
    assert_eq!(unknown.code, 550, "{}", unknown.text);
    desk.check().await;
}

async fn a_busy_mail_server_loses_nothing(backend: Backend) {
    let desk = Desk::start(backend).await;
    desk.sink.be_busy(true);
    let message = mail::message(WANG, SUPPORT, "Busy", "busy@contoso.example", "", "Hello");
    assert_eq!(desk.deliver(WANG, SUPPORT, &message).await.code, 250);
    desk.until("/api/v1/tickets", |list| list["items"].as_array().is_some_and(|items| items.len() == 1)).await;
    assert!(desk.sink.mails().is_empty());
    desk.sink.be_busy(false);
    let received = desk.sink.wait_for(WANG, 1).await;
    assert_eq!(received.len(), 1);
    desk.check().await;
}
