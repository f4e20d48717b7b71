//! Documents in the desk's own shapes - policies, calendars, rotas - as core and the files of the configuration have
//! them: read as they are written, and every fault names its entry.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use watchdesk_templates::text::one_line_within;

use super::{Faults, Input, Place, Wrong};

/// Characters of what a reader of documents says.
const WORDS_CHARS_MAX: usize = 400;

/// The keys of a document that were not taken out yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Document(pub Map<String, Value>);

impl Document {
    pub fn of(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self(object)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                faults.add(at, Wrong::NotAnObject);
                None
            }
        }
    }

    /// A key that stands beside the document itself.
    pub fn take<T: Input>(&mut self, name: &str) -> Result<Option<T>, Faults> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let mut faults = Faults::default();
        let read = Option::<T>::read(value, &Place::Field(&Place::Request, name), &mut faults);
        if faults.is_empty() { Ok(read.flatten()) } else { Err(faults) }
    }

    /// The path says what it is called; the document may say the same.
    pub fn is_called(&mut self, slug: &watchdesk_core::ids::Slug) -> Result<(), Faults> {
        match self.0.get("slug") {
            None => drop(self.0.insert("slug".to_owned(), Value::from(slug.as_str()))),
            Some(Value::String(own)) if own == slug.as_str() => {}
            Some(_) => {
                let words = format!("is another one than in the path; leave it out, or write {slug}");
                return Err(Faults::one("slug", Wrong::Said(words)));
            }
        }
        Ok(())
    }

    /// The document itself; a key that it does not have is a fault.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Faults> {
        let document = Value::Object(self.0);
        read::<T>(&document).map_err(|wrong| {
            let path = path(&document, &wrong.path, |document| read::<T>(document).err().as_ref() == Some(&wrong));
            let field = if path.is_empty() { "request" } else { &path };
            Faults::one(field, said(&wrong.words))
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
struct WrongShape {
    path: Vec<Part>,
    words: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Key(String),
    Item(usize),
    /// A key that is no text to the reader, such as the name of an objective.
    Unsaid,
}

fn read<T: DeserializeOwned>(document: &Value) -> Result<T, WrongShape> {
    use serde_path_to_error::Segment;
    serde_path_to_error::deserialize(document).map_err(|error| {
        let part = |segment: &Segment| match segment {
            Segment::Seq { index } => Some(Part::Item(*index)),
            Segment::Map { key } => Some(Part::Key(key.clone())),
            Segment::Enum { .. } => None,
            Segment::Unknown => Some(Part::Unsaid),
        };
        WrongShape { path: error.path().iter().filter_map(part).collect(), words: error.inner().to_string() }
    })
}

/// `rules[0].targets.first_response.A`. A key that the reader did not say is found by trying: it is the one with which,
/// alone, the same is wrong.
fn path(document: &Value, parts: &[Part], is_wrong: impl Fn(&Value) -> bool) -> String {
    let mut tried = document.clone();
    let mut pointer = String::new();
    let mut path = String::new();
    for part in parts {
        let name = match part {
            Part::Key(key) => key.clone(),
            Part::Item(index) => index.to_string(),
            Part::Unsaid => match wrong_key(&mut tried, &pointer, &is_wrong) {
                Some(key) => key,
                None => return path,
            },
        };
        pointer.push('/');
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        match part {
            Part::Item(_) => path.push_str(&format!("[{name}]")),
            Part::Key(_) | Part::Unsaid if path.is_empty() => path.push_str(&name),
            Part::Key(_) | Part::Unsaid => path.push_str(&format!(".{name}")),
        }
    }
    path
}

/// Leaves the document with that key alone.
fn wrong_key(document: &mut Value, pointer: &str, is_wrong: &impl Fn(&Value) -> bool) -> Option<String> {
    let keys: Vec<String> = document.pointer(pointer)?.as_object()?.keys().cloned().collect();
    for key in keys {
        let mut alone = document.clone();
        alone.pointer_mut(pointer)?.as_object_mut()?.retain(|other, _| *other == key);
        if is_wrong(&alone) {
            *document = alone;
            return Some(key);
        }
    }
    None
}

fn said(words: &str) -> Wrong {
    Wrong::Said(one_line_within(words, WORDS_CHARS_MAX))
}

/// A fault that says its entry itself: `layers[1].rotation: "x" is not a rotation`.
pub(crate) fn placed(words: &str, otherwise: &str) -> Faults {
    match words.split_once(": ") {
        Some((entry, why)) if !entry.contains(char::is_whitespace) => Faults::one(entry, said(why)),
        Some(_) | None => Faults::one(otherwise, said(words)),
    }
}

/// What can be sent as a document, with its keys for the description of the API.
macro_rules! documents {
    ($($(#[doc = $doc:literal])* $name:ident { $($field:literal: $kind:ident $what:literal,)+ })+) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone)]
        pub(crate) struct $name(pub $crate::input::Document);

        impl $crate::input::Input for $name {
            const TAKES_TOML: bool = true;

            fn read(
                value: serde_json::Value,
                at: &$crate::input::Place<'_>,
                faults: &mut $crate::input::Faults,
            ) -> Option<Self> {
                $crate::input::Document::of(value, at, faults).map(Self)
            }

            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::Ref::from_schema_name(stringify!($name)).into()
            }

            fn collect(schemas: &mut $crate::input::Schemas) {
                use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
                if !schemas.begins(stringify!($name)) {
                    return;
                }
                let object = schemas.object(&[$($doc),*]);
                $(
                    let kind = ObjectBuilder::new().schema_type(SchemaType::Type(Type::$kind)).description(Some($what));
                    let object = object.property($field, kind);
                )+
                schemas.add(stringify!($name), object);
            }
        }
    )+};
}
pub(crate) use documents;

#[cfg(test)]
mod tests {
    use serde_json::json;
    use watchdesk_core::policy::Policy;

    use super::*;

    fn document(value: Value) -> Document {
        Document::of(value, &Place::Request, &mut Faults::default()).expect("an object")
    }

    fn fault(faults: &Faults) -> (String, String) {
        let fault = faults.iter().next().expect("a fault");
        (fault.field.clone(), fault.wrong.in_language(watchdesk_core::desk::Language::English))
    }

    #[test]
    fn a_wrong_shape_names_its_entry() {
        let targets =
            json!({"triage": {"A": 60}, "first_response": {"B": 60, "A": "soon"}, "resolution": {"C": "soon"}});
        let rule = json!({"name": "x", "calendar": "always", "targets": targets});
        let wrong = document(json!({"slug": "standard", "rules": [rule]})).read::<Policy>().unwrap_err();
        let (field, words) = fault(&wrong);
        assert_eq!(field, "rules[0].targets.first_response.A");
        assert!(words.contains("working_days"), "{words}");
        let (field, words) = fault(&document(json!({"slug": "standard"})).read::<Policy>().unwrap_err());
        assert_eq!((field.as_str(), words.as_str()), ("request", "missing field `rules`"));
    }

    #[test]
    fn the_path_says_what_it_is_called() {
        let slug = watchdesk_core::ids::Slug::new("standard").unwrap();
        let mut nameless = document(json!({"rules": []}));
        nameless.is_called(&slug).unwrap();
        assert_eq!(nameless.0["slug"], "standard");
        assert_eq!(fault(&document(json!({"slug": "other"})).is_called(&slug).unwrap_err()).0, "slug");
    }

    #[test]
    fn what_core_says_is_put_to_its_entry() {
        assert_eq!(
            fault(&placed("layers[1].every: 0 is no turn", "rota")),
            ("layers[1].every".into(), "0 is no turn".into())
        );
        assert_eq!(fault(&placed("the calendar is closed: open it", "hours")).0, "hours");
    }
}
