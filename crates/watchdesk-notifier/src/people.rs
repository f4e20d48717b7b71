//! Who hears of the desk's own troubles.

use watchdesk_core::desk::Desk;
use watchdesk_core::ids::AgentId;
use watchdesk_core::rights::Role;

/// Those who look after the program; where there is none, those who manage the desk.
pub(crate) fn administrators(desk: &Desk) -> Vec<AgentId> {
    by_role(desk, [Role::Admin, Role::Manager])
}

/// Those who manage the desk; where there is none, those who look after the program.
pub(crate) fn managers(desk: &Desk) -> Vec<AgentId> {
    by_role(desk, [Role::Manager, Role::Admin])
}

/// Everybody active of the first of these roles that somebody has.
fn by_role<const ROLES: usize>(desk: &Desk, roles: [Role; ROLES]) -> Vec<AgentId> {
    let of = |role: Role| {
        let agents = desk.agents.values().filter(move |agent| agent.active && agent.role == role);
        agents.map(|agent| agent.id).collect::<Vec<_>>()
    };
    roles.into_iter().map(of).find(|agents| !agents.is_empty()).unwrap_or_default()
}

pub(crate) fn is_active(desk: &Desk, agent: AgentId) -> bool {
    desk.agents.get(&agent).is_some_and(|agent| agent.active)
}
