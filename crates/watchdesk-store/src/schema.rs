//! Whether the database and this program fit together, and the upgrade that makes them fit.

use sea_orm::DatabaseConnection;

use crate::connect::connect_for_upgrade;
use crate::{StoreError, dialect};

/// What an upgrade did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// The steps taken, oldest first; none where everything was up to date.
    pub applied: Vec<String>,
    /// The step the schema is at now.
    pub at: String,
}

/// How far a schema is.
#[derive(Debug, PartialEq, Eq)]
enum Progress {
    Nothing,
    Older { found: String, known: String },
    Current,
}

/// Refuses any schema but the one that this program knows.
pub(crate) async fn require_current(connection: &DatabaseConnection) -> Result<(), StoreError> {
    match progress(applied(connection).await?)? {
        Progress::Nothing => Err(StoreError::NoSchema),
        Progress::Older { found, known } => Err(StoreError::SchemaOlder { found, known }),
        Progress::Current => Ok(()),
    }
}

pub(crate) async fn migrate(url: &str) -> Result<MigrationReport, StoreError> {
    let connection = connect_for_upgrade(url).await?;
    let report = upgrade(&connection).await;
    connection.close().await?;
    report
}

async fn upgrade(connection: &DatabaseConnection) -> Result<MigrationReport, StoreError> {
    dialect::require_sound_library(connection).await?;
    dialect::lock_upgrades(connection).await?;
    let before = applied(connection).await?;
    let known = watchdesk_migrations::steps();
    let done = before.as_ref().map_or(0, Vec::len);
    progress(before)?;
    watchdesk_migrations::upgrade(connection).await?;
    let at = known.last().cloned().unwrap_or_default();
    Ok(MigrationReport { applied: known.into_iter().skip(done).collect(), at })
}

async fn applied(connection: &DatabaseConnection) -> Result<Option<Vec<String>>, StoreError> {
    watchdesk_migrations::applied(connection).await.map_err(StoreError::Unreachable)
}

fn progress(applied: Option<Vec<String>>) -> Result<Progress, StoreError> {
    compare(applied.unwrap_or_default(), watchdesk_migrations::steps())
}

/// Steps are taken in order, so what is there must be a beginning of what is known.
fn compare(applied: Vec<String>, known: Vec<String>) -> Result<Progress, StoreError> {
    let newest = known.last().cloned().unwrap_or_default();
    if let Some(found) = applied.iter().find(|step| !known.contains(step)) {
        return Err(StoreError::SchemaNewer { found: found.clone(), known: newest });
    }
    if let Some(missing) = known.iter().take(applied.len()).find(|step| !applied.contains(step)) {
        return Err(StoreError::SchemaUneven { missing: missing.clone() });
    }
    Ok(match applied.last() {
        None => Progress::Nothing,
        Some(found) if *found != newest => Progress::Older { found: found.clone(), known: newest },
        Some(_) => Progress::Current,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_a_schema_may_look_like() {
        let known = || steps(&["m1", "m2", "m3"]);
        assert_eq!(compare(steps(&[]), known()).unwrap(), Progress::Nothing);
        assert_eq!(compare(known(), known()).unwrap(), Progress::Current);
        let older = Progress::Older { found: "m2".to_owned(), known: "m3".to_owned() };
        assert_eq!(compare(steps(&["m1", "m2"]), known()).unwrap(), older);
        let newer = compare(steps(&["m1", "m2", "m3", "m4"]), known()).unwrap_err();
        assert!(matches!(newer, StoreError::SchemaNewer { found, .. } if found == "m4"));
        let uneven = compare(steps(&["m1", "m3"]), known()).unwrap_err();
        assert!(matches!(uneven, StoreError::SchemaUneven { missing } if missing == "m2"));
    }
}
