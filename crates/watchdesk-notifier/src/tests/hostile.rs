//! People who write into headers what belongs there least. Our mail, read back by another parser, has exactly the
//! recipients that were meant.

use watchdesk_core::command::{Then, Words};
use watchdesk_core::ids::MessageId;
use watchdesk_store::directory::{self, ContactFields, MailboxFields};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, fresh_id};

use super::desk::{Desk, Wrote};
use super::mime::Mail;

const INJECTIONS: [&str; 8] = [
    "x\r\nBcc: victim@evil.example",
    "x\nBcc: victim@evil.example",
    "x\rBcc: victim@evil.example",
    "x\0\r\n\r\n<script>alert(1)</script>",
    "=?utf-8?b?eA0KQmNjOiB2aWN0aW1AZXZpbC5leGFtcGxl?=",
    "\"x\" <victim@evil.example>, y",
    "x\r\n.\r\nMAIL FROM:<a@evil.example>\r\nRCPT TO:<victim@evil.example>\r\nDATA\r\n",
    "\u{202e}txt.exe\u{2028}Bcc: victim@evil.example",
];

/// Only headers that we write, each once, and nobody who was not meant.
fn check(mail: &Mail, to: &[String]) {
    let mut to = to.to_vec();
    to.sort();
    assert_eq!(mail.envelope_to, to);
    let mut shown = mail.addresses("To");
    shown.extend(mail.addresses("Cc"));
    shown.sort();
    assert_eq!(shown, to);
    let known = [
        "date",
        "from",
        "to",
        "cc",
        "subject",
        "message-id",
        "in-reply-to",
        "references",
        "reply-to",
        "auto-submitted",
        "x-auto-response-suppress",
        "mime-version",
        "content-type",
    ];
    for name in mail.header_names() {
        assert!(known.contains(&name.as_str()), "{name}");
    }
    let mut names = mail.header_names();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), mail.header_names().len());
}

both_databases! {
    async fn nothing_that_people_write_adds_a_recipient_or_a_header(store: TestStore) {
        let desk = Desk::over(store).await;
        for (n, evil) in INJECTIONS.into_iter().enumerate() {
            let fields = ContactFields {
                customer: Some(desk.store.seeded.customer),
                name: evil.to_owned(),
                email: format!("contact{n}@contoso.example"),
                ..ContactFields::default()
            };
            let contact = directory::create_contact(&desk.store, fields).await.unwrap();
            let wrote = Wrote { subject: evil, body: evil, mail_id: Some(evil), cc: &[] };
            let ticket = desk.opens(contact.id, wrote).await;
            check(&desk.one_mail().await, std::slice::from_ref(&contact.email));

            let mut words = Words::text(MessageId(fresh_id()), format!("{evil}\r\n.\r\n..\r.\n{evil}"));
            words.cc = vec![evil.to_owned(), format!("{evil} <cc{n}@contoso.example>")];
            words.attachments = vec![desk.attach(evil, evil, b"bytes").await];
            desk.reply_with(ticket, words, Then::Stay).await;
            let mail = desk.one_mail().await;
            check(&mail, &[contact.email, format!("cc{n}@contoso.example")]);
            let file = mail.files().remove(0);
            assert!(!file.name.contains(['\r', '\n', '\0', '/', '"']), "{:?}", file.name);
            assert_eq!((file.content_type.as_str(), file.bytes.as_slice()), ("application/octet-stream", b"bytes".as_slice()));
            assert!(mail.text().contains("\n.\n..\n.\n"), "{:?}", mail.text());
        }
    }
}

both_databases! {
    async fn a_mailbox_with_a_strange_name_and_a_long_address_still_writes(store: TestStore) {
        let desk = Desk::over(store).await;
        let known = directory::mailbox(&desk.store, desk.store.seeded.mailbox).await.unwrap().unwrap();
        let address = format!("{}@desk.example", "s".repeat(50));
        let fields = MailboxFields {
            address: address.clone(),
            name: "支持 \"24/7\", <support>\r\nBcc: victim@evil.example".to_owned(),
            team: known.team,
            language: known.language,
            signature: known.signature,
            support: known.support,
            active: true,
        };
        directory::update_mailbox(&desk.store, desk.store.seeded.mailbox, fields).await.unwrap();
        desk.customer_opens(Wrote::default()).await;
        let mail = desk.one_mail().await;
        check(&mail, &[desk.email_of_contact(desk.store.seeded.contact).await]);
        assert_eq!(mail.addresses("From"), [address]);
        assert_eq!(mail.header("Reply-To"), None, "the tag would make the address too long; References must do");
    }
}
