//! A problem as a page.

use axum::extract::FromRequestParts;
use axum::http::header::RETRY_AFTER;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request};
use axum::response::Response;
use chrono_tz::Tz;
use watchdesk_templates::ReaderLocale;
use watchdesk_templates::pages::{ErrorPage, Outside};

use super::{answer, cookies, statics};
use crate::app::App;
use crate::language;
use crate::middleware::RequestId;
use crate::problem::{self, Problem};
use crate::session::{SessionActor, Visitor};

/// What is known of a request whose answer turns out to be a problem.
pub(crate) struct Asked {
    headers: HeaderMap,
    path: String,
    is_read: bool,
    request: Option<RequestId>,
}

impl Asked {
    pub fn of(parts: &Parts) -> Self {
        Self {
            headers: parts.headers.clone(),
            path: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            is_read: [Method::GET, Method::HEAD].contains(&parts.method),
            request: parts.extensions.get::<RequestId>().copied(),
        }
    }

    /// A page one can go back to: forms have addresses that nobody can look at.
    fn page(&self) -> &str {
        if self.is_read { &self.path } else { page_of_form(&self.path) }
    }
}

/// `/tickets/7` of `/tickets/7/replies`, `/mail` of `/mail/x/retry`.
fn page_of_form(path: &str) -> &str {
    let mut ends = path.match_indices('/').map(|(at, _)| at).skip(1);
    let (first, second) = (ends.next(), ends.next());
    let shows_one = ["/tickets/", "/customers/"].iter().any(|start| path.starts_with(start));
    let end = if shows_one { second } else { first };
    match &path[..end.unwrap_or(path.len())] {
        "/tickets" | "/language" | "/sign-out" | "/" | "" => "/queue",
        page => page,
    }
}

/// A problem as its reader sees it.
pub(crate) async fn problem(app: &App, asked: Asked, problem: &Problem) -> Response {
    if let Problem::SignedOut { .. } = problem
        && !asked.headers.contains_key("hx-request")
        && asked.path != "/live"
    {
        return answer::see_other(&sign_in_path(asked.page()));
    }
    let language = cookies::language(&asked.headers).unwrap_or_else(|| language::preferred(&asked.headers));
    // The database may be what the problem is about.
    let session = SessionActor::find(app, &asked.headers).await.unwrap_or_default();
    let visitor = visitor(app, &asked.headers).await;
    let csrf = match (&session, &visitor) {
        (Some(session), _) => session.csrf().to_owned(),
        (None, Some(visitor)) => visitor.csrf().to_owned(),
        (None, None) => String::new(),
    };
    let page = ErrorPage {
        outside: outside(app, csrf, asked.page()),
        signed_in: session.is_some(),
        status: problem.status().as_u16(),
        detail: problem.detail(language),
        way_out: Some(problem.way_out(language)),
        back: back(&asked, session.is_some()),
        request_id: asked.request.filter(|_| problem.status().is_server_error()).map(|id| id.0.to_string()),
    };
    let Ok(text) = app.engine.page(&ReaderLocale::new(language, Tz::UTC), &page) else {
        return problem::as_json(problem, language);
    };
    let mut response = answer::html(problem.status(), text);
    if let Some(seconds) = problem.retry_after_s() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(cookie) = visitor.filter(|_| session.is_none()).and_then(|visitor| visitor.cookie(&app.options)) {
        cookies::add(&mut response, cookie);
    }
    response
}

async fn visitor(app: &App, headers: &HeaderMap) -> Option<Visitor> {
    let mut request = Request::new(());
    *request.headers_mut() = headers.clone();
    Visitor::from_request_parts(&mut request.into_parts().0, app).await.ok()
}

/// Not to the page that is the problem.
fn back(asked: &Asked, signed_in: bool) -> String {
    match (signed_in, asked.is_read) {
        (false, _) => "/sign-in".to_owned(),
        (true, true) => "/queue".to_owned(),
        (true, false) => asked.page().to_owned(),
    }
}

pub(super) fn outside(app: &App, csrf: String, path: &str) -> Outside {
    Outside { desk: app.options.desk_name.clone(), csrf, assets: statics::version().to_owned(), path: path.to_owned() }
}

pub(super) fn sign_in_path(next: &str) -> String {
    let next = answer::local(next).filter(|next| *next != "/");
    next.map_or_else(|| "/sign-in".to_owned(), |next| format!("/sign-in?next={}", super::files::percent_encoded(next)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_a_form_one_goes_back_to_its_page() {
        let table = [
            ("/tickets/7/replies", "/tickets/7"),
            ("/tickets/7/case/filing", "/tickets/7"),
            ("/tickets", "/queue"),
            ("/customers/abc/contacts/def", "/customers/abc"),
            ("/mail/abc/retry", "/mail"),
            ("/people", "/people"),
            ("/language", "/queue"),
            ("/", "/queue"),
        ];
        for (path, expected) in table {
            assert_eq!(page_of_form(path), expected, "{path}");
        }
    }
}
