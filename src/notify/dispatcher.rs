//! The dispatcher: finds out who is to be told of a request now, and has reminders, escalation and the end of claims happen
//! when they are due.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::join;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::oncall::{Meant, Roster};
use crate::authorize::credentials::Credentials;
use crate::clock::Clock;
use crate::domain::absence::{Absences, StandIn};
use crate::domain::person::UserId;
use crate::domain::request::Request;
use crate::domain::route::routes::{Recipient, Route};
use crate::domain::rules::{self, Limits};
use crate::domain::watch::{LeftOut, Reason};
use crate::forward::carrier::{self, Carrier};
use crate::forward::retry;
use crate::ledger::watches::summons::{Level, Summons};
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry::Metrics;

/// Tries of a level whose sources do not answer, about half a minute in all; whoever is known is told at the first.
const MOST_TRIES: u32 = 4;
/// How long everybody is asked of one level, well within a lease: who is known by then is told, and the rest are asked again.
const ASKED_WITHIN: Duration = Duration::from_secs(12);

/// Tells people in time; cheap to clone.
#[derive(Clone)]
pub struct Dispatcher {
    /// What is durable.
    pub ledger: Ledger,
    /// Who is on call.
    pub roster: Roster,
    /// Who people are to P0.
    pub credentials: Arc<Credentials>,
    /// The routes, and whether people may approve their own requests.
    pub limits: Limits,
    /// What time it is.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
}

/// The people of a level, sorted out.
#[derive(Default)]
struct Sorted {
    tell: Vec<(UserId, Reason)>,
    /// Who is away and named nobody.
    away: Vec<(UserId, Reason)>,
    /// Who is away, and stood in for.
    stood_in_for: Vec<(UserId, Reason)>,
    left_out: Vec<LeftOut>,
}

impl Sorted {
    /// Everybody who knows of a request then.
    fn who<'s>(&'s self, summons: &'s Summons) -> Vec<&'s UserId> {
        self.tell.iter().map(|(user, _)| user).chain(summons.who_know()).collect()
    }
}

impl Carrier for Dispatcher {
    type Lease = Summons;

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    async fn sweep(&self) -> Result<usize, LedgerError> {
        let fired = self.ledger.fire_timers(self.limits.routes.clone()).await?;
        self.metrics.watch("escalated", fired.escalated.len());
        self.metrics.watch("exhausted", fired.exhausted.len());
        for request in &fired.escalated {
            tracing::info!(%request, "nobody has decided in time: the next level is told");
        }
        for request in &fired.exhausted {
            tracing::error!(%request, "nobody has decided, and there is nobody left to tell");
        }
        Ok(fired.timers)
    }

    async fn claim(&self, most: u32) -> Result<Vec<Summons>, LedgerError> {
        self.ledger.lease_summons(self.limits.routes.clone(), most).await
    }

    async fn carry(&self, lease: Summons, _: &CancellationToken) {
        let request = lease.request().id.clone();
        if let Err(error) = self.summon(lease).await {
            tracing::error!(%request, %error, "who is told of a request could not be written down");
        }
    }
}

impl Dispatcher {
    /// Tells people until it is told to stop; then finishes what is under way.
    pub async fn run(self, stop: CancellationToken) {
        carrier::run(self, stop).await;
    }

    /// Does all that is due now and says how much that was; for stories that are told step by step.
    pub async fn step(&self) -> usize {
        carrier::step(self).await
    }

