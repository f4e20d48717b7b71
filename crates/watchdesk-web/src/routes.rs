//! Paths, what answers them, and how the API describes them: one table, so that none of the three can be forgotten.

use axum::Router;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::routing::{MethodFilter, on};
use utoipa::ToSchema;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder};
use utoipa::openapi::{KnownFormat, Paths, Ref, RefOr, Required, ResponseBuilder, Schema};

use crate::app::App;
use crate::input::{Input, Schemas, text_schema};
use crate::problem::ProblemBody;

/// Before every path of the API.
pub(crate) const PREFIX: &str = "/api/v1";

/// One way to call the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub method: Method,
    /// With [`PREFIX`].
    pub path: String,
}

/// The table, and what is made of it.
pub(crate) struct Routes {
    pub router: Router<App>,
    pub list: Vec<Route>,
    pub paths: Paths,
    pub schemas: Schemas,
}

impl Routes {
    pub fn new() -> Self {
        let mut schemas = Schemas::default();
        schemas.add_view::<ProblemBody>();
        Self { router: Router::new(), list: Vec::new(), paths: Paths::new(), schemas }
    }

    pub fn get<H: Handler<T, App>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add(Method::GET, MethodFilter::GET, HttpMethod::Get, path, handler, doc)
    }

    pub fn post<H: Handler<T, App>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add(Method::POST, MethodFilter::POST, HttpMethod::Post, path, handler, doc)
    }

    pub fn put<H: Handler<T, App>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add(Method::PUT, MethodFilter::PUT, HttpMethod::Put, path, handler, doc)
    }

    pub fn patch<H: Handler<T, App>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add(Method::PATCH, MethodFilter::PATCH, HttpMethod::Patch, path, handler, doc.needs(IfMatch::Required))
    }

    pub fn delete<H: Handler<T, App>, T: 'static>(self, path: &str, handler: H, doc: Doc) -> Self {
        self.add(Method::DELETE, MethodFilter::DELETE, HttpMethod::Delete, path, handler, doc)
    }

    fn add<H: Handler<T, App>, T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        documented: HttpMethod,
        path: &str,
        handler: H,
        doc: Doc,
    ) -> Self {
        let path = format!("{PREFIX}{path}");
        self.router = self.router.route(&path, on(filter, handler));
        let operation = doc.operation(&method, &path, &mut self.schemas);
        let item = PathItem::new(documented, operation);
        match self.paths.paths.get_mut(&path) {
            Some(known) => known.merge_operations(item),
            None => drop(self.paths.paths.insert(path.clone(), item)),
        }
        self.list.push(Route { method, path });
        self
    }
}

/// Whether a change must say which version it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfMatch {
    Optional,
    /// Where something stands already; it is not needed to make what is new.
    RequiredToReplace,
    Required,
}

/// What the description says about a route.
pub(crate) struct Doc {
    summary: &'static str,
    body: Option<Body>,
    query: Option<Described>,
    answer: Option<Described>,
    status: StatusCode,
    is_page: bool,
    if_match: IfMatch,
    raw_type: Option<&'static str>,
}

enum Body {
    /// Also as TOML, where the kind is written so too.
    Json(Described, bool),
    Raw,
    Text(&'static str),
}

/// A named schema: its name, and how to add it.
struct Described {
    name: String,
    add: fn(&mut Schemas),
}

/// A sentence about the route.
pub(crate) fn doc(summary: &'static str) -> Doc {
    let status = StatusCode::NO_CONTENT;
    Doc {
        summary,
        body: None,
        query: None,
        answer: None,
        status,
        is_page: false,
        if_match: IfMatch::Optional,
        raw_type: None,
    }
}

impl Doc {
    pub fn body<T: Input>(mut self) -> Self {
        self.body = Some(Body::Json(Described { name: input_name::<T>(), add: T::collect }, T::TAKES_TOML));
        self
    }

    /// Bytes as they are, or a form with one file.
    pub fn raw_body(mut self) -> Self {
        self.body = Some(Body::Raw);
        self
    }

    /// A text of one type.
    pub fn text_body(mut self, content_type: &'static str) -> Self {
        self.body = Some(Body::Text(content_type));
        self
    }

    pub fn query<T: Input>(mut self) -> Self {
        self.query = Some(Described { name: input_name::<T>(), add: T::collect });
        self
    }

    pub fn answers<T: ToSchema>(self) -> Self {
        self.with_answer::<T>(StatusCode::OK)
    }

    pub fn creates<T: ToSchema>(self) -> Self {
        self.with_answer::<T>(StatusCode::CREATED)
    }

    /// It is begun, and done a little later.
    pub fn accepts<T: ToSchema>(self) -> Self {
        self.with_answer::<T>(StatusCode::ACCEPTED)
    }

    /// A list: `items` and `next`.
    pub fn lists<T: ToSchema>(mut self) -> Self {
        self.is_page = true;
        self.with_answer::<T>(StatusCode::OK)
    }

    /// Also as another type, where the caller accepts it.
    pub fn or_raw(mut self, content_type: &'static str) -> Self {
        self.raw_type = Some(content_type);
        self
    }

    pub fn answers_raw(mut self, content_type: &'static str) -> Self {
        self.status = StatusCode::OK;
        self.raw_type = Some(content_type);
        self
    }

    fn with_answer<T: ToSchema>(mut self, status: StatusCode) -> Self {
        self.status = status;
        self.answer = Some(Described { name: T::name().into_owned(), add: |schemas| schemas.add_view::<T>() });
        self
    }

    pub fn needs(mut self, if_match: IfMatch) -> Self {
        self.if_match = if_match;
        self
    }

