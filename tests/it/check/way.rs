//! The way from outside to the bot, and all that may stand in it.

use super::front::{self, Front, Mood};
use super::{Told, free_address};
use crate::serve::Company;

const INTERACTIVITY: &str = "door /slack/interactivity";
const COMMANDS: &str = "door /slack/commands";
const EVENTS: &str = "door /slack/events";
const P0: &str = "door /p0/notifications";
const PASS_BODIES: &str = "→ let the proxy or firewall pass bodies of /slack/ as they are, byte for byte";

/// An install whose bot does not run: the check answers for it.
struct Install {
    company: Company,
    listen: String,
}

impl Install {
    async fn new() -> Self {
        Self { company: Company::new().await, listen: free_address() }
    }

    async fn through(&self, front: &Front) -> Told {
        front.leads_to(&self.listen);
        self.at(&front.url()).await
    }

    async fn at(&self, public_url: &str) -> Told {
        let settings = self.company.good().replacen("127.0.0.1:0", &self.listen, 1);
        // Another bot of the company's has the usual one.
        let own = "database_url = \"sqlite://of-its-own.db\"";
        self.company.check(&format!("public_url = \"{public_url}\"\n{own}\n{settings}")).await
    }

    fn elsewhere(&self) -> String {
        format!(
            "warn a p0-chatops with this signing secret is reached, but not what listens on {} here\n\
             → all is well where `serve` runs elsewhere; else point public_url at this one",
            self.listen
        )
    }

    fn forward(&self, front: &Front) -> String {
        format!("→ let the proxy forward /slack/ and /p0/ of {}/ to {}", front.url(), self.listen)
    }
}

#[tokio::test]
async fn without_a_public_url_it_says_what_cannot_be_known() {
    let company = Company::new().await;
    let told = company.check(&company.good()).await;
    assert_eq!(
        (told.about("public_url").as_str(), told.code),
        (
            "warn is not set: whether Slack and P0 reach the bot cannot be checked\n\
             → set public_url to the address under which they do, as https://bot.example.com",
            Some(0)
        )
    );
    assert!(
        told.text.ends_with(
            "\n\nNothing was found that will not work; it was not seen whether Slack reaches the bot. \
             1 warning is worth a look.\n"
        ),
        "{}",
        told.text
    );
}

#[tokio::test]
async fn an_address_that_only_this_machine_knows_is_refused() {
    let install = Install::new().await;
    for url in [
        "http://localhost:1/",
        "https://localhost.:1/",
        "https://bot.localhost:1/",
        "https://0.0.0.0:1/",
        "https://[::ffff:127.0.0.1]:1/",
    ] {
        let told = install.at(url).await;
        let shown = url.replace("127.0.0.1", "7f00:1");
        assert_eq!(
            (told.about("public_url"), told.code),
            (
                format!(
                    "FAIL {shown} is this machine's own name for itself: Slack and P0 cannot reach it\n\
                     → set it to the https:// address under which they reach the bot"
                ),
                Some(1)
            )
        );
    }
}

#[tokio::test]
async fn an_address_that_nobody_answers_is_told_by_what_is_missing() {
    let install = Install::new().await;
    let closed = free_address();
    let plain = front::honest().await;
    for (url, line, remedy) in [
        (
            format!("http://{closed}"),
            "no connection: Connection refused (os error 111)",
            "see that public_url is right and that nothing blocks the way; where only a proxy leads out, set proxy",
        ),
        (
            "https://nowhere.invalid".to_owned(),
            "the name nowhere.invalid is not known",
            "correct public_url, or let this machine look names up (DNS)",
        ),
        (
            format!("https://{}", plain.host()),
            "TLS: received corrupt message of type InvalidContentType",
            "give it a certificate of a well-known authority, with its chain: Slack trusts no other",
        ),
    ] {
        let told = install.at(&url).await;
        assert_eq!(told.about(INTERACTIVITY), format!("FAIL cannot be reached: {line}\n→ {remedy}"));
        assert_eq!((told.about("door").as_str(), told.code), ("skip the others were not tried", Some(1)));
    }
}

