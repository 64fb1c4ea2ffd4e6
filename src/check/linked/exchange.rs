//! The endpoint at which people's tokens are exchanged, and the key by which the bot is known as the actor.

use crate::authorize::actor::Actor;
use crate::authorize::linked::exchange::Exchanger;
use crate::authorize::openid::Trouble;
use crate::check::Install;
use crate::check::report::Report;
use crate::config::{Exchange, Secret};

/// Errors that no other subject would mend (RFC 6749, 5.2; RFC 8693, 2.2.2).
const OF_THE_SETTINGS: [&str; 5] =
    ["invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_target", "invalid_scope"];

/// Has a token exchanged that is nobody's, as the bot exchanges people's.
pub(super) async fn check(install: &Install, exchange: &Exchange, report: &mut Report<'_>) {
    let actor = match Actor::new(exchange) {
        Ok(actor) => actor,
        Err(error) => {
            report.fail("exchange.actor_key", error.to_string(), "make one of that kind, readable by the bot alone");
            return report.skip("exchange", "needs the actor's key");
        }
    };
    let key = format!("{} fits {:?}", exchange.actor_key_file.display(), exchange.actor_algorithm);
    report.ok("exchange.actor_key", key);
    let Some(clients) = &install.clients else { return };
    let exchanger = Exchanger::new(exchange.clone(), actor, clients.providers.clone(), install.clock.clone());
    let at = &exchange.endpoint;
    match exchanger.exchange(&Secret::new("p0-chatops-check")).await {
        Err(Trouble::Refused { code, .. }) if OF_THE_SETTINGS.contains(&code.as_str()) => report.fail(
            "exchange",
            format!("{at} refuses the bot: {code}"),
            "correct identity.exchange (client_id, client_secret, audience, resource, scope), or what it allows",
        ),
        Err(Trouble::Refused { .. }) => {
            report.ok("exchange", format!("{at} knows the bot, and refuses a token that is nobody's"));
        }
        Err(Trouble::Unavailable(words)) => report.fail(
            "exchange",
            format!("{at} does not answer as a token endpoint does: {words}"),
            "correct identity.exchange.endpoint, or see what blocks the way",
        ),
        Err(trouble) => {
            report.fail("exchange", format!("{at}: {trouble}"), "correct identity.exchange.endpoint");
        }
        Ok(_) => report.fail(
            "exchange",
            format!("{at} gives a token for one that is nobody's"),
            "find out why: what it gives proves nothing",
        ),
    }
}
