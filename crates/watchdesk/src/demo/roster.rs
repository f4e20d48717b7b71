//! Who is on shift, and so who acts.

use watchdesk_core::Instant;
use watchdesk_core::rights::{Actor, Role};

use crate::demo::cast::{Cast, Shift};
use crate::demo::people::{Directory, ESCALATION, FIRST_LINE};
use crate::demo::rng::Rng;
use crate::demo::time;

/// Index of a member of the staff.
pub type StaffIndex = usize;

#[derive(Debug, Clone, Copy)]
pub struct Roster<'a> {
    cast: &'a Cast,
    directory: &'a Directory,
}

impl<'a> Roster<'a> {
    pub fn new(cast: &'a Cast, directory: &'a Directory) -> Self {
        Self { cast, directory }
    }

    pub fn actor(&self, staff: StaffIndex) -> &'a Actor {
        &self.directory.staff[staff].actor
    }

    /// From eight to eight.
    pub fn is_on_shift(&self, staff: StaffIndex, at: Instant) -> bool {
        let now = if (8..20).contains(&time::hour(at)) { Shift::Day } else { Shift::Night };
        self.cast.staff[staff].shift == Some(now)
    }

    /// An agent of the team who is there; a lead where nobody else is.
    pub fn somebody(&self, escalation: bool, at: Instant, rng: &mut Rng) -> StaffIndex {
        let team = if escalation { ESCALATION } else { FIRST_LINE };
        let of_role = |role: Role| {
            let all = 0..self.cast.staff.len();
            let fits = |index: &StaffIndex| {
                let member = &self.cast.staff[*index];
                member.role == role && member.is_in(team) && self.is_on_shift(*index, at)
            };
            all.filter(fits).collect::<Vec<_>>()
        };
        let agents = rng.pick(&of_role(Role::Agent)).copied();
        agents.or_else(|| of_role(Role::Lead).first().copied()).unwrap_or_default()
    }

    /// For what goes across teams.
    pub fn lead(&self, at: Instant) -> StaffIndex {
        let leads = (0..self.cast.staff.len()).filter(|index| self.cast.staff[*index].role == Role::Lead);
        let leads: Vec<_> = leads.collect();
        let there = leads.iter().find(|index| self.is_on_shift(**index, at));
        there.or(leads.first()).copied().unwrap_or_default()
    }

    /// The one who sells to this customer.
    pub fn seller(&self, customer: usize) -> Option<StaffIndex> {
        let sells = self.cast.customers[customer].sales;
        self.cast.staff.iter().position(|member| sells && member.role == Role::Sales)
    }
}
