//! The pages: opening one changes nothing, its button begins, and only the browser that began goes on.

use std::sync::LazyLock;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{Inner, Linking, Pages};
use crate::authorize::NotAuthorized;
use crate::authorize::linked::not_bound;
use crate::authorize::linked::store::Bound;
use crate::authorize::openid::{Ask, Claims, Grant, Trouble};
use crate::decide::Tools;
use crate::domain::decision::{PROVIDERS_CLOCK, Proof};
use crate::domain::link::NotBound;
use crate::domain::person::Email;
use crate::domain::route::risk::{Fresh, Risk};
use crate::domain::sign_in::{Purpose, SIGN_IN_WITHIN, SignIn, SignInStage, Ticket};
use crate::inbound::browser::{BrowserSecret, Callback, Leg, is_from_elsewhere};
use crate::ledger::LedgerError;
use crate::ledger::notices::Notice;
use crate::notify::pages::{self, Page};

/// What a browser is shown, or where it is sent.
type Shown = Result<Response, LedgerError>;

/// `GET /link/{ticket}`: says what the button would begin.
pub async fn open(State(tools): State<Tools>, ticket: Named) -> Response {
    answer(tools.open_page(named(&ticket)).await)
}

/// `GET /link/{ticket}` where nobody has been given one.
pub(crate) async fn nothing() -> Response {
    over()
}

/// `POST /link/{ticket}`: the page's button. This browser begins, and one that had begun before is out.
pub async fn begin(State(tools): State<Tools>, ticket: Named, headers: HeaderMap) -> Response {
    if is_from_elsewhere(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    answer(tools.begin_here(named(&ticket)).await)
}

/// What stands in the address, where it is text.
type Named = Result<Path<String>, PathRejection>;

fn named(ticket: &Named) -> &str {
    ticket.as_ref().map_or("", |Path(ticket)| ticket)
}

/// `GET /link/slack`: the way back from Slack.
pub async fn from_slack(State(tools): State<Tools>, headers: HeaderMap, callback: Read) -> Response {
    come_back(tools, Leg::Slack, headers, callback).await
}

/// `GET /link/provider`: the way back from the provider.
pub async fn from_provider(State(tools): State<Tools>, headers: HeaderMap, callback: Read) -> Response {
    come_back(tools, Leg::Provider, headers, callback).await
}

/// `HEAD` of either: whoever only looks must not use a `state` up.
pub async fn looked_at() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}

/// What the browser brought, or the status of an answer to what cannot be read.
type Read = Result<Callback, StatusCode>;

async fn come_back(tools: Tools, leg: Leg, headers: HeaderMap, callback: Read) -> Response {
    let callback = match callback {
        Ok(callback) => callback,
        Err(status) => return shown(status, pages::over()),
    };
    // A phone that turns to another app hangs up: what a code was redeemed for must not be lost with it.
    let whole_way = tools.whispers.clone().spawn(async move { tools.come_back(leg, &headers, callback).await });
    match whole_way.await {
        Ok(shown) => answer(shown),
        Err(_) => shown(StatusCode::INTERNAL_SERVER_ERROR, pages::unavailable(None)),
    }
}

impl Tools {
    async fn open_page(&self, ticket: &str) -> Shown {
        let Some((linking, pages, sign_in)) = self.sign_in_at(ticket).await? else { return Ok(over()) };
        let (action, issuer) = (pages.below(ticket), &linking.accounts.settings().issuer);
        let page = match sign_in.purpose {
            Purpose::Link => {
                let email = linking.authorizer.admitted(&sign_in.asker).await.ok().and_then(|person| person.email);
                pages::link_account(&sign_in.asker, email.as_ref(), issuer, action.path())
            }
            Purpose::Proof { decision } => {
                let Some(decision) = self.ledger.decision(decision).await? else { return Ok(over()) };
                let kept = self.ledger.request(&decision.request).await?;
                let facts = kept.as_ref().map(|kept| &kept.request.facts);
                pages::prove(&sign_in.asker, &decision.choice, facts, issuer, action.path())
            }
        };
        Ok(shown(StatusCode::OK, page))
    }

