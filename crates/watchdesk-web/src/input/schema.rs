//! The schemas of what can be sent, for the API's description.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema};

/// Named schemas, each once.
#[derive(Default)]
pub(crate) struct Schemas {
    begun: BTreeSet<String>,
    done: BTreeMap<String, RefOr<Schema>>,
}

impl Schemas {
    /// False: it is there already, or being made.
    pub fn begins(&mut self, name: &str) -> bool {
        self.begun.insert(name.to_owned())
    }

    /// An object that takes no fields but its own.
    pub fn object(&self, doc: &[&str]) -> ObjectBuilder {
        ObjectBuilder::new()
            .description(sentence(doc))
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
    }

    pub fn add(&mut self, name: &str, object: ObjectBuilder) {
        self.done.insert(name.to_owned(), RefOr::T(Schema::Object(object.build())));
    }

    /// A schema that utoipa derived, with those it refers to.
    pub fn add_view<T: utoipa::ToSchema>(&mut self) {
        let mut found = Vec::new();
        T::schemas(&mut found);
        found.push((T::name().into_owned(), T::schema()));
        self.done.extend(found);
    }

    pub fn get(&self, name: &str) -> Option<&RefOr<Schema>> {
        self.done.get(name)
    }

    pub fn into_map(self) -> BTreeMap<String, RefOr<Schema>> {
        self.done
    }
}

fn sentence(doc: &[&str]) -> Option<String> {
    let text = doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// The schema with the words that stand over the field.
pub(crate) fn described(schema: RefOr<Schema>, doc: &[&str]) -> RefOr<Schema> {
    let Some(text) = sentence(doc) else { return schema };
    match schema {
        RefOr::Ref(mut reference) => {
            reference.description = text;
            RefOr::Ref(reference)
        }
        RefOr::T(Schema::Object(mut object)) => {
            object.description = Some(text);
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.description = Some(text);
            RefOr::T(Schema::Array(array))
        }
        other => other,
    }
}

pub(crate) fn text_schema(format: Option<KnownFormat>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).format(format.map(SchemaFormat::KnownFormat))
}

pub(crate) fn number_schema(min: i64, max: i64) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer)).minimum(Some(min)).maximum(Some(max))
}
