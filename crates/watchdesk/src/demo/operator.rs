//! The operator of the sample desk: a stand-in within this program, in whose directories services break and heal while
//! somebody looks on. What happens when is a function of the minutes since it began, so that each demo shows the same.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use tokio::task::JoinHandle;
use watchdesk_core::Instant;
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_standin::{Incident, Options, Seed, SeedCustomer, Standin};
use watchdesk_store::directory::{Customer, DirectoryFilter, customers};
use watchdesk_store::{PAGE_ITEMS_MAX, Store, fresh_id};
use watchdesk_upstream::directory::DirectorySync;
use watchdesk_upstream::{SystemTimer, Timer, Upstream};

use crate::config::{Config, ConfigError, Hidden};
use crate::demo::{subscriptions, time};

/// The desk looks often: nobody watches a demo for hours.
const LOOKED_AT: &str = "*/20 * * * * *";
const SYNCHRONISED_AT: &str = "30 */10 * * * *";
const BEAT: Duration = Duration::from_secs(60);

/// Explains tickets of today, which are linked to it.
pub const TODAY: &str = "SP318442";
/// Explains tickets of sixteen days ago.
pub const PAST: &str = "EX241870";

const TODAY_BEGAN_AGO: TimeDelta = TimeDelta::minutes(184);
const TODAY_POSTED_AT: u64 = 3;
const TODAY_ENDS_AT: u64 = 9;
/// Then one after the other, without end.
const ROUNDS_BEGIN_AT: u64 = 12;
const ROUND: u64 = 24;
const ROUND_POSTED_AT: u64 = 6;
const ROUND_ENDS_AT: u64 = 14;

/// Stops when it is dropped.
pub struct Operator {
    _standin: Standin,
    telling: JoinHandle<()>,
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.telling.abort();
    }
}

impl Operator {
    /// Begins with the desk's customers, and lets the configuration point there.
    pub async fn begin(config: &mut Config, store: &Store, now: Instant) -> anyhow::Result<Self> {
        let timer = Arc::new(SystemTimer::new());
        let mut options = Options::new(move || now + TimeDelta::from_std(timer.now()).unwrap_or_default());
        let everybody = everybody(store).await?;
        let seeded = everybody.iter().enumerate().filter_map(|(place, customer)| seeded(place, customer, now));
        options.seed = Seed::named(seeded.collect());
        point(config, &options);
        let standin = Standin::start(options).await?;
        for host in [&mut config.upstream.authority, &mut config.upstream.partner_center, &mut config.upstream.graph] {
            standin.base_url().clone_into(host);
        }
        subscriptions::remember(store, &everybody, now).await?;
        first_run(config, store).await?;
        standin.open_incident(past(now));
        standin.open_incident(today(now));
        let telling = tokio::spawn(tell(standin.clone()));
        Ok(Self { _standin: standin, telling })
    }
}

fn point(config: &mut Config, options: &Options) {
    config.upstream.tenant.clone_from(&options.tenant);
    config.upstream.client_id.clone_from(&options.client_id);
    config.upstream.client_secret = Hidden::new(options.client_secret.clone());
    LOOKED_AT.clone_into(&mut config.upstream.health.every);
    SYNCHRONISED_AT.clone_into(&mut config.upstream.directory.every);
    config.upstream.directory.enabled = true;
}

async fn everybody(store: &Store) -> anyhow::Result<Vec<Customer>> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let page = customers(store, &DirectoryFilter::default(), PAGE_ITEMS_MAX, cursor.as_ref()).await?;
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

fn seeded(place: usize, customer: &Customer, now: Instant) -> Option<SeedCustomer> {
    let domain = customer.domains.first().map_or("", String::as_str);
    Some(SeedCustomer {
        delegated_access: customer.delegated_admin != DelegatedAdmin::Withdrawn,
        subscriptions: subscriptions::at_operator(place, customer, now),
        ..SeedCustomer::new(customer.tenant_id.as_deref()?, &customer.name, domain)
    })
}

/// So that whoever signs in first sees what the customers have.
async fn first_run(config: &Config, store: &Store) -> anyhow::Result<()> {
    let access = config.upstream_access().map_err(ConfigError::Wrong)?.context("the operator may be asked")?;
    let upstream = Upstream::new(access.options, Arc::new(SystemTimer::new()), Arc::new(fresh_id))?;
    DirectorySync::new(store.clone(), upstream.partner_center(&access.identity)?).step().await?;
    Ok(())
}

fn past(now: Instant) -> Incident {
    let at = |clock: &str| time::at_clock(now - TimeDelta::days(16), Some(clock));
    let mut incident = Incident::new(PAST, "Exchange Online", "部分区域用户无法访问邮箱", at("08:12"));
    incident.impact = "用户通过任何方式访问邮箱时可能收到 HTTP 503，来信在传输队列中等待。".to_owned();
    incident.status = "postIncidentReviewPublished".to_owned();
    incident.resolved = true;
    incident.ended = Some(at("13:40"));
    incident.modified = at("17:05");
    incident.posts = vec![
        (at("08:31"), "<p>我们正在调查：部分区域的前端返回 <b>503</b>。</p>".to_owned()),
        (at("11:20"), "<p>约一半前端已恢复，其余正在逐台重启。</p>".to_owned()),
        (at("13:40"), "<p>服务已恢复。滞留的来信将陆续投递。</p>".to_owned()),
        (at("17:05"), "<p>事后报告已发布：一次证书轮换未覆盖全部前端。</p>".to_owned()),
    ];
    incident
}

