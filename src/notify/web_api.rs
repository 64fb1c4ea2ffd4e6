//! Slack's Web API, as far as the bot uses it. The only file that uses slack-morphism's client; what comes back is read
//! into types of our own, since the crate's refuse some real answers.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use slack_morphism::errors::{SlackClientError, SlackClientHttpProtocolError};
use slack_morphism::prelude::{SlackApiToken, SlackApiTokenValue, SlackClient, SlackView};
use url::Url;

use super::connector::Connector;
use super::message::Message;
use crate::authorize::directory::{Directory, Person, Unavailable};
use crate::config::{self, Secret};
use crate::domain::person::{ChannelId, Email, EnterpriseId, TeamId, UserGroupId, UserId};
use crate::domain::posted::Posted;
use crate::telemetry::Metrics;

/// A modal is opened before Slack is answered: its `trigger_id` lives 3 s.
const VIEW_WITHIN: Duration = Duration::from_millis(1500);

/// What Slack says of a user group that is not there, in a workspace without any, or to an app without the scope.
const NO_GROUP: [&str; 3] = ["no_such_subteam", "plan_upgrade_required", "missing_scope"];

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlackFailure {
    /// Too many calls: this method is to be left alone for a while.
    #[error("Slack asks to wait")]
    Busy {
        /// For how long, where Slack said.
        retry_after: Option<Duration>,
    },
    /// Slack refused, with this code.
    #[error("Slack refused: {0}")]
    Refused(String),
    /// It surely was not done: Slack could not be reached, or has troubles of its own.
    #[error("Slack could not be reached")]
    NotSent,
    /// No answer, or none that could be read: it may have been done.
    #[error("Slack did not answer")]
    Lost,
}

impl SlackFailure {
    /// Whether it may end by itself.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Refused(code) => is_passing(code),
            Self::Busy { .. } | Self::NotSent | Self::Lost => true,
        }
    }
}

/// The thread that a message is posted in.
#[derive(Clone, Copy, Debug)]
pub struct Thread<'t> {
    /// The message that it hangs on.
    pub ts: &'t str,
    /// Whether the reply is shown in the conversation too.
    pub is_broadcast: bool,
}

/// Who the bot is in Slack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The workspace of its token.
    pub team: Option<TeamId>,
    /// The organisation, where the app is installed for all of it.
    pub enterprise: Option<EnterpriseId>,
}

/// A client of the Web API; cheap to clone.
#[derive(Clone)]
pub struct SlackApi {
    client: Arc<SlackClient<Connector>>,
    plain: reqwest::Client,
    token: SlackApiToken,
    base_url: Url,
    hook_hosts: Vec<String>,
    metrics: Metrics,
}

#[derive(Deserialize)]
struct AuthTest {
    team_id: Option<String>,
    enterprise_id: Option<String>,
    #[serde(default)]
    is_enterprise_install: bool,
}

#[derive(Deserialize)]
struct UserAnswer {
    user: UserObject,
}

#[derive(Deserialize)]
struct UserObject {
    id: Option<String>,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    is_restricted: bool,
    #[serde(default)]
    is_ultra_restricted: bool,
    #[serde(default)]
    is_stranger: bool,
    is_email_confirmed: Option<bool>,
    team_id: Option<String>,
    enterprise_user: Option<EnterpriseUser>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct EnterpriseUser {
    enterprise_id: Option<String>,
}

#[derive(Deserialize)]
struct Profile {
    email: Option<String>,
}

#[derive(Deserialize)]
struct MembersAnswer {
    users: Vec<String>,
}

#[derive(Deserialize)]
struct ChannelAnswer {
    channel: Option<ChannelObject>,
}

#[derive(Deserialize)]
struct ChannelObject {
    id: Option<String>,
    is_ext_shared: Option<bool>,
    #[serde(default)]
    is_pending_ext_shared: bool,
}

#[derive(Deserialize)]
struct PostAnswer {
    channel: Option<String>,
    ts: Option<String>,
}

#[derive(Deserialize)]
struct ConnectionAnswer {
    url: Option<Url>,
}

#[derive(Deserialize)]
struct Anything {}

impl SlackApi {
    /// A client for the app of the settings.
    pub fn new(client: reqwest::Client, slack: &config::Slack, metrics: Metrics) -> Self {
        let connector = Connector { client: client.clone(), base_url: slack.api_base_url.clone() };
        Self {
            client: Arc::new(SlackClient::new(connector)),
            plain: client,
            token: SlackApiToken::new(SlackApiTokenValue(slack.bot_token.expose().to_owned())),
            base_url: slack.api_base_url.clone(),
            hook_hosts: slack.hook_hosts.clone(),
            metrics,
        }
    }

