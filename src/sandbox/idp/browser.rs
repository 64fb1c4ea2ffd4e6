//! What people do in a browser, through the same pages and the same socket.

use std::fmt;

use http::header;
use jiff::Timestamp;
use reqwest::Response;
use url::{Url, form_urlencoded};

use super::Idp;

/// Why a browser got no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// The status of the last answer; `None` where there was none, or where the account is not known.
    pub status: Option<u16>,
    /// The page that stands there, or what went wrong instead.
    pub page: String,
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "the browser stands at a page of status {status}: {}", self.page),
            None => f.write_str(&self.page),
        }
    }
}

impl std::error::Error for Stuck {}

impl From<reqwest::Error> for Stuck {
    fn from(error: reqwest::Error) -> Self {
        Self { status: None, page: format!("no answer: {error}") }
    }
}

impl Idp {
    /// Somebody follows a client's link, signs in and is sent back: the address of the callback, which is not followed.
    /// It has an `error` where the request was not in order. `who` is a subject, an e-mail or a name.
    ///
    /// # Errors
    /// The browser is not sent back: no such client or redirect URI, the account is off or not there, no answer.
    pub async fn log_in(&self, authorize_url: impl AsRef<str>, who: &str) -> Result<Url, Stuck> {
        self.choose(authorize_url.as_ref(), ("account", &self.subject(who)?), None).await
    }

    /// The same, by a provider that does not ask for the password again: the person has signed in at this time, whatever
    /// `max_age` and `prompt` want.
    ///
    /// # Errors
    /// As [`Idp::log_in`].
    pub async fn log_in_as_of(&self, authorize_url: impl AsRef<str>, who: &str, at: Timestamp) -> Result<Url, Stuck> {
        self.choose(authorize_url.as_ref(), ("account", &self.subject(who)?), Some(at)).await
    }

    /// Somebody follows a client's link and presses Cancel.
    ///
    /// # Errors
    /// As [`Idp::log_in`].
    pub async fn cancel(&self, authorize_url: impl AsRef<str>) -> Result<Url, Stuck> {
        self.choose(authorize_url.as_ref(), ("decision", "cancel"), None).await
    }

    async fn choose(&self, url: &str, pressed: (&str, &str), at: Option<Timestamp>) -> Result<Url, Stuck> {
        let page = self.shared.http.get(url).send().await?;
        if page.status().is_redirection() {
            return sent_to(page).await;
        }
        let page = text_of(page).await?;
        let interaction = hidden(&page, "interaction").ok_or(Stuck { status: Some(200), page: page.clone() })?;
        if at.is_some() {
            self.shared.write(|state| {
                if let Some(asked) = state.sign_ins.get_mut(interaction) {
                    asked.as_of = at;
                }
            });
        }
        let form = [("interaction", interaction), pressed];
        sent_to(self.shared.http.post(format!("{}/authorize", self.issuer())).form(&form).send().await?).await
    }

    /// Somebody enters the code that a device shows, and allows it.
    ///
    /// # Errors
    /// No device waits with this code, the account is off or not there, no answer.
    pub async fn enter_code(&self, user_code: &str, who: &str) -> Result<(), Stuck> {
        self.answer_code(user_code, ("account", &self.subject(who)?)).await
    }

    /// Somebody enters the code that a device shows, and denies it.
    ///
    /// # Errors
    /// No device waits with this code, or no answer.
    pub async fn deny_code(&self, user_code: &str) -> Result<(), Stuck> {
        self.answer_code(user_code, ("decision", "deny")).await
    }

    async fn answer_code(&self, user_code: &str, pressed: (&str, &str)) -> Result<(), Stuck> {
        let url = format!("{}/device", self.issuer());
        let asked = format!(
            "{url}?{}",
            form_urlencoded::Serializer::new(String::new()).append_pair("user_code", user_code).finish()
        );
        let page = text_of(self.shared.http.get(asked).send().await?).await?;
        let shown = hidden(&page, "user_code").ok_or(Stuck { status: Some(200), page: page.clone() })?;
        text_of(self.shared.http.post(url).form(&[("user_code", shown), pressed]).send().await?).await.map(drop)
    }

    fn subject(&self, who: &str) -> Result<String, Stuck> {
        let subject = self.shared.read(|state| state.account(who).map(|account| account.subject.clone()));
        subject.ok_or_else(|| Stuck { status: None, page: format!("there is no account {who}") })
    }
}

/// Where an answer sends the browser.
async fn sent_to(response: Response) -> Result<Url, Stuck> {
    let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    if let Some(Ok(url)) = location.map(Url::parse) {
        return Ok(url);
    }
    let status = Some(response.status().as_u16());
    Err(Stuck { status, page: response.text().await? })
}

/// The text of a good page.
async fn text_of(response: Response) -> Result<String, Stuck> {
    let status = response.status();
    let page = response.text().await?;
    if status == 200 { Ok(page) } else { Err(Stuck { status: Some(status.as_u16()), page }) }
}

/// The value of a form's hidden field.
fn hidden<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = page.split_once(&format!("type=\"hidden\" name=\"{name}\" value=\""))?;
    after.split_once('"').map(|(value, _)| value)
}
