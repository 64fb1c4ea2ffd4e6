//! `p0-chatops route explain`: an event is held against the routes before P0 ever sends it.

use std::process::Output;

use p0_chatops::sandbox::p0::P0Setup;
use p0_chatops::sandbox::slack::SlackSetup;
use serde_json::{Value, json};

use crate::check::routes::routed;
use crate::serve::Company;

const ROUTES: &str = "[[route]]\nname = \"prod at night\"\nchannel = \"C02PROD\"\nnotify = [\"U01ALICE\", \"S01OPS\"]\n\
    escalate_after = \"10m\"\nescalate_to = [[\"U02BOB\"]]\nfallback = [\"U03CAROL\"]\nremind_after = \"5m\"\n\
    risk = \"high\"\nlongest = \"2h\"\ndeciders = \"notified\"\ntime_zone = \"Europe/Berlin\"\n\
    match = { type = \"aws\", resource = [\"prod-*\", \"*-prod\"], outside = \"Mon-Fri 09:00-17:00\" }\n\
    [[route]]\nname = \"long\"\nchannel = \"C03LONG\"\nmatch = { longer_than = \"4h\", tags = { env = \"prod\" } }\n\
    [[route]]\nchannel = \"C01ACCESS\"\n";

struct House(Company);

impl House {
    async fn new() -> Self {
        Self::of(Company::new().await, ROUTES)
    }

    fn of(company: Company, routes: &str) -> Self {
        company.write_settings(&routed(&company, routes));
        Self(company)
    }

    async fn explain(&self, event: &str, more: &[&str]) -> Output {
        let file = self.0.folder.join("event.json");
        std::fs::write(&file, event).unwrap();
        let arguments = [&["route", "explain", file.to_str().unwrap()], more].concat();
        self.0.run(self.0.program(&arguments)).await
    }
}

fn event(change: impl FnOnce(&mut Value)) -> String {
    let mut event = json!({"eventType": "request", "data": {
        "requestId": "req-1", "status": "PENDING_APPROVAL", "type": "aws", "access": "role", "duration": "2h",
        "requestor": "bob@example.com", "resource": {"id": 7, "name": "db-prod"}, "reason": "sandbox\u{1b}[2J only",
    }});
    change(&mut event["data"]);
    event.to_string()
}

#[tokio::test]
async fn every_rule_says_why_and_who_is_told() {
    let house = House::new().await;
    let output = house.explain(&event(|_| {}), &["--offline", "--at", "2026-11-20T22:00:00Z"]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r#"
    request req-1, PENDING_APPROVAL, at 2026-11-20T22:00:00Z
      id             req-1 (/data/requestId)
      status         PENDING_APPROVAL (/data/status)
      type           aws (/data/type)
      access         role (/data/access)
      permission     not sent
      requestor      bob@example.com (/data/requestor)
      principal      not sent
      reason         sandbox[2J only (/data/reason)
      duration       2h (/data/duration)
      display        not sent
      requested      not sent
      granted        not sent
      expires        not sent
      updated        not sent
      approver_name  not sent
      approver_email not sent
      resource       {"id":7,"name":"db-prod"} (/data/resource)
      tags           not sent

    routes, in their order
      "prod at night": yes, counts
        type         aws: yes (aws)
        resource     prod-*, *-prod: yes (7 · db-prod)
        outside      Mon-Fri 09:00-17:00 (Europe/Berlin): yes (Fri 2026-11-20 23:00)
      "long": no
        longer_than  4h: no (2h)
        tags.env     prod: perhaps (not sent)
      "default": yes

    it goes by "prod at night"
    an approve asks for: risk high, at most 2h
    only people may decide whom these routes name: prod at night
    shown in C02PROD
    told at once: U01ALICE, S01OPS
    told after 10m: U02BOB
    told where a level has nobody: U03CAROL
    reminded after 5m, then each time after twice as long
    "#);
}

#[tokio::test]
async fn what_p0_did_not_send_counts_as_if_it_were_meant() {
    let house = House::new().await;
    let event = event(|data| drop(data.as_object_mut().unwrap().remove("resource")));
    let output = house.explain(&event, &["--at", "2026-11-20T22:00:00Z", "--json", "--offline"]).await;
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&said["route"], &said["is_default"]), (&json!("default"), &json!(true)));
    assert_eq!(said["asks"]["risk"], "high");
    assert_eq!(said["rules"][0]["truth"], "perhaps");
    assert_eq!(
        said["rules"][0]["conditions"][1],
        json!({
            "name": "resource", "wanted": "prod-*, *-prod", "found": null, "truth": "perhaps",
        })
    );
}

const LIVE: &str = "[[route]]\nchannel = \"C01ACCESS\"\nnotify = [\"U01ALICE\", \"S01ONCALL\", \"oncall:desk\"]\n\
    escalate_after = \"10m\"\nescalate_to = [[\"oncall:pager\"]]\nfallback = [\"S09NONE\"]\n\
    [oncall.desk]\nsource = \"week\"\nweek = [{ hours = \"00:00-24:00\", who = [\"U03CAROL\"] }]\n\
    [oncall.pager]\nsource = \"pagerduty\"\napi_key = \"a-key-0123456789\"\n\
    api_base_url = \"http://127.0.0.1:9\"\nschedules = [\"SFIRST\"]\npeople = { PALICE = \"U01ALICE\" }\n";

#[tokio::test]
async fn it_says_whom_the_route_means_now_why_and_what_does_not_answer() {
    let slack = SlackSetup::default().with_scope("usergroups:read");
    let house = House::of(Company::with(slack, P0Setup::default()).await, LIVE);
    let output = house.explain(&event(|_| {}), &[]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let (_, now) = said.split_once("\n\n").and_then(|(_, rest)| rest.split_once("who that is now\n")).unwrap();
    insta::assert_snapshot!(now, @r"
      at once: U01ALICE (named), U02BOB (in S01ONCALL), U03CAROL (on call in desk)
      after 10m: nobody
        not told: pager does not say who is on call
      where a level has nobody: nobody
        not told: S09NONE is empty, or Slack does not say who is in it
    ");
    house.0.slack.stop();
    let output = house.explain(&event(|_| {}), &["--json"]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["now"]["trouble"], "Slack could not be reached");
    assert_eq!(said["now"]["levels"][0]["people"][0], json!({"user": "U01ALICE", "why": "named"}));
}

#[tokio::test]
async fn what_is_no_event_ends_with_2_and_says_what_it_lacks() {
    let house = House::new().await;
    for (event, said) in [
        ("{", "is no JSON"),
        (
            "{\"data\": {\"reason\": \"x\"}}",
            "names no request: there is no id: notifier.fields.id says where P0 puts it",
        ),
        ("{\"requestId\": \"r\"}", "there is no status: notifier.fields.status says where P0 puts it"),
        ("{\"requestId\": \"a/b\", \"status\": \"NEW\"}", "its id or its status cannot be one"),
    ] {
        let output = house.explain(event, &[]).await;
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains(said), "{said}: {complaint}");
    }
}
