//! Licence expressions as crates write them: SPDX, and the older `MIT/Apache-2.0` that means a choice.

use std::collections::VecDeque;

use anyhow::{Result, bail};

/// Whether somebody who accepts only `accepted` licences may use what is offered under `expression`.
pub fn acceptable(expression: &str, accepted: &dyn Fn(&str) -> bool) -> Result<bool> {
    let mut words = words(expression);
    let answer = any_of(&mut words, accepted)?;
    match words.pop_front() {
        None => Ok(answer),
        Some(word) => bail!("`{word}` is too much in the licence `{expression}`"),
    }
}

fn words(expression: &str) -> VecDeque<String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    spaced.split_whitespace().map(str::to_owned).collect()
}

fn any_of(words: &mut VecDeque<String>, accepted: &dyn Fn(&str) -> bool) -> Result<bool> {
    let mut answer = all_of(words, accepted)?;
    while take(words, "OR") {
        // Not `||`: the other side must be read in any case.
        answer |= all_of(words, accepted)?;
    }
    Ok(answer)
}

fn all_of(words: &mut VecDeque<String>, accepted: &dyn Fn(&str) -> bool) -> Result<bool> {
    let mut answer = one(words, accepted)?;
    while take(words, "AND") {
        answer &= one(words, accepted)?;
    }
    Ok(answer)
}

fn one(words: &mut VecDeque<String>, accepted: &dyn Fn(&str) -> bool) -> Result<bool> {
    if take(words, "(") {
        let answer = any_of(words, accepted)?;
        if !take(words, ")") {
            bail!("a bracket is not closed");
        }
        return Ok(answer);
    }
    let mut name = identifier(words)?;
    if take(words, "WITH") {
        name = format!("{name} WITH {}", identifier(words)?);
    }
    Ok(accepted(&name))
}

fn identifier(words: &mut VecDeque<String>) -> Result<String> {
    match words.pop_front() {
        Some(word) if !["AND", "OR", "WITH", "(", ")"].contains(&word.as_str()) => Ok(word),
        Some(word) => bail!("`{word}` stands where a licence should be"),
        None => bail!("a licence is missing at the end"),
    }
}

fn take(words: &mut VecDeque<String>, wanted: &str) -> bool {
    let is_next = words.front().is_some_and(|word| word == wanted);
    if is_next {
        words.pop_front();
    }
    is_next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expected: bool) {
        let accepted = |name: &str| ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].contains(&name);
        assert_eq!(acceptable(expression, &accepted).unwrap(), expected, "{expression}");
    }

    #[test]
    fn expressions_are_read_as_written() {
        check("MIT", true);
        check("GPL-3.0-only", false);
        check("MIT OR GPL-3.0-only", true);
        check("GPL-3.0-only OR MIT", true);
        check("MIT/Apache-2.0", true);
        check("Apache-2.0 / MIT", true);
        check("MIT AND GPL-3.0-only", false);
        check("MIT AND ISC", true);
        check("Apache-2.0 WITH LLVM-exception", true);
        check("Apache-2.0", false);
        check("ISC AND GPL-3.0-only OR MIT", true);
        check("ISC AND (GPL-3.0-only OR MIT)", true);
        check("(MIT OR ISC) AND MPL-2.0", false);
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for broken in ["", "MIT OR", "(MIT", "MIT ISC", "AND MIT", "MIT WITH"] {
            assert!(acceptable(broken, &|_| true).is_err(), "{broken}");
        }
    }
}
