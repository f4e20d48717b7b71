//! `watchdesk sla deadline|elapsed`: JSON lines in, JSON lines out.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::process::ExitCode;

use watchdesk_core::calendar::{LINE_BYTES_MAX, LineAnswer, LineReader};

use crate::exit::DATA;

pub fn deadline() -> anyhow::Result<ExitCode> {
    let mut reader = LineReader::default();
    run(&mut |line| reader.deadline_line(line))
}

pub fn elapsed() -> anyhow::Result<ExitCode> {
    let mut reader = LineReader::default();
    run(&mut |line| reader.elapsed_line(line))
}

fn run(answer: &mut dyn FnMut(&str) -> LineAnswer) -> anyhow::Result<ExitCode> {
    let all_good = answer_lines(std::io::stdin().lock(), std::io::stdout().lock(), answer)?;
    Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::from(DATA) })
}

/// Answers line by line; a bad line is answered too, and the rest goes on.
fn answer_lines(
    input: impl Read,
    output: impl Write,
    answer: &mut dyn FnMut(&str) -> LineAnswer,
) -> std::io::Result<bool> {
    let mut input = BufReader::new(input);
    let mut output = BufWriter::new(output);
    let mut all_good = true;
    let mut line = Vec::new();
    loop {
        line.clear();
        let bound = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(2);
        if input.by_ref().take(bound).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() > LINE_BYTES_MAX + 1 {
            skip_rest_of_line(&mut input)?;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let LineAnswer { json, ok } = answer(text);
        all_good &= ok;
        writeln!(output, "{json}")?;
        // Whoever asks one question at a time gets his answer at once.
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()?;
    Ok(all_good)
}

fn skip_rest_of_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        match buffer.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                input.consume(end + 1);
                return Ok(());
            }
            None => {
                let length = buffer.len();
                input.consume(length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_answered_and_the_rest_goes_on() {
        let input = concat!(
            r#"{"id":"a","calendar":{"always":true},"start":"2026-03-01T00:00:00Z","target_s":3600}"#,
            "\n\nnot json\n",
            r#"{"id":"b","calendar":{"always":true},"start":"2026-03-01T00:00:00Z","target_s":60}"#,
        );
        let mut reader = LineReader::default();
        let mut output = Vec::new();
        let all_good =
            answer_lines(input.as_bytes(), &mut output, &mut |line| reader.deadline_line(line)).expect("in memory");
        let lines: Vec<_> = std::str::from_utf8(&output).expect("text").lines().collect();
        assert!(!all_good);
        assert_eq!(lines[0], r#"{"id":"a","deadline":"2026-03-01T01:00:00Z"}"#);
        assert!(lines[1].contains("\"error\""), "{}", lines[1]);
        assert_eq!(lines[2], r#"{"id":"b","deadline":"2026-03-01T00:01:00Z"}"#);
    }
}
