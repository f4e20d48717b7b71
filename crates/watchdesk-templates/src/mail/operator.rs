//! What the operator gets where it takes mail: our words as they stand in the case's thread, and nothing that links into
//! the house.

use serde::Serialize;

/// The packet of a case, or a later word about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToOperator {
    pub desk: String,
    pub number: i64,
    /// The operator's own number, once it is known.
    pub reference: Option<String>,
    /// One line, without what must not leave the house.
    pub summary: String,
    pub body: String,
    /// Empty below a packet, which says who we are.
    pub signature: String,
}