#[tokio::test]
async fn an_address_that_never_answers_is_given_up() {
    let install = Install::new().await;
    let told = install.through(&front::start(Mood::Silent).await).await;
    assert!(told.about(INTERACTIVITY).starts_with("FAIL cannot be reached: no answer within 5 s\n"), "{}", told.text);
}

#[tokio::test]
async fn answers_that_are_not_the_bots_are_told_apart() {
    let install = Install::new().await;
    for (mood, line) in [
        (
            Mood::Answers(404, &[], "<html>"),
            "does not lead to the bot (HTTP 404): the proxy does not forward this path",
        ),
        (Mood::Answers(405, &[], ""), "does not lead to the bot (HTTP 405): the proxy does not forward this path"),
        (Mood::Answers(502, &[], "<html>"), "the proxy reaches nothing behind it (HTTP 502)"),
        (Mood::Answers(200, &[], "<html>Welcome to nginx</html>"), "answers with a web page, not the bot's answer"),
        (Mood::Answers(200, &[], "{\"challenge\":\"another\"}"), "answers, but not what the bot would"),
        (Mood::Answers(403, &[], ""), "turns away what Slack would send (HTTP 403)"),
    ] {
        let front = front::start(mood).await;
        let told = install.through(&front).await;
        for door in [INTERACTIVITY, COMMANDS, EVENTS] {
            assert_eq!(told.about(door), format!("FAIL {line}\n{}", install.forward(&front)), "{door}");
        }
        assert!(told.about(P0).starts_with("FAIL"), "{}", told.text);
        assert_eq!(told.code, Some(1));
    }
}

#[tokio::test]
async fn redirects_and_logins_in_the_way_are_named() {
    let install = Install::new().await;
    let login: &[(&str, &str)] = &[("www-authenticate", "Basic realm=\"company\"")];
    for (mood, slack, p0) in [
        (
            Mood::Answers(301, &[("location", "https://www.example.com/secret?token=1")], ""),
            "FAIL answers with a redirect to https://www.example.com (HTTP 301), which Slack does not follow\n\
             → set public_url to where it leads, or let the proxy forward without redirecting",
            "FAIL answers with a redirect to https://www.example.com (HTTP 301), which Slack does not follow\n\
             → set public_url to where it leads, or let the proxy forward without redirecting",
        ),
        (
            Mood::Answers(401, login, ""),
            "FAIL something before the bot asks for a login (HTTP 401)\n\
             → let the proxy pass /slack/ without a login of its own",
            "FAIL something before the bot asks for a login (HTTP 401)\n\
             → let the proxy pass /p0/notifications without a login of its own",
        ),
    ] {
        let told = install.through(&front::start(mood).await).await;
        assert_eq!((told.about(EVENTS).as_str(), told.about(P0).as_str()), (slack, p0));
    }
}

#[tokio::test]
async fn bodies_that_are_changed_on_the_way_show_at_every_door() {
    let install = Install::new().await;
    let told = install.through(&front::start(Mood::Rewrites).await).await;
    for door in [INTERACTIVITY, COMMANDS, EVENTS] {
        let line = told.about(door);
        assert!(line.starts_with("FAIL the body is changed on the way: "), "{line}");
        assert!(line.ends_with(&format!(" arrived, and they differ from byte 0 on\n{PASS_BODIES}")), "{line}");
    }
    assert!(told.about(P0).starts_with("ok"), "{}", told.text);
    let told = install.through(&front::start(Mood::Blocks).await).await;
    let blocked = "FAIL what is sent is changed or turned away on the way (HTTP 403): a plain body gets through, one with unusual characters does not";
    assert_eq!(told.about(EVENTS), format!("{blocked}\n{PASS_BODIES}"));
}

#[tokio::test]
async fn an_answer_that_does_not_come_back_is_told_from_a_body_that_does_not_arrive() {
    let install = Install::new().await;
    let told = install.through(&front::start(Mood::Muffles).await).await;
    assert_eq!(
        told.about(EVENTS),
        "FAIL arrives, but its answer or its headers are changed on the way\n\
         → let the proxy pass headers and answers on as they are"
    );
}