    /// Who the bot is.
    ///
    /// # Errors
    /// Why Slack did not say.
    pub async fn auth_test(&self) -> Result<Installed, SlackFailure> {
        let answer: AuthTest = self.post_json("auth.test", &json!({})).await?;
        Ok(Installed {
            team: answer.team_id.as_deref().and_then(TeamId::parse),
            enterprise: answer
                .enterprise_id
                .as_deref()
                .and_then(EnterpriseId::parse)
                .filter(|_| answer.is_enterprise_install),
        })
    }

    /// An address at which Slack waits for a WebSocket; it holds a ticket that is good once, and is never logged.
    ///
    /// # Errors
    /// Why Slack named none.
    pub(crate) async fn open_connection(&self, app_token: &Secret) -> Result<Url, SlackFailure> {
        const METHOD: &str = "apps.connections.open";
        let token = SlackApiToken::new(SlackApiTokenValue(app_token.expose().to_owned()));
        let answer = self.client.open_session(&token).http_session_api.http_post(METHOD, &json!({}), None).await;
        let answer: Result<ConnectionAnswer, _> = answer.map_err(|error| self.counted(METHOD, failure(&error)));
        answer?.url.ok_or_else(|| self.counted(METHOD, SlackFailure::Lost))
    }

    /// How to ask for the WebSocket at an address that Slack named, where that is Slack's own: what is heard there is taken
    /// for Slack's word.
    pub(crate) fn may_listen_to(&self, address: Url) -> Option<Url> {
        let scheme = match address.scheme() {
            "wss" => "https",
            "ws" if config::is_surely_loopback(&address) => "http",
            _ => return None,
        };
        // The scheme of a `Url` cannot be changed from one of these to the other.
        let url = Url::parse(&format!("{scheme}{}", address.as_str().strip_prefix(address.scheme())?)).ok()?;
        let is_slacks = |host: &str| host.ends_with(".slack.com") || host.ends_with(".slack-gov.com");
        let known =
            url.origin() == self.base_url.origin() || (url.port().is_none() && url.host_str().is_some_and(is_slacks));
        (known && url.username().is_empty() && url.password().is_none()).then_some(url)
    }

