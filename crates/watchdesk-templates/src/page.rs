//! What makes a struct a page: it can be serialised, and it names its template.

use serde::Serialize;

/// The typed context of one page. Each implementor also has `fn samples()`,
/// believable values that tests and `watchdesk check` render.
pub trait Page: Serialize {
    /// Name of the template, as listed in [`crate::pages::TEMPLATES`].
    const TEMPLATE: &'static str;
}
