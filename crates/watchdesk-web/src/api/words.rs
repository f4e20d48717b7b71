//! What somebody wrote, as core takes it.

use watchdesk_core::command::Words;
use watchdesk_core::desk::Language;
use watchdesk_core::event::ActorRef;
use watchdesk_core::ids::{AttachmentId, MessageId};
use watchdesk_core::tell;
use watchdesk_store::{attachments, fresh_id};
use watchdesk_templates::{clean_html, names};

use crate::app::App;
use crate::input::{Email, Prose, Wrong, choices};
use crate::problem::Problem;

/// Attachments of one message that an agent sends.
pub(crate) const ATTACHMENTS_MAX: usize = 50;
/// Further recipients of one message.
const CC_MAX: usize = 50;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum BodyType {
    #[default]
    Text,
    Html,
}

choices! {
    BodyType { "text" => BodyType::Text, "html" => BodyType::Html }
}

/// The words of a request, with a fresh id.
pub(crate) async fn words(
    app: &App,
    uploader: ActorRef,
    body: Prose,
    body_type: Option<BodyType>,
    cc: Option<Vec<Email>>,
    attachments: Option<Vec<AttachmentId>>,
) -> Result<Words, Problem> {
    let cc = cc.unwrap_or_default();
    if cc.len() > CC_MAX {
        return Err(Problem::invalid("cc", Wrong::TooMany { max: CC_MAX }));
    }
    let attachments = own_attachments(app, uploader, attachments.unwrap_or_default()).await?;
    let (body, html) = match body_type.unwrap_or_default() {
        BodyType::Text => (body.0, None),
        BodyType::Html => {
            let html = clean_html(&body.0).html;
            (text_of(&html), Some(html))
        }
    };
    let cc = cc.into_iter().map(|email| email.0).collect();
    Ok(Words { id: MessageId(fresh_id()), body, html, attachments, cc, mail_id: None })
}

/// Words that go to a customer: a draft whose gaps nobody has filled is not sent.
pub(crate) fn finished(body: Prose) -> Result<Prose, Problem> {
    if tell::is_unfinished(&body.0) {
        let why = names::say(Language::English, "tell.unfinished", &[]);
        return Err(Problem::invalid("body", Wrong::Said(why)));
    }
    Ok(body)
}

/// Just text.
pub(crate) fn plain_words(body: Prose) -> Words {
    Words::text(MessageId(fresh_id()), body.0)
}

/// Nobody attaches what somebody else uploaded; whether it is free still, `execute` knows.
async fn own_attachments(app: &App, uploader: ActorRef, ids: Vec<AttachmentId>) -> Result<Vec<AttachmentId>, Problem> {
    if ids.len() > ATTACHMENTS_MAX {
        return Err(Problem::invalid("attachments", Wrong::TooMany { max: ATTACHMENTS_MAX }));
    }
    for (index, id) in ids.iter().enumerate() {
        let meta = attachments::meta(&app.store, *id).await?;
        if meta.is_none_or(|meta| meta.uploader != uploader) {
            return Err(Problem::no_such(&format!("attachments[{index}]")));
        }
    }
    Ok(ids)
}

/// The text of cleaned HTML, for those who read no HTML. The cleaner leaves well-formed tags and few entities.
fn text_of(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let end = rest[start..].find('>').map_or(rest.len(), |end| start + end + 1);
        if begins_a_line(&rest[start..end]) && !text.ends_with('\n') {
            text.push('\n');
        }
        rest = &rest[end..];
    }
    text.push_str(rest);
    let entities = [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(text, |text, (entity, sign)| text.replace(entity, sign)).trim().to_owned()
}

fn begins_a_line(tag: &str) -> bool {
    let name = tag.trim_start_matches(['<', '/']).split([' ', '>', '/']).next().unwrap_or_default();
    ["br", "p", "div", "li", "tr", "ul", "ol", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre"]
        .contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_read_as_text_too() {
        let html =
            clean_html("<p>Dear <b>Li</b> &amp; Wang,</p><ul><li>one<li>two</ul>1 &lt; 2<br>end<script>x</script>")
                .html;
        assert_eq!(text_of(&html), "Dear Li & Wang,\none\ntwo\n1 < 2\nend");
    }
}
