//! Proves on a live desk that what is stored is what must be: every ticket the fold of its events, every deadline what
//! its clock's policy and calendar say, every mail one fate, nothing without its owner, nobody called in vain. Reads only, in bounded batches,
//! each of one moment.

mod clocks;
mod rest;
mod tickets;

use sea_orm::{AccessMode, DatabaseTransaction, IsolationLevel, TransactionTrait};

use crate::{Backend, Store, StoreError};

/// So many findings are kept; the rest is only counted.
pub const FINDINGS_MAX: usize = 1_000;

/// Rows that are looked at in one go.
const BATCH: u64 = 200;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    pub tickets: u64,
    pub events: u64,
    pub clocks: u64,
    pub mails: u64,
    pub outbox: u64,
    pub findings: Vec<Finding>,
    /// How many more there were than are kept.
    pub findings_left_out: u64,
}

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub table: &'static str,
    pub id: String,
    pub what: String,
}

impl CheckReport {
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, table: &'static str, id: impl ToString, what: impl ToString) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { table, id: id.to_string(), what: what.to_string() });
        } else {
            self.findings_left_out += 1;
        }
    }

    /// A row that makes no sense is a finding; that the database cannot be asked is not.
    fn find_corrupt(&mut self, error: StoreError) -> Result<(), StoreError> {
        match error {
            StoreError::Corrupt { table, column, id, why } => {
                self.find(table, id, format_args!("{column}: {why}"));
                Ok(())
            }
            other => Err(other),
        }
    }
}

/// Looks at everything. `progress` is told the number of rows looked at, after each batch.
pub async fn check(store: &Store, progress: &mut (dyn FnMut(u64) + Send)) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport::default();
    tickets::check(store, &mut report, progress).await?;
    rest::mails(store, &mut report, progress).await?;
    rest::outbox(store, &mut report, progress).await?;
    rest::cases(store, &mut report).await?;
    rest::orphans(store, &mut report).await?;
    rest::rotas(store, &mut report).await?;
    Ok(report)
}

/// A transaction whose reads all show the same moment.
async fn one_moment(store: &Store) -> Result<DatabaseTransaction, StoreError> {
    let transaction = match store.backend() {
        Backend::Sqlite => store.reader().begin().await?,
        Backend::Postgres => {
            let isolation = Some(IsolationLevel::RepeatableRead);
            store.reader().begin_with_config(isolation, Some(AccessMode::ReadOnly)).await?
        }
    };
    Ok(transaction)
}
