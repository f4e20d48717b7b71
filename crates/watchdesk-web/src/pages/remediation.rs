//! The document that is taken to a remediation meeting. It says what may leave the desk, in the language asked for.

use axum::response::{IntoResponse, Response};
use watchdesk_core::case::{HealthEvidence, Measure};
use watchdesk_core::desk::Language;
use watchdesk_core::ids::Slug;
use watchdesk_core::report::escalations::Group;
use watchdesk_core::rights::Verb;
use watchdesk_core::ticket::Severity;
use watchdesk_templates::ReaderLocale;
use watchdesk_templates::pages::{
    EscalationFigures, RemediationCase, RemediationLesson, RemediationMeasure, RemediationPage, RemediationTable,
};

use super::escalations::{Asked, group_row, months};
use super::names::{self, Staff};
use super::statics;
use super::visit::Visit;
use crate::api::remediation::{remediation_csv, remediation_json};
use crate::escalations::escalations;
use crate::problem::Problem;
use crate::remediation::{Dossier, dossiers};

const PAGE: &str = "/reports/remediation";
/// What the figures are broken down by; agents are none of the operator's business.
const GROUPS: [Group; 3] = [Group::Product, Group::Category, Group::Reason];

/// The days and the operator of the report, and how the document is made of them.
struct Wanted {
    asked: Asked,
    agents: bool,
}

impl Wanted {
    fn read(visit: &Visit) -> Result<Self, Problem> {
        let mut asked = Asked::read(visit, &visit.query)?;
        // One document is for one operator, and about all that went to it.
        asked.filter.operator = asked.filter.operator.or_else(|| Some(visit.desk.settings.operator.clone()));
        (asked.filter.product, asked.filter.category, asked.filter.agent) = (None, None, None);
        Ok(Self { asked, agents: visit.query.filled("agents") == Some("true") })
    }

    fn query(&self, language: Language, agents: bool) -> String {
        let Asked { from, to, filter, .. } = &self.asked;
        let operator = filter.operator.as_ref().map(|slug| format!("&operator={slug}")).unwrap_or_default();
        let agents = if agents { "&agents=true" } else { "" };
        format!("from={from}&to={to}{operator}&lang={}{agents}", language.as_str())
    }
}

pub(super) async fn page(mut visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    let language = visit.query.filled("lang").map_or(visit.language(), Language::of_tag);
    visit.locale = ReaderLocale::new(language, visit.app.options.time_zone);
    let wanted = Wanted::read(&visit)?;
    let mut groups = GROUPS.to_vec();
    groups.push(Group::Month);
    let answered = escalations(&visit.app.store, &wanted.asked.question(&visit, groups)).await?;
    let told = dossiers(&visit.app.store, &answered.came_back, wanted.agents, language).await?;
    let nobody = Staff::named(&visit, []).await?;
    let table = |group: Group| {
        let rows = answered.report.rows.iter().filter(|row| row.key.group() == group);
        RemediationTable { group: group.as_str(), rows: rows.map(|row| group_row(&visit, &nobody, row)).collect() }
    };
    let Asked { from, to, filter, .. } = &wanted.asked;
    let href = |language, agents| format!("{PAGE}?{}", wanted.query(language, agents));
    let page = RemediationPage {
        assets: statics::version().to_owned(),
        company: company(&visit),
        operator: filter.operator.as_ref().map(|slug| names::operator(&visit, slug)).unwrap_or_default(),
        from: *from,
        to: *to,
        at: answered.now,
        figures: EscalationFigures::from(&answered.report.total),
        months: months(&answered.report, *from, *to),
        tables: GROUPS.map(table).into(),
        measures: told.iter().filter_map(measure).collect(),
        cases: told.into_iter().map(|one| case(&visit, one)).collect(),
        is_cut: answered.is_cut,
        agents: wanted.agents,
        back_href: format!("/reports/escalations?from={from}&to={to}"),
        csv_href: format!("{PAGE}.csv?{}", wanted.query(language, wanted.agents)),
        chinese_href: href(Language::Chinese, wanted.agents),
        english_href: href(Language::English, wanted.agents),
        agents_href: href(language, !wanted.agents),
    };
    visit.page(&page)
}

/// As its contract names it, or else as customers know the desk.
fn company(visit: &Visit) -> String {
    let options = &visit.app.options;
    if options.reseller.company.trim().is_empty() {
        options.desk_name.clone()
    } else {
        options.reseller.company.clone()
    }
}

/// What is done; a case that asks for nothing is told, and is no measure.
fn measure(one: &Dossier) -> Option<RemediationMeasure> {
    let lesson = one.lesson.as_ref().filter(|lesson| lesson.measure != Measure::None)?;
    Some(RemediationMeasure {
        measure: lesson.measure.as_str().to_owned(),
        reference: one.reference.clone(),
        body: lesson.body.clone(),
        at: lesson.at,
        owner: lesson.owner.clone().unwrap_or_default(),
    })
}

fn case(visit: &Visit, one: Dossier) -> RemediationCase {
    let name = |slug: Option<Slug>, name: fn(&Visit, &Slug) -> String| slug.map(|slug| name(visit, &slug));
    let health_checked_at = match one.health {
        HealthEvidence::Checked { at } => Some(at),
        HealthEvidence::Waived => None,
    };
    RemediationCase {
        reference: one.reference,
        fate: one.fate.as_str().to_owned(),
        product: name(one.product, names::service).unwrap_or_default(),
        category: name(one.category, names::category).unwrap_or_default(),
        companies: one.companies,
        filed_at: one.filed_at,
        acknowledged_at: one.acknowledged_at,
        ended_at: one.ended_at,
        severity: one.severity.as_str().to_owned(),
        severity_changed: one.severity_changed.map(|severity| Severity::as_str(severity).to_owned()),
        reason: one.reason.as_str().to_owned(),
        summary: one.summary,
        tried: one.tried,
        impact: one.impact,
        affected_users: one.affected_users,
        since: one.since,
        error_texts: one.error_texts,
        health_checked_at,
        health_waiver: one.health_waiver,
        not_this_incident: one.not_this_incident,
        incident_override: one.incident_override,
        ending: one.ending,
        ours_s: one.time.ours_s,
        customers_s: one.time.customers_s,
        operators_s: one.time.operators_s,
        lesson: one.lesson.map(|lesson| RemediationLesson {
            body: lesson.body,
            measure: lesson.measure.as_str().to_owned(),
            at: lesson.at,
        }),
        agent: one.agent.unwrap_or_default(),
    }
}

/// The same, for a spreadsheet.
pub(super) async fn csv(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    let wanted = Wanted::read(&visit)?;
    remediation_csv(&visit.app.store, &wanted.asked.question(&visit, Vec::new()), wanted.agents).await
}

/// ... and for a program.
pub(super) async fn json(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadReports)?;
    let wanted = Wanted::read(&visit)?;
    let question = wanted.asked.question(&visit, Vec::new());
    Ok(remediation_json(&visit.app.store, &question, wanted.agents).await?.into_response())
}
