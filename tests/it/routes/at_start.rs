//! What `serve` says of its settings once it runs.

use p0_chatops::sandbox::p0::P0Setup;
use p0_chatops::sandbox::slack::SlackSetup;
use serde_json::Value;

use crate::check::routes::routed;
use crate::serve::Company;

const ROUTES: &str = "[[route]]\nname = \"prod\"\nmatch = { type = \"aws\" }\nchannel = \"C99NOWHERE\"\n\
    notify = [\"S09NONE\"]\n\
    [[route]]\nchannel = \"C01ACCESS\"\nnotify = [\"U99NOBODY\", \"oncall:pager\"]\n\
    [oncall.pager]\nsource = \"pagerduty\"\napi_key = \"a-key-0123456789\"\n\
    api_base_url = \"http://127.0.0.1:9\"\nschedules = [\"SFIRST\"]\npeople = { PALICE = \"U01ALICE\" }\n";

#[tokio::test]
async fn what_nobody_knows_is_logged_as_an_error_while_the_bot_serves() {
    let company = Company::with(SlackSetup::default().with_scope("usergroups:read"), P0Setup::default()).await;
    company.write_settings(&routed(&company, ROUTES));
    let bot = company.serve().await;
    assert_eq!(bot.probe("/readyz").await, 200, "it serves before anything was looked at");
    for (subject, said) in [
        ("C99NOWHERE", "Slack shows the bot no such channel"),
        ("S09NONE", "Slack knows no such user group"),
        ("U99NOBODY", "Slack knows nobody with this id"),
        ("pager", "PagerDuty cannot be asked: no answer"),
    ] {
        let line: Value = serde_json::from_str(&bot.until_logged(said).await).unwrap();
        assert_eq!((&line["level"], &line["fields"]["subject"]), (&"ERROR".into(), &subject.into()), "{line}");
        assert!(!line["fields"]["remedy"].as_str().unwrap().is_empty(), "{line}");
    }
}
