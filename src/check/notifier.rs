//! P0's notifier: the key by which its pushes are believed.

use super::Install;
use super::report::Report;
use super::web::ask;
use crate::config::NotifierKeySource;
use crate::inbound::keys;
use crate::inbound::notifier_keys::NotifierKeys;

/// Reads the key, or asks for the keys. Answers what the door of P0's needs, where there is a key.
pub(super) async fn check(install: &Install, report: &mut Report<'_>) -> Option<NotifierKeys> {
    let notifier = &install.settings.notifier;
    let client = install.clients.as_ref().map_or(&install.local, |clients| &clients.providers);
    let made = NotifierKeys::new(&notifier.key, client.clone(), install.clock.clone());
    let expected = format!("tokens from {} for {}", notifier.issuer, notifier.audience);
    match (&made, &notifier.key) {
        (Ok(_), NotifierKeySource::File(path)) => {
            report.ok("notifier.key", format!("{} holds a public key; expected are {expected}", path.display()));
        }
        (Ok(_), NotifierKeySource::Jwks(url)) => published(install, url, &expected, report).await,
        (Err(error), _) => report.fail(
            "notifier.key",
            error.to_string(),
            "put there the public key that P0 shows where the notifier is installed",
        ),
    }
    made.ok()
}

async fn published(install: &Install, url: &url::Url, expected: &str, report: &mut Report<'_>) {
    const REMEDY: &str = "correct notifier.jwks_url, or keep the key in a file (notifier.public_key_file)";
    let Some(clients) = &install.clients else {
        return report.skip("notifier.key", "needs a way out: notifier.jwks_url was not asked");
    };
    let heard = match ask(install, clients.providers.get(url.clone())).await {
        Ok(heard) => heard,
        Err(silence) => {
            let message = format!("notifier.jwks_url cannot be asked: {silence}");
            return report.fail("notifier.key", message, silence.remedy("notifier.jwks_url"));
        }
    };
    if !heard.status.is_success() {
        let message = format!("notifier.jwks_url answers HTTP {}", heard.status.as_u16());
        return report.fail("notifier.key", message, REMEDY);
    }
    match keys::of_key_set(&heard.body).map(|keys| keys.len()) {
        Ok(0) => {
            report.fail("notifier.key", "notifier.jwks_url holds no key that can be used (RSA, P-256, Ed25519)", REMEDY)
        }
        Ok(1) => report.ok("notifier.key", format!("1 key is published; expected are {expected}")),
        Ok(n) => report.ok("notifier.key", format!("{n} keys are published; expected are {expected}")),
        Err(_) => report.fail("notifier.key", "notifier.jwks_url does not answer with a key set (JWKS)", REMEDY),
    }
}
