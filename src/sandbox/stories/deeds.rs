//! What a step says is done, with the same handles as a click on the page.

use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Sleep;

use super::browser::Surfer;
use super::modals::said_by;
use super::{Deed, Seen, Step, Where};
use crate::sandbox::p0::{Call, RequestSeed};
use crate::sandbox::scene::{CHANNEL, SETTINGS_CHANNEL};
use crate::sandbox::slack::{Cannot, Delivered, Message};
use crate::sandbox::stage::Stage;

/// Longer than anything takes that works; then the step says what it waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the steps of one performance have in common.
#[derive(Clone)]
pub(super) struct Prompt {
    pub(super) stage: Stage,
    /// The id of the story's request.
    pub(super) request: String,
    pub(super) seed: fn() -> RequestSeed,
    /// Nothing that was said before this is taken for news; epoch microseconds.
    pub(super) since: i64,
    /// The button of the last press, as it was then.
    pub(super) pressed: Option<Button>,
}

/// A button of a message, kept as it was.
#[derive(Clone)]
pub(super) struct Button {
    channel: String,
    ts: String,
    element: Value,
}

/// Why a step was not done: a sentence.
pub(super) type Trouble = String;

impl Prompt {
    /// Does what the step says, and returns once it is done.
    pub(super) async fn perform(&mut self, step: &Step) -> Result<(), Trouble> {
        let who = step.who.unwrap_or_default();
        match &step.deed {
            Deed::Ask => {
                self.stage.p0.add(RequestSeed { id: Some(self.request.clone()), ..(self.seed)() });
                Ok(())
            }
            Deed::Press(place, control) => {
                let button = self.button(*place, control).await?;
                self.pressed = Some(button.clone());
                taken(self.stage.slack.press(who, &button.channel, &button.ts, control).await)
            }
            Deed::PressOld => {
                let Some(Button { channel, ts, element }) = &self.pressed else {
                    return Err("nothing was pressed before".to_owned());
                };
                taken(self.stage.slack.press_stale(who, channel, ts, element, None).await)
            }
            Deed::PressInVain(place, control) => {
                self.see_dead().await?;
                let button = self.button(*place, control).await?;
                match self.stage.slack.press(who, &button.channel, &button.ts, control).await {
                    Err(Cannot::NotReached(_) | Cannot::NoAnswer(_)) => Ok(()),
                    Err(other) => Err(other.to_string()),
                    Ok(delivered) => Err(format!("the bot answered {}: it is not dead", delivered.status)),
                }
            }
            Deed::Choose(place, control, option) => {
                let button = self.button(*place, control).await?;
                taken(self.stage.slack.choose(who, &button.channel, &button.ts, control, option).await)
            }
            Deed::Type(text) => taken(self.stage.slack.slash(who, CHANNEL, text).await),
            Deed::UseShortcut(shortcut) => taken(self.stage.slack.shortcut(who, shortcut.as_str()).await),
            Deed::PressInModal(control) => self.press_in_modal(who, *control).await,
            Deed::Submit(values) => self.submit(who, values).await,
            Deed::PressTold(control) => self.press_told(who, *control).await,
            Deed::OpenPageOf(owner, heading) => {
                let Some(idp) = &self.stage.idp else { return Err("there is no provider to sign in at".to_owned()) };
                let page = self.page_of(owner).await?;
                let account = self.stage.scene.email_of(who).ok_or_else(|| format!("{who} has no account"))?;
                let shown = Surfer::new(&self.stage.slack, idp).link(&page, who, account).await?;
                found(shown == *heading, || format!("the browser shows: {shown}"))
            }
            Deed::Pass(minutes) => {
                self.stage.pass(Duration::from_secs(60 * minutes));
                Ok(())
            }
            Deed::Switch(switch) => self.stage.faults.switch(*switch).await.map_err(|error| error.to_string()),
            Deed::Kill => self.see_dead().await,
            Deed::Start => self.stage.bot.start().await.map(drop).map_err(|error| format!("{error:#}")),
            Deed::See(seen) => self.until_seen(seen).await,
        }
    }

    /// A button or select of the story's card, once it is there.
    async fn button(&self, place: Where, control: &str) -> Result<Button, Trouble> {
        let mut patience = Patience::of(&self.stage);
        loop {
            match self.button_now(place, control) {
                Ok(button) => return Ok(button),
                Err(trouble) => patience.wait(trouble).await?,
            }
        }
    }

