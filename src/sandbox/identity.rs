//! Whose credential the sandbox's bot decides with: tokens that lie there from the start, or accounts that people link
//! at a provider of the sandbox's own.

use std::io;
use std::time::Duration;

use clap::ValueEnum;

use super::idp::{Account, Client, Idp, IdpSetup};
use super::new_secret;
use super::p0::{IssuerKeys, P0, TrustedLogin};
use super::seed::{Person, Role};
use super::slack::Slack;
use super::wire::http_client;
use crate::clock::Clock;
use crate::config::VaultKey;

/// The bot's clients at the provider: one for browsers, one for devices.
const BROWSERS: &str = "p0-chatops";
const DEVICES: &str = "p0-chatops-device";
/// How often a device may ask whether its person was there: nobody waits here for longer than has to be.
const POLL_EVERY: Duration = Duration::from_secs(1);

/// What `--identity` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum IdentityMode {
    /// Everybody's token lies in a file: nobody has to do anything first.
    #[default]
    Tokens,
    /// People link their own account in a browser, as they would at your identity provider.
    Linked,
    /// The same with a code that they enter at the provider.
    Device,
}

/// What `--risk` says: the `risk` of the one route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CardRisk {
    /// A press.
    #[default]
    Low,
    /// A fresh sign-in for each approval.
    StepUp,
    /// Nothing can be approved in Slack: the card has a link to P0.
    NotFromChat,
}

impl CardRisk {
    /// The word of the settings.
    pub(super) fn setting(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::StepUp => "step-up",
            Self::NotFromChat => "not-from-chat",
        }
    }
}

/// The provider's side of linking: it runs, P0 takes its tokens, and it sends browsers back to the bot.
pub(super) struct Provider {
    pub(super) idp: Idp,
    client_secret: String,
}

impl Provider {
    /// Starts a provider where everybody in the company has an account of their own.
    pub(super) async fn start<'p>(
        people: impl Iterator<Item = &'p Person>,
        (slack, p0): (&Slack, &P0),
        bot_url: &str,
        clock: Clock,
    ) -> io::Result<Self> {
        let client_secret = new_secret();
        let redirect_uris = vec![format!("{bot_url}/link/provider")];
        let setup = IdpSetup {
            clock,
            clients: vec![
                Client { redirect_uris, ..Client::confidential(BROWSERS, &client_secret) },
                Client::device(DEVICES),
            ],
            accounts: people
                .filter(|person| person.role != Role::Deactivated)
                .enumerate()
                .filter_map(account)
                .collect(),
            interval: Some(POLL_EVERY),
            ..IdpSetup::default()
        };
        let audience = setup.audience.clone();
        let idp = Idp::start(setup).await?;
        slack.set_redirect_urls(&[&format!("{bot_url}/link/slack")]);
        // P0 keeps them: a provider that is down is no reason for it to take nobody's token.
        let keys = IssuerKeys::Url(format!("{}/jwks", idp.issuer())).load(&http_client()).await;
        let keys = IssuerKeys::Set(keys.ok_or_else(|| io::Error::other("the provider's keys cannot be had"))?);
        p0.trust_login(TrustedLogin { issuer: idp.issuer(), audience, keys });
        Ok(Self { idp, client_secret })
    }

    /// The sections of the settings about whose credential is whose, as an operator would write them.
    pub(super) fn settings(&self, mode: IdentityMode) -> String {
        let client = match mode {
            IdentityMode::Device => format!("flow = \"device\"\nclient_id = \"{DEVICES}\""),
            _ => format!("flow = \"code\"\nclient_id = \"{BROWSERS}\"\nclient_secret = \"{}\"", self.client_secret),
        };
        let (issuer, key) = (self.idp.issuer(), VaultKey::random().to_base64());
        format!(
            r#"
[identity]
mode = "linked"
email_match = true
[identity.linked]
issuer = "{issuer}"
send = "access_token"
{client}
[vault]
key = "{}"
"#,
            key.as_str()
        )
    }
}

/// The same sections where everybody's token lies in a file that is called after them: ids and e-mails.
pub(super) fn tokens_settings<'p>(people: impl Iterator<Item = (&'p str, &'p str)> + Clone) -> String {
    let entries = |of: fn((&'p str, &'p str)) -> &'p str| -> String {
        people.clone().map(|person| format!("{} = {}\n", person.0, toml::Value::from(of(person)))).collect()
    };
    let (names, files) = (entries(|(_, email)| email), entries(|(user, _)| user));
    format!("[identity]\nmode = \"tokens\"\n[identity.people]\n{names}[identity.tokens]\n{files}")
}

/// The account of somebody who has an address. Its subject says nothing of them, as at real providers.
fn account((number, person): (usize, &Person)) -> Option<Account> {
    let email = person.email.clone()?;
    Some(Account {
        subject: format!("00u{:04}", number + 1),
        email: Some(email),
        email_verified: Some(true),
        name: person.name.clone(),
        acr: Vec::new(),
        disabled: false,
    })
}
