//! Every way to go wrong, seen from the caller and from the request.

use std::time::Duration;

use super::{ALICE, Stage};
use crate::sandbox::p0::{Fault, Verb};

/// Long enough to send a call on a busy machine, short enough to wait for in a test.
const IMPATIENT: Duration = Duration::from_millis(500);

impl Stage {
    /// The status, or how the call failed on the way.
    async fn try_deny(&self) -> Result<(u16, String), &'static str> {
        self.try_deny_for(Duration::from_secs(20)).await
    }

    async fn try_deny_for(&self, patience: Duration) -> Result<(u16, String), &'static str> {
        let path = "/o/acme/permission-requests/req-1/deny";
        let call = self.call(http::Method::POST, ALICE, path).json(&serde_json::json!({}));
        let response = call.timeout(patience).send().await.map_err(|error| match error {
            error if error.is_connect() => "not connected",
            error if error.is_timeout() => "timeout",
            _ => "no answer",
        })?;
        let status = response.status().as_u16();
        response.text().await.map(|text| (status, text)).map_err(|_| "incomplete")
    }

    /// Waits until so many calls have come and the last of them has been looked at.
    async fn came(&self, calls: usize) {
        let mut changed = self.p0.changed();
        changed.wait_for(|_| self.p0.calls().get(calls - 1).is_some_and(|call| call.identity.is_some())).await.unwrap();
    }

    fn last(&self) -> (Option<u16>, bool) {
        let call = self.p0.calls().pop().unwrap();
        (call.status, call.effect)
    }
}

#[tokio::test]
async fn scripted_answers_replace_the_work() {
    let stage = Stage::set().await;
    let too_many = Fault::too_many(Some(7));
    stage.p0.fail_next(1, Verb::Deny, too_many);
    let path = "/o/acme/permission-requests/req-1/deny";
    let response = stage.call(http::Method::POST, ALICE, path).json(&serde_json::json!({})).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert_eq!(stage.p0.calls()[0].identity.as_deref(), Some("alice@example.com"), "the log still says who");
    let script = [
        (Fault::too_many(None), 429),
        (Fault::text(400, "no"), 400),
        (Fault::error(500, "boom"), 500),
        (Fault::bad_gateway(), 502),
        (Fault::redirect("https://login.example"), 302),
        (Fault::ErrorAt200("not today".to_owned()), 200),
    ];
    for (fault, status) in script {
        stage.p0.fail_next(1, None, fault);
        assert_eq!(stage.try_deny().await.unwrap().0, status);
        assert_eq!(stage.last(), (Some(status), false));
    }
    assert_eq!(stage.try_deny().await, Ok((200, String::new())), "the script is used up");
}

#[tokio::test]
async fn faults_meet_their_verb_as_often_as_they_were_scripted() {
    let stage = Stage::set().await;
    stage.p0.fail_next(2, Verb::Approve, Fault::bad_gateway());
    stage.p0.fail_until_cleared(Verb::Deny, Fault::too_many(None));
    for _ in 0..3 {
        assert_eq!(stage.try_deny().await.unwrap().0, 429);
    }
    stage.p0.clear_faults();
    assert_eq!(stage.decide(ALICE, "req-1", "approve").await.0, 200, "cleared too");
    stage.p0.fail_next(2, Verb::Revoke, Fault::bad_gateway());
    assert_eq!(stage.decide(ALICE, "req-1", "revoke").await.0, 502);
    assert_eq!(stage.decide(ALICE, "req-1", "revoke").await.0, 502);
    assert_eq!(stage.decide(ALICE, "req-1", "revoke").await.0, 200);
}

#[tokio::test]
async fn a_lost_answer_has_done_the_work() {
    let stage = Stage::set().await;
    stage.p0.fail_next(1, Verb::Deny, Fault::LostAnswer);
    assert_eq!(stage.try_deny().await, Err("no answer"));
    assert_eq!((stage.last(), stage.status().as_str()), ((None, true), "DENIED"));
}

#[tokio::test]
async fn a_truncated_answer_has_done_the_work() {
    let stage = Stage::set().await;
    stage.p0.fail_next(1, Verb::Deny, Fault::Truncated);
    assert_eq!(stage.try_deny().await, Err("incomplete"));
    assert_eq!((stage.last(), stage.status().as_str()), ((Some(200), true), "DENIED"));
}

#[tokio::test]
async fn a_dropped_or_hanging_call_has_not() {
    let stage = Stage::set().await;
    stage.p0.fail_next(1, Verb::Deny, Fault::Drop);
    assert_eq!(stage.try_deny().await, Err("no answer"));
    assert_eq!((stage.last(), stage.status().as_str()), ((None, false), "PENDING_APPROVAL"));
    stage.p0.fail_next(1, Verb::Deny, Fault::Hang);
    assert_eq!(stage.try_deny_for(IMPATIENT).await, Err("timeout"));
    stage.came(2).await;
    assert_eq!((stage.last(), stage.status().as_str()), ((None, false), "PENDING_APPROVAL"));
}

#[tokio::test]
async fn a_slow_server_works_at_once_and_also_for_those_who_hang_up() {
    let stage = Stage::set().await;
    stage.p0.fail_next(1, Verb::Deny, Fault::Slow(Duration::from_secs(60)));
    assert_eq!(stage.try_deny_for(IMPATIENT).await, Err("timeout"));
    stage.came(1).await;
    assert_eq!(stage.status(), "DENIED");
}

#[tokio::test]
async fn down_refuses_connections_and_up_takes_the_same_port() {
    let stage = Stage::set().await;
    let url = stage.p0.base_url();
    assert_eq!(stage.decide(ALICE, "req-1", "approve").await.0, 200);
    stage.p0.down().await;
    assert_eq!(stage.try_deny().await, Err("not connected"));
    stage.p0.up().await.unwrap();
    assert_eq!(stage.p0.base_url(), url);
    assert_eq!(stage.decide(ALICE, "req-1", "revoke").await.0, 200, "and nothing was forgotten");
    stage.p0.stop().await;
    assert!(stage.p0.up().await.is_err(), "stopped for good");
}

#[tokio::test]
async fn going_down_cuts_calls_that_wait() {
    let stage = Stage::set().await;
    stage.p0.fail_next(1, Verb::Deny, Fault::Hang);
    let (outcome, ()) = tokio::join!(stage.try_deny(), async {
        stage.came(1).await;
        stage.p0.down().await;
    });
    assert_eq!(outcome, Err("no answer"));
}

#[tokio::test]
async fn the_log_tells_connections_apart() {
    let stage = Stage::set().await;
    stage.decide(ALICE, "req-1", "approve").await;
    stage.decide(ALICE, "req-1", "revoke").await;
    stage.p0.down().await;
    stage.p0.up().await.unwrap();
    stage.decide(ALICE, "req-1", "revoke").await;
    let connections: Vec<u64> = stage.p0.calls().iter().map(|call| call.connection).collect();
    assert_eq!(connections, [1, 1, 2]);
}

#[tokio::test]
async fn late_work_is_begun_late_and_answered_when_it_is_done() {
    let stage = Stage::set().await;
    stage.p0.fail_next(1, Verb::Deny, Fault::Late(Duration::from_secs(1)));
    let looking = async {
        stage.came(1).await;
        (stage.last(), stage.p0.status("req-1").unwrap())
    };
    let (answer, before) = tokio::join!(stage.try_deny(), looking);
    assert_eq!(before, ((None, false), "PENDING_APPROVAL".to_owned()));
    assert_eq!((answer.unwrap().0, stage.last()), (200, (Some(200), true)));
}
