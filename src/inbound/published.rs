//! Documents that others publish (key sets, discovery): asked for when they are needed, by one question at a time, and
//! not whenever a stranger would like it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header;
use jiff::Timestamp;
use url::Url;

use super::bounded;
use crate::clock::Clock;

/// The shortest time between two questions, whatever tokens name: strangers must not make us ask.
pub(crate) const ASK_EVERY: Duration = Duration::from_secs(30);
/// Bytes of a document that are read.
const MOST_BYTES: usize = 256 * 1024;

/// How a document is asked for.
pub(crate) struct Terms {
    /// What it is, for the log.
    pub(crate) name: String,
    /// How long one answer is believed.
    pub(crate) believed: Duration,
    /// How long the address may take to answer.
    pub(crate) within: Duration,
}

/// Why there is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unpublished {
    /// It could not be had: that is no judgement on anything.
    #[error("{0}")]
    Silent(String),
    /// It says what must not be believed: which rule it breaks.
    #[error("{0}")]
    Untrusted(&'static str),
}

type Reader<T> = Box<dyn Fn(&[u8]) -> Result<T, Unpublished> + Send + Sync>;

/// A document behind an address; cheap to clone. Making one asks nobody.
pub(crate) struct Published<T>(Arc<Inner<T>>);

impl<T> Clone for Published<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

struct Inner<T> {
    client: reqwest::Client,
    url: Url,
    clock: Clock,
    terms: Terms,
    read: Reader<T>,
    known: Mutex<Known<T>>,
    asking: tokio::sync::Mutex<()>,
}

struct Known<T> {
    document: Option<(T, Timestamp)>,
    asked: Option<Timestamp>,
    /// What went wrong with the last question, where something did.
    trouble: Option<Unpublished>,
}

impl<T: Clone + Send + Sync + 'static> Published<T> {
    pub(crate) fn new(
        client: reqwest::Client,
        url: Url,
        clock: Clock,
        terms: Terms,
        read: impl Fn(&[u8]) -> Result<T, Unpublished> + Send + Sync + 'static,
    ) -> Self {
        let known = Mutex::new(Known { document: None, asked: None, trouble: None });
        Self(Arc::new(Inner { client, url, clock, terms, read: Box::new(read), known, asking: Default::default() }))
    }

    /// The document; it is asked for anew where the one that is known is old or has not what is needed.
    ///
    /// What comes may still lack it: then the owner was asked and does not publish it.
    ///
    /// # Errors
    /// Where none can be had that has it.
    pub(crate) async fn get(&self, has_it: impl Fn(&T) -> bool) -> Result<T, Unpublished> {
        if let Some(known) = self.0.known(&has_it) {
            return known;
        }
        // Whoever hangs up must not end the question that others wait for.
        let inner = self.0.clone();
        let _ = tokio::spawn(async move { inner.ask_once().await }).await;
        self.0.known(&has_it).unwrap_or_else(|| Err(Unpublished::Silent("it was not asked".to_owned())))
    }
}

impl<T: Clone> Inner<T> {
    /// What can be said without asking; `None` where it is time to ask.
    fn known(&self, has_it: impl Fn(&T) -> bool) -> Option<Result<T, Unpublished>> {
        let now = self.clock.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = known.document.as_ref().filter(|(document, _)| has_it(document));
        let fresh = fitting.is_some_and(|(_, answered)| now < *answered + self.terms.believed);
        if !fresh && known.asked.is_none_or(|at| now >= at + ASK_EVERY) {
            return None;
        }
        // An old document is better than none while the address is silent.
        Some(match (fitting, &known.trouble) {
            (Some((document, _)), _) => Ok(document.clone()),
            (None, Some(trouble)) => Err(trouble.clone()),
            (None, None) => {
                let (document, _) = known.document.as_ref()?;
                Ok(document.clone())
            }
        })
    }

    async fn ask_once(&self) {
        let _one_at_a_time = self.asking.lock().await;
        let now = self.clock.now();
        let asked = self.known.lock().unwrap_or_else(PoisonError::into_inner).asked;
        if asked.is_some_and(|at| now < at + ASK_EVERY) {
            return;
        }
        let answer = self.ask().await;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.asked = Some(now);
        match answer {
            Ok(document) => (known.document, known.trouble) = (Some((document, now)), None),
            Err(trouble) => {
                tracing::error!(error = %trouble, "{} cannot be had", self.terms.name);
                // Whoever now says what must not be believed is not believed for what they said before.
                if matches!(trouble, Unpublished::Untrusted(_)) {
                    known.document = None;
                }
                known.trouble = Some(trouble);
            }
        }
    }

    async fn ask(&self) -> Result<T, Unpublished> {
        let request = self.client.get(self.url.clone()).header(header::ACCEPT, "application/json");
        let answer = request.timeout(self.terms.within).send().await;
        let answer = answer.map_err(|error| Unpublished::Silent(error.without_url().to_string()))?;
        if !answer.status().is_success() {
            return Err(Unpublished::Silent(format!("HTTP {}", answer.status().as_u16())));
        }
        (self.read)(&bounded::read(answer, MOST_BYTES).await.map_err(Unpublished::Silent)?)
    }
}
