//! The content lines of an iCalendar file (RFC 5545, section 3.1): unfolded, and taken apart.

/// Why a file cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BadLine {
    /// The line of the file, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// One content line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Where it begins in the file, counted from 1.
    pub(super) number: usize,
    /// In upper case.
    pub(super) name: String,
    parameters: Vec<(String, String)>,
    pub(super) value: String,
}

impl Line {
    /// A parameter's value, by its name in upper case.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn bad(&self, problem: impl Into<String>) -> BadLine {
        BadLine { line: self.number, problem: format!("{} {}", self.name, problem.into()) }
    }

    /// The value as a text, in which some characters are written with a backslash (section 3.3.11).
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut letters = self.value.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => match letters.next() {
                    Some('n' | 'N') => text.push('\n'),
                    Some(other) => text.push(other),
                    None => {}
                },
                other => text.push(other),
            }
        }
        text.trim().to_owned()
    }
}

/// Reads a whole file.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Line>, BadLine> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    // A line may be folded within a character.
    let mut unfolded: Vec<(usize, Vec<u8>)> = Vec::new();
    for (nth, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.first(), unfolded.last_mut()) {
            (Some(b' ' | b'\t'), Some((_, before))) => before.extend_from_slice(&line[1..]),
            (None, _) => {}
            _ => unfolded.push((nth + 1, line.to_vec())),
        }
    }
    unfolded.into_iter().map(|(number, line)| one(number, line)).collect()
}

fn one(number: usize, line: Vec<u8>) -> Result<Line, BadLine> {
    let bad = |problem: &str| BadLine { line: number, problem: problem.to_owned() };
    let line = String::from_utf8(line).map_err(|_| bad("is not UTF-8"))?;
    let mut parts = Vec::new();
    let (mut part, mut is_quoted, mut rest) = (String::new(), false, None);
    for (at, letter) in line.char_indices() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ';' if !is_quoted => parts.push(std::mem::take(&mut part)),
            ':' if !is_quoted => {
                rest = Some(&line[at + 1..]);
                break;
            }
            other => part.push(other),
        }
    }
    parts.push(part);
    let value = rest.ok_or_else(|| bad("is no line of a calendar: it has no colon"))?.to_owned();
    let mut parts = parts.into_iter();
    let name = parts.next().unwrap_or_default().to_ascii_uppercase();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(bad("is no line of a calendar: it begins with no name"));
    }
    let parameter = |text: String| {
        let (name, value) = text.split_once('=').ok_or_else(|| bad("has a parameter without a value"))?;
        Ok((name.to_ascii_uppercase(), value.to_owned()))
    };
    Ok(Line { number, name, parameters: parts.map(parameter).collect::<Result<_, _>>()?, value })
}
