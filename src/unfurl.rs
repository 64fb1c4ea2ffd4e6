//! A link to a request, posted where the settings allow it, becomes the request's card.

use crate::answer::{Answer, ok};
use crate::decide::Tools;
use crate::domain::posted::Posted;

impl Tools {
    /// Has the card of the first request that the links name laid under the message. Of what is not known nothing is said:
    /// whoever posts a link is not told whether there is such a request.
    pub(crate) async fn unfurl(&self, message: &Posted, urls: &[String]) -> Answer {
        for url in urls {
            if let Some(request) = self.offer.unfurls(&message.channel, url)
                && self.ledger.unfurl(request, message.clone(), url.clone()).await?
            {
                break;
            }
        }
        ok()
    }
}
