//! What the bot sends to itself: deliveries as Slack and P0 make them, with bytes that are easily damaged on the way.

use http::header;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::json;
use url::{Url, form_urlencoded};

use crate::clock::Clock;
use crate::config::Secret;
use crate::inbound::signature::sign;

/// The doors for Slack.
pub(super) const SLACK_DOORS: [&str; 3] = ["/slack/interactivity", "/slack/commands", "/slack/events"];
/// The door for P0.
pub(super) const P0_DOOR: &str = "/p0/notifications";

/// Where the pages are on which people link an account.
pub(super) const PAGES: &str = "/link/";
/// Where the bot's own public keys are.
pub(super) const KEYS: &str = "/.well-known/jwks.json";

/// Of what form a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Slack's question whether an address is ours, and nothing that could be damaged.
    Plain,
    /// The same, with all that JSON allows and a careless reader changes.
    Awkward,
    /// A form, as presses and commands are; it asks for nothing.
    Form,
}

/// One delivery.
pub(super) struct Probe {
    /// Below which `public_url` has to lead to `listen`.
    pub(super) door: &'static str,
    /// Random, in the body: by it the delivery is known where it arrives, and answered.
    pub(super) challenge: String,
    pub(super) body: Vec<u8>,
    shape: Shape,
}

impl Probe {
    pub(super) fn new(door: &'static str, shape: Shape) -> Self {
        let challenge = Alphanumeric.sample_string(&mut rand::rng(), 32);
        let body = match shape {
            Shape::Plain => json!({ "type": "url_verification", "challenge": challenge }).to_string(),
            Shape::Awkward => awkward(&challenge),
            Shape::Form => form(door, &challenge),
        };
        Self { door, challenge, body: body.into_bytes(), shape }
    }

    /// The request, signed as Slack signs.
    pub(super) fn signed(
        &self,
        client: &reqwest::Client,
        base: &Url,
        secret: &Secret,
        clock: &Clock,
    ) -> reqwest::RequestBuilder {
        let content_type = match self.shape {
            Shape::Plain | Shape::Awkward => "application/json",
            Shape::Form => "application/x-www-form-urlencoded",
        };
        let mut request = client.post(door_url(base, self.door)).header(header::CONTENT_TYPE, content_type);
        for (name, value) in sign(secret, clock.now(), &self.body) {
            request = request.header(name, value);
        }
        request.body(self.body.clone())
    }

    /// Whether the answer is the one that only who knows the signing secret gives.
    pub(super) fn is_answered_by(&self, body: &[u8]) -> bool {
        match self.shape {
            Shape::Plain | Shape::Awkward => serde_json::from_slice::<serde_json::Value>(body)
                .is_ok_and(|answer| answer["challenge"] == self.challenge.as_str()),
            // Nothing is to be said to a form that asks for nothing.
            Shape::Form => body.is_empty(),
        }
    }
}

/// A door behind the address of the bot.
pub(super) fn door_url(base: &Url, door: &str) -> Url {
    Url::parse(&format!("{}{door}", base.as_str().trim_end_matches('/'))).expect("a checked address and a path")
}

/// White space where JSON allows it, escapes that have a shorter form, letters beyond ASCII, and what decoders of
/// forms and addresses turn into something else.
fn awkward(challenge: &str) -> String {
    format!(
        " {{ \"type\" :\t\"url_verification\",\r\n  \"challenge\":\"{challenge}\" ,\n\
         \"text\": \"Zo\u{eb} \u{65e5}\u{672c} \u{1f511} e\u{301} \\u00e9\\/ 100% %2F%25+%20 a+b &amp; <b> 'x' -- \\\"y\\\"  \" ,\n\
         \"n\": 1.0 }} \r\n  "
    )
}

fn form(door: &str, challenge: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    let text = format!("{challenge} Zo\u{eb} \u{65e5}\u{672c} \u{1f511} 100% a+b & 'x' -- \"y\" <b>  ");
    if door == "/slack/commands" {
        form.append_pair("command", "/p0-chatops-check").append_pair("text", &text);
    } else {
        form.append_pair("payload", &json!({ "type": "p0_chatops_check", "text": text }).to_string());
    }
    // Another spelling of the same form: whoever writes it anew breaks the signature.
    form.finish().replace("%2F", "%2f")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::signature::Verified;
    use crate::inbound::slack::{Arrival, read};

    fn understood(probe: &Probe) -> Arrival {
        let verified = Verified { signature: "v0=".to_owned(), at: Clock::stepped().now() };
        read(&verified, &probe.body).unwrap()
    }

    #[test]
    fn a_probe_is_understood_and_asks_for_nothing() {
        for door in SLACK_DOORS {
            for shape in [Shape::Plain, Shape::Awkward] {
                let probe = Probe::new(door, shape);
                let Arrival::Handshake { challenge } = understood(&probe) else { panic!("{door}") };
                assert_eq!(challenge, probe.challenge);
                assert!(probe.is_answered_by(json!({ "challenge": challenge }).to_string().as_bytes()));
            }
            let probe = Probe::new(door, Shape::Form);
            assert!(matches!(understood(&probe), Arrival::NotUnderstood { .. }));
            assert!(String::from_utf8(probe.body).unwrap().contains(&probe.challenge));
        }
    }

    #[test]
    fn an_awkward_body_does_not_survive_being_read_and_written_again() {
        let body = awkward("c");
        let again: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_ne!(again.to_string(), body);
        assert_ne!(body.trim(), body);
        let form = form("/slack/commands", "c");
        let pairs: Vec<_> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        assert_ne!(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish(), form);
    }
}
