//! The part of the table that is about rules and duty: policies, calendars, rotas, reports.

use crate::routes::{IfMatch, Routes, doc};

use super::policies::VersionsQuery;
use super::rotas::{
    FeedQuery, GapView, OnCallQuery, OnCallView, RotaRequest, RotaSummary, RotaView, ShiftView, SpanQuery,
};
use super::trial::TrialView;
use super::{calendars, escalations, forecast, policies, remediation, reports, rotas};

pub(super) fn add(routes: Routes) -> Routes {
    report_routes(rota_routes(calendar_routes(policy_routes(routes))))
}

fn policy_routes(routes: Routes) -> Routes {
    use policies::{PolicyRequest, PolicySummary, PolicyView};
    routes
        .get("/policies", policies::list, doc("The policy of each side").lists::<PolicySummary>())
        .get("/policies/{slug}", policies::read, doc("The newest version of a policy").answers::<PolicyView>())
        .get(
            "/policies/{slug}/versions",
            policies::versions,
            doc("Versions of a policy, newest first").query::<VersionsQuery>().lists::<PolicySummary>(),
        )
        .post(
            "/policies/{slug}/versions",
            policies::publish,
            doc("Publish a version").body::<PolicyRequest>().creates::<PolicyView>(),
        )
        .get("/policies/{slug}/versions/{version}", policies::version, doc("Read a version").answers::<PolicyView>())
        .post(
            "/policies/{slug}/dry-run",
            policies::dry_run,
            doc("What a version would change").body::<PolicyRequest>().answers::<TrialView>(),
        )
}

fn calendar_routes(routes: Routes) -> Routes {
    use calendars::{CalendarRequest, CalendarSummary, CalendarView, HolidaysQuery, ImportView};
    routes
        .get("/calendars", calendars::list, doc("List calendars").lists::<CalendarSummary>())
        .get("/calendars/{slug}", calendars::read, doc("The newest version of a calendar").answers::<CalendarView>())
        .get(
            "/calendars/{slug}/versions",
            calendars::versions,
            doc("Versions of a calendar, newest first").query::<VersionsQuery>().lists::<CalendarSummary>(),
        )
        .post(
            "/calendars/{slug}/versions",
            calendars::publish,
            doc("Publish a version, or a new calendar").body::<CalendarRequest>().creates::<CalendarView>(),
        )
        .get(
            "/calendars/{slug}/versions/{version}",
            calendars::version,
            doc("Read a version").answers::<CalendarView>(),
        )
        .post(
            "/calendars/{slug}/dry-run",
            calendars::dry_run,
            doc("What a version would change").body::<CalendarRequest>().answers::<TrialView>(),
        )
        .post(
            "/calendars/{slug}/holidays",
            calendars::import_holidays,
            doc("Import a published schedule for what runs")
                .query::<HolidaysQuery>()
                .text_body("text/calendar")
                .answers::<ImportView>(),
        )
}

fn rota_routes(routes: Routes) -> Routes {
    routes
        .get("/rotas", rotas::list, doc("List rotas").lists::<RotaSummary>())
        .get(
            "/rotas/coverage",
            rotas::coverage_of_all,
            doc("Where nobody is on call, on all rotas").query::<SpanQuery>().lists::<GapView>(),
        )
        .get("/rotas/{slug}", rotas::read, doc("Read a rota").answers::<RotaView>())
        .put(
            "/rotas/{slug}",
            rotas::save,
            doc("Save a rota").body::<RotaRequest>().answers::<RotaView>().needs(IfMatch::RequiredToReplace),
        )
        .delete("/rotas/{slug}", rotas::delete, doc("Delete a rota"))
        .get(
            "/rotas/{slug}/on-call",
            rotas::on_call,
            doc("Who is on call").query::<OnCallQuery>().lists::<OnCallView>(),
        )
        .get(
            "/rotas/{slug}/coverage",
            rotas::coverage,
            doc("Where nobody is on call").query::<SpanQuery>().lists::<GapView>(),
        )
        .get(
            "/rotas/{slug}/shifts",
            rotas::shifts,
            doc("Who is on call when").query::<SpanQuery>().lists::<ShiftView>(),
        )
        .get(
            "/rotas/{slug}/calendar.ics",
            rotas::feed,
            doc("One person's shifts as iCalendar").query::<FeedQuery>().answers_raw("text/calendar"),
        )
}

fn report_routes(routes: Routes) -> Routes {
    use escalations::{EscalationsQuery, EscalationsView};
    use forecast::{ForecastQuery, ForecastView};
    use remediation::{RemediationQuery, RemediationView};
    use reports::{SlaQuery, SlaView};
    routes
        .get(
            "/reports/sla",
            reports::sla_report,
            doc("What was kept and missed").query::<SlaQuery>().answers::<SlaView>().or_raw("text/csv"),
        )
        .get(
            "/reports/escalations",
            escalations::escalation_report,
            doc("What went up to the operator, and what became of it")
                .query::<EscalationsQuery>()
                .answers::<EscalationsView>()
                .or_raw("text/csv"),
        )
        .get(
            "/reports/remediation",
            remediation::remediation_report,
            doc("Each case that came back, to be handed over")
                .query::<RemediationQuery>()
                .answers::<RemediationView>()
                .or_raw("text/csv"),
        )
        .get(
            "/reports/forecast",
            forecast::forecast_report,
            doc("What will be missed").query::<ForecastQuery>().answers::<ForecastView>(),
        )
}
