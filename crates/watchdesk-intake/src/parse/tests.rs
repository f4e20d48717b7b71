//! Stories of mails: what comes in, what the desk sees.

use super::*;

fn read(mail: &str) -> InboundMail {
    parse(mail.replace('\n', "\r\n").as_bytes()).expect("a readable mail")
}

/// A mail with one more header field, from a person, with a short text.
fn with_field(field: &str) -> InboundMail {
    read(&format!("From: Kim <kim@example.com>\nMessage-ID: <a@example.com>\n{field}\nSubject: Help\n\nHello\n"))
}

#[test]
fn an_ordinary_mail_is_read_whole() {
    let mail = read(
        "Return-Path: <kim@example.com>\n\
         Delivered-To: support+t7@desk.example\n\
         X-Original-To: Support@Desk.Example\n\
         From: \"Kim, Lee\" <Kim.Lee@Example.COM>\n\
         To: Desk <support@desk.example>, other@desk.example\n\
         Cc: Team: Wang <wang@example.com>, li@example.com;\n\
         Reply-To: <back@example.com>\n\
         Message-ID: <one@example.com>\n\
         In-Reply-To: <zero@desk.example>\n\
         References: <start@desk.example>\n <zero@desk.example>\n\
         Subject: Mail does\n not arrive\n\
         Content-Type: text/plain; charset=utf-8\n\n\
         Since noon.\nKim\n",
    );
    let kim = Address { name: Some("Kim, Lee".into()), email: "Kim.Lee@example.com".into() };
    assert_eq!(mail.from, Some(kim));
    assert_eq!(emails(&mail.to), ["support@desk.example", "other@desk.example"]);
    assert_eq!(emails(&mail.cc), ["wang@example.com", "li@example.com"]);
    assert_eq!(emails(&mail.reply_to), ["back@example.com"]);
    assert_eq!(mail.message_id.as_deref(), Some("one@example.com"));
    assert_eq!(mail.in_reply_to, ["zero@desk.example"]);
    assert_eq!(mail.references, ["start@desk.example", "zero@desk.example"]);
    assert_eq!(mail.subject, "Mail does not arrive");
    assert_eq!(mail.text, "Since noon.\nKim\n");
    assert_eq!(mail.delivered_to, ["support+t7@desk.example"]);
    assert_eq!(mail.x_original_to, ["Support@desk.example"]);
    assert_eq!(mail.auto, AutoClass::Human);
    assert!(mail.html.is_none() && mail.attachments.is_empty());
}

fn emails(addresses: &[Address]) -> Vec<&str> {
    addresses.iter().map(|address| address.email.as_str()).collect()
}

#[test]
fn odd_headers_are_read_as_well_as_they_can_be() {
    let from = |field: &str| read(&format!("{field}\nSubject: x\n\ny\n")).from;
    let named = |name: &str, email: &str| Some(Address { name: Some(name.into()), email: email.into() });
    let bare = |email: &str| Some(Address { name: None, email: email.into() });
    let table = [
        ("X-No-From: yes", None),
        ("From:", None),
        ("From: nobody", None),
        ("From: <>", None),
        ("From: kim@example.com", bare("kim@example.com")),
        ("From: kim@example.com (Kim Lee)", named("Kim Lee", "kim@example.com")),
        ("FROM : kim@Example.com", bare("kim@example.com")),
        ("From: \"kim@example.com\" <kim@example.com>", bare("kim@example.com")),
        ("From: \"boss@bank.example\" <kim@example.com>", named("boss@bank.example", "kim@example.com")),
        ("From: Kim <kim@example.com>, Lee <lee@example.com>", named("Kim", "kim@example.com")),
        ("From: K\u{200b}i\u{202e}m <kim@example.com>", named("Kim", "kim@example.com")),
        ("From: \u{738b}\u{82b3} <wang@example.com>", named("王芳", "wang@example.com")),
        ("From: =?utf-8?B?546L6Iqz?= <wang@example.com>", named("王芳", "wang@example.com")),
        ("From: =?utf-8?Q?Kim=0D=0ABcc:_x?= <kim@example.com>", named("Kim Bcc: x", "kim@example.com")),
        ("From: Kim <kim lee@example.com>", None),
    ];
    for (field, expected) in table {
        assert_eq!(from(field), expected, "{field}");
    }
}

