//! Settings that have changed while requests waited: who looks after these is arranged anew.

use std::sync::Arc;

use super::super::requests::{self, Kept};
use super::super::{Ledger, LedgerError, readable};
use super::{begin, load};
use crate::domain::request::RequestId;
use crate::domain::route::routes::Routes;

/// Requests that one transaction arranges.
const AT_ONCE: usize = 100;

impl Ledger {
    /// At a start, before anybody can press anything: each request that waits is looked after as the routes say now. Who
    /// was named by what they said before is not any more. Says how many had been arranged otherwise.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn follow_settings(&self, routes: Arc<Routes>) -> Result<usize, LedgerError> {
        let outdated = self.outdated(&routes).await?;
        for some in outdated.chunks(AT_ONCE) {
            let (some, routes) = (some.to_vec(), routes.clone());
            self.write(move |c, now| {
                Box::pin(async move {
                    for id in some {
                        let kept = readable(requests::load(c, &id).await).flatten();
                        let Some(Kept { request, .. }) = kept else { continue };
                        begin(c, &request, &routes, now).await?;
                        requests::touch(c, &id).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        }
        Ok(outdated.len())
    }

    async fn outdated(&self, routes: &Routes) -> Result<Vec<RequestId>, LedgerError> {
        let c = &mut *self.readers.acquire().await?;
        let mut outdated = Vec::new();
        for request in requests::load_pending(c).await? {
            // One that cannot be read is begun anew: whom it named is not known.
            let watch = readable(load(c, &request.id).await).flatten();
            if watch.is_none_or(|watch| watch.terms != routes.terms(&request.facts, request.first_seen)) {
                outdated.push(request.id);
            }
        }
        Ok(outdated)
    }
}
