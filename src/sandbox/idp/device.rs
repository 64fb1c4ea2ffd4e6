//! The device flow (RFC 8628): a code for the device, a code for the person, and a page to bring them together.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::calls::Call;
use super::claims::overrule;
use super::client_auth;
use super::families::FamilyId;
use super::page;
use super::params::Params;
use super::refusal::Refusal;
use super::request::Request;
use super::setup::Grant;
use super::sign_in::{PASSWORD, SignedIn, check_scope};
use super::state::State;
use crate::sandbox::new_secret;
use crate::sandbox::wire::Reply;

/// What a device assumes that is told no interval (RFC 8628 3.2), and what `slow_down` adds to it (3.5).
const FIVE_SECONDS: Duration = Duration::from_secs(5);
/// The letters of a user code: no vowels, so that they spell nothing (RFC 8628 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// A device that waits for its person. Neither of its codes is for pages.
#[derive(Serialize)]
pub(super) struct Device {
    #[serde(skip)]
    pub(super) code: String,
    #[serde(skip)]
    pub(super) user_code: String,
    pub(super) client: String,
    pub(super) scope: Vec<String>,
    pub(super) expires: Timestamp,
    pub(super) interval: Duration,
    pub(super) polls: usize,
    pub(super) last_poll: Option<Timestamp>,
    pub(super) decision: Decision,
}

/// What the person said.
#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Decision {
    /// Nothing yet.
    Pending,
    /// No, and the device has not heard it yet.
    Denied,
    /// Yes, and the device has not heard it yet.
    Allowed(SignedIn),
    /// The device has heard it, and was given a family if it was a yes.
    Heard(#[serde(skip)] Option<FamilyId>),
}

/// A device asks for its codes.
pub(super) fn begin(state: &mut State, request: &Request, call: &mut Call) -> Result<Value, Refusal> {
    let form = request.form()?;
    let client = client_auth::authenticate(state, request, &form)?;
    call.client = Some(client.id.clone());
    client.may(Grant::DeviceCode)?;
    let scope = form.words("scope");
    check_scope(state, &scope)?;
    let device = Device {
        code: new_secret(),
        user_code: new_user_code(),
        client: client.id,
        scope,
        expires: state.now() + state.setup.device_life,
        interval: state.setup.interval.unwrap_or(FIVE_SECONDS),
        polls: 0,
        last_poll: None,
        decision: Decision::Pending,
    };
    let mut answer = json!({
        "device_code": device.code,
        "user_code": device.user_code,
        "verification_uri": format!("{}/device", state.issuer),
        "expires_in": state.setup.device_life.as_secs(),
    });
    if let Some(interval) = state.setup.interval {
        answer["interval"] = json!(interval.as_secs());
    }
    if state.setup.complete_uri {
        answer["verification_uri_complete"] = json!(format!("{}/device?user_code={}", state.issuer, device.user_code));
    }
    overrule(&mut answer, &state.setup.odd_device);
    state.devices.push(device);
    Ok(answer)
}

/// A browser comes to enter a code, or has one in its link.
pub(super) fn look(state: &mut State, request: &Request, call: &mut Call) -> Reply {
    call.done();
    let params = Params::read(request.query.as_bytes()).unwrap_or_default();
    let Some(entered) = params.get("user_code") else { return page::enter_code(None) };
    let Some(at) = state.waiting(entered) else { return unknown(call, entered) };
    call.client = Some(state.devices[at].client.clone());
    page::allow(&state.devices[at], &state.setup.accounts)
}

/// Somebody has pressed a button of the page.
pub(super) fn decide(state: &mut State, request: &Request, call: &mut Call) -> Reply {
    let form = request.browser_form().unwrap_or_default();
    let entered = form.get("user_code").unwrap_or_default();
    let Some(at) = state.waiting(entered) else { return unknown(call, entered) };
    call.client = Some(state.devices[at].client.clone());
    let Some(subject) = form.get("account") else {
        state.devices[at].decision = Decision::Denied;
        call.refused(&Refusal::new("access_denied", "the person pressed Deny"));
        return page::stop(200, "Denied. You can close this page.");
    };
    call.subject = Some(subject.to_owned());
    if state.enabled(subject).is_none() {
        let why = "This account is switched off.";
        call.refused(&Refusal::new("refused", why));
        return page::stop(403, why);
    }
    let signed_in = SignedIn {
        subject: subject.to_owned(),
        auth_time: state.now(),
        acr: PASSWORD.to_owned(),
        with_auth_time: false,
        nonce: None,
    };
    state.devices[at].decision = Decision::Allowed(signed_in);
    call.done();
    page::stop(200, "Done. You can close this page and go back to your device.")
}

fn unknown(call: &mut Call, entered: &str) -> Reply {
    call.refused(&Refusal::new("refused", "no device waits with this code"));
    page::enter_code(Some(entered))
}

impl State {
    /// The device that waits for a decision with this user code, however it was typed.
    fn waiting(&self, entered: &str) -> Option<usize> {
        let now = self.now();
        self.devices.iter().position(|device| {
            matches!(device.decision, Decision::Pending) && device.expires > now && device.is_called(entered)
        })
    }
}

impl Device {
    /// Whether this is its user code: people leave out the dash and type small letters (RFC 8628 6.1).
    pub(super) fn is_called(&self, entered: &str) -> bool {
        let letters = |code: &str| -> String {
            code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
        };
        letters(entered) == letters(&self.user_code)
    }

    /// Notes a poll and says whether it came too early; the pause grows when it did.
    pub(super) fn is_polled_too_early(&mut self, now: Timestamp) -> bool {
        self.polls += 1;
        let early = self.last_poll.replace(now).is_some_and(|last| now < last + self.interval);
        if early {
            self.interval += FIVE_SECONDS;
        }
        early
    }
}

fn new_user_code() -> String {
    let letter = |_| char::from(LETTERS[usize::from(rand::random::<u8>()) % LETTERS.len()]);
    let four = || -> String { (0..4).map(letter).collect() };
    format!("{}-{}", four(), four())
}
