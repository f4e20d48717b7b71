//! The part of the table that is about what the operator lists: subscriptions, and the runs that bring them in.

use crate::routes::{Routes, doc};

use super::{subscriptions, synchronisations};

pub(super) fn add(routes: Routes) -> Routes {
    synchronisation_routes(subscription_routes(routes))
}

fn subscription_routes(routes: Routes) -> Routes {
    use subscriptions::{
        NewSubscriptionRequest, OfCustomerQuery, SubscriptionChangeRequest, SubscriptionView, SubscriptionsQuery,
        SuspendedQuery,
    };
    routes
        .get(
            "/subscriptions",
            subscriptions::list,
            doc("A customer's subscriptions").query::<SubscriptionsQuery>().lists::<SubscriptionView>(),
        )
        .get(
            "/subscriptions/suspended",
            subscriptions::suspended,
            doc("Suspended subscriptions, who loses his data first in front")
                .query::<SuspendedQuery>()
                .lists::<SubscriptionView>(),
        )
        .get("/subscriptions/{id}", subscriptions::read, doc("Read a subscription").answers::<SubscriptionView>())
        .patch(
            "/subscriptions/{id}",
            subscriptions::change,
            doc("Change a subscription").body::<SubscriptionChangeRequest>().answers::<SubscriptionView>(),
        )
        .get(
            "/customers/{id}/subscriptions",
            subscriptions::of_customer,
            doc("What this customer subscribes to").query::<OfCustomerQuery>().lists::<SubscriptionView>(),
        )
        .post(
            "/customers/{id}/subscriptions",
            subscriptions::create,
            doc("Add a subscription by hand").body::<NewSubscriptionRequest>().creates::<SubscriptionView>(),
        )
}

fn synchronisation_routes(routes: Routes) -> Routes {
    use synchronisations::{ChangeView, RunView, RunsQuery, WantedView};
    routes
        .get(
            "/synchronisations",
            synchronisations::list,
            doc("Runs that brought customers and subscriptions in, the latest first")
                .query::<RunsQuery>()
                .lists::<RunView>(),
        )
        .post(
            "/synchronisations",
            synchronisations::start,
            doc("Synchronise with the operator now").accepts::<WantedView>(),
        )
        .get("/synchronisations/{run}", synchronisations::read, doc("How a run went").answers::<RunView>())
        .get(
            "/synchronisations/{run}/changes",
            synchronisations::changes,
            doc("What a run changed").query::<RunsQuery>().lists::<ChangeView>(),
        )
}
