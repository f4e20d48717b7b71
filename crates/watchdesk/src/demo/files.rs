//! What hangs on the messages: small logs from `data/files.toml`, and pictures that the program draws itself.

use std::collections::BTreeMap;

use anyhow::Context;
use watchdesk_core::event::ActorRef;
use watchdesk_core::ids::AttachmentId;
use watchdesk_store::Store;
use watchdesk_store::attachments::{NewAttachment, put};

use crate::demo::conversations::Values;
use crate::demo::picture;

const FILES: &str = include_str!("data/files.toml");

/// The texts, with placeholders, by file name.
#[derive(Debug, Clone)]
pub struct Files(BTreeMap<String, String>);

/// A file as it will be attached.
#[derive(Debug, Clone)]
pub struct File {
    pub name: String,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub enum Content {
    Text(String),
    /// A screenshot of an error, as good as we can draw.
    Picture,
}

impl Files {
    pub fn load() -> anyhow::Result<Self> {
        toml::from_str(FILES).map(Self).context("demo/data/files.toml")
    }

    pub fn file(&self, name: &str, values: &Values) -> anyhow::Result<File> {
        let content = if name.ends_with(".png") {
            Content::Picture
        } else {
            let text = self.0.get(name).with_context(|| format!("demo/data/files.toml has no {name}"))?;
            Content::Text(values.fill(text))
        };
        Ok(File { name: name.to_owned(), content })
    }
}

pub async fn attach(store: &Store, file: &File, uploader: ActorRef) -> anyhow::Result<AttachmentId> {
    let (content_type, bytes) = match &file.content {
        Content::Text(text) => ("text/plain", text.clone().into_bytes()),
        Content::Picture => ("image/png", picture::error_dialog(&file.name)),
    };
    let new = NewAttachment {
        filename: file.name.clone(),
        content_type: content_type.to_owned(),
        bytes,
        inline_id: None,
        uploader,
    };
    Ok(put(store, new).await?)
}
