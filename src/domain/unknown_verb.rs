//! A verb that somebody typed and that there is not.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::text;

/// Characters of the word that are told again.
const TOLD_AGAIN: usize = 40;

/// A verb that there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVerb {
    /// What was typed, cut.
    pub word: String,
    /// What may have been meant.
    pub suggestion: Option<String>,
}

impl UnknownVerb {
    /// What was wrong with a line, if that was it.
    pub(super) fn of(error: &clap::Error) -> Option<Self> {
        let context = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.clone()),
            // The likeliest is the last.
            Some(ContextValue::Strings(texts)) => texts.last().cloned(),
            _ => None,
        };
        (error.kind() == ErrorKind::InvalidSubcommand).then(|| Self {
            word: text::cut(&context(ContextKind::InvalidSubcommand).unwrap_or_default(), TOLD_AGAIN),
            suggestion: context(ContextKind::SuggestedSubcommand),
        })
    }
}
