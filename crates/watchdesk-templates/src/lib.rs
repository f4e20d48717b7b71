//! The words that people read: mails, pages, the hand-off packet, refusals, names of things.
//!
//! Every mail and every page has a typed context with samples; a test renders all of them in every language. The
//! templates are compiled when an [`Engine`] is made, so a desk that starts can say everything it has to say. Words
//! live in `catalogues/*.toml`, one file a language, and templates ask for them with `t(key="...")`. Text that came
//! from outside is only ever a value: it is escaped in HTML, kept out of headers, and never compiled.

mod catalogue;
mod chase;
mod engine;
mod error;
pub mod explain;
mod filters;
pub mod format;
pub mod html;
pub mod mail;
pub mod names;
pub mod packet;
pub mod page;
pub mod pages;
mod reader;
pub mod refusal;
pub mod text;

pub use chase::{Chase, chase_text};
pub use engine::Engine;
pub use error::TemplateError;
pub use explain::{Names, explain_text, time_text};
pub use html::{CleanHtml, clean_html};
pub use mail::{MailContext, RenderedMail};
pub use packet::{PacketField, PacketNames, PacketText, packet_label, packet_text, redacted, request_closed};
pub use page::Page;
pub use reader::ReaderLocale;
pub use refusal::{missing_text, refusal_text};

#[cfg(test)]
mod tests;
