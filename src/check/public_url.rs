//! The way from outside: whether what is sent to `public_url` reaches this bot, whole.
//!
//! The bot sends itself what Slack would send. Only who has the signing secret tells a right signature from a wrong
//! one, and answers the challenge of the first alone; and a signature is only right for a body that was not touched.

use http::{StatusCode, header};
use serde_json::Value;
use url::Url;

use super::Install;
use super::listeners::Doors;
use super::probe::{KEYS, P0_DOOR, PAGES, Probe, SLACK_DOORS, Shape, door_url};
use super::report::Report;
use super::trouble::{Trouble, is_not_there};
use super::web::{Heard, Silence, ask};
use crate::config::{Flow, Secret, may_be_this_machine};
use crate::domain::sign_in::Ticket;

/// What P0's door is shown instead of a token.
const NO_TOKEN: &str = "p0-chatops-check";

/// Whom a delivery reached.
enum Reached {
    /// Who listens here.
    Here,
    /// A bot with the same signing secret, on another machine or at another address.
    Elsewhere,
}

/// Calls every door through `public_url`.
pub(super) async fn check(install: &Install, doors: Doors, report: &mut Report<'_>) {
    if !install.settings.has_doors() {
        return report.skip("public_url", "nobody comes in there: Slack is called, and P0 has notifier.listen");
    }
    let secret = install.settings.slack.signing_secrets().first();
    let Some(base) = &install.settings.public_url else {
        let (who, they) = match secret {
            Some(_) => ("Slack and P0 reach", "they do"),
            None => ("P0 reaches", "it does"),
        };
        if secret.is_some() {
            report.unseen("Slack reaches the bot");
        }
        return report.warn(
            "public_url",
            format!("is not set: whether {who} the bot cannot be checked"),
            format!("set public_url to the address under which {they}, as https://bot.example.com"),
        );
    };
    let Some(clients) = &install.clients else {
        return report.skip("public_url", "needs a way out");
    };
    // The doors are tried all the same: what is behind them need not wait for a name.
    if may_be_this_machine(base) {
        report.fail(
            "public_url",
            format!("{base} is this machine's own name for itself: Slack and P0 cannot reach it"),
            "set it to the https:// address under which they reach the bot",
        );
    }
    let way = Way { install, client: &clients.decisions, base, doors: &doors };
    for (door, secret) in SLACK_DOORS.into_iter().filter_map(|door| Some((door, secret?))) {
        match way.slack(door, secret).await {
            Ok(Reached::Here) => report.ok(("door", door), way.reached()),
            Ok(Reached::Elsewhere) => report.warn(
                ("door", door),
                format!(
                    "a p0-chatops with this signing secret is reached, but not what listens on {} here",
                    install.settings.listen
                ),
                "all is well where `serve` runs elsewhere; else point public_url at this one",
            ),
            Err(Trouble { message, remedy, silent }) => {
                report.fail(("door", door), message, remedy);
                if silent {
                    return report.skip("door", "the others were not tried");
                }
            }
        }
    }
    match install.settings.notifier.listen {
        Some(listen) => report.skip(("door", P0_DOOR), format!("pushes come in at {listen}, not through public_url")),
        None => match way.p0().await {
            Ok(()) => report.ok(("door", P0_DOOR), "is reached, and refuses a push without P0's token"),
            Err(Trouble { message, remedy, .. }) => report.fail(("door", P0_DOOR), message, remedy),
        },
    }
    if let Some(Flow::Code { .. }) = install.settings.identity.linked().map(|linked| &linked.flow) {
        match way.pages().await {
            Ok(()) => report.ok(("door", PAGES), "is reached, and a page that nobody asked for is over"),
            Err(Trouble { message, remedy, .. }) => report.fail(("door", PAGES), message, remedy),
        }
    }
    if let Some(jwks) = &install.jwks {
        match way.keys(jwks).await {
            Ok(()) => report.ok("jwks", format!("{KEYS} is reached, and publishes the bot's keys")),
            Err(Trouble { message, remedy, .. }) => report.fail("jwks", message, remedy),
        }
    }
}

