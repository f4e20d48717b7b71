//! What people and programs send us: read strictly, field by field, and every fault is named at once.
//!
//! A type that can be sent implements [`Input`]; [`request!`] makes one of a struct, together with its schema in the
//! API's description. Fields that nobody knows are faults like any other.

mod document;
mod fault;
mod kinds;
mod query;
mod schema;
mod words;

use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};

pub(crate) use document::{Document, documents, placed};
pub(crate) use fault::{Faults, FieldFault, Place, Wrong};
pub(crate) use kinds::{Change, Limit, ListText, OneOrMany, choices};
pub(crate) use query::{InQuery, TimeOrDay, Year};
pub(crate) use schema::{Schemas, described, text_schema};
pub(crate) use words::{Email, Line, Prose};

pub(crate) trait Input: Sized {
    /// Whether a request without it is refused.
    const REQUIRED: bool = true;
    /// Whether a whole request of it may be written in TOML, as the files of the configuration are.
    const TAKES_TOML: bool = false;

    /// The value, or `None` after its faults were added.
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self>;

    /// What it means that the field is not there.
    fn absent(at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        faults.add(at, Wrong::Missing);
        None
    }

    fn schema() -> RefOr<Schema>;

    /// Adds what its schema refers to.
    fn collect(_schemas: &mut Schemas) {}
}

/// Reads a whole request.
pub(crate) fn read<T: Input>(value: Value) -> Result<T, Faults> {
    let mut faults = Faults::default();
    match T::read(value, &Place::Request, &mut faults) {
        Some(request) if faults.is_empty() => Ok(request),
        Some(_) | None => Err(faults),
    }
}

/// Reads names and values as a query or a form has them; a name that comes twice is a list.
pub(crate) fn read_pairs<T: Input>(pairs: impl IntoIterator<Item = (String, String)>) -> Result<T, Faults> {
    let mut object = Map::new();
    for (name, value) in pairs {
        match object.get_mut(&name) {
            None => drop(object.insert(name, Value::String(value))),
            Some(Value::Array(list)) => list.push(Value::String(value)),
            Some(first) => *first = Value::Array(vec![first.take(), Value::String(value)]),
        }
    }
    read(Value::Object(object))
}

/// The fields of an object that have not been read yet.
pub(crate) struct Fields<'p> {
    object: Map<String, Value>,
    at: &'p Place<'p>,
}

impl<'p> Fields<'p> {
    pub fn of(value: Value, at: &'p Place<'p>, faults: &mut Faults) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self { object, at }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                faults.add(at, Wrong::NotAnObject);
                None
            }
        }
    }

    pub fn take<T: Input>(&mut self, name: &str, faults: &mut Faults) -> Option<T> {
        let at = Place::Field(self.at, name);
        match self.object.remove(name) {
            Some(value) => T::read(value, &at, faults),
            None => T::absent(&at, faults),
        }
    }

    /// What is left is nothing we know.
    pub fn finish(self, faults: &mut Faults) {
        for name in self.object.keys() {
            faults.add(&Place::Field(self.at, name), Wrong::Unknown);
        }
    }
}

/// A struct that can be sent, and its schema.
macro_rules! request {
    (@name $field:ident) => { stringify!($field) };
    // As it is sent, where that is no name of ours.
    (@name $field:ident $wire:literal) => { $wire };
    ($(#[doc = $doc:literal])* $vis:vis struct $name:ident {
        $($(#[doc = $field_doc:literal])* $($wire:literal =>)? $field:ident: $kind:ty),* $(,)?
    }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone)]
        $vis struct $name {
            $($(#[doc = $field_doc])* pub $field: $kind,)*
        }

        impl $crate::input::Input for $name {
            fn read(
                value: serde_json::Value,
                at: &$crate::input::Place<'_>,
                faults: &mut $crate::input::Faults,
            ) -> Option<Self> {
                #[allow(unused_mut, reason = "a request may have no fields")]
                let mut fields = $crate::input::Fields::of(value, at, faults)?;
                $(let $field = fields.take::<$kind>($crate::input::request!(@name $field $($wire)?), faults);)*
                fields.finish(faults);
                Some(Self { $($field: $field?,)* })
            }

            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::Ref::from_schema_name(stringify!($name)).into()
            }

            fn collect(schemas: &mut $crate::input::Schemas) {
                use $crate::input::described;
                if !schemas.begins(stringify!($name)) {
                    return;
                }
                let object = schemas.object(&[$($doc),*]);
                $(
                    let name = $crate::input::request!(@name $field $($wire)?);
                    let object = object.property(name, described(<$kind>::schema(), &[$($field_doc),*]));
                    let object = if <$kind>::REQUIRED { object.required(name) } else { object };
                    <$kind>::collect(schemas);
                )*
                schemas.add(stringify!($name), object);
            }
        }
    };
}
pub(crate) use request;

#[cfg(test)]
mod tests;