fn today(now: Instant) -> Incident {
    let began = now - TODAY_BEGAN_AGO;
    let mut incident = Incident::new(TODAY, "SharePoint Online", "部分用户打开网站缓慢、上传失败", began);
    incident.feature = "SharePoint Features".to_owned();
    incident.feature_group = "SharePoint".to_owned();
    incident.impact = "打开团队网站可能超过一分钟，上传文件可能失败，重试后通常成功。".to_owned();
    incident.posts = vec![
        (began + TimeDelta::minutes(10), "<p>我们正在调查 SharePoint Online 的性能问题。</p>".to_owned()),
        (
            now - TimeDelta::minutes(21),
            "<p>正在扩容前端：</p><ul><li>约 70% 的前端已恢复；</li><li>预计今晚结束。</li></ul>".to_owned(),
        ),
    ];
    incident.modified = now - TimeDelta::minutes(21);
    incident
}

/// Something that happens at the operator's.
#[derive(Debug, PartialEq, Eq)]
enum Beat {
    Begins { reference: String, service: &'static str, title: &'static str },
    Posted { reference: String, words: &'static str },
    Ends { reference: String, words: &'static str },
}

/// Prefix of the number, service, title.
const TROUBLES: [(&str, &str, &str); 3] = [
    ("PP", "Power Apps", "部分用户无法启动画布应用"),
    ("EX", "Exchange Online", "部分外部来信延迟投递"),
    ("LY", "Skype for Business", "部分用户加入会议时没有声音"),
];
const FIRST_NUMBER: u64 = 318_500;

fn beat(minute: u64) -> Option<Beat> {
    let today = || TODAY.to_owned();
    match minute {
        TODAY_POSTED_AT => Some(Beat::Posted {
            reference: today(),
            words: "<p>约 <b>90%</b> 的前端已恢复，正在验证。</p>",
        }),
        TODAY_ENDS_AT => Some(Beat::Ends { reference: today(), words: "<p>服务已恢复，请重新测试。</p>" }),
        _ => round(minute.checked_sub(ROUNDS_BEGIN_AT)?),
    }
}

fn round(minute: u64) -> Option<Beat> {
    let number = minute / ROUND;
    let turn = usize::try_from(number).unwrap_or_default() % TROUBLES.len();
    let (prefix, service, title) = TROUBLES[turn];
    let reference = format!("{prefix}{}", FIRST_NUMBER + number);
    match minute % ROUND {
        0 => Some(Beat::Begins { reference, service, title }),
        ROUND_POSTED_AT => Some(Beat::Posted { reference, words: "<p>原因已找到，正在恢复服务。</p>" }),
        ROUND_ENDS_AT => Some(Beat::Ends { reference, words: "<p>服务已恢复，请重新测试。</p>" }),
        _ => None,
    }
}

/// Until it is aborted.
async fn tell(standin: Standin) {
    let mut beats = tokio::time::interval(BEAT);
    for minute in 0_u64.. {
        beats.tick().await;
        match beat(minute) {
            None => {}
            Some(Beat::Begins { reference, service, title }) => {
                standin.open_incident(Incident::new(&reference, service, title, standin.now()));
            }
            Some(Beat::Posted { reference, words }) => {
                standin.update_incident(&reference, "restoringService", words);
            }
            Some(Beat::Ends { reference, words }) => {
                standin.end_incident(&reference, words);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::demo::conversations::{Say, Words};

    #[test]
    fn whatever_begins_is_told_on_and_ends() {
        let (mut open, mut told) = (BTreeSet::from([TODAY.to_owned()]), BTreeSet::new());
        let mut ended = 0;
        for minute in 0..7 * 24 * 60 {
            match beat(minute) {
                None => {}
                Some(Beat::Begins { reference, .. }) => assert!(open.insert(reference), "minute {minute}"),
                Some(Beat::Posted { reference, .. }) => assert!(open.contains(&reference) && told.insert(reference)),
                Some(Beat::Ends { reference, .. }) => {
                    assert!(open.remove(&reference) && told.contains(&reference), "minute {minute}");
                    ended += 1;
                }
            }
        }
        assert!(open.len() <= 1 && ended > 400, "{ended} ended, open {open:?}");
    }

    #[test]
    fn the_incidents_of_the_conversations_are_the_operators() {
        let words = Words::load().expect("the demo's words");
        let told = words.health.iter().filter_map(|check| check.incident.clone());
        let linked = words.stories.iter().flat_map(|story| &story.steps).filter_map(|step| match &step.say {
            Say::Incident(reference) => Some(reference.clone()),
            _ => None,
        });
        let named: BTreeSet<String> = told.chain(linked).collect();
        assert_eq!(named, [TODAY.to_owned(), PAST.to_owned()].into());
        let now = "2026-03-02T01:00:00Z".parse().expect("an instant");
        assert!(past(now).resolved && !today(now).resolved && today(now).modified < now);
    }
}
