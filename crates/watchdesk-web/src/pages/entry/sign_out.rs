//! `/sign-out`, `/signed-out`.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use watchdesk_store::auth;
use watchdesk_templates::pages::SignedOutPage;

use crate::app::App;
use crate::forms::SignedForm;
use crate::pages::{answer, cookies, problem};
use crate::problem::Problem;
use crate::session::{Visitor, no_session_cookie, session_token};

pub(in crate::pages) async fn sign_out(
    State(app): State<App>,
    headers: HeaderMap,
    _form: SignedForm,
) -> Result<Response, Problem> {
    if let Some(token) = session_token(&app.options, &headers) {
        auth::end_session(&app.store, token).await?;
    }
    let mut response = answer::see_other("/signed-out");
    cookies::add(&mut response, no_session_cookie(&app.options));
    Ok(response)
}

pub(in crate::pages) async fn page(
    State(app): State<App>,
    headers: HeaderMap,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let page = SignedOutPage { outside: problem::outside(&app, visitor.csrf().to_owned(), "/signed-out") };
    super::page(&app, &headers, &visitor, StatusCode::OK, &page)
}
