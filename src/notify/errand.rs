//! One errand of the courier: what is brought where, and what has to be asked on the way.

use std::time::Duration;

use serde_json::Value;

use super::copies::{Behind, Closed, Drawing, Place, Shows};
use super::courier::{Courier, Undone, locked};
use super::message::Message;
use super::pace::Method;
use super::web_api::{SlackFailure, Thread};
use super::{card, linking, replies, wording};
use crate::authorize::directory::{Directory as _, Unavailable};
use crate::domain::person::{ChannelId, Email, UserId};
use crate::domain::posted::Posted;
use crate::domain::request::RequestId;
use crate::domain::watch::News;
use crate::ledger::cards::CardFacts;
use crate::ledger::copies::{Audience, RequesterCopy};
use crate::ledger::errands::Errand;
use crate::ledger::notices::{Notice, Waiting};

/// How long an answer about a channel's being shared is believed: Slack takes about 50 such questions a minute.
const SHARED_FOR: Duration = Duration::from_secs(60);

impl Courier {
    /// Posts a copy, or draws it anew.
    pub(super) async fn bring_copy(&self, copy: &Behind, errand: &Errand) -> Result<(), Undone> {
        let Drawing { message, revision, is_decided, requester } = self.draw(&copy.shows).await?;
        let posted = match &copy.posted {
            Some(posted) => {
                if let Place::Channel(channel) = copy.shows.place() {
                    self.withdraw_if_closed(channel, posted, copy).await?;
                }
                self.redraw(posted, &copy.shows, &message).await?;
                posted.clone()
            }
            // Nobody is called to what is decided. One that may be there already is drawn as it is now.
            None if is_decided && copy.is_page && copy.lost == 0 => {
                return Ok(self.copy_gone(copy, errand.clone()).await?);
            }
            None => {
                let channel = match copy.shows.place() {
                    Place::Channel(channel) => self.open(channel, &copy.shows).await?.clone(),
                    Place::Direct(user) => self.direct(user).await?,
                    Place::Requester => self.requester(requester.as_deref()).await?,
                };
                // Written before it is posted: a post that cannot be written down is not repeated at once.
                self.copy_goes_out(copy, self.later(copy.attempts)).await?;
                self.slack
                    .post(&channel, None, &message)
                    .await
                    .map_err(|failure| Undone::Slack(Method::Post, failure))?
            }
        };
        Ok(self.copy_drawn(copy, errand, posted, revision).await?)
    }

    /// A card whose channel another company has come to read is not for them, nor may it stay as it is.
    async fn withdraw_if_closed(&self, channel: &ChannelId, posted: &Posted, copy: &Behind) -> Result<(), Undone> {
        let Some(closed) = self.closed(channel, &copy.shows).await? else { return Ok(()) };
        if copy.is_shown {
            let withdrawn = Message::sentence(copy.shows.withdrawn(closed, &self.offer.command));
            self.redraw(posted, &copy.shows, &withdrawn).await?;
        }
        Err(Undone::Never(closed.to_string()))
    }

    /// Shows something else where a copy is: in a message of the bot's own, or under a link in somebody's.
    async fn redraw(&self, posted: &Posted, shows: &Shows, message: &Message) -> Result<(), Undone> {
        let redrawn = match shows {
            Shows::Request(_, Audience::Unfurl { url, .. }) => self.slack.unfurl(posted, url, message).await,
            _ => self.slack.update(posted, message).await,
        };
        redrawn.map_err(|failure| Undone::Slack(Method::Update, failure))
    }

