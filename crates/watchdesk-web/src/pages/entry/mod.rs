//! In front of the desk: signing in and out, the first password, the language.

pub(super) mod acknowledge;
pub(super) mod language;
pub(super) mod sign_in;
pub(super) mod sign_out;
pub(super) mod welcome;

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono_tz::Tz;
use watchdesk_core::ids::AgentId;
use watchdesk_store::auth;
use watchdesk_templates::{Page, ReaderLocale};

use super::{answer, cookies};
use crate::app::App;
use crate::problem::Problem;
use crate::session::{Visitor, session_cookie, session_token};

/// The reader whom we do not know yet.
fn locale(headers: &HeaderMap) -> ReaderLocale {
    let language = cookies::language(headers).unwrap_or_else(|| crate::language::preferred(headers));
    ReaderLocale::new(language, Tz::UTC)
}

/// A page of a visitor, with the cookie that his form will be checked against.
fn page<P: Page>(
    app: &App,
    headers: &HeaderMap,
    visitor: &Visitor,
    status: StatusCode,
    page: &P,
) -> Result<Response, Problem> {
    let mut response = answer::html(status, app.engine.page(&locale(headers), page)?);
    if let Some(cookie) = visitor.cookie(&app.options) {
        cookies::add(&mut response, cookie);
    }
    Ok(response)
}

/// A session of its own for every sign-in; the one before, of whomever, is over.
async fn let_in(app: &App, headers: &HeaderMap, agent: AgentId, to: &str) -> Result<Response, Problem> {
    if let Some(old) = session_token(&app.options, headers) {
        auth::end_session(&app.store, old).await?;
    }
    let session = auth::start_session(&app.store, agent).await?;
    let now = app.store.now().await?;
    let mut response = answer::see_other(to);
    cookies::add(&mut response, session_cookie(&app.options, &session.token, now, session.expires_at));
    Ok(response)
}
