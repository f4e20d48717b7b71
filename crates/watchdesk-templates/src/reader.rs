//! Who reads: in which language, and where on earth.

use std::cell::Cell;

use chrono_tz::Tz;
use watchdesk_core::desk::Language;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderLocale {
    pub language: Language,
    pub zone: Tz,
}

impl ReaderLocale {
    pub fn new(language: Language, zone: Tz) -> Self {
        Self { language, zone }
    }
}

thread_local! {
    /// Functions, filters and components of tera see no more than their own arguments, so the reader cannot be handed
    /// down to them as a value. Rendering stays on one thread and sets this for as long as it takes.
    static READER: Cell<ReaderLocale> =
        const { Cell::new(ReaderLocale { language: Language::English, zone: Tz::UTC }) };
}

/// The reader of what is being rendered on this thread.
pub(crate) fn current() -> ReaderLocale {
    READER.get()
}

/// Renders something for `reader`; afterwards, also after a panic, the reader before is back.
pub(crate) fn reading<T>(reader: ReaderLocale, render: impl FnOnce() -> T) -> T {
    struct Restore(ReaderLocale);
    impl Drop for Restore {
        fn drop(&mut self) {
            READER.set(self.0);
        }
    }
    let _restore = Restore(READER.replace(reader));
    render()
}