    async fn summon(&self, summons: Summons) -> Result<(), LedgerError> {
        let routes = self.limits.routes.clone();
        let Some(route) = routes.named(summons.route()) else { return Ok(()) };
        let (request, nth) = (summons.request().clone(), summons.level());
        let has_levels = |source: &str| self.roster.has_levels(source);
        let first = if summons.looks_back() { 0 } else { nth };
        let level_of = |route: &Route| -> Vec<Recipient> {
            (first..=nth).filter_map(|nth| route.level(nth, has_levels)).flatten().collect()
        };
        let recipients = level_of(route);
        let others: Vec<&Route> =
            routes.may_restrict(&request.facts).filter(|other| other.name != route.name).collect();
        // All are asked at one time.
        let by = Instant::now() + ASKED_WITHIN;
        let (meant, fallback, of_others) = join!(
            self.meant(&recipients, by),
            self.of_fallback(route, by),
            join_all(others.iter().map(|other| async {
                let recipients = level_of(other);
                join!(self.meant(&recipients, by), self.of_fallback(other, by))
            })),
        );
        let mut is_unsure = meant.is_unsure();
        let by_sources = route.goes_by_sources(nth, has_levels);
        // Whether there is a level after it shows by the last one alone.
        let last = if first < nth { route.level(nth, has_levels) } else { None };
        let of_last = match &last {
            Some(last) if by_sources && summons.is_revised() => Some(self.meant(last, by).await),
            _ => None,
        };
        let (last, of_last) = (last.as_ref().unwrap_or(&recipients), of_last.as_ref().unwrap_or(&meant));
        let is_silent = by_sources && is_silent(of_last);
        let ends = is_silent || by_sources && timeout_at(by, self.nobody_follows(last, of_last)).await.unwrap_or(false);
        let mut level = Level {
            named: of_route(route, &meant),
            next: route.level(nth + 1, has_levels).filter(|_| !ends),
            ..Level::default()
        };
        let absences = self.ledger.absences().await?;
        let mut sorted = Sorted::default();
        let mut meant = meant;
        if let Some(user) = summons.reminds()
            && !meant.people.iter().any(|(known, _)| known == user)
            && (meant.is_blind || summons.is_fallback(user) || of_others.iter().any(|other| may_mean(other, user)))
        {
            // Who was told is rung again rather than nobody, where it cannot be told whether they still are meant. Whose
            // shift is over by what was said last is not.
            meant.people.push((user.clone(), Reason::Fallback));
        }
        self.sort(&request, meant, &absences, &mut sorted, by).await?;
        let mut fallback = Some(fallback);
        if sorted.tell.is_empty() && (nth > 0 || !recipients.is_empty()) {
            let fallback = fallback.take().unwrap_or_default();
            is_unsure |= fallback.is_unsure();
            level.named.extend(of_route(route, &fallback));
            self.sort(&request, fallback, &absences, &mut sorted, by).await?;
        }
        if summons.is_revised() {
            // A level that had nobody has told them: they stay who they were.
            let kept = fallback.as_ref().map(|fallback| who_were(fallback, &summons)).unwrap_or_default();
            level.named.extend(of_route(route, &kept));
            self.sort(&request, kept, &absences, &mut sorted, by).await?;
        }
        let only_of = routes.demands(&request, self.clock.now(), None).only_of;
        for (other, (meant, fallback)) in others.iter().zip(&of_others) {
            is_unsure |= meant.is_unsure();
            level.named.extend(of_route(other, meant));
            if summons.is_revised() {
                level.named.extend(of_route(other, &who_were(fallback, &summons)));
            }
        }
        if summons.reminds().is_none() && !may_decide(&only_of, &sorted.who(&summons), &summons, &level.named) {
            for (other, (meant, fallback)) in others.iter().zip(of_others) {
                if !only_of.contains(&other.name) {
                    continue;
                }
                let is_nobody = meant.people.is_empty();
                self.sort(&request, meant, &absences, &mut sorted, by).await?;
                if is_nobody {
                    is_unsure |= fallback.is_unsure();
                    level.named.extend(of_route(other, &fallback));
                    self.sort(&request, fallback, &absences, &mut sorted, by).await?;
                }
            }
        }
        let nobody_may =
            |sorted: &Sorted, level: &Level| !may_decide(&only_of, &sorted.who(&summons), &summons, &level.named);
        if let Some(fallback) = fallback
            && summons.reminds().is_none()
            && only_of.contains(&route.name)
            && nobody_may(&sorted, &level)
        {
            level.named.extend(of_route(route, &fallback));
            self.sort(&request, fallback, &absences, &mut sorted, by).await?;
        }
        // Somebody has to be told, and somebody who may decide: being away changes who is told, never who may.
        let needs_more = |sorted: &Sorted| summons.reminds().is_none() && nobody_may(sorted, &level);
        if sorted.tell.is_empty() || needs_more(&sorted) {
            sorted.tell.append(&mut sorted.away);
        }
        if needs_more(&sorted) {
            sorted.tell.append(&mut sorted.stood_in_for);
        }
        if is_silent {
            sorted.left_out.push(LeftOut::LevelsUnknown);
        }
        sorted.left_out.extend(std::mem::take(&mut sorted.away).into_iter().map(|(user, _)| LeftOut::Away { user }));
        // Who may decide comes first, and who knows of it already: others do not push them out.
        sorted.tell.sort_by_key(|told| {
            let may_decide = may_decide(&only_of, &[&told.0], &summons, &level.named);
            (!may_decide, !summons.knows(&told.0))
        });
        // Nobody is told since somebody else is reminded: a look back has room for whoever knows of it.
        let know = sorted.tell.iter().filter(|told| summons.looks_back() && summons.knows(&told.0)).count();
        let most = route.notify_at_most.max(know);
        let too_many = sorted.tell.len().saturating_sub(most);
        if too_many > 0 {
            sorted.tell.truncate(most);
            sorted.left_out.push(LeftOut::TooMany { count: u32::try_from(too_many).unwrap_or(u32::MAX) });
        }
        let may_any = may_decide(&only_of, &sorted.who(&summons), &summons, &level.named);
        if !sorted.tell.is_empty() && !may_any {
            tracing::error!(request = %request.id, routes = ?only_of, "nobody who was told of a request may decide it");
            sorted.left_out.insert(0, LeftOut::NobodyMayDecide);
        }
        if is_unsure && summons.reminds().is_none() && summons.attempts() < MOST_TRIES {
            level.again = self.clock.now().checked_add(retry::wait(summons.attempts() + 1, None)).ok();
        }
        (level.tell, level.left_out) = (sorted.tell, sorted.left_out);
        let left_out = level.left_out.len();
        let Some(summoned) = self.ledger.summoned(summons, level, routes.clone()).await? else { return Ok(()) };
        self.metrics.watch("told", summoned.told);
        self.metrics.watch("reminded", summoned.reminded);
        let id = &request.id;
        tracing::info!(request = %id, route = route.name, level = nth, told = summoned.told, left_out, "people were told of a request");
        if summoned.is_nobody {
            tracing::error!(request = %id, route = route.name, level = nth, "nobody could be told of a request");
        }
        if summoned.is_exhausted {
            self.metrics.watch("exhausted", 1);
        }
        Ok(())
    }