    /// The lengths that the select of the story's card offers.
    fn offered(&self, place: Where) -> Result<Vec<String>, Trouble> {
        let Button { element, .. } = self.button_now(place, "approve_for")?;
        let options = element["options"].as_array().into_iter().flatten();
        Ok(options.filter_map(|option| Some(option["text"]["text"].as_str()?.to_owned())).collect())
    }

    fn button_now(&self, place: Where, control: &str) -> Result<Button, Trouble> {
        let card = self.card(place)?;
        let element = self.stage.slack.element(&card.channel, &card.ts, control);
        let element = element.ok_or_else(|| format!("the card has no {control} now"))?;
        Ok(Button { channel: card.channel, ts: card.ts, element })
    }

    /// The address behind the newest button that somebody was given in private since the story began, once there is one.
    async fn page_of(&self, owner: &str) -> Result<String, Trouble> {
        let mut patience = Patience::of(&self.stage);
        loop {
            let lines = self.stage.slack.ephemerals(owner);
            let news = lines.iter().filter(|line| microseconds(&line.ts) >= self.since);
            match news.rev().find_map(|line| page_in(&line.blocks)) {
                Some(page) => return Ok(page.to_owned()),
                None => patience.wait(format!("{owner} was given no page")).await?,
            }
        }
    }

    async fn until_seen(&self, seen: &Seen) -> Result<(), Trouble> {
        let mut patience = Patience::of(&self.stage);
        while let Err(trouble) = self.sees(seen).await {
            patience.wait(trouble).await?;
        }
        Ok(())
    }

    /// Kills the bot at a moment at which the choice waits on disk, where nobody has killed it by hand; whoever reads
    /// along may start it as well.
    async fn see_dead(&self) -> Result<(), Trouble> {
        if self.stage.bot.status().running {
            self.until_quiet().await?;
            self.stage.bot.kill().await.map_err(|error| format!("{error:#}"))?;
        }
        Ok(())
    }

    /// Waits until the choice is on disk, and for a moment nobody tries to send it: a kill finds it waiting.
    async fn until_quiet(&self) -> Result<(), Trouble> {
        let mut patience = Patience::of(&self.stage);
        loop {
            let due = self.stage.disk.waits_until(&self.request).await.map_err(|error| error.to_string())?;
            if due.is_some_and(|due| due > self.stage.clock.now() + QUIET) {
                return Ok(());
            }
            patience.wait("no choice waits on disk to be sent".to_owned()).await?;
        }
    }

    async fn sees(&self, seen: &Seen) -> Result<(), Trouble> {
        match seen {
            Seen::Card(place, says) => {
                let card = self.card(*place)?;
                found(card.text.contains(says), || format!("the card says: {}", card.text))
            }
            Seen::Told(who, says) => {
                let told = self.told(who);
                found(told.iter().any(|text| text.contains(says)), || format!("{who} was told: {}", told.join(" / ")))
            }
            Seen::Modal(who, says) => {
                let shown = self.modal(who).map(|modal| said_by(&modal))?;
                found(shown.contains(says), || format!("the modal says: {shown}"))
            }
            Seen::Announced(says) => {
                let messages = self.stage.slack.messages(SETTINGS_CHANNEL);
                let news = messages.into_iter().filter(|message| microseconds(&message.ts) >= self.since);
                let news: Vec<String> = news.map(|message| message.text).collect();
                found(news.iter().any(|text| text.contains(says)), || format!("announced was: {}", news.join(" / ")))
            }
            Seen::Offered(place, expected) => {
                let offered = self.offered(*place)?;
                found(offered == *expected, || format!("the card offers: {}", offered.join(", ")))
            }
            Seen::SettingsAtP0(expected) => {
                let heard = self.heard_of_settings();
                found(heard == *expected, || format!("P0 has heard: {}", heard.join(", ")))
            }
            Seen::LengthsAtP0(expected) => {
                let lengths = self.lengths_at_p0();
                found(lengths == *expected, || format!("P0 has: {}", lengths.join(", ")))
            }
            Seen::AtP0(expected) => {
                let heard = self.heard();
                found(heard == *expected, || format!("P0 has heard: {}", heard.join(", ")))
            }
            Seen::OnDisk(expected) => {
                let stages = self.stage.disk.stages(&self.request).await.map_err(|error| error.to_string())?;
                found(stages == *expected, || format!("on disk is: {}", stages.join(", ")))
            }
        }
    }

