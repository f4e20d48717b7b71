//! Which step of a ladder a percentage was.

use std::collections::HashMap;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;
use serde_json::Value;

use super::json;

/// The percentages of a ladder, by policy version, rule and objective.
pub(super) struct Ladders(HashMap<(i32, String, String), Vec<u64>>);

impl Ladders {
    pub async fn read(connection: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let mut ladders = HashMap::new();
        let policies = Query::select().columns(["version", "body"]).from("policy").to_owned();
        for row in connection.query_all(&policies).await? {
            let (version, body): (i32, String) = (row.try_get("", "version")?, row.try_get("", "body")?);
            let body = json("policy", &body)?;
            for rule in list(&body["rules"]) {
                let name = rule["name"].as_str().unwrap_or_default();
                for (objective, steps) in rule["ladders"].as_object().into_iter().flatten() {
                    let percents = list(steps).iter().filter_map(|step| step["percent"].as_u64()).collect();
                    ladders.insert((version, name.to_owned(), objective.clone()), percents);
                }
            }
        }
        Ok(Self(ladders))
    }

    /// Where the step stands in its ladder.
    pub fn step(&self, terms: (i32, &str, &str), percent: u64) -> Option<usize> {
        let (version, rule, objective) = terms;
        let ladder = self.0.get(&(version, rule.to_owned(), objective.to_owned()))?;
        ladder.iter().position(|step| *step == percent)
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