    async fn of_fallback(&self, route: &Route, by: Instant) -> Meant {
        let mut meant = self.meant(&route.fallback, by).await;
        meant.people.iter_mut().for_each(|(_, reason)| *reason = Reason::Fallback);
        meant
    }

    /// Whether the sources answered and have nobody, on these levels and on all after them.
    async fn nobody_follows(&self, recipients: &[Recipient], meant: &Meant) -> bool {
        let is_nobody = |left_out: &LeftOut| matches!(left_out, LeftOut::NobodyOnCall { .. });
        if !meant.people.is_empty() || !meant.left_out.iter().all(is_nobody) {
            return false;
        }
        let follow = recipients.iter().map(|recipient| async move {
            let Recipient::OnCall { source, level } = recipient else { return true };
            let duty = self.roster.duty(source, None).await;
            duty.is_none_or(|duty| duty.trouble.is_some() || duty.on.iter().any(|on| on.level >= *level))
        });
        !join_all(follow).await.contains(&true)
    }

    /// Everybody whom recipients stand for now, each once.
    async fn meant(&self, recipients: &[Recipient], by: Instant) -> Meant {
        let mut all = Meant::default();
        for meant in join_all(recipients.iter().map(|recipient| self.roster.meant_by(recipient, by))).await {
            for (user, reason) in meant.people {
                if !all.people.iter().any(|(known, _)| *known == user) {
                    all.people.push((user, reason));
                }
            }
            all.left_out.extend(meant.left_out);
            all.is_blind |= meant.is_blind;
        }
        all
    }