#[test]
fn message_ids_are_bare_whatever_their_dress() {
    let table: [(&str, &[&str]); 6] = [
        ("In-Reply-To: <a@b>", &["a@b"]),
        ("In-Reply-To: a@b", &["a@b"]),
        ("In-Reply-To: <a@b> <c@d>", &["a@b", "c@d"]),
        ("In-Reply-To: Your message of Monday", &[]),
        ("In-Reply-To: \"Kim\" of Monday <a@b>", &["a@b"]),
        ("In-Reply-To: <a@b>\nIn-Reply-To: <a@b>", &["a@b"]),
    ];
    for (field, expected) in table {
        assert_eq!(with_field(field).in_reply_to, expected, "{field}");
    }
    let many: String = (0..5_000).map(|n| format!(" <{n}@x>\n")).collect();
    let references = with_field(&format!("References:{}", many.trim_end())).references;
    assert_eq!(references.len(), MAX_REFERENCES);
    assert_eq!(references.last().map(String::as_str), Some("4999@x"));
}

#[test]
fn subjects_are_one_clean_line() {
    let long = "x".repeat(5_000);
    let table = [
        ("Subject: =?gb18030?B?1tDOxNPKvP4=?=", "中文邮件".to_owned()),
        ("Subject: =?GB2312?B?1tDOxNPKvP4=?=", "中文邮件".to_owned()),
        ("Subject: =?utf-8?Q?a=0D=0AX-Evil:_1=00b?=", "a X-Evil: 1 b".to_owned()),
        ("Subject: =?utf-8?Q?=E2=80=AEabc?=", "abc".to_owned()),
        ("Subject: =?nonsense?Q?abc?=", "abc".to_owned()),
        ("Subject: =?utf-8?B?!!!?=", "=?utf-8?B?!!!?=".to_owned()),
        ("Subject:", String::new()),
        // One character (E4 B8 AD) cut over two words, as many mailers do.
        ("Subject: =?utf-8?B?5Lg=?=\n =?utf-8?B?reaWhw==?= ok", "中文 ok".to_owned()),
        ("Subject: =?gb2312?Q?=D6?=\n =?gb2312?Q?=D0=CE=C4?=", "中文".to_owned()),
    ];
    for (field, expected) in table {
        let mail = read(&format!("From: a@b.c\n{field}\n\nx\n"));
        assert_eq!(mail.subject, expected, "{field}");
    }
    let mail = read(&format!("From: a@b.c\nSubject: {long}\n\nx\n"));
    assert_eq!(mail.subject.len(), MAX_SUBJECT_CHARS);
}

/// "王芳 <wang@example.com>", "邮箱无法登录", "您好，无法登录。" in GB18030 bytes.
const RAW_CHINESE: &[u8] = b"From: \xCD\xF5\xB7\xBC <wang@example.com>\r\n\
    Subject: \xD3\xCA\xCF\xE4\xCE\xDE\xB7\xA8\xB5\xC7\xC2\xBC\r\n\r\n\
    \xC4\xFA\xBA\xC3\xA3\xAC\xCE\xDE\xB7\xA8\xB5\xC7\xC2\xBC\xA1\xA3\r\n";

#[test]
fn chinese_mails_are_readable_with_and_without_a_charset() {
    let unlabelled = parse(RAW_CHINESE).expect("a mail");
    assert_eq!(unlabelled.subject, "邮箱无法登录");
    assert_eq!(unlabelled.from.and_then(|from| from.name).as_deref(), Some("王芳"));
    assert_eq!(unlabelled.text, "您好，无法登录。\n");
    for charset in ["gb2312", "GBK", "gb18030", "us-ascii", "x-unknown"] {
        let head = format!("From: a@b.c\r\nContent-Type: text/plain; charset={charset}\r\n\r\n");
        let mail = parse(&[head.as_bytes(), b"\xCE\xDE\xB7\xA8\xB5\xC7\xC2\xBC"].concat());
        let text = mail.expect("a mail").text;
        if charset == "x-unknown" {
            assert!(text.contains('\u{FFFD}'), "declared and unknown: replaced, not guessed");
        } else {
            assert_eq!(text, "无法登录", "{charset}");
        }
    }
    let western = parse(b"From: a@b.c\r\n\r\nF\xFCr M\xFCller").expect("a mail");
    assert_eq!(western.text, "Für Müller");
}

