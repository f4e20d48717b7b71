//! What has had its time is taken away, a bounded piece at a time.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::Instant;

use crate::rows::seconds;
use crate::{Store, StoreError};

/// Rows that one piece has at the most.
const FORGET_MAX: u64 = 1_000;

/// Which rows of a table are old, and in which order an index finds them.
pub(crate) struct Old<E: EntityTrait> {
    pub id: E::Column,
    pub at: E::Column,
    pub order: E::Column,
}

impl<E: EntityTrait> Old<E> {
    /// Takes away what is older; answers how much it was.
    pub async fn forget_before(self, store: &Store, at: Instant, limit: u64) -> Result<u64, StoreError> {
        let old: Vec<Uuid> = E::find()
            .select_only()
            .column(self.id)
            .filter(self.at.lt(seconds(at)))
            .order_by_asc(self.order)
            .limit(limit.min(FORGET_MAX))
            .into_tuple()
            .all(store.reader())
            .await?;
        if old.is_empty() {
            return Ok(0);
        }
        let gone = E::delete_many().filter(self.id.is_in(old)).exec(store.writer()).await?;
        Ok(gone.rows_affected)
    }
}
