//! Who sees which tickets, as a condition. It says of every row what [`Visibility::admits`] says of the ticket.

use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Condition, Expr};
use watchdesk_core::rights::Visibility;

use crate::entities::ticket::Column;

pub(crate) fn condition(visibility: &Visibility) -> Condition {
    match visibility {
        Visibility::Everything => Condition::all(),
        Visibility::Teams { agent, teams } => Condition::any()
            .add(Column::OwnerId.eq(agent.0))
            .add(Column::TeamId.is_null())
            .add(one_of(Column::TeamId, teams.iter().map(|id| id.0))),
        Visibility::Customers(customers) => {
            Condition::all().add(one_of(Column::CustomerId, customers.iter().map(|id| id.0)))
        }
        Visibility::Organisation { customer, contact } => {
            Condition::any().add(Column::CustomerId.eq(customer.0)).add(Column::RequesterId.eq(contact.0))
        }
        Visibility::Own(contact) => Condition::all().add(Column::RequesterId.eq(contact.0)),
    }
}

/// Of the people on a customer's side, nobody may find what was said among ourselves. Sales see no cases, and notes
/// stand in the index together with the operator's words.
pub(crate) fn finds_public_words_only(visibility: &Visibility) -> bool {
    match visibility {
        Visibility::Organisation { .. } | Visibility::Own(_) | Visibility::Customers(_) => true,
        Visibility::Everything | Visibility::Teams { .. } => false,
    }
}

fn one_of(
    column: Column,
    ids: impl ExactSizeIterator<Item = sea_orm::prelude::Uuid>,
) -> sea_orm::sea_query::SimpleExpr {
    if ids.len() == 0 { Expr::value(false) } else { column.is_in(ids) }
}