#[test]
fn nothing_unprintable_survives() {
    let mail = parse(
        b"From: a\0b <a@b.c>\r\nSubject: x\0\x1b[31my\r\nMessage-ID: <a\0b@c>\r\n\
          Content-Type: text/plain; charset=utf-8\r\n\r\nok\0\xFF\xFE\x07end\r\n",
    )
    .expect("a mail");
    let strings = format!("{mail:?}");
    assert!(!strings.contains("\\0") && !strings.contains("\\u{1b}"), "{strings}");
    assert!(mail.text.starts_with("ok\u{FFFD}\u{FFFD}") && mail.text.ends_with("end\n"));
}

#[test]
fn the_best_text_is_chosen() {
    let alternative = read(
        "From: a@b.c\nContent-Type: multipart/alternative; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nplain\n\
         --b\nContent-Type: text/html\n\n<p>rich</p>\n--b--\n",
    );
    assert_eq!(alternative.text.trim(), "plain");
    assert_eq!(alternative.html.as_deref().map(str::trim), Some("<p>rich</p>"));
    let html_only = read(
        "From: a@b.c\nContent-Type: text/html\n\n\
         <html><head><title>no</title><style>p{}</style></head>\
         <body><div>Dear&nbsp;desk,</div><div>a &lt; b &amp; c</div>\
         <script>alert(1)</script><!-- no --><ul><li>one</li><li>two</li></ul></body></html>\n",
    );
    assert_eq!(html_only.text, "Dear desk,\na < b & c\n\n- one\n- two");
    let empty_text = read(
        "From: a@b.c\nContent-Type: multipart/alternative; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\n \n\
         --b\nContent-Type: text/html\n\n<p>rich</p>\n--b--\n",
    );
    assert_eq!(empty_text.text, "rich");
    let footer = read(
        "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\nContent-Type: text/html\n\n<p>rich</p>\n\
         --b\nContent-Type: text/plain\n\nfoot <er>\n--b--\n",
    );
    assert_eq!(footer.text.trim(), "rich\n\nfoot <er>");
    assert!(footer.html.is_some_and(|html| html.contains("<pre>foot &lt;er>")));
}

#[test]
fn attachments_keep_their_bytes_and_lose_their_paths() {
    let mail = read(
        "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\n\nsee files\n\
         --b\nContent-Type: application/pdf; name=\"../../etc/x.pdf\"\n\
         Content-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nAAEC/w==\n\
         --b\nContent-Type: image/png\nContent-ID: <logo@x>\n\
         Content-Disposition: inline\nContent-Transfer-Encoding: base64\n\niVBORw==\n\
         --b\nContent-Type: text/csv; charset=gbk\n\
         Content-Disposition: attachment; filename=\"=?gb2312?B?1tDOxA==?=.csv\"\n\
         Content-Transfer-Encoding: quoted-printable\n\n=D6=D0\n\
         --b\nContent-Type: message/rfc822\n\nSubject: inner\nFrom: x@y.z\n\ninner text\n\
         --b--\n",
    );
    let seen: Vec<_> =
        mail.attachments.iter().map(|a| (a.filename.as_str(), a.content_type.as_str(), a.inline)).collect();
    assert_eq!(
        seen,
        [
            ("etc_x.pdf", "application/pdf", false),
            ("attachment-2.png", "image/png", true),
            ("中文.csv", "text/csv", false),
            ("inner.eml", "message/rfc822", false),
        ]
    );
    assert_eq!(mail.attachments[0].bytes, [0, 1, 2, 255]);
    assert_eq!(mail.attachments[1].content_id.as_deref(), Some("logo@x"));
    assert_eq!(mail.attachments[2].bytes, [0xD6, 0xD0], "the sender's own charset");
    let inner = parse(&mail.attachments[3].bytes).expect("the enclosed mail");
    assert_eq!((inner.subject.as_str(), inner.text.trim()), ("inner", "inner text"));
    assert_eq!(mail.text.trim(), "see files");
}