    async fn begin_here(&self, ticket: &str) -> Shown {
        let Some((linking, pages, sign_in)) = self.sign_in_at(ticket).await? else { return Ok(over()) };
        let browser = BrowserSecret::random();
        let leg = match sign_in.purpose {
            Purpose::Link => Leg::Slack,
            Purpose::Proof { .. } => Leg::Provider,
        };
        let mut sent = self.send(linking, pages, &sign_in, &browser, leg, Some(ticket)).await?;
        if sent.status().is_redirection() {
            sent.headers_mut().insert(header::SET_COOKIE, browser.cookie(pages.is_https()));
        }
        Ok(sent)
    }

    /// Sends a browser to Slack or to the provider.
    async fn send(
        &self,
        linking: &Inner,
        pages: &Pages,
        sign_in: &SignIn,
        browser: &BrowserSecret,
        leg: Leg,
        ticket: Option<&str>,
    ) -> Shown {
        let redirect_uri = pages.callback(leg);
        let (state, nonce, verifier) = (browser.state(leg), browser.nonce(leg), browser.verifier(leg));
        let (fresh, login_hint) = match sign_in.purpose {
            Purpose::Link => (None, None),
            // Only the account that is linked proves anything: nobody types its name on a phone.
            Purpose::Proof { decision } => (self.fresh_for(decision).await?, self.linked_address(sign_in).await?),
        };
        let ask = Ask {
            redirect_uri: &redirect_uri,
            state: &state,
            nonce: &nonce,
            verifier: &verifier,
            login_hint: login_hint.as_deref(),
            team: (leg == Leg::Slack).then(|| sign_in.asker.team.as_str()).filter(|team| team.starts_with('T')),
            fresh,
        };
        let address = match leg {
            Leg::Slack => pages.slack.authorization_url(&ask).await,
            Leg::Provider => match linking.accounts.provider().await {
                Ok(provider) => provider.authorization_url(&ask).await,
                Err(trouble) => Err(trouble),
            },
        };
        let address = match address {
            Ok(address) => address,
            Err(trouble) => return self.failed_to_ask(pages, sign_in, &trouble, ticket).await,
        };
        let stage = match leg {
            Leg::Slack => SignInStage::AtSlack { browser: browser.fingerprint() },
            Leg::Provider => SignInStage::AtProvider { browser: browser.fingerprint() },
        };
        let state = crate::domain::sign_in::Fingerprint::of(&state);
        Ok(match self.ledger.send_browser(sign_in.id, stage, state).await? {
            true => see_other(&address),
            false => over(),
        })
    }

    async fn linked_address(&self, sign_in: &SignIn) -> Result<Option<String>, LedgerError> {
        let link = self.ledger.living_link(&sign_in.asker).await?;
        Ok(link.and_then(|link| link.names.into_iter().find(|name| name.contains('@'))))
    }

    async fn come_back(&self, leg: Leg, headers: &HeaderMap, callback: Callback) -> Shown {
        let Some((linking, pages)) = self.pages() else { return Ok(over()) };
        let Some(sign_in) = self.ledger.use_state(callback.state.clone()).await? else { return Ok(over()) };
        let begun = match (&sign_in.stage, leg) {
            (SignInStage::AtSlack { browser }, Leg::Slack) | (SignInStage::AtProvider { browser }, Leg::Provider) => {
                browser
            }
            _ => return Ok(over()),
        };
        let browser = BrowserSecret::of(headers, pages.is_https()).filter(|own| own.fingerprint() == *begun);
        let Some(browser) = browser else {
            tracing::info!(by = %sign_in.asker, "a sign-in came back in another browser");
            let again = self.start_over(pages, &sign_in, None).await?;
            return Ok(shown(StatusCode::CONFLICT, pages::another_browser(&again)));
        };
        let code = match &callback.answer {
            Ok(code) => code,
            Err(error) => return self.failed_to_ask(pages, &sign_in, &Trouble::refused(error, ""), None).await,
        };
        let (redirect_uri, nonce, verifier) = (pages.callback(leg), browser.nonce(leg), browser.verifier(leg));
        let issuer = callback.issuer.as_deref();
        let redeemed = match leg {
            Leg::Slack => pages.slack.redeem(code, &redirect_uri, &verifier, &nonce, issuer).await,
            Leg::Provider => match linking.accounts.provider().await {
                Ok(provider) => provider.redeem(code, &redirect_uri, &verifier, &nonce, issuer).await,
                Err(trouble) => Err(trouble),
            },
        };
        let grant = match redeemed {
            Ok(grant) => grant,
            Err(trouble) => return self.failed_to_ask(pages, &sign_in, &trouble, None).await,
        };
        match (leg, sign_in.purpose) {
            (Leg::Slack, _) if is_asker(grant.claims.as_ref(), &sign_in) => {
                self.send(linking, pages, &sign_in, &browser, Leg::Provider, None).await
            }
            (Leg::Slack, _) => self.opened_by_another(sign_in, grant.claims.as_ref()).await,
            (Leg::Provider, Purpose::Link) => self.link(linking, pages, sign_in, &grant, &browser.raw_nonce(leg)).await,
            (Leg::Provider, Purpose::Proof { decision }) => self.prove(pages, sign_in, decision, &grant).await,
        }
    }

