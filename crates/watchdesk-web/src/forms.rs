//! Forms of pages, read after their origin and token were checked.

use std::collections::BTreeMap;

use axum::Form;
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::Uri;
use axum::http::request::Parts;

use crate::app::App;
use crate::middleware::idempotency::read_body;
use crate::origin;
use crate::problem::Problem;
use crate::session::{SessionActor, Visitor};

/// Fields of one form that are looked at.
const FIELDS_MAX: usize = 1_000;

/// What was typed, by field name.
#[derive(Debug, Clone, Default)]
pub(crate) struct FormFields(Vec<(String, String)>);

impl FormFields {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// What stands there, or nothing.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|value| !value.is_empty())
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub fn push(&mut self, name: String, value: String) {
        if self.0.len() < FIELDS_MAX {
            self.0.push((name, value));
        }
    }

    /// To show the form again as it was, without its token and passwords.
    pub fn typed(&self) -> BTreeMap<String, String> {
        self.0.iter().filter(|(name, _)| name != "csrf" && !name.starts_with("password")).cloned().collect()
    }
}

/// A form of somebody who is signed in.
#[derive(Debug)]
pub(crate) struct SignedForm {
    pub actor: SessionActor,
    pub fields: FormFields,
}

impl FromRequest<App> for SignedForm {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let actor = SessionActor::from_request_parts(&mut parts, app).await?;
        origin::check(&parts.headers, &app.options)?;
        let fields = fields(app, parts, body).await?;
        actor.check_form(fields.get("csrf"))?;
        Ok(Self { actor, fields })
    }
}

/// A form of somebody who is not: sign-in, the first password.
#[derive(Debug)]
pub(crate) struct VisitorForm {
    pub visitor: Visitor,
    pub fields: FormFields,
}

impl FromRequest<App> for VisitorForm {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, app).await?;
        origin::check(&parts.headers, &app.options)?;
        let fields = fields(app, parts, body).await?;
        visitor.check_form(fields.get("csrf"))?;
        Ok(Self { visitor, fields })
    }
}

async fn fields(app: &App, parts: Parts, body: Body) -> Result<FormFields, Problem> {
    let body = read_body(body, app.options.body_bytes_max).await?;
    let Form(pairs) = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, Body::from(body)), &())
        .await
        .map_err(|rejection| match rejection {
            FormRejection::InvalidFormContentType(_) => Problem::UnsupportedMediaType,
            _ => Problem::Malformed { why: "it is not a form".to_owned() },
        })?;
    Ok(FormFields(pairs.into_iter().take(FIELDS_MAX).collect()))
}

/// Names and values of a query; none where it cannot be read.
pub(crate) fn decoded(query: &[u8]) -> Vec<(String, String)> {
    let uri = Uri::try_from([b"/?", query].concat()).unwrap_or_default();
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(&uri).map(|query| query.0).unwrap_or_default();
    pairs.into_iter().take(FIELDS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded() {
        let pairs = [("q", "邮 &"), ("next", "/tickets?x=1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(decoded(b"q=%E9%82%AE+%26&next=%2Ftickets%3Fx%3D1"), pairs);
        assert_eq!(decoded(b""), []);
    }

    #[test]
    fn what_was_typed_is_found_again_but_for_secrets() {
        let pairs = [("a", "1"), ("b", "邮 &"), ("a", "2"), ("csrf", "x"), ("c", " "), ("password", "p")];
        let fields = FormFields(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.get("b"), Some("邮 &"));
        assert_eq!(fields.filled("c"), None);
        assert!(!fields.typed().contains_key("csrf") && !fields.typed().contains_key("password"));
    }
}
