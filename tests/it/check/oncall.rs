//! Who is on call, as `check` asks it.

use jiff::SignedDuration;
use p0_chatops::clock::Clock;
use p0_chatops::sandbox::pagerduty::{OnDuty, PagerDuty, PagerDutySetup};

use crate::serve::Company;
use crate::world::{ALICE, BOB};

async fn pagerduty() -> PagerDuty {
    let clock = Clock::system();
    let (now, hour) = (clock.now(), SignedDuration::from_hours(1));
    let pagerduty = PagerDuty::start(PagerDutySetup { clock, ..PagerDutySetup::default() }).await.unwrap();
    pagerduty.put_on_duty("SFIRST", "PALICE", now - hour, now + hour * 48);
    pagerduty.put_on_duty("SLONELY", "PALICE", now - hour, now + hour * 48);
    let second = vec![OnDuty::User("PBOB".into()), OnDuty::User("PDAVE".into())];
    pagerduty.set_policy("PPOLICY", vec![vec![OnDuty::Schedule("SFIRST".into())], second]);
    pagerduty
}

fn with(company: &Company, pagerduty: &PagerDuty, account: &str) -> String {
    format!(
        "{}[oncall.first]\nsource = \"pagerduty\"\napi_base_url = \"{}\"\n{account}\n\
         people = {{ PALICE = \"{ALICE}\", PBOB = \"{BOB}\" }}\n",
        company.good(),
        pagerduty.base_url()
    )
}

#[tokio::test]
async fn it_says_who_is_on_call_who_is_not_found_and_what_pagerduty_does_not_know() {
    let (company, pagerduty) = (Company::new().await, pagerduty().await);
    let key = "api_key = \"sandbox-pagerduty-key\"";
    let told = company
        .check(&with(&company, &pagerduty, &format!("{key}\nescalation_policies = [\"PPOLICY\", \"PNONE\"]")))
        .await;
    for (name, line) in [
        (
            "oncall first",
            "warn on call now, and nobody says who that is in Slack: Dave\n\
             → name them in [oncall.first.people], with an account that is there in Slack\n\
             ok on call now: Alice (U01ALICE), Bob (U02BOB) on level 2",
        ),
        ("pagerduty PPOLICY", "ok the escalation policy Policy PPOLICY"),
        (
            "pagerduty PNONE",
            "FAIL PagerDuty has no escalation policy with this id\n\
             → correct oncall.first.escalation_policies: the id stands at the end of the address of its page",
        ),
    ] {
        assert_eq!(told.about(name), line, "{}", told.text);
    }
    let told = company.check(&with(&company, &pagerduty, &format!("{key}\nschedules = [\"SLONELY\"]"))).await;
    assert_eq!(
        told.about("pagerduty SLONELY"),
        "FAIL Schedule SLONELY is in no escalation policy: PagerDuty does not tell who is on call by it\n\
         → put it into an escalation policy at PagerDuty"
    );
}

#[tokio::test]
async fn a_key_that_is_not_taken_and_a_pagerduty_that_is_not_there_are_told_apart() {
    let (company, pagerduty) = (Company::new().await, pagerduty().await);
    let policies = "escalation_policies = [\"PPOLICY\"]";
    let told =
        company.check(&with(&company, &pagerduty, &format!("api_key = \"another-key-0123456\"\n{policies}"))).await;
    assert_eq!(
        told.about("oncall first"),
        "FAIL PagerDuty does not take the key: it refuses (HTTP 401)\n\
         → set oncall.first.api_key to a key that may read, and for an account of the EU region \
         oncall.first.api_base_url to https://api.eu.pagerduty.com"
    );
    let settings = with(&company, &pagerduty, &format!("api_key = \"sandbox-pagerduty-key\"\n{policies}"));
    pagerduty.down().await;
    let told = company.check(&settings).await;
    assert!(told.about("oncall first").starts_with("FAIL PagerDuty cannot be asked: no answer: "), "{}", told.text);
    assert_eq!(told.code, Some(1));
}

#[tokio::test]
async fn a_rota_that_has_nobody_at_times_is_told_with_the_times() {
    let company = Company::new().await;
    let week = format!(
        "{}[oncall.office]\nsource = \"week\"\nweek = [{{ hours = \"00:00-23:00\", who = [\"{ALICE}\"] }}]\n",
        company.good()
    );
    let told = company.check(&week).await.about("oncall office");
    assert!(
        told.contains("warn nobody is on call at times of the next 14 days (UTC): ") && told.contains(" and 1"),
        "{told}"
    );
}