    /// The asker learns of it too: it is not them who hold the page.
    async fn opened_by_another(&self, sign_in: SignIn, claims: Option<&Claims>) -> Shown {
        let (team, user) = claims.map(|claims| (&claims.slack_team, &claims.slack_user)).unzip();
        tracing::warn!(by = %sign_in.asker, ?team, ?user, "a page was opened by another Slack user than asked for it");
        let why = NotBound::OpenedByAnother;
        let notice = Notice::NotLinked { user: sign_in.asker.user.clone(), why: why.clone() };
        self.ledger.sign_in_failed(sign_in, "another_slack_user", Some(notice)).await?;
        Ok(refused(&why))
    }

    async fn link(&self, linking: &Inner, pages: &Pages, sign_in: SignIn, grant: &Grant, raw_nonce: &str) -> Shown {
        let in_slack = match linking.confirmed(&sign_in).await {
            Ok(email) => email,
            Err(NotBound::Unavailable) => return self.not_now(pages, &sign_in, None).await,
            Err(why) => return self.came_to_nothing(sign_in, "not_admitted", why).await,
        };
        match linking.accounts.link(grant, &sign_in, in_slack.as_ref(), Some(raw_nonce)).await {
            Ok((Bound::Made, identity)) => {
                tracing::info!(by = %sign_in.asker, "somebody linked their account");
                Ok(shown(StatusCode::OK, pages::linked(&sign_in.asker, &identity)))
            }
            Ok((Bound::HasOne(link), _)) => {
                self.came_to_nothing(sign_in, "has_one", NotBound::HasOne { identity: link.identity }).await
            }
            Ok((Bound::TakenBy(_), _)) => Ok(refused(&NotBound::Taken)),
            Ok((Bound::SignInOver, _)) => Ok(over()),
            Err(NotBound::Unavailable) => self.not_now(pages, &sign_in, None).await,
            Err(why @ NotBound::AnothersAccount) => self.missed(pages, &sign_in, "not_bound", &why).await,
            Err(why) => self.came_to_nothing(sign_in, "not_bound", why).await,
        }
    }

    /// The proof is of the person whose link the choice was made with, and of a sign-in that is fresh.
    async fn prove(&self, pages: &Pages, sign_in: SignIn, decision: i64, grant: &Grant) -> Shown {
        let Some(fresh) = self.fresh_for(decision).await? else { return Ok(over()) };
        let Some(claims) = &grant.claims else {
            let why = "Your provider does not say who signed in (it sent no ID token). Ask the bot's operator.";
            return self.not_proved(pages, &sign_in, "no_id_token", why, None).await;
        };
        let link = self.ledger.living_link(&sign_in.asker).await?;
        let own =
            link.is_some_and(|link| link.account.issuer == claims.issuer && link.account.subject == claims.subject);
        if !own {
            let why = "You signed in with another account than the one that you have linked.";
            return self.not_proved(pages, &sign_in, "another_account", why, None).await;
        }
        let proof = match proof(claims, &fresh, &sign_in, self.clock.now()) {
            Ok(proof) => proof,
            Err(why) => return self.not_proved(pages, &sign_in, "not_fresh", why, None).await,
        };
        Ok(match self.ledger.prove(sign_in, decision, proof).await? {
            true => shown(StatusCode::OK, pages::proved()),
            false => over(),
        })
    }

