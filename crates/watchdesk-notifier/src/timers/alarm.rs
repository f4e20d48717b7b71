//! Timers that cannot be fired: administrators are told, once.

use watchdesk_core::clock::Subject;
use watchdesk_core::effect::{Effect, Notice, Recipient};
use watchdesk_core::firing::{Claim, FAILURES_MAX, Standing};
use watchdesk_core::ids::{AgentId, CaseId, TicketId};
use watchdesk_store::{Store, StoreError, cases, desk, outbox};

use crate::people;

const KEY: &str = "timers-stuck";

/// From the failure on with which it is set aside. Claims and failures grow together, so all failures in a row have the
/// same key: a node that dies before it could tell leaves it to the next failure, and nobody is told twice.
pub(super) async fn raise(store: &Store, claim: &Claim, standing: &Standing) -> Result<(), StoreError> {
    if standing.failures < FAILURES_MAX {
        return Ok(());
    }
    let row = standing.fence - i64::from(standing.failures);
    let ticket = about(store, claim.subject).await?;
    for agent in people::administrators(&*desk::load(store).await?) {
        let (key, to) = (key(claim.subject, row, agent), Recipient::Agent(agent));
        match ticket {
            Some(ticket) => {
                let effect = Effect { key, ticket, to, notice: Notice::TimersStuck, held: false };
                outbox::enqueue(store, &effect).await?
            }
            None => outbox::enqueue_desk(store, &key, to, &Notice::TimersStuck).await?,
        };
    }
    Ok(())
}

/// A case that cannot even be read is about no ticket that we could name.
async fn about(store: &Store, subject: Subject) -> Result<Option<TicketId>, StoreError> {
    match subject {
        Subject::Ticket(id) => Ok(Some(id)),
        Subject::Case(id) => match cases::by_id(store, id).await {
            Ok(case) => Ok(case.and_then(|case| case.tickets.first().copied())),
            Err(StoreError::Corrupt { .. }) => Ok(None),
            Err(error) => Err(error),
        },
    }
}

fn key(subject: Subject, row: i64, agent: AgentId) -> String {
    match subject {
        Subject::Ticket(id) => format!("{KEY}:ticket:{id}:{row}:{agent}"),
        Subject::Case(id) => format!("{KEY}:case:{id}:{row}:{agent}"),
    }
}

/// Whose timers the alarm with this key is about.
pub(crate) fn subject_of_key(key: &str) -> Option<Subject> {
    let mut parts = key.strip_prefix(KEY)?.strip_prefix(':')?.split(':');
    let (kind, id) = (parts.next()?, parts.next()?);
    match kind {
        "ticket" => serde_json::from_value::<TicketId>(id.into()).ok().map(Subject::Ticket),
        "case" => serde_json::from_value::<CaseId>(id.into()).ok().map(Subject::Case),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use watchdesk_store::fresh_id;

    use super::*;

    #[test]
    fn the_key_says_whose_timers_they_are() {
        let (ticket, agent) = (TicketId(fresh_id()), AgentId(fresh_id()));
        for subject in [Subject::Ticket(ticket), Subject::Case(CaseId(ticket.0))] {
            assert_eq!(subject_of_key(&key(subject, 7, agent)), Some(subject));
        }
        for other in ["", "timers-stuck", "timers-stuck:team:x", "timers-stuck:ticket:x", "digest:1"] {
            assert_eq!(subject_of_key(other), None, "{other}");
        }
    }
}
