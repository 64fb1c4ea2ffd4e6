//! This machine's clock against the servers' that it has to agree with.

use std::time::Duration;

use super::Install;
use super::report::Report;
use crate::config::Identity;
use crate::inbound::jwt::AHEAD;
use crate::inbound::signature::MOST_SECONDS_OFF;

/// From how many seconds on it is worth a line: less is the time that an answer takes.
const WORTH_A_LINE: i64 = 3;
const REMEDY: &str = "let this machine set its clock by NTP";

/// How far the clock may be off, and what happens beyond.
struct Limit {
    seconds: i64,
    then: &'static str,
}

/// Slack's `Date`: by how many milliseconds we are ahead of it.
pub(super) fn slack(ahead: Option<i64>, report: &mut Report<'_>) {
    let then = "everything that Slack sends is refused";
    let limit = || Limit { seconds: MOST_SECONDS_OFF, then };
    compare("slack.clock", "Slack's", ahead, limit(), limit(), report);
}

/// P0's `Date`: its tokens, and those that the bot signs, are believed for a while only.
pub(super) fn p0(install: &Install, ahead: Option<i64>, report: &mut Report<'_>) {
    let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    let pushes = |span| Limit { seconds: seconds(span), then: "P0's pushes are refused" };
    let behind = match &install.settings.identity {
        Identity::Assertion(assertion) if assertion.lifetime < AHEAD => {
            Limit { seconds: seconds(assertion.lifetime), then: "what the bot signs has run out when P0 reads it" }
        }
        _ => pushes(AHEAD),
    };
    compare("p0.clock", "P0's", ahead, behind, pushes(install.settings.notifier.max_token_age), report);
}

fn compare(
    id: &'static str,
    whose: &str,
    ahead: Option<i64>,
    most_behind: Limit,
    most_ahead: Limit,
    report: &mut Report<'_>,
) {
    let Some(ahead) = ahead else {
        return report.skip(id, format!("{whose} answer does not say what time it is"));
    };
    let seconds = (ahead.abs() + 500) / 1000;
    let (side, limit) = if ahead < 0 { ("behind", most_behind) } else { ("ahead of", most_ahead) };
    if seconds < WORTH_A_LINE {
        report.ok(id, format!("this machine's clock agrees with {whose}"));
    } else if seconds > limit.seconds {
        let message =
            format!("this machine's clock is {seconds} s {side} {whose}: beyond {} s {}", limit.seconds, limit.then);
        report.fail(id, message, REMEDY);
    } else {
        let message =
            format!("this machine's clock is {seconds} s {side} {whose}; beyond {} s {}", limit.seconds, limit.then);
        report.warn(id, message, REMEDY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::report::Form;

    fn told(ahead: i64) -> String {
        let mut out = Vec::new();
        let limit = |seconds| Limit { seconds, then: "it breaks" };
        compare(
            "clock",
            "theirs",
            Some(ahead),
            limit(30),
            limit(600),
            &mut Report::new(&mut out, Form::Lines { colours: false }),
        );
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_clock_may_be_off_by_more_on_one_side_than_on_the_other() {
        for (ahead, mark, words) in [
            (0, "ok", "agrees with theirs"),
            (-2400, "ok", "agrees with theirs"),
            (-2600, "warn", "3 s behind theirs; beyond 30 s it breaks"),
            (30_400, "warn", "30 s ahead of theirs; beyond 600 s it breaks"),
            (-30_600, "FAIL", "31 s behind theirs: beyond 30 s it breaks"),
            (601_000, "FAIL", "601 s ahead of theirs: beyond 600 s it breaks"),
        ] {
            let line = told(ahead);
            assert!(line.starts_with(mark) && line.contains(words), "{ahead}: {line}");
        }
    }
}