    /// What came back proves nothing. The choice still waits, and the person may sign in anew until its time is over.
    async fn not_proved(
        &self,
        pages: &Pages,
        sign_in: &SignIn,
        how: &'static str,
        why: &str,
        ticket: Option<&str>,
    ) -> Shown {
        tracing::warn!(by = %sign_in.asker, how, "a sign-in proved nothing");
        self.ledger.sign_in_missed(sign_in, how).await?;
        let again = self.start_over(pages, sign_in, ticket).await?;
        Ok(shown(StatusCode::FORBIDDEN, pages::not_proved(why, Some(&again))))
    }

    /// Somebody did not answer, or refused. What may be tried again can be; the rest is over.
    async fn failed_to_ask(&self, pages: &Pages, sign_in: &SignIn, trouble: &Trouble, ticket: Option<&str>) -> Shown {
        match not_bound(trouble) {
            NotBound::Unavailable => self.not_now(pages, sign_in, ticket).await,
            _ if matches!(sign_in.purpose, Purpose::Proof { .. }) => {
                self.not_proved(pages, sign_in, "provider", "The sign-in did not come to an end.", ticket).await
            }
            why if is_cancelled(&why) => self.missed(pages, sign_in, "provider", &why).await,
            why => self.came_to_nothing(sign_in.clone(), "provider", why).await,
        }
    }

    /// What came back links nothing, by what the person did: they may do it otherwise until the time is over.
    async fn missed(&self, pages: &Pages, sign_in: &SignIn, how: &'static str, why: &NotBound) -> Shown {
        tracing::warn!(by = %sign_in.asker, how, "a sign-in linked nothing");
        self.ledger.sign_in_missed(sign_in, how).await?;
        let again = self.start_over(pages, sign_in, None).await?;
        Ok(shown(StatusCode::FORBIDDEN, pages::not_bound(why, Some(&again))))
    }

    /// Whoever did not answer is asked anew, from the beginning: a code is spent, or as good as.
    async fn not_now(&self, pages: &Pages, sign_in: &SignIn, ticket: Option<&str>) -> Shown {
        let again = self.start_over(pages, sign_in, ticket).await?;
        Ok(shown(StatusCode::BAD_GATEWAY, pages::unavailable(Some(&again))))
    }

    /// Where the sign-in can be begun anew: at the address that this browser has, or else at a new one, which only it is
    /// told. The one in Slack is good until then: whoever closes a tab half-way opens it there again.
    async fn start_over(&self, pages: &Pages, sign_in: &SignIn, ticket: Option<&str>) -> Result<String, LedgerError> {
        if let Some(ticket) = ticket {
            return Ok(pages.below(ticket).path().to_owned());
        }
        let ticket = Ticket::random();
        self.ledger.move_sign_in(sign_in.id, ticket.fingerprint()).await?;
        Ok(pages.below(ticket.as_str()).path().to_owned())
    }

    async fn came_to_nothing(&self, sign_in: SignIn, how: &'static str, why: NotBound) -> Shown {
        tracing::warn!(by = %sign_in.asker, how, "a sign-in came to nothing");
        self.ledger.sign_in_failed(sign_in, how, None).await?;
        Ok(refused(&why))
    }

    async fn sign_in_at(&self, ticket: &str) -> Result<Option<(&Inner, &Pages, SignIn)>, LedgerError> {
        let (Some((linking, pages)), Some(ticket)) = (self.pages(), Ticket::parse(ticket)) else { return Ok(None) };
        let sign_in = self.ledger.sign_in_at(&ticket.fingerprint()).await?;
        // A choice that asks for no proof any more leaves nothing to prove.
        let is_asked_for = match sign_in.as_ref().map(|sign_in| sign_in.purpose) {
            Some(Purpose::Proof { decision }) => self.fresh_for(decision).await?.is_some(),
            _ => true,
        };
        Ok(sign_in.filter(|_| is_asked_for).map(|sign_in| (linking, pages, sign_in)))
    }

