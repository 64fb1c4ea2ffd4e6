//! What a test or the sandbox's page does with a running stand-in: set the stage, move requests, look at what came.

use serde_json::{Value, json};
use tokio::sync::watch;

use super::P0;
use super::assertion::TrustedIssuer;
use super::calls::Call;
use super::login::TrustedLogin;
use super::notifier::{self, Push, TokenSpec};
use super::requests::{AccessRequest, RequestSeed};
use super::route::Verb;
use super::state::{Behaviour, FaultTarget, PushAttempt, State};
use crate::sandbox::wire::Fault;

impl P0 {
    /// Accepts `token` as the bearer of the person with this e-mail.
    pub fn trust_token(&self, token: &str, email: &str) {
        self.shared.write(|state| state.credentials.tokens.insert(token.to_owned(), email.to_owned()));
    }

    /// Accepts `token` as the shared credential; its identity is `service`, which is no person.
    pub fn trust_service(&self, token: &str) {
        self.shared.write(|state| state.credentials.service.insert(token.to_owned()));
    }

    /// Accepts `token` no longer, whichever of the two it was.
    pub fn revoke_token(&self, token: &str) {
        self.shared.write(|state| {
            state.credentials.tokens.remove(token);
            state.credentials.service.remove(token);
        });
    }

    /// Accepts the JWTs of an issuer; an earlier trust in the same `iss` is replaced.
    pub fn trust_issuer(&self, issuer: TrustedIssuer) {
        self.shared.write(|state| {
            state.credentials.issuers.retain(|known| known.issuer != issuer.issuer);
            state.credentials.issuers.push(issuer);
        });
    }

    /// Accepts the tokens with which this organisation's people log in at a provider, as often as they come;
    /// an earlier trust in the same `iss` and `aud` is replaced.
    pub fn trust_login(&self, login: TrustedLogin) {
        self.shared.write(|state| state.credentials.logins.trust(login, &self.shared.org));
    }

    /// Binds a login to another organisation: its tokens are good there, and refused here.
    pub fn trust_login_of(&self, org: &str, login: TrustedLogin) {
        self.shared.write(|state| state.credentials.logins.trust(login, org));
    }

    /// Answers 401 from now on to every token of a login that it has taken so far; new ones count.
    pub fn forget_logins(&self) {
        self.shared.write(|state| state.credentials.logins.forget());
    }

    /// Adds a request that waits for an approver and answers its id; one with the same id is replaced.
    pub fn add(&self, seed: RequestSeed) -> String {
        let request = AccessRequest::new(seed, self.shared.clock.now());
        let id = request.id.clone();
        self.shared.write(|state| state.add(request));
        id
    }

    /// A request as P0 would send it; times are epoch milliseconds.
    pub fn request(&self, id: &str) -> Option<Value> {
        self.shared.read(|state| state.request(id).map(AccessRequest::to_json))
    }

    /// The status of a request.
    pub fn status(&self, id: &str) -> Option<String> {
        self.shared.read(|state| state.request(id).map(|request| request.status.clone()))
    }

    /// Provisioning worked: APPROVED → DONE, and the granted time runs. False where it was not approved.
    pub fn provision(&self, id: &str) -> bool {
        self.advance(id, AccessRequest::is_provisioning, |request, now| request.provision(now))
    }

    /// The access is gone: REVOKE_SUBMITTED → REVOKED. False where no revoke was submitted.
    pub fn finish_revoke(&self, id: &str) -> bool {
        let submitted = |request: &AccessRequest| request.status == "REVOKE_SUBMITTED";
        self.advance(id, submitted, |request, now| request.move_to("REVOKED", now))
    }

    /// Moves a request to any status, known to P0 or not and in any order. False where there is no such request.
    pub fn move_to(&self, id: &str, status: &str) -> bool {
        self.advance(id, |_| true, |request, now| request.move_to(status, now))
    }

    /// Somebody approves in P0's own Slack app or web page. The length is not told, so the grant shows no end.
    /// False where the request does not wait for an approver.
    pub fn approve_elsewhere(&self, id: &str, name: &str, email: &str) -> bool {
        self.advance(id, AccessRequest::is_pending, |request, now| request.approve("p0", name, email, None, now))
    }

    fn advance(
        &self,
        id: &str,
        may: impl FnOnce(&AccessRequest) -> bool,
        step: impl FnOnce(&mut AccessRequest, i64),
    ) -> bool {
        let now = self.shared.clock.now().as_millisecond();
        self.shared.write(|state| state.advance(id, may, |request| step(request, now)))
    }

