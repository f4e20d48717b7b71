//! On which line of a file in TOML an entry stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What a path leads through.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place<'a> {
    Key(&'a str),
    Index(usize),
}

/// The line of `rules[2] "Azure".ladders.resolution[1]`, or of the nearest that there is on the way: what is missing has
/// no line of its own. None where nothing of it is there.
pub fn line_of(text: &str, entry: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let places = places(entry);
    let (Place::Key(first), rest) = places.split_first()? else { return None };
    let mut value = table.get_ref().get(*first)?;
    for place in rest {
        match within(value, place) {
            Some(inner) => value = inner,
            None => break,
        }
    }
    let before = text.get(..value.span().start)?;
    Some(before.matches('\n').count() + 1)
}

fn within<'v, 'i>(value: &'v Spanned<DeValue<'i>>, place: &Place<'_>) -> Option<&'v Spanned<DeValue<'i>>> {
    match (value.get_ref(), place) {
        (DeValue::Table(table), Place::Key(key)) => table.get(*key),
        (DeValue::Array(array), Place::Index(index)) => array.get(*index),
        // A ladder is a list of steps, or a table that has them.
        (DeValue::Table(table), Place::Index(index)) => match table.get("steps")?.get_ref() {
            DeValue::Array(array) => array.get(*index),
            _ => None,
        },
        _ => None,
    }
}

/// What is quoted is a name, for people.
fn places(entry: &str) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    let mut rest = entry;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted(rest),
            '[' => {
                let end = rest.find(']').unwrap_or(rest.len() - 1);
                places.extend(rest.get(1..end).and_then(|index| index.parse().ok()).map(Place::Index));
                end + 1
            }
            '.' | ' ' => 1,
            _ => {
                let end = rest.find(['.', '[', ' ', '"']).unwrap_or(rest.len());
                places.push(Place::Key(&rest[..end]));
                end
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    places
}

/// The length of a name in quotes, in which a quote has a backslash before it.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, letter)| {
        let is_end = *letter == '"' && !escaped;
        escaped = *letter == '\\' && !escaped;
        is_end
    });
    end.map_or(text.len(), |(index, _)| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"slug = "x"
[pauses]
resolution = ["waiting"]

[[rules]]
name = "One"
calendar = "always"

[[rules]]
name = "Two \"[3].x\""
calendar = "lunar"
[rules.targets.triage]
A = 60
B = 0
[rules.ladders]
triage = [
  { percent = 50, tell = ["team"] },
  { percent = 900 },
]
resolution = { repeat = 1, steps = [
  { percent = 50 },
] }
"#;

    #[test]
    fn an_entry_stands_on_its_line_or_near_where_it_should() {
        let name = format!("rules[1] {:?}", "Two \"[3].x\"");
        let table = [
            ("slug", Some(1)),
            ("pauses.resolution", Some(3)),
            ("rules[0] \"One\"", Some(5)),
            ("rules[0] \"One\".targets.triage.A", Some(5)),
            (&format!("{name}.calendar"), Some(11)),
            (&format!("{name}.targets.triage.B"), Some(14)),
            (&format!("{name}.ladders.triage[1]"), Some(18)),
            (&format!("{name}.ladders.resolution[0]"), Some(21)),
            ("colour", None),
        ];
        for (entry, line) in table {
            assert_eq!(line_of(POLICY, entry), line, "{entry}");
        }
        assert_eq!(line_of("rules = [", "rules"), None, "nothing is found in what cannot be read");
    }
}
