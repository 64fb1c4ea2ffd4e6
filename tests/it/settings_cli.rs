//! `p0-chatops settings`: P0's own settings are shown, stated, and made as a file says, beside a bot that runs.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use clap::Parser as _;
use p0_chatops::cli::{self, Cli};
use p0_chatops::clock::Clock;
use p0_chatops::ledger::leases::LEASE;
use p0_chatops::sandbox::p0::{Call, Fault, LengthAnswer, P0Setup, Verb};
use p0_chatops::sandbox::slack::SlackSetup;
use serde_json::{Value, json};

use crate::serve::{Company, until};
use crate::world::{CHANNEL, readable};

/// What the stand-in of P0 has at its start.
const P0S_OWN: &str = "presets = [\"5m\", \"1h\", { length = \"24h\", value = \"1 day\" }, \"1w\", \"30d\"]\n\
                       maximum = \"24h\"\nstanding = \"30d\"\n";

/// What is said of a change that P0 cannot be told of now.
const NOT_SENT_YET: &str = "not sent yet, and tried until";

/// A company whose bot may change P0's settings.
struct House {
    company: Company,
}

impl House {
    async fn new() -> Self {
        Self::with("").await
    }

    /// With more in the settings, behind the section of P0's.
    async fn with(more: &str) -> Self {
        Self::of(Company::new().await, more)
    }

