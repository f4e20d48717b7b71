//! The part of the table that is about what the operator lists: subscriptions, and the runs and files that bring them in.

use crate::routes::{Routes, doc};

use super::{imports, subscriptions, synchronisations};

pub(super) fn add(routes: Routes) -> Routes {
    import_routes(synchronisation_routes(subscription_routes(routes)))
}

fn import_routes(routes: Routes) -> Routes {
    use imports::{ImportQuery, ImportReport};
    routes
        .post(
            "/imports/customers",
            imports::customers,
            doc("Import customers and contracts from a spreadsheet")
                .query::<ImportQuery>()
                .text_body("text/csv")
                .answers::<ImportReport>(),
        )
        .post(
            "/imports/subscriptions",
            imports::subscriptions,
            doc("Import subscriptions from a spreadsheet")
                .query::<ImportQuery>()
                .text_body("text/csv")
                .answers::<ImportReport>(),
        )
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
