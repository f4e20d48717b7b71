//! Files: uploaded first, then named by the message that carries them. Downloaded only, never shown.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use watchdesk_core::ids::AttachmentId;
use watchdesk_core::rights::Verb;
use watchdesk_store::attachments::{self, AttachmentMeta, NewAttachment};
use watchdesk_store::tickets;
use watchdesk_templates::text::one_line_within;

use super::answer::{Answer, Answered};
use super::request::{Id, Query};
use super::views::AttachmentView;
use crate::app::App;
use crate::input::{Line, Wrong, request};
use crate::middleware::authenticate::Caller;
use crate::middleware::idempotency::{FORM_BYTES, read_body};
use crate::problem::{Problem, not_allowed};

const FILENAME_CHARS_MAX: usize = 150;

request! {
    pub(crate) struct UploadQuery {
        /// For a body that is the file itself; a form names its file.
        filename: Option<Line>,
    }
}

pub(super) async fn upload(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<UploadQuery>,
    request: Request,
) -> Answered<AttachmentView> {
    if !caller.may(Verb::WorkTicket) {
        return Err(not_allowed(caller.actor()));
    }
    let (filename, bytes) = match is_form(request.headers()) {
        true => from_form(&app, request).await?,
        false => (
            query.filename.map(|line| line.0),
            read_body(request.into_body(), app.options.attachment_bytes_max).await?.to_vec(),
        ),
    };
    if bytes.is_empty() {
        return Err(Problem::invalid("file", Wrong::Empty));
    }
    let new = NewAttachment {
        filename: safe_filename(filename.as_deref().unwrap_or_default()),
        content_type: type_of(&bytes).to_owned(),
        bytes,
        inline_id: None,
        uploader: caller.reference(),
    };
    let id = attachments::put(&app.store, new).await?;
    let meta = attachments::meta(&app.store, id).await?.ok_or(Problem::NotFound)?;
    Ok(Answer::created(format!("/attachments/{id}"), AttachmentView::from(meta)))
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("multipart/form-data")
}

/// The first file of the form.
async fn from_form(app: &App, request: Request) -> Result<(Option<String>, Vec<u8>), Problem> {
    let malformed = |_| Problem::Malformed { why: "it is not a form with a file".to_owned() };
    let max_bytes = app.options.attachment_bytes_max;
    let unread = |error: axum::extract::multipart::MultipartError| match error.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge { max_bytes },
        _ => Problem::Malformed { why: "the form breaks off".to_owned() },
    };
    let mut request = request;
    DefaultBodyLimit::apply(DefaultBodyLimit::max(max_bytes + FORM_BYTES), &mut request);
    let mut form = Multipart::from_request(request, app).await.map_err(malformed)?;
    while let Some(field) = form.next_field().await.map_err(unread)? {
        let Some(filename) = field.file_name().map(str::to_owned) else { continue };
        let bytes = field.bytes().await.map_err(unread)?;
        return match bytes.len() > max_bytes {
            true => Err(Problem::TooLarge { max_bytes }),
            false => Ok((Some(filename), bytes.to_vec())),
        };
    }
    Err(Problem::invalid("file", Wrong::Missing))
}

/// The last part of whatever path somebody sent, without signs that mean something to a shell, a browser or a reader.
pub(crate) fn safe_filename(text: &str) -> String {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    let name = one_line_within(kept.trim_start_matches('.'), FILENAME_CHARS_MAX);
    if name.is_empty() { "attachment".to_owned() } else { name }
}

/// By the bytes, never by the name or by what the sender says.
pub(crate) fn type_of(bytes: &[u8]) -> &'static str {
    const SIGNATURES: [(&[u8], &str); 9] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
        (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    ];
    if let Some((_, kind)) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return kind;
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return "image/webp";
    }
    let is_text = !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok();
    if is_text { "text/plain; charset=utf-8" } else { "application/octet-stream" }
}

pub(crate) async fn download(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<AttachmentId>,
) -> Result<Response, Problem> {
    let meta = attachments::meta(&app.store, id).await?.ok_or(Problem::NotFound)?;
    if !may_download(&app, &caller, &meta).await? {
        return Err(Problem::NotFound);
    }
    let (meta, bytes) = attachments::get(&app.store, id).await?.ok_or(Problem::NotFound)?;
    Ok(file(&meta.filename, &meta.content_type, bytes))
}

/// Whoever reads the message it came with; until there is one, whoever uploaded it.
async fn may_download(app: &App, caller: &Caller, meta: &AttachmentMeta) -> Result<bool, Problem> {
    let (Some(ticket), Some(kind)) = (meta.ticket, meta.kind) else { return Ok(meta.uploader == caller.reference()) };
    let Some(record) = tickets::by_id(&app.store, ticket).await? else { return Ok(false) };
    Ok(caller.may_read(&record.ticket, kind))
}

/// To be kept, not to be shown: a browser neither guesses its type nor runs any of it.
pub(crate) fn file(filename: &str, content_type: &str, bytes: Vec<u8>) -> Response {
    let length = bytes.len();
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    let fallback = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, HeaderValue::try_from(content_type).unwrap_or(fallback));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"),
    );
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let plain = HeaderValue::from_static("attachment");
    headers.insert(CONTENT_DISPOSITION, HeaderValue::try_from(disposition(filename)).unwrap_or(plain));
    response
}

/// RFC 6266: a name of plain letters for old programs, the real one beside it.
fn disposition(filename: &str) -> String {
    let plain: String =
        filename.chars().map(|c| if c.is_ascii_alphanumeric() || "._- ".contains(c) { c } else { '_' }).collect();
    let mut encoded = String::with_capacity(filename.len());
    for byte in filename.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_lose_their_tricks() {
        let table = [
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\report.pdf", "report.pdf"),
            ("a\r\nb\u{202e}gpj.exe", "a bgpj.exe"),
            (".htaccess", "htaccess"),
            ("", "attachment"),
            ("截图 1.png", "截图 1.png"),
            ("a\"b<c>.txt", "a_b_c_.txt"),
        ];
        for (name, expected) in table {
            assert_eq!(safe_filename(name), expected, "{name:?}");
        }
        assert_eq!(
            disposition("截图 \"1.png"),
            "attachment; filename=\"__ _1.png\"; filename*=UTF-8''%E6%88%AA%E5%9B%BE%20%221.png"
        );
    }

    #[test]
    fn types_come_from_bytes() {
        assert_eq!(type_of(b"\x89PNG\r\n\x1a\nrest"), "image/png");
        assert_eq!(type_of(b"<svg onload=alert(1)>"), "text/plain; charset=utf-8");
        assert_eq!(type_of(b"MZ\x90\x00"), "application/octet-stream");
    }
}
