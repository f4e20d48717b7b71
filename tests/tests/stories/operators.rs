//! What the people who run it meet: a new desk, wrong keys, ports in use, databases that are away or too new.

use std::net::TcpListener;

use watchdesk_tests::{Backend, Desk};

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_becomes_a_desk_with_a_link_for_its_administrator() {
    let mut desk = Desk::start(Backend::Sqlite).await;
    assert!(desk.folder().join("data/watchdesk.db").exists());
    let code = desk.stop().await;
    assert_eq!(code, Some(0), "it stops when told to");
    desk.launch().await;
    desk.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_one_clear_sentence_and_damages_nothing() {
    let mut desk = Desk::start(Backend::Sqlite).await;
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let table = [
        ("WATCHDESK_HTTP__LISTN", "127.0.0.1:1", 78, "there is no configuration key \"http.listn\""),
        ("WATCHDESK_HTTP__LISTEN", "somewhere", 78, "http.listen is \"somewhere\""),
        ("WATCHDESK_HTTP__LISTEN", address.as_str(), 69, "cannot be used"),
        ("WATCHDESK_DATABASE__URL", "postgres://desk@127.0.0.1:1/desk", 75, "the database cannot be used"),
        ("WATCHDESK_DATABASE__URL", "mysql://desk@127.0.0.1/desk", 78, "not the address of a database"),
        ("WATCHDESK_SMTP__URL_FILE", "/no/such/file", 78, "/no/such/file"),
    ];
    for (name, value, code, sentence) in table {
        let mut other = desk.clone_settings();
        other.insert(name.to_owned(), value.to_owned());
        let ran = desk.run_with(&other, &["serve"]).await;
        assert_eq!(ran.code, Some(code), "{name}={value}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(sentence), "{name}={value}: {}", ran.err);
        let said: Vec<_> = ran.err.lines().filter(|line| line.starts_with("watchdesk:")).collect();
        assert_eq!(said.len(), 1, "one sentence: {}", ran.err);
    }
    desk.check().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_is_left_alone() {
    let mut desk = Desk::start(Backend::Sqlite).await;
    desk.stop().await;
    desk.pretend_newer_schema().await;
    for arguments in [&["serve"][..], &["check"], &["migrate"], &["user", "list"]] {
        let ran = desk.run(arguments, "").await;
        assert_ne!(ran.code, Some(0), "{arguments:?}: {}", ran.out);
        assert!(ran.err.contains("newer Watchdesk"), "{arguments:?}: {}", ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_words_on_the_command_line_are_explained() {
    let desk = Desk::start(Backend::Sqlite).await;
    let table: [(&[&str], i32, &str); 5] = [
        (&["serv"], 64, "serve"),
        (&["user", "add", "x@example.cn", "--name", "X", "--role", "boss"], 64, "admin, manager, lead"),
        (&["token", "create", "--user", "nobody@example.cn", "--name", "x"], 65, "nobody@example.cn"),
        (&["user", "add", "chief@desk.example", "--name", "X", "--role", "agent"], 65, "already has the address"),
        (&["mail", "import", "/no/such/folder"], 65, "/no/such/folder"),
    ];
    for (arguments, code, sentence) in table {
        let ran = desk.run(arguments, "").await;
        assert_eq!(ran.code, Some(code), "{arguments:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(sentence), "{arguments:?}: {}", ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_and_addresses_stay_out_of_the_log() {
    let desk = Desk::start(Backend::Sqlite).await;
    let ready = desk.http.get("/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    assert_eq!(desk.http.get("/healthz").await.status, 200);
    let metrics = desk.http.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(!metrics.text.contains('@'), "no addresses in metrics");
    // What the worker of this node counts is there.
    for figure in [
        "watchdesk_timer_lateness_seconds_bucket{le=\"86400\"} ",
        "watchdesk_timer_lateness_seconds_bucket{le=\"+Inf\"} ",
        "watchdesk_claims_lost_total ",
        "watchdesk_deliveries_total{way=\"webhook\",outcome=\"dead\"} ",
        "watchdesk_last_tick_age_seconds ",
    ] {
        assert!(metrics.text.contains(figure), "{figure}: {}", metrics.text);
    }
}