    fn of(company: Company, more: &str) -> Self {
        let key = "[p0]\nsettings_api_key = \"sandbox-settings-key\"\n";
        let settings = company.settings().replacen("[p0]\n", key, 1);
        let (before, route) = settings.split_once("[[route]]").unwrap();
        company.write_settings(&format!("{before}{more}\n[[route]]{route}"));
        Self { company }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.company.folder.join(name), text).unwrap();
    }

    async fn command(&self, arguments: &[&str]) -> Output {
        self.company.run(self.company.program(&[&["settings"], arguments].concat())).await
    }

    /// What it says, which has to end well.
    async fn told(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        timeless(&String::from_utf8(output.stdout).unwrap())
    }

    /// What the stand-in of P0 has is stated, so that the bot knows it.
    async fn knows_all(&self) {
        self.write("known.toml", P0S_OWN);
        self.told(&["import", "known.toml"]).await;
    }

    /// The calls of P0's settings API: method, last part of the path, body, and what was answered.
    fn sent(&self) -> Vec<String> {
        let calls = self.company.p0.calls().into_iter().filter(|call| call.verb == Some(Verb::Settings));
        let line = |call: Call| {
            let path = call.path.rsplit('/').next().unwrap_or_default().to_owned();
            let body = call.body.map(|body| format!(" {body}")).unwrap_or_default();
            format!("{} {path}{body}: {}", call.method, call.status.unwrap_or_default())
        };
        calls.map(line).collect()
    }

    /// The program, which has said this line and is not over, and what it will say.
    async fn starts(&self, arguments: &[&str], line: &'static str) -> (Child, BufReader<ChildStdout>) {
        let mut command = self.company.program(&[&["settings"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let waiting = tokio::task::spawn_blocking(move || {
            let is_there = stdout.by_ref().lines().map_while(Result::ok).any(|told| told.contains(line));
            (is_there, stdout)
        });
        let (is_there, stdout) = waiting.await.unwrap();
        assert!(is_there, "it never says {line}");
        (child, stdout)
    }

    /// How it ends, what it said until then, and the line with which it fails.
    async fn ends(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let Output { status, stdout, stderr } = self.command(arguments).await;
        (status.code(), timeless(&String::from_utf8(stdout).unwrap()), String::from_utf8(stderr).unwrap())
    }
}

/// Times left out.
fn timeless(text: &str) -> String {
    let mut told = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("202") {
        let (before, time) = rest.split_at(at);
        told += before;
        let is_time = time.get(..20).is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok());
        let (shown, length) = if is_time { ("(time)", 20) } else { ("202", 3) };
        told += shown;
        rest = &time[length..];
    }
    told + rest
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_is_shown_with_how_it_is_known() {
    let house = House::with("[durations]\npresets = [\"1 hour\", \"4h\"]\n").await;
    insta::assert_snapshot!(house.told(&["show"]).await, @r"
    presets     1 hour  stated in the settings file, seen (time)
                4h      stated in the settings file, seen (time)
    listed      all     stated in the settings file, seen (time)
    maximum     24h     assumed: nobody has said
    standing    ?       not known
    approvable  ?       not known
    approvals   ?       not known
    there is no ledger yet: this is what the bot will know when it starts
    ");
    assert!(!house.company.folder.join("p0-chatops.db").exists(), "nothing is written");
    let bot = house.company.serve().await;
    let told = house.told(&["show"]).await;
    assert!(!told.contains("there is no ledger") && told.contains("maximum     24h     assumed"), "{told}");
    bot.kill_9();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_p0_has_is_stated_and_the_picker_follows_while_the_bot_runs() {
    let house = House::new().await;
    let bot = house.company.serve().await;
    let card = house.company.request("req-1").await;
    house.write(
        "p0.toml",
        "presets = [\"30m\", { length = \"24h\", value = \"1 day\" }, \"2w\"]\nmaximum = \"2d\"\nstanding = \"30d\"\n",
    );
    insta::assert_snapshot!(house.told(&["import", "p0.toml"]).await, @r"
    presets     1h, 4h, 8h → 30m, 24h, 14d
    maximum     24h → 48h
    standing    not known → 30d
    approvers are offered 30m, 24h, and may grant up to 48h
    ");
    let is_redrawn = || {
        let blocks = house.company.slack.message(&card.channel, &card.ts)?.blocks;
        readable(&blocks).contains("30m").then_some(())
    };
    until(house.company.slack.changed(), is_redrawn).await;
    assert_eq!(house.company.p0.calls().len(), 0, "nothing is sent");
    insta::assert_snapshot!(house.told(&["show"]).await, @r#"
    presets     30m  stated with `settings import`, (time)
                24h  stated with `settings import`, (time); "1 day" at P0
                14d  stated with `settings import`, (time); not offered: longer than the maximum
    listed      all  stated with `settings import`, (time)
    maximum     48h  stated with `settings import`, (time)
    standing    30d  stated with `settings import`, (time)
    approvable  ?    not known
    approvals   ?    not known
    "#);
    let shown: Value = serde_json::from_str(&house.told(&["show", "--json"]).await).unwrap();
    let imported = json!({ "how": "imported", "by": null, "at": "(time)" });
    let preset = |length: &str, minutes: u32, value: Option<&str>, offered: bool| {
        json!({
            "length": length, "minutes": minutes, "value": value, "offered": offered, "source": imported,
            "not_said": null,
        })
    };
    assert_eq!(
        shown["presets"],
        json!([
            preset("30m", 30, None, true),
            preset("24h", 1440, Some("1 day"), true),
            preset("14d", 20160, None, false)
        ])
    );
    assert_eq!((&shown["listed"], &shown["standing"]["minutes"]), (&imported, &json!(43200)));
    assert_eq!(shown["offered"], json!({ "presets": ["30m", "24h"], "maximum": "48h" }));
    for key in ["approvable", "approvals", "before_reset"] {
        assert_eq!(shown[key], Value::Null);
    }
    insta::assert_snapshot!(house.told(&["show", "--toml"]).await, @r#"
    # P0's just-in-time settings, as far as they are known: see `p0-chatops settings show`.
    presets = ["30m", { length = "24h", value = "1 day" }, "14d"]
    maximum = "48h"
    standing = "30d"
    # approvable is not known
    # [approvals] is not known
    "#);
    bot.kill_9();
    let again = house.told(&["import", "p0.toml"]).await;
    assert!(again.starts_with("presets     30m, 24h, 14d, as the bot knew\n"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_start_what_p0_has_can_be_stated_too() {
    let house = House::with("[durations]\npresets = [\"1h\"]\n").await;
    house.write(
        "reset.json",
        r#"{"options":[{"time":5,"unit":"m","value":"5 minutes"},{"time":24,"unit":"h","value":"1 day"}],
            "maxAccessDuration":{"time":1,"unit":"d","value":"1 day"}}"#,
    );
    house.told(&["import", "reset.json"]).await;
    let bot = house.company.serve().await;
    let told = house.told(&["show"]).await;
    assert!(
        told.starts_with("presets     5m   stated with `settings import`, (time); \"5 minutes\" at P0\n"),
        "{told}"
    );
    bot.kill_9();
    let settings = std::fs::read_to_string(house.company.folder.join("p0-chatops.toml")).unwrap();
    house.company.write_settings(&settings.replace("[\"1h\"]", "[\"2h\"]"));
    let told = house.told(&["show"]).await;
    let news = "[durations] of the settings file has changed since `serve` started: it counts when it starts again\n";
    assert!(told.starts_with("presets     5m ") && told.ends_with(news), "{told}");
}

#[tokio::test]
async fn a_file_that_is_wrong_is_refused_by_its_key() {
    let house = House::new().await;
    for (text, line) in [
        ("maximum = \"1.5h\"", "p0.toml: maximum: \"1.5h\": A length has to be whole: 90m rather than 1.5h.\n"),
        (
            "max = \"1h\"",
            "p0.toml: max: unknown key; known are presets, maximum, standing, approvable and [approvals]\n",
        ),
    ] {
        house.write("p0.toml", text);
        for verb in ["import", "apply"] {
            let (code, told, complaint) = house.ends(&[verb, "p0.toml"]).await;
            assert_eq!((code, told.as_str(), complaint), (Some(2), "", format!("p0-chatops: {line}")));
        }
    }
    let (code, _, complaint) = house.ends(&["import", "nowhere.toml"]).await;
    assert_eq!(
        (code, complaint.as_str()),
        (Some(2), "p0-chatops: nowhere.toml: cannot be read: No such file or directory (os error 2)\n")
    );
    assert!(!house.company.folder.join("p0-chatops.db").exists(), "nothing is opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_would_change_and_what_to_think_of() {
    let house = House::with("[durations]\npresets = [\"1h\", \"4h\", \"8h\"]\nmaximum = \"24h\"\n").await;
    house.write(
        "p0-settings.toml",
        "presets = [\"1h\", \"4h\", \"36h\", \"2w\"]\nmaximum = \"2d\"\nstanding = \"2w\"\napprovable = \"3d\"\n",
    );
    let (code, told, complaint) = house.ends(&["apply", "p0-settings.toml", "--plan"]).await;
    insta::assert_snapshot!(told, @r"
    note: there is no ledger yet: this is what the bot will know when it starts
    note: 14d is longer than the maximum: it will not be offered
    6 changes of P0's settings, in this order:
      1. maximum 24h → 48h          loosens: longer grants become possible
      2. add 36h
      3. add 2w                     loosens: longer than the maximum
      4. remove 8h
      5. standing not known → 14d   loosens: persistent access needs a new approval later
      6. approvable not known → 3d  loosens: a request can be approved later; not in what P0 publishes: it may refuse this
    then approvers are offered 1h, 4h, 36h, and may grant up to 48h
    ");
    assert_eq!(
        (code, complaint.as_str()),
        (Some(1), "p0-chatops: P0's settings are not surely as p0-settings.toml says\n")
    );
    let (_, told, _) = house.ends(&["apply", "p0-settings.toml", "--dry-run", "--json"]).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["as_wanted"], &told["confirmed"]), (&json!(false), &json!(true)));
    assert_eq!(
        told["changes"][0],
        json!({
            "change": "maximum", "before": "24h", "after": "48h", "loosens": true, "takes_away": false, "outcome": null,
        })
    );
    assert_eq!((&told["changes"][3]["before"], &told["changes"][3]["after"]), (&json!("8h"), &Value::Null));
    house.write("p0-settings.toml", "presets = [\"1h\", \"4h\", \"8h\"]\nmaximum = \"24h\"\n");
    let told = house.told(&["apply", "p0-settings.toml", "--plan", "--strict"]).await;
    assert!(told.ends_with("\nP0's settings are as the file says, as far as is known: nothing to change\n"), "{told}");
    house.write("p0-settings.toml", "maximum = \"12h\"\n");
    let (code, told, complaint) = house.ends(&["apply", "p0-settings.toml"]).await;
    insta::assert_snapshot!(told, @r"
    note: there is no ledger yet: this is what the bot will know when it starts
    one change of P0's settings:
      1. maximum 24h → 12h  P0 has no undo: longer grants are no longer possible
    then approvers are offered 1h, 4h, 8h, and may grant up to 12h
    ");
    assert_eq!(
        (code, complaint.as_str()),
        (Some(1), "p0-chatops: nothing was changed: run it with --yes to carry this out\n")
    );
    assert_eq!(house.company.p0.calls().len(), 0);
    assert!(!house.company.folder.join("p0-chatops.db").exists(), "nothing is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_is_assumed_is_no_plan_to_trust() {
    let house = House::new().await;
    house.write("p0-settings.toml", "presets = [\"1h\", \"4h\", \"8h\"]\n");
    house.company.serve().await.kill_9();
    let nobody = "note: nobody has said which lengths P0 has: 1h, 4h, 8h is only assumed; `p0-chatops settings import` \
                  states it\nP0's settings are as the file says, as far as is known: nothing to change\n";
    assert_eq!(house.told(&["apply", "p0-settings.toml", "--plan"]).await, nobody);
    let (code, told, complaint) = house.ends(&["apply", "p0-settings.toml", "--plan", "--strict"]).await;
    assert_eq!((code, told.as_str()), (Some(1), nobody));
    assert_eq!(
        complaint,
        "p0-chatops: nobody has confirmed that P0's settings are as p0-settings.toml says: see `p0-chatops settings show`\n"
    );
    house.write("p0-settings.toml", "maximum = \"24h\"\n");
    let (_, told, _) = house.ends(&["apply", "p0-settings.toml", "--plan"]).await;
    assert!(told.starts_with("one change of P0's settings:\n  1. maximum 24h, once more\n"), "{told}");
}

#[tokio::test]
async fn what_the_settings_do_not_allow_is_refused_before_anything_is_sent() {
    let house = House::new().await;
    house.write("p0-settings.toml", "[approvals]\none_party = true\nrequire_reason = false\n");
    let (code, _, complaint) = house.ends(&["apply", "p0-settings.toml", "--plan"]).await;
    assert_eq!(
        (code, complaint.as_str()),
        (
            Some(2),
            "p0-chatops: p0-settings.toml: approvals: needs `approvals = true` under [settings] of the bot's own settings\n"
        )
    );
    house.write("p0-settings.toml", "maximum = \"12h\"\n");
    let path = house.company.folder.join("p0-chatops.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    house.company.write_settings(&settings.replace("settings_api_key = \"sandbox-settings-key\"\n", ""));
    let (code, _, complaint) = house.ends(&["apply", "p0-settings.toml", "--yes"]).await;
    assert_eq!(
        (code, complaint.as_str()),
        (
            Some(2),
            "p0-chatops: p0.settings_api_key: is missing: P0's settings are changed with a key that an owner of the \
             organisation makes at P0\n"
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn p0s_settings_are_made_as_a_file_says_without_a_running_bot() {
    let house = House::new().await;
    house.knows_all().await;
    house.write("p0-settings.toml", "presets = [\"1h\", \"4h\", \"2d\"]\nmaximum = \"48h\"\nstanding = \"2w\"\n");
    insta::assert_snapshot!(house.told(&["apply", "p0-settings.toml", "--yes", "--strict"]).await, @r#"
    8 changes of P0's settings, in this order:
      1. maximum 24h → 48h   loosens: longer grants become possible
      2. add 4h
      3. add 2d
      4. remove 5m
      5. remove 1d
      6. remove 1w
      7. remove 30d
      8. standing 30d → 14d
    then approvers are offered 1h, 4h, 48h, and may grant up to 48h
    maximum 24h → 48h: done; "2 days" at P0
    add 4h: done
    add 2d: done
    remove 5m: done; "5 minutes" at P0
    remove 1d: done; "1 day" at P0
    remove 1w: done; "1 week" at P0
    remove 30d: done; "30 days" at P0
    standing 30d → 14d: done; "2 weeks" at P0
    "#);
    assert_eq!(
        house.sent(),
        [
            "PUT max-access-duration {\"time\":48,\"unit\":\"h\"}: 200",
            "POST expiry-options {\"time\":4,\"unit\":\"h\"}: 204",
            "POST expiry-options {\"time\":2,\"unit\":\"d\"}: 204",
            "DELETE 5%20minutes: 204",
            "DELETE 1%20day: 204",
            "DELETE 1%20week: 204",
            "DELETE 30%20days: 204",
            "PUT standing-access-duration {\"time\":2,\"unit\":\"w\"}: 200",
        ]
    );
    let nothing = "P0's settings are as the file says, as far as is known: nothing to change\n";
    assert_eq!(house.told(&["apply", "p0-settings.toml"]).await, nothing, "nobody needs to be asked");
    let shown = house.told(&["show"]).await;
    let told = "maximum     48h  P0 said it, (time), when the operator changed it; \"2 days\" at P0\n";
    assert!(shown.contains(told), "{shown}");
    house.write("printed.toml", &house.told(&["show", "--toml"]).await);
    assert_eq!(house.told(&["apply", "printed.toml", "--plan"]).await, nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_announced_by_a_running_bot_and_its_cards_follow() {
    let house = House::with(&format!("[settings]\nannounce_channel = \"{CHANNEL}\"\n")).await;
    let _bot = house.company.serve().await;
    let card = house.company.request("req-1").await;
    house.knows_all().await;
    house.write("p0-settings.toml", "maximum = \"1h\"\n");
    let (_, told, _) = house.ends(&["apply", "p0-settings.toml"]).await;
    assert!(told.contains("note: 1 waiting request asks for more than 1h\n"), "{told}");
    house.write("p0-settings.toml", "presets = [\"1h\", \"2h\"]\n");
    house.told(&["apply", "p0-settings.toml", "--yes"]).await;
    assert_eq!(house.sent().len(), 5, "each is sent once, whoever carries it: {:?}", house.sent());
    let slack = &house.company.slack;
    let is_offered =
        || readable(&slack.message(CHANNEL, &card.ts)?.blocks).contains("Approve for…: 1h, 2h]").then_some(());
    until(slack.changed(), is_offered).await;
    let is_announced = || {
        let texts = slack.messages(CHANNEL).into_iter().map(|message| readable(&message.blocks));
        texts.into_iter().find(|text| text.contains("settings") && text.contains("operator"))
    };
    until(slack.changed(), is_announced).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_p0_refuses_is_said_in_its_words_and_the_rest_is_done() {
    let house = House::new().await;
    house.write("known.toml", "presets = [\"1h\", \"3h\", { length = \"24h\", value = \"a \\u001B[2Jday\" }]\n");
    house.told(&["import", "known.toml"]).await;
    house.write("p0-settings.toml", "presets = [\"1h\", \"2h\"]\n");
    let (code, told, complaint) = house.ends(&["apply", "p0-settings.toml", "--yes"]).await;
    insta::assert_snapshot!(told, @r#"
    3 changes of P0's settings, in this order:
      1. add 2h
      2. remove 3h
      3. remove 1d
    then approvers are offered 1h, 2h, and may grant up to 24h
    add 2h: done
    remove 3h: not done: P0 refused it (HTTP 400): No such expiry option
    remove 1d: not done: P0 refused it (HTTP 400): No such expiry option
    "#);
    assert_eq!((code, complaint.as_str()), (Some(1), "p0-chatops: not surely carried out: 2 of 3\n"));
    let (_, told, _) = house.ends(&["apply", "p0-settings.toml", "--yes", "--json"]).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        told["changes"][0],
        json!({
            "change": "remove", "before": "3h", "after": null, "loosens": false, "takes_away": false,
            "outcome": {
                "stage": "refused", "confirmed": false, "told": null,
                "words": "P0 refused it (HTTP 400): No such expiry option",
            },
        })
    );
    assert_eq!((&told["as_wanted"], told["changes"].as_array().unwrap().len()), (&json!(false), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_p0_does_not_confirm_is_good_enough_only_where_nobody_is_strict() {
    let house = House::new().await;
    house.knows_all().await;
    house.company.p0.behave(|behaviour| behaviour.length_answer = LengthAnswer::EmptyObject);
    house.write("p0-settings.toml", "standing = \"1w\"\n");
    let told = house.told(&["apply", "p0-settings.toml", "--yes"]).await;
    assert!(told.ends_with("standing 30d → 7d: sent; P0's answer does not confirm it\n"), "{told}");
    let (code, told, complaint) = house.ends(&["apply", "p0-settings.toml", "--plan", "--strict"]).await;
    assert_eq!(told, "P0's settings are as the file says, as far as is known: nothing to change\n");
    assert_eq!(
        (code, complaint.as_str()),
        (
            Some(1),
            "p0-chatops: nobody has confirmed that P0's settings are as p0-settings.toml says: see `p0-chatops settings \
             show`\n"
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_drift_until_it_is_settled() {
    let house = House::new().await;
    house.knows_all().await;
    house.write("p0-settings.toml", "maximum = \"12h\"\n");
    house.company.p0.fail_next(1, Verb::Settings, Fault::LostAnswer);
    let (code, told, _) = house.ends(&["apply", "p0-settings.toml", "--yes"]).await;
    assert!(told.contains("maximum 24h → 12h: outcome unknown: P0 may have applied it"), "{told}");
    assert_eq!(code, Some(1));
    let (code, told, _) = house.ends(&["apply", "p0-settings.toml", "--plan"]).await;
    let doubt = "note: whether P0 applied `maximum 12h` of the operator, (time), is not known\n";
    assert!(told.starts_with(doubt) && told.contains("1. maximum 24h → 12h"), "{told}");
    assert_eq!(code, Some(1));
    house.told(&["apply", "p0-settings.toml", "--yes", "--strict"]).await;
    assert_eq!(house.sent().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_enough_of_waiting_is_told_what_is_still_on_its_way() {
    let house = House::new().await;
    house.knows_all().await;
    house.write("p0-settings.toml", "maximum = \"12h\"\n");
    house.company.p0.down().await;
    let (child, _stdout) = house.starts(&["apply", "p0-settings.toml", "--yes"], NOT_SENT_YET).await;
    let process = child.id();
    assert!(Command::new("sh").arg("-c").arg(format!("kill -INT {process}")).status().unwrap().success());
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    let complaint = timeless(&String::from_utf8(ended.stderr).unwrap());
    let on_its_way = "p0-chatops: still on the way: 1 of 1; a bot that runs goes on with that until (time)\n";
    assert!(ended.status.code() == Some(1) && complaint.ends_with(on_its_way), "{complaint}");
    house.company.p0.up().await.unwrap();
    let _bot = house.company.serve().await;
    until(house.company.p0.changed(), || (house.sent().len() == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_p0_does_not_take_is_named() {
    let p0 = P0Setup { settings_api_key: "another-settings-key".into(), ..P0Setup::default() };
    let house = House::of(Company::with(SlackSetup::default(), p0).await, "");
    house.knows_all().await;
    house.write("p0-settings.toml", "maximum = \"12h\"\n");
    let (code, told, complaint) = house.ends(&["apply", "p0-settings.toml", "--yes"]).await;
    assert!(told.ends_with("not done: P0 does not take p0.settings_api_key: Unauthorized\n"), "{told}");
    assert_eq!(code, Some(1));
    assert!(![told, complaint].concat().contains("sandbox-settings-key"));
}

/// What all that was said says, but of waiting.
fn without_waits(told: &str) -> String {
    told.lines().filter(|line| !line.contains(NOT_SENT_YET)).map(|line| format!("{line}\n")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_run_has_left_is_carried_out_first_and_the_rest_is_planned_anew() {
    let house = House::new().await;
    house.knows_all().await;
    house.write("p0-settings.toml", "presets = [\"1h\", \"4h\", \"24h\"]\n");
    let p0 = &house.company.p0;
    p0.fail_next(1, Verb::Settings, Fault::Slow(Duration::ZERO));
    p0.fail_until_cleared(Verb::Settings, Fault::too_many(None));
    let (mut child, _stdout) = house.starts(&["apply", "p0-settings.toml", "--yes"], NOT_SENT_YET).await;
    child.kill().unwrap();
    child.wait().unwrap();
    p0.clear_faults();

    house.write("p0-settings.toml", "presets = [\"1h\", \"2h\", \"4h\", \"24h\"]\n");
    let (code, told, _) = house.ends(&["apply", "p0-settings.toml", "--plan"]).await;
    insta::assert_snapshot!(told, @r"
    note: still on the way since (time), and carried out first: remove 5m, remove 1w, remove 30d
    one change of P0's settings:
      1. add 2h
    then approvers are offered 1h, 2h, 4h, 24h, and may grant up to 24h
    ");
    assert_eq!(code, Some(1));
    let (code, told, complaint) = house.ends(&["apply", "p0-settings.toml"]).await;
    assert_eq!(told, "still on the way since (time), and carried out first: remove 5m, remove 1w, remove 30d\n");
    assert_eq!(
        (code, complaint.as_str()),
        (Some(1), "p0-chatops: nothing was changed: run it with --yes to carry this out\n")
    );
    let taken = || house.sent().into_iter().filter(|call| !call.ends_with(": 429")).collect::<Vec<_>>();
    assert_eq!(taken(), ["POST expiry-options {\"time\":4,\"unit\":\"h\"}: 204"]);

    let told = house.told(&["apply", "p0-settings.toml", "--yes", "--strict"]).await;
    insta::assert_snapshot!(without_waits(&told), @r#"
    still on the way since (time), and carried out first: remove 5m, remove 1w, remove 30d
    remove 5m: done; "5 minutes" at P0
    remove 1w: done; "1 week" at P0
    remove 30d: done; "30 days" at P0
    one change of P0's settings:
      1. add 2h
    then approvers are offered 1h, 2h, 4h, 24h, and may grant up to 24h
    add 2h: done
    "#);
    assert_eq!(
        taken(),
        [
            "POST expiry-options {\"time\":4,\"unit\":\"h\"}: 204",
            "DELETE 5%20minutes: 204",
            "DELETE 1%20week: 204",
            "DELETE 30%20days: 204",
            "POST expiry-options {\"time\":2,\"unit\":\"h\"}: 204",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_while_p0_is_told_leaves_a_doubt_which_the_next_one_settles() {
    let house = House::new().await;
    house.knows_all().await;
    house.write("p0-settings.toml", "maximum = \"12h\"\nstanding = \"1w\"\n");
    house.company.p0.fail_next(1, Verb::Settings, Fault::Hang);
    let mut command = house.company.program(&["settings", "apply", "p0-settings.toml", "--yes"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until(house.company.p0.changed(), || (house.sent().len() == 1).then_some(())).await;
    child.kill().unwrap();
    child.wait().unwrap();

    let path = |name: &str| house.company.folder.join(name).display().to_string();
    let (file, config) = (path("p0-settings.toml"), path("p0-chatops.toml"));
    let line = ["p0-chatops", "settings", "apply", &file, "--config", &config, "--yes", "--strict"];
    let cli::Command::Settings(arguments) = Cli::parse_from(line).command else { panic!("settings") };
    let clock = Clock::stepped();
    clock.advance(LEASE * 2);
    let mut told = Vec::new();
    p0_chatops::settings::run(arguments, clock, &mut told).await.unwrap();
    insta::assert_snapshot!(timeless(&String::from_utf8(told).unwrap()), @r#"
    still on the way since (time), and carried out first: maximum 24h → 12h, standing 30d → 7d
    maximum 24h → 12h: outcome unknown: P0 may have applied it; run this again to settle it
    standing 30d → 7d: done; "1 week" at P0
    note: whether P0 applied `maximum 12h` of the operator, (time), is not known
    note: 24h is longer than the maximum: it will not be offered
    note: 7d is longer than the maximum: it will not be offered
    note: 30d is longer than the maximum: it will not be offered
    one change of P0's settings:
      1. maximum 24h → 12h  P0 has no undo: longer grants are no longer possible
    then approvers are offered 5m, 1h, and may grant up to 12h
    maximum 24h → 12h: done; "12 hours" at P0
    "#);
    assert_eq!(
        house.sent(),
        [
            "PUT max-access-duration {\"time\":12,\"unit\":\"h\"}: 0",
            "PUT standing-access-duration {\"time\":1,\"unit\":\"w\"}: 200",
            "PUT max-access-duration {\"time\":12,\"unit\":\"h\"}: 200",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_runs_at_once_the_second_goes_on_with_what_the_first_has_recorded() {
    let house = House::new().await;
    house.knows_all().await;
    house.write("p0-settings.toml", "maximum = \"12h\"\nstanding = \"1w\"\n");
    house.company.p0.down().await;
    let apply = ["apply", "p0-settings.toml", "--yes"];
    let (first, first_says) = house.starts(&apply, NOT_SENT_YET).await;
    let (second, second_says) = house.starts(&apply, "still on the way since").await;
    house.company.p0.up().await.unwrap();
    for (mut child, mut stdout, end) in [
        (first, first_says, "standing 30d → 7d: done; \"1 week\" at P0\n"),
        (second, second_says, "P0's settings are as the file says, as far as is known: nothing to change\n"),
    ] {
        let ending = tokio::task::spawn_blocking(move || {
            let mut told = String::new();
            stdout.read_to_string(&mut told).unwrap();
            (child.wait().unwrap(), told)
        });
        let (status, told) = ending.await.unwrap();
        assert!(status.success() && told.ends_with(end), "{status}: {told}");
    }
    assert_eq!(house.sent().len(), 2, "each is sent once: {:?}", house.sent());
}

#[tokio::test]
async fn what_is_only_assumed_is_not_stated_by_stating_what_is_printed() {
    let house = House::new().await;
    let printed = house.told(&["show", "--toml"]).await;
    insta::assert_snapshot!(printed, @r#"
    # P0's just-in-time settings, as far as they are known: see `p0-chatops settings show`.
    # only assumed: presets = ["1h", "4h", "8h"]
    # only assumed: maximum = "24h"
    # standing is not known
    # approvable is not known
    # [approvals] is not known
    "#);
    house.write("printed.toml", &printed);
    assert_eq!(house.told(&["import", "printed.toml"]).await, "the file states nothing\n");
    let shown = house.told(&["show"]).await;
    assert!(shown.contains("listed      all  assumed: nobody has said\nmaximum     24h  assumed: nobody"), "{shown}");
}

#[tokio::test]
async fn help_names_the_keys_of_what_is_printed_for_programs() {
    let house = House::new().await;
    house.write("p0-settings.toml", "maximum = \"12h\"\n");
    let (_, plan, _) = house.ends(&["apply", "p0-settings.toml", "--json"]).await;
    let shown = house.told(&["show", "--json"]).await;
    for (command, printed) in [("apply", plan), ("show", shown)] {
        let printed: Value = serde_json::from_str(&printed).unwrap();
        let steps = printed["changes"].as_array().into_iter().flatten();
        let objects = steps.chain([&printed]).filter_map(Value::as_object);
        let mut keys: Vec<&str> = objects.flat_map(|object| object.keys().map(String::as_str)).collect();
        let help = house.told(&[command, "--help"]).await;
        let (_, option) = help.split_once("Print one JSON object").unwrap();
        let option = option.split(';').next().unwrap_or_default();
        let option = option.split("It asks nobody").next().unwrap_or_default();
        let mut named: Vec<&str> = option.split('`').skip(1).step_by(2).collect();
        keys.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, keys, "{command}");
    }
}
