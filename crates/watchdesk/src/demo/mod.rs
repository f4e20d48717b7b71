//! A believable reseller in a fresh, throw-away desk, for `watchdesk serve --demo`.
//!
//! Who there is and what they say is data, under `data/`. What happens when is planned first ([`plan`]), then carried out
//! under a clock that walks through the past ([`story`]), through the one write path like everything else. The same
//! moment gives the same desk.

mod cases;
mod cast;
mod conversations;
mod deliveries;
mod duty;
mod files;
mod incidents;
mod mail;
mod operator;
mod people;
mod picture;
mod plan;
mod review;
mod rng;
mod roster;
mod story;
mod subscriptions;
mod talk;
#[cfg(test)]
mod tests;
mod time;

use std::fmt;

use anyhow::Context;
use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::rights::Role;
use watchdesk_store::directory::mailboxes;
use watchdesk_store::{Clock, ManualClock, Options, Store};

use crate::config::Config;
use cast::Cast;
use conversations::Words;
use files::Files;
pub use operator::Operator;
use rng::Rng;
use story::Teller;

/// Of everybody in the demo.
pub const PASSWORD: &str = "watchdesk-demo";

/// Where chance begins.
const SEED: u64 = 0x21;

const COMPANY: &str = "栈桥云科技 Zhanqiao Cloud";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub of: usize,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.done * 100 / self.of.max(1))
    }
}

/// Who to sign in as; the one who shows most comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoPeople {
    pub people: Vec<DemoPerson>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoPerson {
    pub name: String,
    pub email: String,
    pub role: Role,
    pub password: &'static str,
}

impl DemoPeople {
    pub fn first(&self) -> &DemoPerson {
        self.people.first().expect("the cast has staff; a test reads it")
    }
}

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volume {
    Full,
    #[cfg_attr(not(test), expect(dead_code, reason = "a test does not need hundreds of tickets"))]
    Small,
}

impl Volume {
    fn past_tickets(self) -> usize {
        self.of(205, 26)
    }

    fn of(self, full: usize, small: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Small => small,
        }
    }
}

/// The sample reseller introduces itself, where the configuration says nothing. It reaches nobody: no mail goes out, and
/// nothing outside is called;
/// its operator is an [`Operator`] within.
pub fn introduce(config: &mut Config) {
    config.smtp.url.clear();
    config.webhooks.clear();
    std::mem::take(&mut config.watchdog.dead_man_url);
    config.upstream.client_id.clear();
    let words = [
        (&mut config.reseller.company, COMPANY),
        (&mut config.reseller.person, "赵磊 Zhao Lei"),
        (&mut config.reseller.phone, "+86 21 5555 0100"),
        (&mut config.support.phone, "+86 400 555 0100"),
        (&mut config.support.url, "https://support.zhanqiao.example.com"),
        (&mut config.mail.from_name, "栈桥云支持 Zhanqiao Support"),
    ];
    for (key, word) in words {
        if key.is_empty() {
            word.clone_into(key);
        }
    }
}

/// Fills a migrated and seeded desk with six weeks that end `now`.
pub async fn fill(
    database_url: &str,
    now: Instant,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> anyhow::Result<DemoPeople> {
    fill_with(database_url, now, Volume::Full, progress).await
}

async fn fill_with(
    database_url: &str,
    now: Instant,
    volume: Volume,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> anyhow::Result<DemoPeople> {
    let now = watchdesk_core::whole_seconds(now);
    let (cast, words, files, mails) = (Cast::load()?, Words::load()?, Files::load()?, mail::stray_mails()?);
    let begun_at = now - Duration::days(plan::DAYS + 1);
    let clock = ManualClock::new(begun_at);
    let store = open(database_url, clock.clone()).await?;

    let mut rng = Rng::new(SEED);
    let plan = plan::build(&cast, &words, &files, &mails, now, volume, rng.fork())?;
    let directory = people::create(&store, &cast, begun_at, &mut rng).await?;
    duty::agree(&store, &cast, &directory, begun_at, now).await?;
    let mut teller = Teller::new(&store, clock, now, (&cast, &directory, &plan), rng.fork());
    let told = teller.tell(progress).await;
    let closed = store.close().await;
    told?;
    closed?;
    Ok(people::demo_people(&cast))
}

/// With Message-IDs of the desk's own domain.
async fn open(database_url: &str, clock: ManualClock) -> anyhow::Result<Store> {
    let options = |mail_domain: Option<&str>| {
        let mut options = Options::new(database_url);
        options.clock = Clock::Manual(clock.clone());
        if let Some(domain) = mail_domain {
            domain.clone_into(&mut options.mail_domain);
        }
        options
    };
    let store = Store::open(options(None)).await?;
    let mailbox = mailboxes(&store).await?.into_iter().next().context("the desk has no mailbox")?;
    store.close().await?;
    let domain = mailbox.address.rsplit_once('@').map(|(_, domain)| domain);
    Ok(Store::open(options(domain)).await?)
}
