//! `/sign-in`.

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use watchdesk_store::auth::{self, SignIn};
use watchdesk_templates::pages::{SignInFailure, SignInPage};

use super::let_in;
use crate::app::App;
use crate::forms::{VisitorForm, decoded};
use crate::network::ClientAddress;
use crate::pages::{answer, problem};
use crate::problem::Problem;
use crate::session::{SessionActor, Visitor};

const EMAIL_CHARS_SHOWN_MAX: usize = 254;

/// Somebody who is signed in goes on to where he wanted to go.
pub(in crate::pages) async fn page(
    State(app): State<App>,
    headers: HeaderMap,
    uri: Uri,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let next = decoded(uri.query().unwrap_or_default().as_bytes()).into_iter().find(|(name, _)| name == "next");
    let next = next.map(|(_, value)| value).unwrap_or_default();
    if SessionActor::find(&app, &headers).await?.is_some() {
        return Ok(answer::see_other(target(&next)));
    }
    show(&app, &headers, &visitor, StatusCode::OK, Typed { next: &next, email: "" }, None)
}

pub(in crate::pages) async fn sign_in(
    State(app): State<App>,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
    form: VisitorForm,
) -> Result<Response, Problem> {
    let email = form.fields.filled("email").unwrap_or_default();
    let password = form.fields.get("password").unwrap_or_default();
    let next = form.fields.filled("next").unwrap_or_default();
    let typed = Typed { next, email };
    match auth::sign_in(&app.store, email, password, &client.0.to_string()).await? {
        SignIn::Welcome(agent) => let_in(&app, &headers, agent, target(next)).await,
        SignIn::Wrong => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            show(&app, &headers, &form.visitor, status, typed, Some(SignInFailure::Wrong))
        }
        SignIn::Throttled { .. } => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            show(&app, &headers, &form.visitor, status, typed, Some(SignInFailure::Throttled))
        }
    }
}

fn target(next: &str) -> &str {
    answer::local(next).filter(|next| !next.starts_with("/sign-in")).unwrap_or("/queue")
}

struct Typed<'t> {
    next: &'t str,
    email: &'t str,
}

fn show(
    app: &App,
    headers: &HeaderMap,
    visitor: &Visitor,
    status: StatusCode,
    typed: Typed<'_>,
    failure: Option<SignInFailure>,
) -> Result<Response, Problem> {
    let path = problem::sign_in_path(typed.next);
    let page = SignInPage {
        outside: problem::outside(app, visitor.csrf().to_owned(), &path),
        email: typed.email.chars().take(EMAIL_CHARS_SHOWN_MAX).collect(),
        next: target(typed.next).to_owned(),
        failure,
        demo_hint: app.options.demo_hint.clone(),
    };
    super::page(app, headers, visitor, status, &page)
}