#[test]
fn long_bodies_are_cut_and_say_so() {
    let text = read(&format!("From: a@b.c\n\n{}", "中文\n".repeat(MAX_TEXT_BYTES / 4)));
    assert!(text.text_cut && text.text.len() <= MAX_TEXT_BYTES);
    let html = format!("<p>{}</p>", "word ".repeat(MAX_HTML_BYTES / 4));
    let html = read(&format!("From: a@b.c\nContent-Type: text/html\n\n{html}"));
    assert!(html.html_cut && html.html.is_some_and(|html| html.len() <= MAX_HTML_BYTES));
    assert!(html.text_cut && html.text.starts_with("word word"));
    assert!(!with_field("X-A: b").text_cut);
}

#[test]
fn who_wrote_it_is_read_from_the_headers() {
    let table = [
        ("X-A: b", AutoClass::Human),
        ("Auto-Submitted: no", AutoClass::Human),
        ("Auto-Submitted: No (really)", AutoClass::Human),
        ("Auto-Submitted: auto-replied", AutoClass::AutoReply),
        ("Auto-Submitted: auto-generated; owner-email=\"a@b.c\"", AutoClass::AutoReply),
        ("Auto-submitted: auto-notified", AutoClass::AutoReply),
        ("Precedence: first-class", AutoClass::Human),
        ("Precedence: bulk", AutoClass::Quiet),
        ("Precedence: JUNK", AutoClass::AutoReply),
        ("Precedence: list", AutoClass::Quiet),
        ("List-Id: <dev.example.com>", AutoClass::Quiet),
        ("List-Unsubscribe: <mailto:off@example.com>", AutoClass::Quiet),
        ("X-Auto-Response-Suppress: DR, RN, NRN", AutoClass::Human),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply", AutoClass::Quiet),
        ("X-Auto-Response-Suppress: All", AutoClass::Quiet),
        ("X-Autoreply: yes", AutoClass::AutoReply),
        ("X-Autorespond: Out of office", AutoClass::AutoReply),
        ("X-Autoreply: no", AutoClass::Human),
        ("Return-Path: <>", AutoClass::AutoReply),
        ("Return-Path: <kim@example.com>", AutoClass::Human),
    ];
    for (field, expected) in table {
        assert_eq!(with_field(field).auto, expected, "{field}");
    }
    let subject = |subject: &str| read(&format!("From: a@b.c\nSubject: {subject}\n\nx\n")).auto;
    assert_eq!(subject("自动回复: 您好"), AutoClass::AutoReply);
    assert_eq!(subject("自动回复功能不工作"), AutoClass::Human);
    assert_eq!(subject("Re: Automatic reply: gone"), AutoClass::Human);
    let postmaster = read("From: postmaster@b.c\nSubject: x\n\nx\n").auto;
    assert_eq!(postmaster, AutoClass::Quiet);
    let both = read("From: a@b.c\nX-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\n\nx\n").auto;
    assert_eq!(both, AutoClass::AutoReply);
    let mut list = with_field("List-Id: <dev.example.com>");
    list.note_envelope_sender("");
    assert_eq!(list.auto, AutoClass::AutoReply, "nobody reads an answer to it");
    let mut mail = with_field("X-A: b");
    mail.note_envelope_sender("kim@example.com");
    assert!(mail.auto.may_be_answered_automatically());
    mail.note_envelope_sender("");
    assert!(!mail.auto.may_be_answered_automatically());
}

#[test]
fn a_delivery_report_names_the_address_and_the_mail() {
    let report = |returned: &str| {
        read(&format!(
            "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example (Mail Delivery System)\n\
             Auto-Submitted: auto-replied\nSubject: Undelivered Mail\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
             --b\n\nSorry.\n\
             --b\nContent-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; mx.example\n\n\
             Final-Recipient: rfc822; Kim@Example.com\nAction: failed\nStatus: 5.1.1\n\
             Diagnostic-Code: smtp; 550 5.1.1 <kim@example.com>:\n  no such user\n\n\
             Final-Recipient: rfc822; lee@example.com\nAction: delayed\nStatus: 4.4.1 (no route)\n\n\
             --b\n{returned}\n--b--\n"
        ))
        .auto
    };
    let expected = AutoClass::Bounce(Bounce {
        recipients: vec![
            FailedRecipient {
                email: "Kim@example.com".into(),
                action: DeliveryAction::Failed,
                status: Some("5.1.1".into()),
                diagnostic: Some("550 5.1.1 <kim@example.com>: no such user".into()),
            },
            FailedRecipient {
                email: "lee@example.com".into(),
                action: DeliveryAction::Delayed,
                status: Some("4.4.1".into()),
                diagnostic: None,
            },
        ],
        original_message_id: Some("sent@desk.example".into()),
    });
    let whole = "Content-Type: message/rfc822\n\n\
                 Message-ID: <sent@desk.example>\nSubject: [#7] received\n\nText\n";
    let headers = "Content-Type: text/rfc822-headers\n\n\
                   Subject: [#7] received\nMessage-ID: <sent@desk.example>\n";
    assert_eq!(report(whole), expected);
    assert_eq!(report(headers), expected);
    let AutoClass::Bounce(bounce) = expected else {
        panic!("a bounce");
    };
    assert!(bounce.is_permanent());
}