/// The way through `public_url`, and who is at its end.
struct Way<'w> {
    install: &'w Install,
    client: &'w reqwest::Client,
    base: &'w Url,
    doors: &'w Doors,
}

impl Way<'_> {
    fn reached(&self) -> &'static str {
        match self.doors {
            Doors::Own { .. } => "is reached, and what is sent arrives untouched",
            Doors::Serving | Doors::Other => {
                "a bot with this signing secret is reached, and what is sent arrives untouched"
            }
        }
    }

    /// One of Slack's doors.
    async fn slack(&self, door: &'static str, secret: &Secret) -> Result<Reached, Trouble> {
        let shapes: &[Shape] = if door == SLACK_DOORS[2] { &[Shape::Awkward] } else { &[Shape::Awkward, Shape::Form] };
        let mut reached = Reached::Here;
        for shape in shapes {
            if let Reached::Elsewhere = self.deliver(&Probe::new(door, *shape), secret).await? {
                reached = Reached::Elsewhere;
            }
        }
        self.forge(door).await?;
        Ok(reached)
    }

    /// Sends a delivery that has to be let in.
    async fn deliver(&self, probe: &Probe, secret: &Secret) -> Result<Reached, Trouble> {
        let heard = self.ask(self.signed(probe, secret)).await?;
        if heard.status.is_success() && probe.is_answered_by(&heard.body) {
            return Ok(self.end_of(probe));
        }
        if let Doors::Own { seen, .. } = self.doors
            && let Some(arrived) = seen.with(&probe.challenge)
        {
            return Err(Trouble::damaged(probe, &arrived));
        }
        let turned_away = heard.status.is_client_error() && !is_not_there(heard.status);
        if turned_away && self.gets_through(&Probe::new(probe.door, Shape::Plain), secret).await {
            return Err(Trouble::new(
                format!(
                    "what is sent is changed or turned away on the way (HTTP {}): a plain body gets through, one with \
                     unusual characters does not",
                    heard.status.as_u16()
                ),
                "let the proxy or firewall pass bodies of /slack/ as they are, byte for byte",
            ));
        }
        Err(Trouble::judged(&heard, self.base, self.install.settings.listen))
    }

    /// Whom a delivery reached that was answered as it should be.
    fn end_of(&self, probe: &Probe) -> Reached {
        match self.doors {
            Doors::Own { seen, .. } if seen.with(&probe.challenge).is_none() => Reached::Elsewhere,
            _ => Reached::Here,
        }
    }

    /// Sends a delivery with another secret's signature, which has to be refused.
    async fn forge(&self, door: &'static str) -> Result<(), Trouble> {
        let probe = Probe::new(door, Shape::Plain);
        let heard = self.ask(self.signed(&probe, &Secret::new("not-the-signing-secret"))).await?;
        if heard.status == StatusCode::UNAUTHORIZED {
            return Ok(());
        }
        Err(Trouble::new(
            format!(
                "a delivery with a wrong signature is answered HTTP {}: what answers does not check them",
                heard.status.as_u16()
            ),
            format!(
                "point public_url at {} of the bot, not at something that answers for it",
                self.install.settings.listen
            ),
        ))
    }

    async fn gets_through(&self, probe: &Probe, secret: &Secret) -> bool {
        let heard = self.ask(self.signed(probe, secret)).await;
        heard.is_ok_and(|heard| heard.status.is_success() && probe.is_answered_by(&heard.body))
    }

    /// P0's door: a push without a token of P0's has to be refused, by the bot and not by something before it.
    async fn p0(&self) -> Result<(), Trouble> {
        let request = self.client.post(door_url(self.base, P0_DOOR));
        let token = Probe::new(P0_DOOR, Shape::Plain).challenge;
        let request =
            request.header(header::AUTHORIZATION, format!("Bearer {NO_TOKEN}")).body(format!("{{\"{token}\":0}}"));
        let heard = self.ask(request.header(header::CONTENT_TYPE, "application/json")).await?;
        if let Doors::Own { seen, .. } = self.doors
            && seen.with(&token).is_some_and(|arrived| !arrived.headers.contains_key(header::AUTHORIZATION))
        {
            return Err(Trouble::new(
                "the header Authorization, with P0's token, is taken away on the way",
                "let the proxy pass Authorization on to /p0/notifications",
            ));
        }
        match heard.status {
            StatusCode::UNAUTHORIZED if !heard.headers.contains_key(header::WWW_AUTHENTICATE) => Ok(()),
            StatusCode::UNAUTHORIZED => Err(Trouble::new(
                "something before the bot asks for a login (HTTP 401)",
                "let the proxy pass /p0/notifications without a login of its own",
            )),
            status if status.is_success() => Err(Trouble::new(
                format!("a push without P0's token is answered HTTP {}: what answers is not the bot", status.as_u16()),
                format!("forward /p0/notifications to {}", self.install.settings.listen),
            )),
            _ => Err(Trouble::judged(&heard, self.base, self.install.settings.listen)),
        }
    }

    /// The pages on which people link an account: at an address that nobody was given there is only that it is over.
    async fn pages(&self) -> Result<(), Trouble> {
        let nobodys = Ticket::random();
        let address = door_url(self.base, &format!("{PAGES}{}", nobodys.as_str()));
        let heard = self.ask(self.client.get(address)).await?;
        let forward = format!("let the proxy forward GET and POST below {PAGES} to {}", self.install.settings.listen);
        match heard.status {
            StatusCode::GONE if heard.is_page() => Ok(()),
            gone if is_not_there(gone) => Err(Trouble::new(
                format!(
                    "does not lead to the bot's pages (HTTP {}): the proxy does not forward it, or `serve` runs with \
                     other settings",
                    gone.as_u16()
                ),
                format!("{forward}, and restart `serve`"),
            )),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Trouble::new(
                format!("something before the bot turns browsers away (HTTP {})", heard.status.as_u16()),
                format!("let the proxy pass {PAGES} without a login of its own"),
            )),
            status if status.is_redirection() => Err(Trouble::judged(&heard, self.base, self.install.settings.listen)),
            status => {
                Err(Trouble::new(format!("answers HTTP {}, and not as the bot's pages do", status.as_u16()), forward))
            }
        }
    }

    /// The keys by which what the bot signs is checked.
    async fn keys(&self, jwks: &Value) -> Result<(), Trouble> {
        let heard = self.ask(self.client.get(door_url(self.base, KEYS))).await?;
        if heard.status.is_success() && heard.json().as_ref() == Some(jwks) {
            return Ok(());
        }
        let (message, remedy) = match heard.status {
            status if status.is_success() && heard.json().is_some_and(|said| said["keys"].is_array()) => {
                (format!("{KEYS} publishes other keys than those of the settings"), "restart `serve`".to_owned())
            }
            status => (
                format!("{KEYS} does not publish the bot's keys (HTTP {}): what it signs is refused", status.as_u16()),
                format!("let the proxy forward GET {KEYS} to {}, and restart `serve`", self.install.settings.listen),
            ),
        };
        Err(Trouble::new(message, remedy))
    }

    fn signed(&self, probe: &Probe, secret: &Secret) -> reqwest::RequestBuilder {
        probe.signed(self.client, self.base, secret, &self.install.clock)
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<Heard, Trouble> {
        ask(self.install, request).await.map_err(|silence| Trouble {
            message: format!("cannot be reached: {silence}"),
            remedy: match silence {
                Silence::Tls(_) => {
                    "give it a certificate of a well-known authority, with its chain: Slack trusts no other".to_owned()
                }
                silence => silence.remedy("public_url"),
            },
            silent: true,
        })
    }
}