#[tokio::test]
async fn a_running_bot_cannot_see_what_came_and_the_difference_still_shows() {
    let company = Company::new().await;
    let bot = company.serve().await;
    let listen = bot.base.replace("http://", "");
    let settings = company.good().replacen("127.0.0.1:0", &listen, 1);
    let front = front::start(Mood::Rewrites).await;
    front.leads_to(&listen);
    let told = company.check(&format!("public_url = \"{}\"\n{settings}", front.url())).await;
    assert_eq!(
        told.about(EVENTS),
        format!(
            "FAIL what is sent is changed or turned away on the way (HTTP 401): a plain body gets through, one with unusual characters does not\n{PASS_BODIES}"
        )
    );
}

#[tokio::test]
async fn headers_that_are_taken_away_are_named() {
    let install = Install::new().await;
    for name in ["x-slack-signature", "x-slack-request-timestamp"] {
        let told = install.through(&front::start(Mood::Drops(name)).await).await;
        assert_eq!(
            told.about(EVENTS),
            format!("FAIL the header {name} is taken away on the way\n→ let the proxy pass every header of Slack's on")
        );
    }
    let told = install.through(&front::start(Mood::Drops("authorization")).await).await;
    assert!(told.about(EVENTS).starts_with("ok"), "{}", told.text);
    assert_eq!(
        told.about(P0),
        "FAIL the header Authorization, with P0's token, is taken away on the way\n\
         → let the proxy pass Authorization on to /p0/notifications"
    );
}

#[tokio::test]
async fn whoever_answers_without_a_look_at_the_signature_is_not_the_bot() {
    let company = Company::new().await;
    // Something has the address: nobody here can see what arrives.
    let front = front::start(Mood::Parrot).await;
    let listen = front.host().to_owned();
    let settings = company.good().replacen("127.0.0.1:0", &listen, 1);
    let told = company.check(&format!("public_url = \"{}\"\n{settings}", front.url())).await;
    assert_eq!(
        told.about(EVENTS),
        format!(
            "FAIL a delivery with a wrong signature is answered HTTP 200: what answers does not check them\n\
             → point public_url at {listen} of the bot, not at something that answers for it"
        )
    );
}

#[tokio::test]
async fn another_bot_with_the_same_secret_is_told_from_this_one() {
    let install = Install::new().await;
    let other = install.company.serve().await;
    let front = front::honest().await;
    front.leads_to(&other.base.replace("http://", ""));
    let told = install.at(&front.url()).await;
    assert_eq!((told.about(EVENTS), told.failing()), (install.elsewhere(), vec!["public_url"]));
}

#[tokio::test]
async fn two_bots_by_turns_behind_one_name_are_not_taken_for_this_one() {
    let install = Install::new().await;
    let other = install.company.serve().await;
    let front = front::honest().await;
    front.leads_by_turns(&[&other.base.replace("http://", ""), &install.listen]);
    let told = install.at(&front.url()).await;
    assert_eq!(told.about(INTERACTIVITY), install.elsewhere());
    assert_eq!(told.about(COMMANDS), install.elsewhere());
}

#[tokio::test]
async fn p0s_door_has_to_lead_to_the_bot_as_well() {
    let install = Install::new().await;
    let front = front::start(Mood::KeepsP0(404, &[])).await;
    let told = install.through(&front).await;
    assert!(told.about(EVENTS).starts_with("ok"), "{}", told.text);
    assert_eq!(
        told.about(P0),
        format!(
            "FAIL does not lead to the bot (HTTP 404): the proxy does not forward this path\n{}",
            install.forward(&front)
        )
    );
    let told = install.through(&front::start(Mood::KeepsP0(200, &[])).await).await;
    assert_eq!(
        (told.about(P0), told.code),
        (
            format!(
                "FAIL a push without P0's token is answered HTTP 200: what answers is not the bot\n\
                 → forward /p0/notifications to {}",
                install.listen
            ),
            Some(1)
        )
    );
}