    /// The newest card of the story's request at a place.
    fn card(&self, place: Where) -> Result<Message, Trouble> {
        let slack = &self.stage.slack;
        let channel = match place {
            Where::Channel => Some(CHANNEL.to_owned()),
            Where::DmOf(user) => slack.dm_channel(user),
        };
        let messages = channel.map(|channel| slack.messages(&channel)).unwrap_or_default();
        let named = format!("Request {}", self.request);
        let is_card = |message: &Message| message.bot_id.is_some() && shows(&message.blocks, &named);
        messages.into_iter().rfind(is_card).ok_or_else(|| match place {
            Where::Channel => format!("no card of {} is in the channel", self.request),
            Where::DmOf(user) => format!("no card of {} is in {user}'s direct messages", self.request),
        })
    }

    /// What somebody was told in private since the story began.
    fn told(&self, user: &str) -> Vec<String> {
        let slack = &self.stage.slack;
        let messages = slack.dm_channel(user).map(|dm| slack.messages(&dm)).unwrap_or_default();
        let messages = messages.into_iter().filter(|message| message.bot_id.is_some());
        let lines = slack.ephemerals(user).into_iter().map(|line| (line.ts, line.text));
        let all = messages.map(|message| (message.ts, message.text)).chain(lines);
        all.filter(|(ts, _)| microseconds(ts) >= self.since).map(|(_, text)| text).collect()
    }

    /// What P0 heard about the request, a line for each call.
    fn heard(&self) -> Vec<String> {
        let calls = self.stage.p0.calls();
        calls.iter().filter(|call| call.request_id.as_deref() == Some(&self.request)).map(line).collect()
    }
}

/// Waits for whatever changes next, but not for ever.
pub(super) struct Patience {
    slack: watch::Receiver<u64>,
    p0: watch::Receiver<u64>,
    bell: watch::Receiver<u64>,
    end: Pin<Box<Sleep>>,
}

impl Patience {
    pub(super) fn of(stage: &Stage) -> Self {
        Self {
            slack: stage.slack.changed(),
            p0: stage.p0.changed(),
            bell: stage.bell.listen(),
            end: Box::pin(tokio::time::sleep(PATIENCE)),
        }
    }

    /// Returns when something has changed, or with `trouble` when it took too long.
    pub(super) async fn wait(&mut self, trouble: Trouble) -> Result<(), Trouble> {
        // The stage outlives its performances, so nothing here is ever closed.
        tokio::select! {
            _ = self.slack.changed() => Ok(()),
            _ = self.p0.changed() => Ok(()),
            _ = self.bell.changed() => Ok(()),
            () = &mut self.end => Err(format!("waited {} s in vain: {trouble}", PATIENCE.as_secs())),
        }
    }
}

/// How long nobody will touch a choice, so that a kill surely finds it waiting.
const QUIET: Duration = Duration::from_millis(400);

pub(super) fn found(is: bool, instead: impl FnOnce() -> Trouble) -> Result<(), Trouble> {
    if is { Ok(()) } else { Err(instead()) }
}

/// Whether the bot took it.
pub(super) fn taken(answer: Result<Delivered, Cannot>) -> Result<(), Trouble> {
    match answer {
        Ok(delivered) if (200..300).contains(&delivered.status) => Ok(()),
        Ok(delivered) => Err(format!("the bot answered {}", delivered.status)),
        Err(cannot) => Err(cannot.to_string()),
    }
}

/// Whether a line of a card is exactly this.
fn shows(blocks: &[Value], line: &str) -> bool {
    let texts = blocks.iter().filter_map(|block| block["text"]["text"].as_str());
    texts.flat_map(str::lines).any(|shown| shown == line)
}

/// Where a button leads.
fn page_in(blocks: &[Value]) -> Option<&str> {
    let elements = blocks.iter().filter_map(|block| block["elements"].as_array()).flatten();
    elements.filter_map(|element| element["url"].as_str()).next()
}

/// `approve 2h as alice@example.com: 200`.
fn line(call: &Call) -> String {
    let verb = call.path.rsplit('/').next().unwrap_or_default();
    let length = call.body.as_ref().and_then(|body| body["expirationLength"].as_str());
    let length = length.map(|length| format!(" {length}")).unwrap_or_default();
    let identity = call.identity.as_deref().unwrap_or("nobody");
    let answer = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    format!("{verb}{length} as {identity}: {answer}")
}

pub(super) fn microseconds(ts: &str) -> i64 {
    ts.replace('.', "").parse().unwrap_or_default()
}
