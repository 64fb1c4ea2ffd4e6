//! The browser of somebody who signs in: it opens the page, presses a button, and says where it was sent.

use http::header::LOCATION;
use url::Url;

use super::Tamper;
use super::authorize::value_of;
use crate::sandbox::slack::Slack;
use crate::sandbox::slack::person::Cannot;

impl Slack {
    /// Opens the app's address for signing in and presses a person's button; gives where the browser is sent with
    /// `code` and `state`, without going there.
    ///
    /// # Errors
    /// The page refuses the address, or has no button for this person.
    pub async fn sign_in(&self, authorize_url: impl AsRef<str>, user: &str) -> Result<Url, Cannot> {
        let team = self.shared.look(|slack| slack.person(user).map(|person| slack.home_team(person).to_owned()));
        let team = team.ok_or_else(|| Cannot::NotThere(format!("person {user}")))?;
        let page = self.open(authorize_url.as_ref()).await?;
        if !page.contains(&value_of(&team, user)) {
            return Err(Cannot::NotAllowed(format!("the page has no button for {user}")));
        }
        self.press_on_page(authorize_url.as_ref(), &[("who", &format!("{team}/{user}"))]).await
    }

    /// The same with an account of another workspace, which may have the id of somebody in this one.
    ///
    /// # Errors
    /// The page refuses the address; or the workspace is this one, and nobody there can sign in with this id.
    pub async fn sign_in_from(&self, authorize_url: impl AsRef<str>, user: &str, team: &str) -> Result<Url, Cannot> {
        self.open(authorize_url.as_ref()).await?;
        self.press_on_page(authorize_url.as_ref(), &[("who", &format!("{team}/{user}"))]).await
    }

    /// Opens the app's address for signing in and presses Cancel; gives where the browser is sent.
    ///
    /// # Errors
    /// The page refuses the address.
    pub async fn cancel_sign_in(&self, authorize_url: impl AsRef<str>) -> Result<Url, Cannot> {
        self.open(authorize_url.as_ref()).await?;
        self.press_on_page(authorize_url.as_ref(), &[]).await
    }

    /// Makes the next ID token wrong.
    pub fn tamper(&self, tamper: Tamper) {
        self.shared.change(|slack| slack.sign_in.tamper = Some(tamper));
    }

    async fn open(&self, url: &str) -> Result<String, Cannot> {
        let response = self.http.get(url).send().await.map_err(no_answer)?;
        let status = response.status();
        let page = response.text().await.map_err(no_answer)?;
        if status.is_success() { Ok(page) } else { Err(Cannot::NotAllowed(page)) }
    }

    async fn press_on_page(&self, url: &str, form: &[(&str, &str)]) -> Result<Url, Cannot> {
        let response = self.http.post(url).form(form).send().await.map_err(no_answer)?;
        let sent_to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()?.parse().ok());
        match sent_to {
            Some(to) => Ok(to),
            None => Err(Cannot::NotAllowed(response.text().await.map_err(no_answer)?)),
        }
    }
}

fn no_answer(error: reqwest::Error) -> Cannot {
    Cannot::NoAnswer(format!("{:#}", anyhow::Error::new(error)))
}