#[test]
fn a_bounce_in_prose_is_a_bounce_too() {
    let qmail = read(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n\
         Hi. This is the qmail-send program.\n\n--- Below this line is a copy of the message.\n\n\
         Message-ID: <sent@desk.example>\nSubject: [#7]\n",
    );
    let exim = read(
        "From: Mail Delivery System <mailer@mx.example>\nX-Failed-Recipients: kim@example.com\n\
         In-Reply-To: <sent@desk.example>\nSubject: Mail delivery failed\n\nIt failed.\n",
    );
    for (mail, recipients) in [(qmail, 0), (exim, 1)] {
        let AutoClass::Bounce(bounce) = mail.auto else {
            panic!("{:?}", mail.auto);
        };
        assert_eq!(bounce.recipients.len(), recipients);
        assert_eq!(bounce.original_message_id.as_deref(), Some("sent@desk.example"));
    }
}

#[test]
fn a_read_receipt_names_what_was_read() {
    let mail = read(
        "From: kim@example.com\nSubject: Read: x\n\
         Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n\
         --b\n\nRead.\n\
         --b\nContent-Type: message/disposition-notification\n\n\
         Final-Recipient: rfc822; kim@example.com\nOriginal-Message-ID: <sent@desk.example>\n\
         Disposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n",
    );
    let original_message_id = Some("sent@desk.example".to_owned());
    assert_eq!(mail.auto, AutoClass::Receipt(Receipt { original_message_id }));
}

#[test]
fn what_is_no_mail_is_refused_in_words() {
    let refusal = |bytes: &[u8]| parse(bytes).expect_err("a refusal");
    assert_eq!(refusal(b""), ParseRefusal::Empty);
    assert_eq!(refusal(b" \r\n\r\n"), ParseRefusal::Empty);
    assert_eq!(refusal(b"hello\r\n\r\nworld"), ParseRefusal::NoHeaders);
    assert_eq!(refusal(&[0x80, 0xFF, 0x00]), ParseRefusal::NoHeaders);
    let too_large = refusal(&vec![b'a'; MAX_MAIL_BYTES + 1]);
    assert_eq!(too_large.to_string(), "The message has 26214401 bytes; at most 26214400 are read.");
}

#[test]
fn a_mail_without_body_or_last_line_end_is_still_read() {
    let mail = parse(b"Message-ID: <a@b>\nFrom: kim@example.com\nSubject: only this").expect("ok");
    assert_eq!((mail.subject.as_str(), mail.text.as_str()), ("only this", ""));
    let piped = parse(b"From kim@x.y Mon Jan  1 10:00:00 2026\nFrom: a@b.c\n\nhi\n").expect("ok");
    assert_eq!((piped.from.is_some(), piped.text.as_str()), (true, "hi\n"));
}

#[test]
fn bombs_are_refused_before_they_are_parsed() {
    let nested_mails = "Content-Type: message/rfc822\r\n\r\n".repeat(50_000);
    let nested_multiparts: String =
        (0..200).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
    let many_parts = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", "--b\r\n\r\n".repeat(100_000));
    let long_header = format!("X: {}\r\n\r\nx", "a".repeat(MAX_HEADERS_BYTES));
    let many_headers = "a:\r\n".repeat(5_000_000);
    let headers_in_parts = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        format!("--b\r\n{}\r\n", "a:b\r\n".repeat(10_000)).repeat(100)
    );
    let lost: String = (0..50)
        .map(|n| format!("Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=lost{n}\r\n\r\nx\r\n--b\r\n"))
        .collect();
    let lost = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{lost}--b--\r\n");
    let attachments = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--",
        "--b\r\nContent-Type: image/png\r\n\r\nx\r\n".repeat(201)
    );
    let table = [
        (nested_mails, ParseRefusal::TooDeep),
        (nested_multiparts, ParseRefusal::TooDeep),
        (many_parts, ParseRefusal::TooManyParts),
        (long_header, ParseRefusal::HeadersTooLarge),
        (many_headers, ParseRefusal::HeadersTooLarge),
        (headers_in_parts, ParseRefusal::TooManyHeaders),
        (lost, ParseRefusal::BoundariesMissing),
        (attachments, ParseRefusal::TooManyAttachments { count: 201 }),
    ];
    for (bomb, expected) in table {
        assert_eq!(parse(bomb.as_bytes()).expect_err("a refusal"), expected);
    }
}