    fn operation(self, method: &Method, path: &str, schemas: &mut Schemas) -> OperationBuilder {
        let changes = *method != Method::GET;
        let mut operation = OperationBuilder::new()
            .summary(Some(self.summary))
            .operation_id(Some(operation_id(method, path)))
            .tag(path.trim_start_matches(PREFIX).split('/').nth(1).unwrap_or_default().to_owned());
        for name in parameters_of(path) {
            operation = operation.parameter(path_parameter(name));
        }
        for parameter in self.query.iter().flat_map(|query| query_parameters(query, schemas)) {
            operation = operation.parameter(parameter);
        }
        if changes {
            let what = match self.if_match {
                IfMatch::Optional | IfMatch::Required => "The ETag of what is changed.",
                IfMatch::RequiredToReplace => "The ETag of what is replaced; not needed where nothing is there yet.",
            };
            operation = operation.parameter(header("If-Match", self.if_match == IfMatch::Required, what));
            operation = operation.parameter(header(
                "Idempotency-Key",
                false,
                "The same request again gets the same answer for 24 h.",
            ));
        }
        if let Some(body) = &self.body {
            operation = operation.request_body(Some(request_body(body, schemas).build()));
        }
        operation = operation.response(self.status.as_str(), self.success(schemas));
        for (status, what) in problems(changes, self.if_match, path.contains('{')) {
            operation = operation.response(status, problem(what));
        }
        operation
    }

    fn success(&self, schemas: &mut Schemas) -> ResponseBuilder {
        let mut response = ResponseBuilder::new().description(match self.status {
            StatusCode::CREATED => "Done; Location says where it is.",
            StatusCode::NO_CONTENT => "Done.",
            _ => "The answer.",
        });
        if let Some(answer) = &self.answer {
            (answer.add)(schemas);
            let schema: RefOr<Schema> = Ref::from_schema_name(&answer.name).into();
            let schema = if self.is_page { page(schema) } else { schema };
            response = response.content("application/json", ContentBuilder::new().schema(Some(schema)).build());
            response = response.header("ETag", HeaderBuilder::new().schema(Some(text_schema(None))).build());
        }
        if let Some(kind) = self.raw_type {
            response = response
                .content(kind, ContentBuilder::new().schema(Some(text_schema(Some(KnownFormat::Binary)))).build());
        }
        response
    }
}

fn input_name<T: Input>() -> String {
    match T::schema() {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next().unwrap_or_default().to_owned(),
        RefOr::T(_) => String::new(),
    }
}

/// `post_tickets_number_triage`
fn operation_id(method: &Method, path: &str) -> String {
    let words = path.trim_start_matches(PREFIX).split(['/', '{', '}', '-']).filter(|word| !word.is_empty());
    words.fold(method.as_str().to_ascii_lowercase(), |id, word| format!("{id}_{word}"))
}

fn parameters_of(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Parameter {
    let schema = match name {
        "number" | "version" => ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::Integer),
        "slug" => text_schema(None),
        _ => text_schema(Some(KnownFormat::Uuid)),
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(schema))
        .build()
}

fn header(name: &str, required: bool, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(if required { Required::True } else { Required::False })
        .description(Some(description))
        .schema(Some(text_schema(None)))
        .build()
}

/// The fields of the query, one parameter each.
fn query_parameters(query: &Described, schemas: &mut Schemas) -> Vec<Parameter> {
    (query.add)(schemas);
    let Some(RefOr::T(Schema::Object(object))) = schemas.get(&query.name) else { return Vec::new() };
    let parameter = |(name, schema): (&String, &RefOr<Schema>)| {
        let required = if object.required.contains(name) { Required::True } else { Required::False };
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(required);
        parameter.schema(Some(schema.clone())).build()
    };
    object.properties.iter().map(parameter).collect()
}

fn request_body(body: &Body, schemas: &mut Schemas) -> RequestBodyBuilder {
    let content = |schema: RefOr<Schema>| ContentBuilder::new().schema(Some(schema)).build();
    let builder = RequestBodyBuilder::new().required(Some(Required::True));
    match body {
        Body::Json(described, takes_toml) => {
            (described.add)(schemas);
            let schema = || Ref::from_schema_name(&described.name).into();
            let builder = builder.content("application/json", content(schema()));
            if *takes_toml { builder.content("application/toml", content(schema())) } else { builder }
        }
        Body::Text(kind) => builder.content(*kind, content(text_schema(None).into())),
        Body::Raw => {
            let file = ObjectBuilder::new().property("file", text_schema(Some(KnownFormat::Binary))).required("file");
            let bytes = text_schema(Some(KnownFormat::Binary));
            builder
                .content("multipart/form-data", content(file.into()))
                .content("application/octet-stream", content(bytes.into()))
        }
    }
}

fn page(item: RefOr<Schema>) -> RefOr<Schema> {
    let items = ArrayBuilder::new().items(item);
    let next = text_schema(None).description(Some("The cursor of the next page, if there is one."));
    ObjectBuilder::new().property("items", items).property("next", next).required("items").into()
}

fn problem(what: &str) -> ResponseBuilder {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(what).content("application/problem+json", content)
}

fn problems(changes: bool, if_match: IfMatch, names_something: bool) -> Vec<(&'static str, &'static str)> {
    let mut problems = vec![
        ("401", "No valid bearer token."),
        ("403", "The token lacks the scope."),
        ("422", "Fields are missing, unknown or wrong; every one is named."),
        ("503", "The database cannot be used right now."),
    ];
    if names_something {
        problems.push(("404", "Absent, or not for you to see."));
    }
    if changes {
        problems.push(("409", "Refused: state, command, way out."));
        problems.push(("412", "If-Match names another version."));
        problems.push(("413", "The body is too large."));
    }
    if if_match != IfMatch::Optional {
        problems.push(("428", "If-Match is required."));
    }
    problems
}
