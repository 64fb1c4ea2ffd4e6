//! The key of PagerDuty's API is nowhere but in its settings and on its way to PagerDuty.

use p0_chatops::sandbox::p0::Fault;

use super::{Company, first, meant};
use crate::quiet::Log;

const KEY: &str = "sandbox-pagerduty-key";

#[tokio::test]
async fn no_line_of_the_log_and_no_byte_on_disk_holds_the_key() {
    let log = Log::default();
    // Where there is one subscriber only, lines that stories on other threads come to first are switched off for all.
    let _another = log.everything();
    let _logging = tracing::dispatcher::set_default(&log.everything());
    let company = Company::paged().await;
    let roster = company.by_email();
    meant(&roster, &first(1)).await;
    for fault in [Fault::LostAnswer, Fault::Truncated, Fault::bad_gateway(), Fault::error(401, "Unauthorized")] {
        company.pass(2);
        company.pagerduty.fail_next(1, None, fault);
        meant(&roster, &first(1)).await;
    }
    company.pagerduty.down().await;
    company.pass(2);
    meant(&roster, &first(1)).await;
    assert!(company.asked() > 4, "PagerDuty was asked, and failed");
    let settings =
        p0_chatops::config::parse(&company.text(&company.account("email_match = true")), [], company.folder()).unwrap();
    let said = log.text() + &format!("{settings:?}");
    assert!(said.contains("TRACE") && said.contains("who is on call"), "the log was read: {said}");
    assert_eq!(said.lines().find(|line| line.contains(KEY)), None);
    for file in std::fs::read_dir(company.folder()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        assert!(!bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes()), "{}", path.display());
    }
}
