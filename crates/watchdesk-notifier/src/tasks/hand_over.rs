//! Who comes on duty is told what runs.

use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::ids::AgentId;
use watchdesk_core::rota::Standing;
use watchdesk_store::{Store, desk, outbox};

use crate::people;
use crate::scheduler::TaskResult;

/// One mail for each shift, to whoever has it now: a shift that began while nobody ran is told late, and one that is
/// over is not told any more.
pub async fn hand_over(store: &Store) -> TaskResult {
    let now = store.now().await?;
    let desk = desk::load(store).await?;
    let active = |agent: AgentId| people::is_active(&desk, agent);
    let mut told = 0_u64;
    for rota in desk.rotas.values() {
        for level in rota.levels() {
            let Standing { agent: Some(agent), since: Some(at), .. } = rota.standing(level, now, &active) else {
                continue;
            };
            let key = format!("hand-over:{}:{level}:{}:{agent}", rota.slug(), at.timestamp());
            let notice = Notice::HandOver { rota: rota.slug().clone(), level, at };
            told += u64::from(outbox::enqueue_desk(store, &key, Recipient::Agent(agent), &notice).await?);
        }
    }
    Ok(format!("{told} mails queued"))
}