    /// The person with this confirmed address, if the workspace has one.
    ///
    /// # Errors
    /// Why Slack did not say.
    pub async fn user_with(&self, email: &Email) -> Result<Option<UserId>, SlackFailure> {
        match self.get::<UserAnswer>("users.lookupByEmail", &[("email", email.as_str())]).await {
            Ok(UserAnswer { user }) => {
                let id = user.id.as_deref().and_then(UserId::parse);
                let found = person(user);
                let theirs = found.email.as_ref() == Some(email) && !found.is_stranger && !found.deleted;
                Ok(id.filter(|_| theirs))
            }
            Err(SlackFailure::Refused(code)) if code == "users_not_found" => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The conversation of the bot's direct messages with somebody.
    ///
    /// # Errors
    /// Why Slack did not open it.
    pub async fn open_dm(&self, user: &UserId) -> Result<ChannelId, SlackFailure> {
        let answer: ChannelAnswer = self.post_json("conversations.open", &json!({ "users": user })).await?;
        let id = answer.channel.and_then(|channel| channel.id);
        id.as_deref().and_then(ChannelId::parse).ok_or(SlackFailure::Lost)
    }

    /// Whether the channel is shared with another company; `None` where Slack answers and does not say.
    ///
    /// # Errors
    /// Why Slack did not say.
    pub async fn is_shared(&self, channel: &ChannelId) -> Result<Option<bool>, SlackFailure> {
        match self.get::<ChannelAnswer>("conversations.info", &[("channel", channel.as_str())]).await {
            Ok(answer) => {
                Ok(answer.channel.and_then(|channel| Some(channel.is_ext_shared? || channel.is_pending_ext_shared)))
            }
            // Mostly a scope that the app was not given.
            Err(SlackFailure::Refused(code)) if !is_passing(&code) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Posts a message, in a thread where one is named.
    ///
    /// # Errors
    /// Why it is not there, or may be there.
    pub async fn post(
        &self,
        channel: &ChannelId,
        thread: Option<Thread<'_>>,
        message: &Message,
    ) -> Result<Posted, SlackFailure> {
        let mut body = json!({
            "channel": channel, "text": message.text, "blocks": message.blocks,
            "unfurl_links": false, "unfurl_media": false,
        });
        if let Some(Thread { ts, is_broadcast }) = thread {
            body["thread_ts"] = json!(ts);
            if is_broadcast {
                body["reply_broadcast"] = json!(true);
            }
        }
        let answer: PostAnswer = self.post_json("chat.postMessage", &body).await?;
        // It is posted, wherever: to post it again would only make one more.
        let ts = answer.ts.ok_or_else(|| SlackFailure::Refused("message_not_found".to_owned()))?;
        let posted_in = answer.channel.as_deref().and_then(ChannelId::parse);
        Ok(Posted { channel: posted_in.unwrap_or_else(|| channel.clone()), ts })
    }

    /// Draws a message anew.
    ///
    /// # Errors
    /// Why it shows what it showed.
    pub async fn update(&self, posted: &Posted, message: &Message) -> Result<(), SlackFailure> {
        let body = json!({
            "channel": posted.channel, "ts": posted.ts, "text": message.text, "blocks": message.blocks,
        });
        self.post_json::<_, Anything>("chat.update", &body).await.map(|_| ())
    }

    /// Lays a message's blocks under a link in somebody's message, in place of what was laid there before.
    ///
    /// # Errors
    /// Why it shows what it showed.
    pub async fn unfurl(&self, posted: &Posted, url: &str, message: &Message) -> Result<(), SlackFailure> {
        let unfurls = json!({ url: { "blocks": message.blocks } });
        let body = json!({ "channel": posted.channel, "ts": posted.ts, "unfurls": unfurls });
        self.post_json::<_, Anything>("chat.unfurl", &body).await.map(|_| ())
    }

    /// Shows a message to one person in a channel, if they are there.
    ///
    /// # Errors
    /// Why they do not see it.
    pub async fn post_private(
        &self,
        channel: &ChannelId,
        thread: Option<&str>,
        user: &UserId,
        message: &Message,
    ) -> Result<(), SlackFailure> {
        let mut body = json!({
            "channel": channel, "user": user, "text": message.text, "blocks": message.blocks,
        });
        if let Some(thread) = thread {
            body["thread_ts"] = json!(thread);
        }
        self.post_json::<_, Anything>("chat.postEphemeral", &body).await.map(|_| ())
    }

    /// Opens a modal.
    ///
    /// # Errors
    /// Why it is not open; after 1.5 s it is given up.
    pub async fn open_view(&self, trigger: &str, view: &SlackView) -> Result<(), SlackFailure> {
        self.show_view("views.open", trigger, view).await
    }

    /// Opens a modal on top of the one in which something was pressed.
    ///
    /// # Errors
    /// Why it is not open; after 1.5 s it is given up.
    pub async fn push_view(&self, trigger: &str, view: &SlackView) -> Result<(), SlackFailure> {
        self.show_view("views.push", trigger, view).await
    }

    async fn show_view(&self, method: &'static str, trigger: &str, view: &SlackView) -> Result<(), SlackFailure> {
        let body = json!({ "trigger_id": trigger, "view": view });
        match tokio::time::timeout(VIEW_WITHIN, self.post_json::<_, Anything>(method, &body)).await {
            Ok(answer) => answer.map(|_| ()),
            Err(_) => Err(self.counted(method, SlackFailure::Lost)),
        }
    }

    /// Draws somebody's Home.
    ///
    /// # Errors
    /// Why it shows what it showed.
    pub async fn publish_home(&self, user: &UserId, view: &SlackView) -> Result<(), SlackFailure> {
        let body = json!({ "user_id": user, "view": view });
        self.post_json::<_, Anything>("views.publish", &body).await.map(|_| ())
    }

    /// Answers through a `response_url`. Only the configured hosts are called: the address comes from a payload.
    ///
    /// # Errors
    /// Why the answer is not there.
    pub async fn respond(&self, url: &Url, message: &Value) -> Result<(), SlackFailure> {
        if !self.may_call(url) {
            return Err(self.counted("response_url", SlackFailure::Refused("foreign_host".to_owned())));
        }
        let sent = self.plain.post(url.clone()).timeout(Duration::from_secs(5)).json(message).send().await;
        match sent {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => {
                Err(self.counted("response_url", SlackFailure::Refused(answer.status().as_u16().to_string())))
            }
            Err(_) => Err(self.counted("response_url", SlackFailure::Lost)),
        }
    }

    /// Exact host and port, and https except on loopback.
    fn may_call(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let named = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let safe = url.scheme() == "https" || (url.scheme() == "http" && config::is_surely_loopback(url));
        safe && url.username().is_empty() && url.password().is_none() && self.hook_hosts.contains(&named)
    }

    async fn post_json<RQ: Serialize + Send + Sync, RS: DeserializeOwned + Send>(
        &self,
        method: &'static str,
        body: &RQ,
    ) -> Result<RS, SlackFailure> {
        let session = self.client.open_session(&self.token);
        let answer = session.http_session_api.http_post(method, body, None).await;
        answer.map_err(|error| self.counted(method, failure(&error)))
    }

    /// Slack's reading methods take no JSON.
    async fn get<RS: DeserializeOwned + Send>(
        &self,
        method: &'static str,
        arguments: &[(&'static str, &str)],
    ) -> Result<RS, SlackFailure> {
        let session = self.client.open_session(&self.token);
        let arguments: Vec<_> = arguments.iter().map(|(name, value)| (*name, Some(*value))).collect();
        let answer = session.http_session_api.http_get(method, &arguments, None).await;
        answer.map_err(|error| self.counted(method, failure(&error)))
    }

    fn counted(&self, method: &'static str, failure: SlackFailure) -> SlackFailure {
        let kind = match &failure {
            SlackFailure::Busy { .. } => "busy",
            SlackFailure::Refused(_) => "refused",
            SlackFailure::NotSent => "not_sent",
            SlackFailure::Lost => "lost",
        };
        self.metrics.slack_failure(method, kind);
        tracing::warn!(method, failure = %failure, "a call of Slack's Web API failed");
        failure
    }
}

fn failure(error: &SlackClientError) -> SlackFailure {
    match error {
        SlackClientError::RateLimitError(limit) => SlackFailure::Busy { retry_after: limit.retry_after },
        SlackClientError::ApiError(error) if error.code == "ratelimited" => SlackFailure::Busy { retry_after: None },
        SlackClientError::ApiError(error) => SlackFailure::Refused(error.code.clone()),
        SlackClientError::HttpError(error) if error.status_code.is_client_error() => {
            SlackFailure::Refused(format!("http_{}", error.status_code.as_u16()))
        }
        SlackClientError::HttpError(_) => SlackFailure::NotSent,
        SlackClientError::HttpProtocolError(error) if could_not_connect(error) => SlackFailure::NotSent,
        _ => SlackFailure::Lost,
    }
}

fn could_not_connect(error: &SlackClientHttpProtocolError) -> bool {
    let cause = error.cause.as_ref().and_then(|cause| cause.downcast_ref::<reqwest::Error>());
    cause.is_some_and(reqwest::Error::is_connect)
}

/// Slack's own troubles, which end by themselves.
fn is_passing(code: &str) -> bool {
    ["internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"].contains(&code)
}

fn person(user: UserObject) -> Person {
    let email = user.profile.and_then(|profile| Email::parse(&profile.email?));
    Person {
        deleted: user.deleted,
        is_bot: user.is_bot,
        is_guest: user.is_restricted || user.is_ultra_restricted,
        is_stranger: user.is_stranger,
        team: user.team_id.as_deref().and_then(TeamId::parse),
        enterprise: user.enterprise_user.and_then(|e| EnterpriseId::parse(&e.enterprise_id?)),
        email: email.filter(|_| user.is_email_confirmed == Some(true)),
    }
}

fn unavailable(failure: &SlackFailure) -> Unavailable {
    match failure {
        SlackFailure::Busy { retry_after } => Unavailable { retry_after: *retry_after },
        SlackFailure::Refused(_) | SlackFailure::NotSent | SlackFailure::Lost => Unavailable { retry_after: None },
    }
}

impl Directory for SlackApi {
    fn person<'d>(&'d self, user: &'d UserId) -> BoxFuture<'d, Result<Option<Person>, Unavailable>> {
        async move {
            match self.get::<UserAnswer>("users.info", &[("user", user.as_str())]).await {
                Ok(answer) => Ok(Some(person(answer.user))),
                Err(SlackFailure::Refused(code)) if code == "user_not_found" || code == "user_not_visible" => Ok(None),
                Err(failure) => Err(unavailable(&failure)),
            }
        }
        .boxed()
    }

    fn with_email<'d>(&'d self, email: &'d Email) -> BoxFuture<'d, Result<Option<UserId>, Unavailable>> {
        async move { self.user_with(email).await.map_err(|failure| unavailable(&failure)) }.boxed()
    }

    fn members<'d>(
        &'d self,
        group: &'d UserGroupId,
        workspace: &'d TeamId,
    ) -> BoxFuture<'d, Result<Option<Vec<UserId>>, Unavailable>> {
        async move {
            let arguments = [("usergroup", group.as_str()), ("team_id", workspace.as_str())];
            match self.get::<MembersAnswer>("usergroups.users.list", &arguments).await {
                Ok(answer) => Ok(Some(answer.users.iter().filter_map(|id| UserId::parse(id)).collect())),
                Err(SlackFailure::Refused(code)) if NO_GROUP.contains(&code.as_str()) => Ok(None),
                Err(failure) => Err(unavailable(&failure)),
            }
        }
        .boxed()
    }
}