    /// The next `calls` calls of this verb (`None`: of any) meet this fault; faults scripted earlier come first.
    pub fn fail_next(&self, calls: u32, verb: impl Into<Option<Verb>>, fault: Fault) {
        self.shared.write(|state| state.faults.add(verb.into().into(), fault, Some(calls)));
    }

    /// Every call of this verb (`None`: of any) meets this fault until [`P0::clear_faults`].
    pub fn fail_until_cleared(&self, verb: impl Into<Option<Verb>>, fault: Fault) {
        self.shared.write(|state| state.faults.add(verb.into().into(), fault, None));
    }

    /// The next call on the authority of the person with this e-mail is answered 401, whatever it wants.
    pub fn refuse_next_of(&self, email: &str) {
        let target = FaultTarget::Person(email.to_owned());
        self.shared.write(|state| state.faults.add(target, Fault::error(401, "Unauthorized"), Some(1)));
    }

    /// Forgets every fault to come. Calls that hang already go on hanging.
    pub fn clear_faults(&self) {
        self.shared.write(|state| state.faults.clear());
    }

    /// Forgets the faults to come that were scripted for this verb (`None`: for any), and no others.
    pub fn clear_faults_of(&self, verb: impl Into<Option<Verb>>) {
        self.shared.write(|state| state.faults.clear_of(&verb.into().into()));
    }

    /// Changes what may differ from one P0 to the next.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        self.shared.write(|state| change(&mut state.behaviour));
    }

    /// Every call so far, in the order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.read(|state| state.calls.clone())
    }

    /// Every attempt to push so far, in the order in which they ended; those of [`P0::push_raw`] are not counted.
    pub fn pushes(&self) -> Vec<PushAttempt> {
        self.shared.read(|state| state.pushes.clone())
    }

    /// Where the bot is; pushes go to `/p0/notifications` below it.
    pub fn connect(&self, bot_base_url: &str) {
        self.shared.write(|state| state.bot = Some(bot_base_url.trim_end_matches('/').to_owned()));
    }

    /// Whether each move of a request, and each new one, is pushed by itself: in order, each tried up to five times
    /// in about 13 seconds of real time. Nothing is kept for a bot that is not connected.
    pub fn auto_push(&self, on: bool) {
        self.shared.write(|state| state.auto_push = on);
    }

    /// Keeps automatic pushes back, or lets go of those that were kept.
    pub fn hold_pushes(&self, hold: bool) {
        self.shared.write(|state| state.held = hold);
    }

    /// Pushes a request as it is now and answers the bot's status.
    /// `None`: no such request, not connected, or no answer within 5 seconds.
    pub async fn push(&self, id: &str) -> Option<u16> {
        let push = self.shared.read(|state| state.push_of(id))?;
        notifier::push(&self.shared, &push).await
    }

    /// Pushes a pre-approval, `{"eventType":"preapproval-created","data":{"reason":…}}`.
    pub async fn push_preapproval(&self, reason: &str) -> Option<u16> {
        notifier::push(&self.shared, &Push::preapproval(reason)).await
    }

    /// Pushes any bytes; `authorization` is the whole header, with or without `Bearer `.
    pub async fn push_raw(&self, body: impl Into<Vec<u8>>, authorization: Option<&str>) -> Option<u16> {
        notifier::post(&self.shared, body.into(), authorization).await
    }

    /// The body that [`P0::push`] would send, for a push that changes a part of it.
    pub fn push_body(&self, id: &str) -> Option<Value> {
        let push = self.shared.read(|state| state.push_of(id))?;
        serde_json::from_slice(&push.body).ok()
    }

    /// A token of the notifier, honest or not, issued now.
    pub fn mint(&self, spec: &TokenSpec) -> String {
        self.shared.notifier.mint(spec, self.shared.clock.now().as_second())
    }

    /// The public half of the notifier's key, PEM.
    pub fn notifier_public_key_pem(&self) -> &str {
        self.shared.notifier.public_key_pem()
    }

    /// A receiver that sees a new number after every change, for live pages and for tests that wait.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.shared.version.subscribe()
    }

    /// All that a page may show: requests, settings, faults, calls, pushes. No token and no key is in it.
    pub fn snapshot(&self) -> Value {
        let mut all = self.shared.read(State::to_json);
        all["baseUrl"] = json!(self.base_url());
        all["org"] = json!(self.shared.org);
        all["version"] = json!(*self.shared.version.borrow());
        all
    }
}
