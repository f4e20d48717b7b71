//! Templates in, text out.

use chrono_tz::Tz;
use serde::Serialize;
use tera::{Context, Tera};
use watchdesk_core::desk::Language;

use crate::catalogue::{self, Catalogues, Missing};
use crate::mail::{self, MailContext, RenderedMail};
use crate::pages::{self, SampleVisitor};
use crate::reader::{ReaderLocale, reading};
use crate::{Page, TemplateError, filters};

/// All templates, compiled. Cheap to share behind an `Arc`; rendering needs no lock.
#[derive(Clone)]
pub struct Engine {
    tera: Tera,
}

impl Engine {
    /// For a desk at work: words that are missing show their key.
    pub fn new() -> Result<Self, TemplateError> {
        Self::compile(Missing::ShowsKey)
    }

    /// For tests and checks: words that are missing are an error.
    pub fn strict() -> Result<Self, TemplateError> {
        Self::compile(Missing::Fails)
    }

    fn compile(missing: Missing) -> Result<Self, TemplateError> {
        Catalogues::load()?;
        let mut tera = Tera::new();
        tera.autoescape_on([".html"]);
        filters::register(&mut tera);
        catalogue::register(&mut tera, missing);
        let templates = mail::TEMPLATES.iter().chain(pages::TEMPLATES);
        tera.add_raw_templates(templates.copied()).map_err(TemplateError::Broken)?;
        Ok(Self { tera })
    }

    /// A page for a reader. The context sees `lang` and `zone` beside the page's own fields.
    pub fn page<P: Page>(&self, reader: &ReaderLocale, page: &P) -> Result<String, TemplateError> {
        self.render(P::TEMPLATE, *reader, page)
    }

    /// A mail as its reader gets it.
    pub fn mail(&self, language: Language, zone: Tz, context: &MailContext) -> Result<RenderedMail, TemplateError> {
        mail::render(self, ReaderLocale::new(language, zone), context)
    }

    /// Renders every sample of every mail and page in every language; the number of texts made. `watchdesk check`.
    pub fn check(&self) -> Result<usize, TemplateError> {
        let mut rendered = 0;
        for language in Language::ALL {
            for (_, sample) in MailContext::samples(language) {
                self.mail(language, Tz::Asia__Shanghai, &sample)?;
                rendered += 1;
            }
            let reader = ReaderLocale::new(language, Tz::Asia__Shanghai);
            let mut pages = RenderAll { engine: self, reader, rendered: 0, failure: None };
            pages::visit_samples(&mut pages);
            rendered += pages.rendered;
            pages.failure.map_or(Ok(()), Err)?;
        }
        Ok(rendered)
    }

    pub(crate) fn render(
        &self,
        template: &str,
        reader: ReaderLocale,
        values: &impl Serialize,
    ) -> Result<String, TemplateError> {
        let unrendered = |source| TemplateError::Unrendered { template: template.to_owned(), source };
        let mut context = Context::from_serialize(values).map_err(unrendered)?;
        context.insert("lang", reader.language.as_str());
        context.insert("zone", reader.zone.name());
        reading(reader, || self.tera.render(template, &context)).map_err(unrendered)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine(..)")
    }
}

struct RenderAll<'a> {
    engine: &'a Engine,
    reader: ReaderLocale,
    rendered: usize,
    failure: Option<TemplateError>,
}

impl SampleVisitor for RenderAll<'_> {
    fn visit<P: Page>(&mut self, _: &str, page: &P) {
        if self.failure.is_some() {
            return;
        }
        match self.engine.page(&self.reader, page) {
            Ok(_) => self.rendered += 1,
            Err(error) => self.failure = Some(error),
        }
    }
}
