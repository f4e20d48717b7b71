//! All paths, and what surrounds them.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};

use crate::app::App;
use crate::{api, health, middleware, pages};

/// The whole face of the desk. What stands last here sees a request first.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(api::router(&app))
        .merge(health::router())
        .merge(pages::router(&app))
        .fallback(middleware::not_found)
        .method_not_allowed_fallback(middleware::method_not_allowed)
        .layer(from_fn_with_state(app.clone(), middleware::problems))
        .layer(from_fn_with_state(app.clone(), middleware::time_limit))
        .layer(from_fn_with_state(app.clone(), middleware::observe))
        .layer(from_fn(middleware::security_headers))
        .with_state(app)
}
