//! A device asks whether its person has decided (RFC 8628 3.4 and 3.5).

use serde_json::Value;

use super::given::{self, Given};
use crate::sandbox::idp::calls::Call;
use crate::sandbox::idp::device::Decision;
use crate::sandbox::idp::params::Params;
use crate::sandbox::idp::refusal::Refusal;
use crate::sandbox::idp::setup::Client;
use crate::sandbox::idp::state::State;

pub(super) fn answer(state: &mut State, client: &Client, form: &Params, call: &mut Call) -> Result<Value, Refusal> {
    let value = form.need("device_code")?;
    let now = state.now();
    let at = state.devices.iter().position(|device| device.code == value && device.client == client.id);
    let at = at.ok_or_else(|| Refusal::invalid_grant("unknown device code"))?;
    let device = &mut state.devices[at];
    let too_early = device.is_polled_too_early(now);
    let decision = device.decision.clone();
    if !matches!(decision, Decision::Heard(_)) && device.expires <= now {
        return Err(Refusal::new("expired_token", "nobody has decided in time"));
    }
    let signed_in = match decision {
        Decision::Pending if too_early => return Err(Refusal::new("slow_down", "polled faster than the interval")),
        Decision::Pending => return Err(Refusal::new("authorization_pending", "nobody has decided yet")),
        Decision::Denied => {
            device.decision = Decision::Heard(None);
            return Err(Refusal::new("access_denied", "the person pressed Deny"));
        }
        Decision::Heard(family) => {
            // As oidc-provider does it: whoever comes second may be a thief.
            family.into_iter().for_each(|family| state.kill(family));
            return Err(Refusal::invalid_grant("the device code was used before"));
        }
        Decision::Allowed(signed_in) => signed_in,
    };
    let scope = device.scope.clone();
    call.subject = Some(signed_in.subject.clone());
    if state.enabled(&signed_in.subject).is_none() {
        return Err(Refusal::invalid_grant("the account is switched off"));
    }
    let family = state.found(&client.id, signed_in, scope.clone());
    state.devices[at].decision = Decision::Heard(Some(family));
    let refresh_token = given::first_refresh_token(state, client, family);
    Ok(given::answer(state, family, Given { scope: &scope, nonce: None, with_id_token: true, refresh_token }))
}