    /// Puts people to those who are told: whoever is away is stood in for, and nobody is told of their own request.
    async fn sort(
        &self,
        request: &Request,
        meant: Meant,
        absences: &Absences,
        sorted: &mut Sorted,
        by: Instant,
    ) -> Result<(), LedgerError> {
        sorted.left_out.extend(meant.left_out);
        let present: BTreeSet<UserId> = meant.people.iter().map(|(user, _)| user.clone()).collect();
        for (user, reason) in meant.people {
            let (who, reason) = match absences.stand_in(&user) {
                StandIn::Themself => (user, reason),
                // Whoever is meant anyway is told as who they are.
                StandIn::Other(other) if present.contains(&other) => continue,
                StandIn::Other(other) if self.roster.is_there_by(&other, by).await => (other, Reason::InPlaceOf(user)),
                StandIn::Other(_) | StandIn::Nobody => {
                    if self.is_own(request, &user).await? {
                        sorted.left_out.push(LeftOut::OwnRequest { user });
                    } else {
                        sorted.away.push((user, reason));
                    }
                    continue;
                }
            };
            if let Reason::InPlaceOf(away) = &reason
                && self.is_own(request, &who).await?
            {
                // Whoever stands in asked for it: nobody does.
                if !self.is_own(request, away).await? {
                    sorted.away.push((away.clone(), Reason::Named));
                }
            } else if self.is_own(request, &who).await? {
                sorted.left_out.push(LeftOut::OwnRequest { user: who });
            } else {
                if let Reason::InPlaceOf(away) = &reason
                    && !self.is_own(request, away).await?
                {
                    sorted.stood_in_for.push((away.clone(), Reason::Named));
                }
                if !sorted.tell.iter().any(|(known, _)| *known == who) {
                    sorted.tell.push((who, reason));
                }
            }
        }
        Ok(())
    }

    /// Whether a request surely is the person's own; where it cannot be told, they are told.
    async fn is_own(&self, request: &Request, user: &UserId) -> Result<bool, LedgerError> {
        if self.limits.one_party {
            return Ok(false);
        }
        let mut names = self.ledger.linked_names(user).await?;
        names.extend(self.credentials.identity(user).map(str::to_owned));
        Ok(rules::is_own(request, &names))
    }
}

/// Whether sources of a level do not answer, and nothing that was said before holds of it: the levels after it are not
/// known either, and telling them would tell nobody anything new.
fn is_silent(meant: &Meant) -> bool {
    let knows_nobody =
        |left_out: &LeftOut| matches!(left_out, LeftOut::SourceDown { .. } | LeftOut::NobodyOnCall { .. });
    meant.people.is_empty() && meant.is_unsure() && meant.left_out.iter().all(knows_nobody)
}

/// Whether one of these people is named, now or before, by each rule of which only whom it names may decide.
fn may_decide(
    only_of: &BTreeSet<String>,
    who: &[&UserId],
    summons: &Summons,
    named: &[(UserId, String, Reason)],
) -> bool {
    who.iter().any(|user| {
        let now = named.iter().map(|(user, route, _)| (user, route.as_str()));
        let by: BTreeSet<&str> =
            now.chain(summons.named()).filter(|(who, _)| who == user).map(|(_, route)| route).collect();
        only_of.iter().all(|route| by.contains(route.as_str()))
    })
}

/// Whether people who may be meant by another rule may be this one.
fn may_mean((meant, fallback): &(Meant, Meant), user: &UserId) -> bool {
    meant.is_blind || meant.people.iter().chain(&fallback.people).any(|(known, _)| known == user)
}

/// Those of a fall-back who were told for want of others.
fn who_were(fallback: &Meant, summons: &Summons) -> Meant {
    let were = fallback.people.iter().filter(|(user, _)| summons.is_fallback(user));
    Meant { people: were.cloned().collect(), ..Meant::default() }
}

fn of_route(route: &Route, meant: &Meant) -> Vec<(UserId, String, Reason)> {
    meant.people.iter().map(|(user, reason)| (user.clone(), route.name.clone(), reason.clone())).collect()
}