    /// Tells somebody something.
    pub(super) async fn bring_notice(&self, waiting: &Waiting) -> Result<(), Undone> {
        self.ledger.notice_goes_out(waiting.id, self.later(waiting.attempts)).await?;
        match &waiting.notice {
            Notice::Outcome { decision, .. } => {
                let Some(decision) = self.ledger.decision(*decision).await? else {
                    return Err(Undone::Never("its decision is not in the ledger".to_owned()));
                };
                let card = self.ledger.card(&decision.request).await?;
                let message = replies::outcome(&self.offer, &decision, card.as_ref(), self.clock.now());
                let channel = self.direct(&decision.by.user).await?;
                self.post(&channel, &message).await
            }
            Notice::Revoked { request } => {
                let Some(kept) = self.ledger.request(request).await? else {
                    return Err(Undone::Never("its request is not in the ledger".to_owned()));
                };
                let channel = self.requester(kept.request.facts.requester.as_deref()).await?;
                self.post(&channel, &Message::sentence(wording::request::revoked_for_requester(&kept.request))).await
            }
            Notice::Reminder { request, user, nth } => self.remind(request, user, *nth).await,
            Notice::StandIn { user, away, until } => {
                // Where it is no longer so, another notice says what has become of it.
                match self.ledger.stands_in_until(user, away).await? {
                    Some(known) if known.as_millisecond() == until.as_millisecond() => {
                        self.tell(user, &Message::sentence(wording::absence::stand_in(away, *until))).await
                    }
                    _ => Ok(()),
                }
            }
            Notice::StandInOver { user, away } => match self.ledger.stands_in_until(user, away).await? {
                None => self.tell(user, &Message::sentence(wording::absence::stand_in_over(away))).await,
                Some(_) => Ok(()),
            },
            Notice::News { request, news } => self.bring_news(request, news).await,
            Notice::EndsSoon { request } => self.tell_of_end(request).await,
            Notice::ShowOwn { request, user } => self.show_own(request, user).await,
            Notice::Linked { user, identity } => {
                let waiting = self.ledger.pending_for(user, true).await?;
                self.tell(user, &linking::linked(&self.offer, identity, &waiting)).await
            }
            Notice::LinkEnded { user, identity, why } => {
                let waiting = self.ledger.pending_for(user, false).await?;
                self.tell(user, &linking::ended(&self.offer, identity, *why, &waiting)).await
            }
            Notice::AccountTaken { user, other, is_own } => {
                self.tell(user, &Message::sentence(wording::linking::account_taken(other, *is_own))).await
            }
            Notice::DeviceCode { user, code, page, complete, until } => {
                if self.clock.now() >= *until {
                    return Err(Undone::Never("its code has run out".to_owned()));
                }
                self.tell(user, &linking::device_code(code, page, complete.as_ref(), *until)).await
            }
            Notice::NotLinked { user, why } => self.tell(user, &linking::not_bound(why)).await,
            Notice::NotAgreed { user, refusal } => {
                self.tell(user, &Message::sentence(wording::jit::said::not_agreed(refusal))).await
            }
            Notice::Line { user, message } => {
                let channel = self.direct(user).await?;
                self.post(&channel, &read_message(message)?).await
            }
            Notice::Answer { channel, thread, user, message } => {
                let message = read_message(message)?;
                if channel.as_str().starts_with('D') {
                    return self.post_in(channel, thread.as_deref(), &message).await;
                }
                let told = self.slack.post_private(channel, thread.as_deref(), user, &message).await;
                match told {
                    Err(SlackFailure::Refused(_)) => {
                        let channel = self.direct(user).await?;
                        self.post(&channel, &message).await
                    }
                    other => other.map_err(|failure| Undone::Slack(Method::PostPrivate, failure)),
                }
            }
        }
    }

    /// Calls a request to mind, unless there is nothing left to do about it.
    async fn remind(&self, request: &RequestId, user: &UserId, nth: u32) -> Result<(), Undone> {
        let Some(card) = self.ledger.card(request).await? else { return Ok(()) };
        let now = self.clock.now();
        let claimed = card.watch.as_ref().is_some_and(|watch| watch.claim_at(now).is_some());
        let stirred = card.told.iter().any(|told| told.user == *user && told.stirred.is_some());
        if card.kept.request.phase.is_decided() || claimed || stirred {
            return Ok(());
        }
        self.tell(user, &replies::reminder(&card, nth)).await
    }

    /// Tells whoever asked that their access ends soon: where their card is, so that it rings, else in a message of its own.
    async fn tell_of_end(&self, request: &RequestId) -> Result<(), Undone> {
        let kept = self.ledger.request(request).await?;
        let Some(kept) = kept.filter(|kept| kept.request.grant_end().is_some_and(|end| end.at > self.clock.now()))
        else {
            return Err(Undone::Never("its grant is over".to_owned()));
        };
        let message = Message::sentence(wording::expiry::ends_soon(&kept.request));
        match self.ledger.requester_copy(request).await? {
            Some(RequesterCopy::Waits) => Err(Undone::NotYet),
            Some(RequesterCopy::Posted(posted)) => {
                let thread = Thread { ts: &posted.ts, is_broadcast: true };
                let answer = self.slack.post(&posted.channel, Some(thread), &message).await;
                answer.map(|_| ()).map_err(|failure| Undone::Slack(Method::Post, failure))
            }
            Some(RequesterCopy::Gone) | None => {
                let channel = self.requester(kept.request.facts.requester.as_deref()).await?;
                self.post(&channel, &message).await
            }
        }
    }

    /// Tells whoever asked, in the thread of their card; a decision is shown in the conversation too, so that it rings.
    async fn bring_news(&self, request: &RequestId, news: &News) -> Result<(), Undone> {
        let Some(CardFacts { kept, watch, .. }) = self.ledger.card(request).await? else { return Ok(()) };
        let claim = watch.as_ref().and_then(|watch| watch.claim_at(self.clock.now()));
        let is_old = match news {
            News::Claimed { by } => claim.is_none_or(|claim| claim.by.user != *by),
            News::Lapsed { .. } => claim.is_some(),
            _ => false,
        };
        if is_old || (news.is_of_waiting() && kept.request.phase.is_decided()) {
            return Ok(());
        }
        let posted = match self.ledger.requester_copy(request).await? {
            Some(RequesterCopy::Posted(posted)) => posted,
            Some(RequesterCopy::Waits) => return Err(Undone::NotYet),
            Some(RequesterCopy::Gone) | None => return Ok(()),
        };
        let mut message = Message::sentence(wording::watch::news(&kept.request, news));
        if *news == News::Decided {
            message.blocks.extend(card::reason_of_denial(&kept.request));
        }
        let thread = Thread { ts: &posted.ts, is_broadcast: *news == News::Decided };
        let answer = self.slack.post(&posted.channel, Some(thread), &message).await;
        answer.map(|_| ()).map_err(|failure| Undone::Slack(Method::Post, failure))
    }

