//! A connection that breaks around the commit: whoever asked cannot know what happened, asks again with the same key,
//! and there is one ticket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::faults::{everything, from_mail};
use super::*;
use crate::testing::TEST_MAIL_DOMAIN;
use crate::{Backend, Clock, Options, Store, StoreError, testing};

const CHUNK_BYTES: usize = 64 * 1024;

/// When the line is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    BeforeCommit,
    /// The database has done it, and nobody hears of it.
    AfterCommit,
}

/// Stands between the program and its database, and cuts the line once when it is told to.
struct Line {
    port: u16,
    is_armed: Arc<AtomicBool>,
}

impl Line {
    async fn to(server: String, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let is_armed = Arc::new(AtomicBool::new(false));
        let armed = Arc::clone(&is_armed);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.expect("the server listens");
                tokio::spawn(pass_on(client, server, cut, Arc::clone(&armed)));
            }
        });
        Self { port, is_armed }
    }

    fn arm(&self) {
        self.is_armed.store(true, Ordering::SeqCst);
    }
}

/// Until one side hangs up, or the line is cut.
async fn pass_on(mut client: TcpStream, mut server: TcpStream, cut: Cut, is_armed: Arc<AtomicBool>) {
    let (mut asked, mut answered) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(count @ 1..) = read else { return };
                let is_commit = asked[..count].windows(6).any(|word| word == b"COMMIT");
                let is_cut = is_commit && is_armed.swap(false, Ordering::SeqCst);
                if is_cut && cut == Cut::BeforeCommit || server.write_all(&asked[..count]).await.is_err() {
                    return;
                }
                if is_cut {
                    _ = server.read(&mut answered).await;
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(count @ 1..) = read else { return };
                if client.write_all(&answered[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// The same desk, over that line.
async fn over(line: &Line, desk: &TestStore) -> Store {
    let url = desk.database.url();
    let (before, database) = url.rsplit_once('/').expect("a database");
    let (user, _) = before.rsplit_once('@').expect("a user");
    let options = Options {
        clock: Clock::Manual(desk.clock.clone()),
        pool_max: 2,
        mail_domain: TEST_MAIL_DOMAIN.to_owned(),
        ..Options::new(format!("{user}@127.0.0.1:{}/{database}", line.port))
    };
    Store::open(options).await.expect("the line is open")
}

fn server_of(desk: &TestStore) -> String {
    let (_, rest) = desk.database.url().rsplit_once('@').expect("a user");
    rest.split('/').next().expect("a server").to_owned()
}

async fn story(desk: TestStore, cut: Cut) {
    let line = Line::to(server_of(&desk), cut).await;
    let store = over(&line, &desk).await;
    let request = from_mail(&desk).await;
    let before = everything(&desk).await;
    line.arm();
    let lost = store.execute(&Actor::System, request.clone()).await.expect_err("the line was cut");
    assert!(matches!(lost, ExecuteError::Store(StoreError::Unreachable(_))), "{lost:?}");
    let left = everything(&desk).await;
    match cut {
        Cut::BeforeCommit => assert_eq!(left, before, "nothing of it"),
        Cut::AfterCommit => assert_eq!(left["ticket"].len(), 1, "all of it"),
    }
    expect_order(&desk).await;

    let done = store.execute(&Actor::System, request).await.expect("a new line");
    assert_eq!(done.repeated, cut == Cut::AfterCommit);
    let stored = everything(&desk).await;
    assert_eq!((stored["ticket"].len(), stored["message"].len()), (1, 1));
    if cut == Cut::AfterCommit {
        assert_eq!(stored, left, "the same key did nothing more");
    }
    expect_order(&desk).await;
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_line_cut_before_the_commit_leaves_nothing() {
    testing::run(Backend::Postgres, |desk| story(desk, Cut::BeforeCommit)).await;
}

#[tokio::test]
async fn a_line_cut_after_the_commit_leaves_one_ticket_that_the_same_key_finds() {
    testing::run(Backend::Postgres, |desk| story(desk, Cut::AfterCommit)).await;
}