#[test]
fn just_within_the_bounds_is_read() {
    let nested =
        format!("From: a@b.c\r\n{}Subject: core\r\n\r\nx", "Content-Type: message/rfc822\r\n\r\n".repeat(MAX_NESTING));
    assert_eq!(parse(nested.as_bytes()).map(|mail| mail.attachments.len()), Ok(1));
    let parts = format!(
        "From: a@b.c\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--",
        "--b\r\n\r\nx\r\n".repeat(MAX_PARTS - 1)
    );
    assert!(parse(parts.as_bytes()).is_ok_and(|mail| mail.text.starts_with("x\n\nx")));
}

/// The walk that bounds a message must never see fewer parts than the parser makes of it, also of
/// messages that are broken. This fails when the parser's control flow changes.
#[test]
fn the_parts_are_counted_as_the_parser_makes_them() {
    let seed = "From: a@b.c\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\npreamble\r\n\
        --out\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n\
        --in\r\n\r\nplain\r\n--in\r\nContent-Type: text/html\r\n\r\n<p>\r\n--in--\r\n\
        --out\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\
        Content-Type: multipart/digest; boundary=dig\r\n\r\n\
        --dig\r\n\r\nSubject: y\r\n\r\nz\r\n--dig--\r\n\
        --out\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        U3ViamVjdDogeA0KDQp5DQo=\r\n\
        --out\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n\
        --out--\r\n"
        .as_bytes();
    assert_eq!(shape::measure(seed), Ok(parts_of(&MessageParser::new().parse(seed).expect("ok"))));
    let mut random = 88_172_645_463_325_252_u64;
    let mut below = |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % limit as u64) as usize
    };
    for _ in 0..3_000 {
        let mut broken = seed.to_vec();
        for _ in 0..=below(4) {
            let (from, to, count) = (below(broken.len()), below(broken.len()), below(60));
            let piece = broken[from..(from + count).min(broken.len())].to_vec();
            match below(3) {
                0 => drop(broken.splice(to..to, piece)),
                1 => drop(broken.drain(from..(from + piece.len() / 2).max(from))),
                _ => broken[to] = b"\n\r-:=; b"[below(8)],
            }
        }
        // Debug builds of the parser assert where release builds go on; `parse` refuses those.
        let parsed = catch_unwind(|| MessageParser::new().parse(&broken).map(|m| parts_of(&m)));
        if let (Ok(Some(parsed)), Ok(measured)) = (parsed, shape::measure(&broken)) {
            let text = String::from_utf8_lossy(&broken);
            assert!(parsed <= measured + 1, "{parsed} parts, {measured} measured: {text}");
        }
    }
}

fn parts_of(message: &mail_parser::Message<'_>) -> usize {
    let enclosed = message.parts.iter().filter_map(mail_parser::MessagePart::message);
    message.parts.len() + enclosed.map(parts_of).sum::<usize>()
}

#[test]
fn nested_html_is_only_read_once() {
    for tag in ["<div>", "<blockquote>x", "<style>", "<a b=\"", "<!--", "<", "&", "</"] {
        let html = tag.repeat(500_000 / tag.len());
        assert!(html_to_text(&html).len() <= html.len() * 6, "{tag}");
    }
    let mail = format!("From: a@b.c\nContent-Type: text/html\n\n{}hi", "<div>".repeat(100_000));
    assert!(read(&mail).html_cut);
}

