//! The browser of somebody in a story: it opens the page of a link, and goes the way that people go.

use reqwest::{Client, Method, Response};

use super::deeds::Trouble;
use crate::sandbox::idp::Idp;
use crate::sandbox::slack::Slack;
use crate::sandbox::wire::http_client;

/// A browser with no cookies yet. It follows nothing by itself.
pub(in crate::sandbox) struct Surfer<'s> {
    client: Client,
    /// Of the bot's pages: `name=value`.
    cookie: Option<String>,
    slack: &'s Slack,
    idp: &'s Idp,
}

impl<'s> Surfer<'s> {
    pub(in crate::sandbox) fn new(slack: &'s Slack, idp: &'s Idp) -> Self {
        Self { client: http_client(), cookie: None, slack, idp }
    }

    /// Opens a page of the bot's, presses its button, and signs in wherever that leads: in Slack as `who`, at the
    /// provider as `account`. Answers the heading of the page at which it ends.
    pub(in crate::sandbox) async fn link(&mut self, page: &str, who: &str, account: &str) -> Result<String, Trouble> {
        let stuck = |at: &str, why: String| format!("{who} got no further than {at}: {why}");
        self.ask(Method::GET, page).await?;
        let begun = self.ask(Method::POST, page).await?;
        let Some(to_slack) = sent_to(&begun) else { return heading(begun).await };
        let back = self.slack.sign_in(&to_slack, who).await.map_err(|why| stuck("Slack", why.to_string()))?;
        let from_slack = self.ask(Method::GET, back.as_str()).await?;
        let Some(to_provider) = sent_to(&from_slack) else { return heading(from_slack).await };
        let back =
            self.idp.log_in(&to_provider, account).await.map_err(|why| stuck("the provider", why.to_string()))?;
        heading(self.ask(Method::GET, back.as_str()).await?).await
    }

    /// Asks the bot for a page, with its cookie.
    async fn ask(&mut self, method: Method, url: &str) -> Result<Response, Trouble> {
        let mut request = self.client.request(method, url);
        if let Some(cookie) = &self.cookie {
            request = request.header(http::header::COOKIE, cookie);
        }
        let answer = request.send().await.map_err(|error| format!("the page does not open: {error}"))?;
        let set = answer.headers().get(http::header::SET_COOKIE).and_then(|set| set.to_str().ok());
        if let Some(pair) = set.and_then(|set| set.split(';').next()) {
            self.cookie = Some(pair.to_owned());
        }
        Ok(answer)
    }
}

/// Where an answer sends the browser.
fn sent_to(answer: &Response) -> Option<String> {
    Some(answer.headers().get(http::header::LOCATION)?.to_str().ok()?.to_owned())
}

async fn heading(answer: Response) -> Result<String, Trouble> {
    let page = answer.text().await.map_err(|error| error.to_string())?;
    let rest = page.split_once("<h1>").map_or("", |(_, rest)| rest);
    Ok(rest.split_once("</h1>").map_or(rest, |(title, _)| title).to_owned())
}
