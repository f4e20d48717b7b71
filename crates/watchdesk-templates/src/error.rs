//! What can go wrong with words. All of it is a fault of the program, found by its tests, not of what people typed.

#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A template of the program does not compile; the desk does not start.
    #[error("a template does not compile")]
    Broken(#[source] tera::Error),
    #[error("the template \"{template}\" could not be filled in")]
    Unrendered {
        template: String,
        #[source]
        source: tera::Error,
    },
    /// A catalogue that is not TOML, or says a thing twice.
    #[error("the message catalogue \"{file}\" cannot be read: {why}")]
    Catalogue { file: &'static str, why: String },
}
