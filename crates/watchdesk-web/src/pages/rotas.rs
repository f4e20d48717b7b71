//! Who is on call now and in the coming weeks, and where nobody will be.

use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use watchdesk_core::Instant;
use watchdesk_core::ids::Slug;
use watchdesk_core::rights::Verb;
use watchdesk_core::rota::{Rota, RotaError};
use watchdesk_templates::pages::{Nav, RotaCard, RotaGapLine, RotaLevel, RotasPage};

use super::names::Staff;
use super::shell::shell;
use super::visit::Visit;
use crate::api::rotas::feed_of;
use crate::duty::{gaps, is_active, levels};
use crate::input::placed;
use crate::problem::Problem;

const WEEKS: [i64; 4] = [1, 2, 4, 8];
const WEEKS_USUAL: i64 = 4;

pub(super) async fn page(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadDirectory)?;
    let weeks = visit.query.filled("weeks").and_then(|text| text.parse().ok());
    let weeks = weeks.filter(|weeks| WEEKS.contains(weeks)).unwrap_or(WEEKS_USUAL);
    let span = (visit.now, visit.now + chrono::Duration::weeks(weeks));
    let rotas = || visit.desk.rotas.values();
    let staff = Staff::load(&visit, rotas().flat_map(|rota| rota.people())).await?;
    let cards = rotas().map(|rota| card(&visit, &staff, rota, span)).collect::<Result<_, _>>().map_err(wrong)?;
    let on_rota = rotas().find(|rota| rota.people().contains(&visit.agent.id));
    let page = RotasPage {
        shell: shell(&visit, Nav::Rotas).await?,
        from: span.0,
        to: span.1,
        weeks,
        rotas: cards,
        gaps: gap_lines(&visit, span).map_err(wrong)?,
        feed_href: on_rota.map(|rota| format!("/rotas/{}/calendar.ics", rota.slug())),
    };
    visit.page(&page)
}

/// A rota that changes hands too often to be shown.
fn wrong(error: RotaError) -> Problem {
    placed(&error.to_string(), "weeks").into()
}

fn card(visit: &Visit, staff: &Staff, rota: &Rota, (from, to): (Instant, Instant)) -> Result<RotaCard, RotaError> {
    let level = |level| {
        let shifts = rota.shifts(level, from, to, &is_active(&visit.desk))?;
        Ok(RotaLevel::of(level, &shifts, visit.now, visit.locale.zone, |id| staff.person(id)))
    };
    let team = rota.team().and_then(|slug| staff.team(visit, staff.team_by_slug(slug)?));
    Ok(RotaCard {
        slug: rota.slug().to_string(),
        name: rota.name().in_language(visit.language()).to_owned(),
        team,
        levels: levels(rota).map(level).collect::<Result<_, RotaError>>()?,
    })
}

fn gap_lines(visit: &Visit, (from, to): (Instant, Instant)) -> Result<Vec<RotaGapLine>, RotaError> {
    let name = |slug: &Slug| {
        let rota = visit.desk.rotas.get(slug);
        rota.map_or_else(|| slug.to_string(), |rota| rota.name().in_language(visit.language()).to_owned())
    };
    let found = gaps(&visit.desk, from, to)?;
    let line = |(slug, gap): (Slug, watchdesk_core::rota::Gap)| RotaGapLine {
        rota: name(&slug),
        level: gap.level,
        from: gap.from,
        to: gap.to,
        length_s: (gap.to - gap.from).num_seconds(),
    };
    Ok(found.into_iter().map(line).collect())
}

/// The reader's own shifts, for his calendar.
pub(super) async fn feed(visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    visit.must_see(Verb::ReadDirectory)?;
    let rota = visit.desk.rotas.values().find(|rota| rota.slug().as_str() == slug).ok_or(Problem::NotFound)?;
    let text = feed_of(&visit.desk, rota, visit.agent.id, visit.language(), visit.now).map_err(wrong)?;
    Ok(([(CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response())
}