#[test]
fn html_becomes_lines() {
    let table = [
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div>\n<div>two</div>", "one\ntwo"),
        ("<div><br></div><div>x</div>", "x"),
        ("a <b>bold</b>, c", "a bold, c"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("new<blockquote>old<blockquote>older</blockquote></blockquote>", "new\n> old\n> > older"),
        ("<a href=\"x>y\">link</a>", "link"),
        ("5 < 6 && 7 > 6 &nosuch; &#20013;&#x6587;", "5 < 6 && 7 > 6 &nosuch; 中文"),
        ("<STYLE>x</style >y", "y"),
        ("x<unclosed", "x"),
    ];
    for (html, expected) in table {
        assert_eq!(html_to_text(html), expected, "{html}");
    }
}

#[test]
fn the_newest_part_is_shown_without_its_history() {
    let table = [
        ("Thanks!\n\nOn Mon, 4 May 2026 at 10:00, Desk <d@x.y> wrote:\n> old\n> older\n", "Thanks!"),
        ("Thanks!\nOn Mon, 4 May 2026 at 10:00 AM Support Desk\n<d@x.y> wrote:\n\n> old\n", "Thanks!"),
        ("Thanks!\n\nOn 4 May 2026, Desk wrote:\n\nold without marks\n", "Thanks!"),
        ("好的\n\n在 2026年5月4日，支持 <d@x.y> 写道：\n> 旧\n", "好的"),
        ("好的\n支持 <d@x.y> 于2026年5月4日周一 10:00写道：\n> 旧\n", "好的"),
        ("好的\n\n支持 <d@x.y>\n于2026年5月4日周一 10:00写道：\n\n> 旧\n", "好的"),
        ("Done.\n\n-----Original Message-----\nFrom: Desk\nSent: now\n\nold\n", "Done."),
        ("好的\n\n------------------ 原始邮件 ------------------\n发件人: \"支持\"\n", "好的"),
        ("好的\n---- 回复的原邮件 ----\n| 发件人 | 支持 |\n", "好的"),
        ("Ok\n________________________________\nFrom: Desk <d@x.y>\nSent: Monday\nTo: Kim\nSubject: Re\n\nold\n", "Ok"),
        ("好\n\n发件人: 支持 <d@x.y>\n发送时间: 2026年5月4日 10:00\n收件人: 王芳\n主题: 答复\n\n旧\n", "好"),
        ("好\n\n发件人：支持\n日期：2026年5月4日\n收件人：王芳\n\n旧\n", "好"),
        ("Ok\n\n> old\n> older\n\n", "Ok"),
        // When it is not certain, all is kept.
        (
            "On 4 May 2026, Desk wrote:\n> is it fixed?\nYes.\n> sure?\nYes.",
            "On 4 May 2026, Desk wrote:\n> is it fixed?\nYes.\n> sure?\nYes.",
        ),
        ("> is it fixed?\nYes.", "> is it fixed?\nYes."),
        ("> only quotes\n", "> only quotes"),
        ("-----Original Message-----\nforwarded\n", "-----Original Message-----\nforwarded"),
        (
            "The header says\nFrom: a\nTo: b\nSubject: c\nand then it stops",
            "The header says\nFrom: a\nTo: b\nSubject: c\nand then it stops",
        ),
        ("On Monday we wrote:\nhello", "On Monday we wrote:\nhello"),
        ("plain\n-- \nKim", "plain\n-- \nKim"),
        ("", ""),
    ];
    for (text, expected) in table {
        assert_eq!(visible_text(text), expected, "{text}");
    }
}

#[test]
fn a_forwarded_mail_is_shown_whole() {
    let text = "See below\n\n-----Original Message-----\nFrom: Kim\nSent: now\nTo: x\n\nIt burns\n";
    let mail = |subject: &str| read(&format!("From: a@b.c\nSubject: {subject}\n\n{text}"));
    assert_eq!(mail("Re: fire").visible_text(), "See below");
    assert!(mail("Fwd: fire").visible_text().ends_with("It burns"));
    assert!(mail("转发：fire").visible_text().ends_with("It burns"));
}

#[test]
fn long_quotes_are_only_read_once() {
    let quotes = format!("{}end", "> x\n".repeat(120_000));
    assert_eq!(visible_text(&quotes), quotes);
    let attributions = format!("{}> x\ny", "On 1 a wrote:\n".repeat(40_000));
    assert_eq!(visible_text(&attributions), attributions);
}
