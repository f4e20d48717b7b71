//! A desk that promises a little of everything: every objective, two calendars, ladders with all that a step can do, and
//! a rota with nobody on call by day.

use std::sync::Arc;

use crate::decide::tests::world::{World, slug};
use crate::desk::{AppliesTo, Versions};
use crate::rights::Role;
use crate::rota::{Rota, RotaSpec};

const POLICY: &str = r#"{
  "slug": "standard",
  "rules": [
    {"name": "nothing for internal tickets", "when": {"tags": ["internal"]}, "no_sla": true},
    {"name": "premium", "calendar": "always", "reopening": "restart",
     "when": {"customers": ["00000000-0000-0000-0000-0000000000c1"]},
     "targets": {
       "triage": {"A": 1800, "B": 1800, "C": 3600},
       "first_response": {"A": 900, "B": 3600, "C": 7200},
       "next_response": {"A": 1800, "B": 7200, "C": 14400},
       "periodic_update": {"A": 3600, "B": 14400, "C": 86400},
       "resolution": {"A": 14400, "B": 43200, "C": 172800}
     },
     "ladders": {
       "triage": [{"percent": 50, "tell": [{"on_call": {"rota": "night"}}]}, {"percent": 100, "tell": ["leads"]}],
       "first_response": {"repeat": 2, "steps": [
         {"percent": 50, "tell": ["assignee"], "acknowledge_within_s": 300},
         {"percent": 75, "tell": [{"on_call": {"rota": "night"}}], "acknowledge_within_s": 300},
         {"percent": 100, "tell": ["leads", "managers"], "acknowledge_within_s": 300}]},
       "periodic_update": [{"before_s": 600, "tell": ["assignee"]}],
       "resolution": {"repeat": 1, "steps": [
         {"after_s": 3600, "tell": [{"webhook": "pager"}, {"address": "duty@desk.example"}], "acknowledge_within_s": 600},
         {"percent": 50, "tell": ["team"], "acknowledge_within_s": 900},
         {"percent": 100, "tell": ["account_owner", "managers"], "raise_severity": true, "tags": ["missed"]}]}
     }},
    {"name": "billing in office hours", "when": {"categories": ["billing"]}, "calendar": "office",
     "targets": {
       "first_response": {"A": 14400, "B": {"working_days": 1}, "C": {"working_days": 2}},
       "next_response": {"A": 14400, "B": {"working_days": 1}, "C": {"working_days": 2}},
       "resolution": {"A": {"working_days": 1}, "B": {"working_days": 3}, "C": {"working_days": 5}}
     },
     "ladders": {
       "first_response": [{"percent": 75, "tell": ["assignee"]}, {"percent": 100, "tell": ["assignee", "leads"]}],
       "resolution": [{"percent": 90, "tell": ["assignee"], "assign": {"team": "first-line"}}]
     }},
    {"name": "standard 24x7", "calendar": "always",
     "targets": {
       "triage": {"A": 1800, "B": 7200, "C": 14400},
       "first_response": {"A": 3600, "B": 14400, "C": 28800},
       "next_response": {"A": 3600, "B": 14400, "C": 28800},
       "periodic_update": {"A": 7200, "B": 28800},
       "resolution": {"A": 28800, "B": 86400, "C": 259200}
     },
     "ladders": {
       "triage": [{"percent": 100, "tell": ["team"]}],
       "first_response": [{"percent": 75, "tell": ["assignee"]}, {"percent": 100, "tell": ["assignee", "leads"]}],
       "next_response": [{"percent": 75, "tell": ["assignee"]}, {"percent": 100, "tell": ["assignee", "leads"]}],
       "resolution": {"repeat": 1, "steps": [
         {"percent": 50, "tell": ["assignee"], "acknowledge_within_s": 600, "assign": {"on_call": {"rota": "night"}}},
         {"before_s": 1800, "tell": [{"on_call": {"rota": "night"}}], "acknowledge_within_s": 900},
         {"percent": 100, "tell": ["assignee", "leads"], "raise_severity": true, "propose_escalation": true},
         {"after_s": 7200, "tell": ["managers"], "acknowledge_within_s": 1800}]}
     }}
  ]}"#;

const OPERATOR: &str = r#"{
  "slug": "operator", "side": "operator",
  "rules": [
    {"name": "requests on working days", "when": {"categories": ["billing"]}, "calendar": "office",
     "targets": {
       "upstream_acknowledgement": {"A": {"working_days": 1}, "B": {"working_days": 1}, "C": {"working_days": 1}},
       "upstream_update": {"B": {"working_days": 1}}
     },
     "ladders": {"upstream_acknowledgement": [{"percent": 100, "tell": ["assignee"]}]}},
    {"name": "critical", "when": {"severities": ["A"]}, "calendar": "always",
     "targets": {"upstream_acknowledgement": {"A": 3600}, "upstream_update": {"A": 14400}, "upstream_resolution": {"A": 43200}},
     "ladders": {
       "upstream_acknowledgement": {"repeat": 1, "steps": [
         {"percent": 75, "tell": ["assignee"], "acknowledge_within_s": 600},
         {"percent": 100, "tell": ["leads"], "acknowledge_within_s": 600}]},
       "upstream_resolution": [{"percent": 100, "tell": ["managers"], "raise_severity": true, "tags": ["operator-late"]}]
     }},
    {"name": "daily", "calendar": "operator-daily",
     "targets": {
       "upstream_acknowledgement": {"B": 14400, "C": 28800},
       "upstream_update": {"B": {"working_days": 1}, "C": {"working_days": 2}},
       "upstream_resolution": {"B": 259200}
     },
     "ladders": {
       "upstream_acknowledgement": [{"percent": 100, "tell": ["assignee"]}],
       "upstream_update": [{"before_s": 3600, "tell": ["assignee"]}, {"percent": 100, "tell": ["assignee", "leads"]}]
     }}
  ]}"#;

/// Without the holiday that a later version brings.
pub const OFFICE: &str = r#"{"time_zone": "Asia/Shanghai", "hours": {
  "mon": [["09:00", "12:00"], ["13:00", "18:00"]], "tue": [["09:00", "12:00"], ["13:00", "18:00"]],
  "wed": [["09:00", "12:00"], ["13:00", "18:00"]], "thu": [["09:00", "12:00"], ["13:00", "18:00"]],
  "fri": [["09:00", "12:00"], ["13:00", "18:00"]]}, "holidays": [HOLIDAYS]}"#;

const NIGHT: &str = r#"{"slug": "night", "name": {"en": "Night", "zh": "夜班"}, "team": "first-line", "layers": [
  {"people": ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"], "rotation": "daily",
   "hand_over": "18:00", "time_zone": "Asia/Shanghai", "starts_on": "2026-01-05",
   "restrictions": [{"from": "18:00", "to": "06:00"}]}]}"#;

pub fn world() -> World {
    let mut world = World::new();
    world.policy(POLICY);
    world.desk.operator_policy = Versions::only(serde_json::from_str(OPERATOR).expect("a policy"));
    world.calendar("office", &OFFICE.replace("HOLIDAYS", ""), AppliesTo::Running);
    let rota: RotaSpec = serde_json::from_str(NIGHT).expect("a rota");
    world.desk.rotas.insert(slug("night"), Arc::new(Rota::compile(&rota).expect("a rota")));
    let manager = world.agent_with(Role::Manager);
    for customer in world.customers.values_mut().filter(|customer| customer.premium) {
        customer.account_owner = Some(manager);
    }
    world
}