    async fn show_own(&self, request: &RequestId, user: &UserId) -> Result<(), Undone> {
        self.look()?;
        let person = self.slack.person(user).await;
        let person = person
            .map_err(|Unavailable { retry_after }| Undone::Slack(Method::Look, SlackFailure::Busy { retry_after }))?;
        let own = match (self.ledger.request(request).await?, person.and_then(|person| person.email)) {
            (Some(kept), Some(email)) => kept.request.facts.parties().any(|party| email.names(party)),
            _ => false,
        };
        if !own {
            return Err(Undone::Never("it is not the person's own request".to_owned()));
        }
        Ok(self.ledger.show_to(request.clone(), Audience::Own(user.clone())).await?)
    }

    async fn tell(&self, user: &UserId, message: &Message) -> Result<(), Undone> {
        let channel = self.direct(user).await?;
        self.post(&channel, message).await
    }

    async fn post(&self, channel: &ChannelId, message: &Message) -> Result<(), Undone> {
        self.post_in(channel, None, message).await
    }

    async fn post_in(&self, channel: &ChannelId, thread: Option<&str>, message: &Message) -> Result<(), Undone> {
        let thread = thread.map(|ts| Thread { ts, is_broadcast: false });
        let posted = self.slack.post(channel, thread, message).await;
        posted.map(|_| ()).map_err(|failure| Undone::Slack(Method::Post, failure))
    }

    /// The pace of questions on the way: a 429 of one of them silences them all.
    fn look(&self) -> Result<(), Undone> {
        let now = self.clock.now();
        let mut state = locked(&self.state);
        match state.pace.next(Method::Look, "") {
            free if free <= now => {
                state.pace.spend(Method::Look, "", now);
                Ok(())
            }
            later => {
                let retry_after = Duration::try_from(later.duration_since(now)).ok();
                Err(Undone::Slack(Method::Look, SlackFailure::Busy { retry_after }))
            }
        }
    }

    async fn direct(&self, user: &UserId) -> Result<ChannelId, Undone> {
        if let Some(channel) = locked(&self.state).direct.get(user) {
            return Ok(channel.clone());
        }
        self.look()?;
        let channel = self.slack.open_dm(user).await.map_err(|failure| Undone::Slack(Method::Look, failure))?;
        locked(&self.state).direct.insert(user.clone(), channel.clone());
        Ok(channel)
    }

    async fn requester(&self, named: Option<&str>) -> Result<ChannelId, Undone> {
        let Some(email) = named.and_then(Email::parse) else {
            return Err(Undone::Never("the requester is not named by an e-mail address".to_owned()));
        };
        self.look()?;
        match self.slack.user_with(&email).await.map_err(|failure| Undone::Slack(Method::Look, failure))? {
            Some(user) => self.direct(&user).await,
            None => Err(Undone::Never("no member has the requester's confirmed address".to_owned())),
        }
    }

    /// The channel, unless a card may not be shown in it.
    async fn open<'c>(&self, channel: &'c ChannelId, shows: &Shows) -> Result<&'c ChannelId, Undone> {
        match self.closed(channel, shows).await? {
            Some(closed) => Err(Undone::Never(closed.to_string())),
            None => Ok(channel),
        }
    }

    /// Why a card may not be shown in the channel, where it may not. Where Slack does not say who reads it, a channel of
    /// the settings counts as the operator's own; one in which anybody may post a link does not.
    async fn closed(&self, channel: &ChannelId, shows: &Shows) -> Result<Option<Closed>, Undone> {
        let now = self.clock.now();
        let known = locked(&self.state).shared.get(channel).copied();
        let said = match known.filter(|(asked, _)| now < *asked + SHARED_FOR) {
            Some((_, said)) => said,
            None => {
                self.look()?;
                let said = self.slack.is_shared(channel).await;
                let said = said.map_err(|failure| Undone::Slack(Method::Look, failure))?;
                if said.is_none() {
                    tracing::warn!(
                        channel = channel.as_str(),
                        "Slack does not say whether this channel is shared with another company"
                    );
                }
                locked(&self.state).shared.insert(channel.clone(), (now, said));
                said
            }
        };
        let is_under_a_link = matches!(shows, Shows::Request(_, Audience::Unfurl { .. }));
        Ok(match said {
            Some(true) => {
                tracing::error!(
                    channel = channel.as_str(),
                    "no card is posted into a channel that is shared with another company"
                );
                Some(Closed::Shared)
            }
            None if is_under_a_link => Some(Closed::NotSaid),
            _ => None,
        })
    }
}

fn read_message(message: &Value) -> Result<Message, Undone> {
    serde_json::from_value(message.clone()).map_err(|_| Undone::Never("it is of another version".to_owned()))
}