    /// What a sign-in for a decision has to be, by the routes of its request; `None` where they ask for none now.
    async fn fresh_for(&self, decision: i64) -> Result<Option<Fresh>, LedgerError> {
        let Some(decision) = self.ledger.decision(decision).await? else { return Ok(None) };
        let kept = self.ledger.request(&decision.request).await?;
        let bounds = self.bounds(kept.as_ref().map(|kept| &kept.request), decision.choice.length()).await?;
        Ok(match bounds.demands.risk {
            Risk::StepUp(fresh) => Some(fresh),
            Risk::Low | Risk::High | Risk::NotFromChat => None,
        })
    }

    fn pages(&self) -> Option<(&Inner, &Pages)> {
        let Linking(linking) = self.linking.as_ref()?;
        Some((linking, linking.pages.as_ref()?))
    }
}

impl Inner {
    /// The address that Slack has confirmed of whoever asked, who is still somebody that may decide.
    pub(super) async fn confirmed(&self, sign_in: &SignIn) -> Result<Option<Email>, NotBound> {
        match self.authorizer.admitted(&sign_in.asker).await {
            Ok(person) => Ok(person.email),
            Err(NotAuthorized::Refused(_)) => Err(NotBound::NotAdmitted),
            Err(NotAuthorized::Later(_)) => Err(NotBound::Unavailable),
        }
    }
}

impl Pages {
    fn callback(&self, leg: Leg) -> Url {
        self.below(match leg {
            Leg::Slack => "slack",
            Leg::Provider => "provider",
        })
    }
}

/// Whether Slack names the very person who asked.
fn is_asker(claims: Option<&Claims>, sign_in: &SignIn) -> bool {
    let Some(claims) = claims else { return false };
    let user = claims.slack_user.as_deref() == Some(sign_in.asker.user.as_str());
    // An organisation stands for all of its workspaces, and Slack names the one that was signed in to.
    let team = sign_in.asker.team.as_str().starts_with('E')
        || claims.slack_team.as_deref() == Some(sign_in.asker.team.as_str());
    user && team
}

/// What the provider vouches for, where it is what the choice asks for.
fn proof(claims: &Claims, fresh: &Fresh, sign_in: &SignIn, now: jiff::Timestamp) -> Result<Proof, &'static str> {
    let signed_in =
        claims.auth_time.ok_or("Your provider does not say when you signed in, so it is no fresh sign-in.")?;
    if signed_in > now + PROVIDERS_CLOCK {
        return Err("Your provider says that you signed in at a time that is still to come.");
    }
    let proof = Proof { at: now, signed_in, acr: claims.acr.clone() };
    if !proof.is_recent(fresh, sign_in.expires - SIGN_IN_WITHIN) {
        return Err("Your provider says that you signed in too long ago.");
    }
    if !proof.is_of(fresh) {
        return Err("Your provider did not ask you for what a choice like this needs, as a second factor.");
    }
    Ok(proof)
}

/// Whether the person said no where they were to sign in (RFC 6749, 4.1.2.1), or somebody there for them.
fn is_cancelled(why: &NotBound) -> bool {
    matches!(why, NotBound::RefusedByProvider { code } if code == "access_denied")
}

fn refused(why: &NotBound) -> Response {
    let status = if *why == NotBound::Unavailable { StatusCode::BAD_GATEWAY } else { StatusCode::FORBIDDEN };
    shown(status, pages::not_bound(why, None))
}

fn over() -> Response {
    shown(StatusCode::GONE, pages::over())
}

fn answer(shown: Shown) -> Response {
    shown.unwrap_or_else(|error| {
        tracing::error!(%error, "a sign-in could not be recorded");
        self::shown(StatusCode::SERVICE_UNAVAILABLE, pages::unavailable(None))
    })
}

fn see_other(address: &Url) -> Response {
    let Ok(location) = HeaderValue::from_str(address.as_str()) else { return over() };
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    guard(response.headers_mut());
    response
}

fn shown(status: StatusCode, page: Page) -> Response {
    let mut response = (status, Html(page.html)).into_response();
    guard(response.headers_mut());
    response
}

/// Nothing is kept, framed, loaded from elsewhere or told to the next site. `form-action` is left out: browsers hold the
/// way to Slack and the provider, which a form begins and redirects lead on, against it.
fn guard(headers: &mut HeaderMap) {
    static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
        let style = BASE64_STANDARD.encode(Sha256::digest(pages::STYLE));
        let policy = format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'");
        HeaderValue::try_from(policy).expect("letters, digits and punctuation")
    });
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
