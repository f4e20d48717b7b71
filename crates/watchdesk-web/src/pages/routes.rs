//! Every path of the pages, and what answers it: one table, so that a test can go through all of them.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use super::{
    cases, customers, entry, escalations, files, incidents, live, mail, mailboxes, operator_mail, people, queue,
    remediation, reports, resolution, rotas, search, services, statics, subscriptions, synchronisations, ticket,
};
use crate::app::App;

macro_rules! routes {
    ($($method:ident $path:literal => $handler:expr;)+) => {
        /// Method and path of each.
        #[cfg(test)]
        pub(crate) const ROUTES: &[(&str, &str)] = &[$((stringify!($method), $path)),+];

        fn table() -> Router<App> {
            Router::new()$(.route($path, $method($handler)))+
        }
    };
}

routes! {
    get "/" => queue::home;
    get "/static/{*name}" => statics::show;
    get "/live" => live::live;
    get "/sign-in" => entry::sign_in::page;
    post "/sign-in" => entry::sign_in::sign_in;
    post "/sign-out" => entry::sign_out::sign_out;
    get "/signed-out" => entry::sign_out::page;
    get "/welcome/{token}" => entry::welcome::page;
    post "/welcome/{token}" => entry::welcome::welcome;
    get "/acknowledge/{token}" => entry::acknowledge::page;
    post "/acknowledge/{token}" => entry::acknowledge::acknowledge;
    post "/language" => entry::language::choose;
    get "/queue" => queue::page;
    get "/search" => search::page;
    get "/cases" => cases::page;
    get "/cases/{id}/resolution" => resolution::page;
    post "/cases/{id}/resolution" => resolution::resolve;
    get "/mail" => mail::page;
    get "/mail/operator" => operator_mail::page;
    post "/mail/{id}/case" => operator_mail::belongs;
    get "/mail/{id}/raw" => mail::raw;
    post "/mail/{id}/retry" => mail::retry;
    get "/customers" => customers::list::page;
    post "/customers" => customers::list::create;
    get "/customers/import" => customers::import::page;
    post "/customers/import" => customers::import::import;
    get "/customers/{id}" => customers::one::page;
    post "/customers/{id}" => customers::forms::details;
    post "/customers/{id}/contacts" => customers::forms::add_contact;
    post "/customers/{id}/contacts/{contact}" => customers::forms::change_contact;
    post "/customers/{id}/contracts" => customers::forms::add_contract;
    post "/customers/{id}/contracts/{contract}" => customers::forms::end_contract;
    post "/customers/{id}/domains" => customers::forms::add_domain;
    post "/customers/{id}/domains/{domain}/removal" => customers::forms::remove_domain;
    post "/customers/{id}/subscriptions" => subscriptions::add;
    post "/customers/{id}/subscriptions/{subscription}" => subscriptions::change;
    get "/synchronisations" => synchronisations::page;
    post "/synchronisations" => synchronisations::start;
    get "/services" => services::page;
    post "/services/{slug}/health" => services::set_health;
    get "/incidents" => incidents::page;
    post "/incidents" => incidents::create;
    get "/incidents/{reference}" => incidents::one;
    post "/incidents/{reference}/end" => incidents::end;
    post "/incidents/{reference}/tickets" => incidents::link;
    get "/rotas" => rotas::page;
    get "/rotas/{slug}/calendar.ics" => rotas::feed;
    get "/reports" => reports::page;
    get "/reports/sla" => reports::page;
    get "/reports/sla.csv" => reports::csv;
    get "/reports/sla.json" => reports::json;
    get "/reports/forecast" => reports::forecast;
    get "/reports/escalations" => escalations::page;
    get "/reports/escalations.csv" => escalations::csv;
    get "/reports/escalations.json" => escalations::json;
    post "/reports/escalations/{id}/lesson" => escalations::learn;
    get "/reports/remediation" => remediation::page;
    get "/reports/remediation.csv" => remediation::csv;
    get "/reports/remediation.json" => remediation::json;
    get "/mailboxes" => mailboxes::page;
    post "/mailboxes" => mailboxes::create;
    post "/mailboxes/{id}" => mailboxes::change;
    get "/people" => people::page;
    post "/people" => people::invite;
    post "/people/{id}" => people::change;
    post "/people/{id}/link" => people::link;
    get "/messages/{id}/html" => files::message_html;
    get "/attachments/{id}" => files::attachment;
    get "/tickets/new" => ticket::new::page;
    post "/tickets" => ticket::new::open;
    get "/tickets/{number}" => ticket::page;
    get "/tickets/{number}/clocks" => ticket::clocks::page;
    post "/tickets/{number}/clocks/{clock}/acknowledgement" => ticket::clocks::acknowledge;
    post "/tickets/{number}/clocks/{clock}/excuse" => ticket::clocks::excuse;
    post "/tickets/{number}/clocks/{clock}/excuse/revocation" => ticket::clocks::revoke_excuse;
    post "/tickets/{number}/triage" => ticket::work::triage;
    post "/tickets/{number}/replies" => ticket::work::reply;
    post "/tickets/{number}/notes" => ticket::work::note;
    post "/tickets/{number}/calls" => ticket::work::log_call;
    post "/tickets/{number}/assignment" => ticket::work::assign;
    post "/tickets/{number}/fields" => ticket::work::change;
    post "/tickets/{number}/snooze" => ticket::work::snooze;
    post "/tickets/{number}/waking" => ticket::work::wake;
    post "/tickets/{number}/reopening" => ticket::work::reopen;
    post "/tickets/{number}/closing" => ticket::work::close;
    post "/tickets/{number}/health" => ticket::work::set_health;
    post "/tickets/{number}/messages/{message}/resending" => ticket::work::resend;
    post "/tickets/{number}/links" => ticket::joining::link;
    post "/tickets/{number}/links/removal" => ticket::joining::unlink;
    post "/tickets/{number}/incidents" => ticket::joining::link_incident;
    post "/tickets/{number}/incidents/removal" => ticket::joining::unlink_incident;
    post "/tickets/{number}/retest" => ticket::joining::retest;
    post "/tickets/{number}/merge" => ticket::joining::merge;
    post "/tickets/{number}/unmerge" => ticket::joining::unmerge;
    post "/tickets/{number}/split" => ticket::joining::split;
    post "/tickets/{number}/escalation" => ticket::operator::draft;
    post "/tickets/{number}/case/amendment" => ticket::operator::amend;
    post "/tickets/{number}/case/copying" => ticket::operator::copied;
    post "/tickets/{number}/case/filing" => ticket::operator::file;
    post "/tickets/{number}/case/acknowledgement" => ticket::operator::acknowledge;
    post "/tickets/{number}/case/updates" => ticket::operator::update;
    post "/tickets/{number}/case/chase" => ticket::operator::chase;
    post "/tickets/{number}/case/calls/inbound" => ticket::operator::they_called;
    post "/tickets/{number}/case/calls/outbound" => ticket::operator::we_called;
    post "/tickets/{number}/case/answer" => ticket::operator::answer;
    post "/tickets/{number}/case/waiting-on-us" => ticket::operator::wait_on_us;
    post "/tickets/{number}/case/severity" => ticket::operator::change_severity;
    post "/tickets/{number}/case/tickets" => ticket::operator::add_ticket;
    post "/tickets/{number}/case/refusal" => ticket::operator::refuse;
    post "/tickets/{number}/case/withdrawal" => ticket::operator::withdraw;
    post "/tickets/{number}/case/confirmation" => ticket::operator::confirm;
    post "/tickets/{number}/case/reopening" => ticket::operator::reopen;
    post "/tickets/{number}/case/lesson" => ticket::operator::learn;
}

pub(crate) fn router(app: &App) -> Router<App> {
    let body_bytes_max = app.options.attachment_bytes_max.saturating_add(app.options.body_bytes_max);
    table().layer(DefaultBodyLimit::max(body_bytes_max)).layer(axum::Extension(live::Streams::default()))
}
