//! Forms with files.

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use watchdesk_core::event::ActorRef;
use watchdesk_core::ids::AttachmentId;
use watchdesk_store::attachments::{self, NewAttachment};

use crate::api::attachments::{safe_filename, type_of};
use crate::app::App;
use crate::forms::FormFields;
use crate::input::Wrong;
use crate::problem::Problem;

/// Files of one form.
pub(super) const FILES_MAX: usize = 50;
const FIELD: &str = "attachments";

/// What somebody chose to send along.
pub(crate) struct File {
    pub name: String,
    pub bytes: Vec<u8>,
}

pub(crate) fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.trim().to_ascii_lowercase().starts_with("multipart/form-data")
}

/// Everything in it; the size of the whole is bounded where the paths are listed.
pub(super) async fn read(request: Request, app: &App) -> Result<(FormFields, Vec<File>), Problem> {
    let malformed = || Problem::Malformed { why: "it is no form with files".to_owned() };
    let mut parts = Multipart::from_request(request, app).await.map_err(|_| malformed())?;
    let mut fields = FormFields::default();
    let mut files = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(|error| unreadable(&error, app))? {
        let Some(name) = part.name().map(str::to_owned) else { continue };
        match part.file_name().map(str::to_owned) {
            None => fields.push(name, text(part, app).await?),
            Some(filename) if name == FIELD => files.extend(file(part, filename, app).await?),
            Some(_) => return Err(Problem::invalid(&name, Wrong::Unknown)),
        }
        if files.len() > FILES_MAX {
            return Err(Problem::invalid(FIELD, Wrong::TooMany { max: FILES_MAX }));
        }
    }
    Ok((fields, files))
}

fn unreadable(error: &MultipartError, app: &App) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge { max_bytes: app.options.attachment_bytes_max },
        _ => Problem::Malformed { why: "it ended too early, or is no form with files".to_owned() },
    }
}

async fn text(part: Field<'_>, app: &App) -> Result<String, Problem> {
    let bytes = part.bytes().await.map_err(|error| unreadable(&error, app))?;
    if bytes.len() > app.options.body_bytes_max {
        return Err(Problem::TooLarge { max_bytes: app.options.body_bytes_max });
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A browser sends a file without name and content where none was chosen.
async fn file(part: Field<'_>, filename: String, app: &App) -> Result<Option<File>, Problem> {
    let bytes = part.bytes().await.map_err(|error| unreadable(&error, app))?;
    if filename.is_empty() && bytes.is_empty() {
        return Ok(None);
    }
    if bytes.len() > app.options.attachment_bytes_max {
        return Err(Problem::TooLarge { max_bytes: app.options.attachment_bytes_max });
    }
    Ok(Some(File { name: safe_filename(&filename), bytes: bytes.to_vec() }))
}

/// Puts the files where the message will take them from.
pub(super) async fn keep(app: &App, uploader: ActorRef, files: Vec<File>) -> Result<Vec<AttachmentId>, Problem> {
    let mut ids = Vec::with_capacity(files.len());
    for file in files {
        let content_type = type_of(&file.bytes).to_owned();
        let new = NewAttachment { filename: file.name, content_type, bytes: file.bytes, inline_id: None, uploader };
        ids.push(attachments::put(&app.store, new).await?);
    }
    Ok(ids)
}
