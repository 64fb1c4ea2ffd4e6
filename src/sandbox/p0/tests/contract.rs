//! Good calls and their answers, held against P0's two published OpenAPI documents.

use http::Method;
use serde_json::{Value, json};

use super::{ALICE, SETTINGS_KEY, Stage};
use crate::sandbox::p0::{Behaviour, LengthAnswer, OwnList, P0Setup, ResetAnswer};

fn access_requests() -> Value {
    serde_json::from_str(include_str!("../openapi/access-requests.json")).unwrap()
}

fn jit_settings() -> Value {
    serde_json::from_str(include_str!("../openapi/jit-settings.json")).unwrap()
}

/// The operation of `path`, where braces stand for one segment and plain segments win over them.
fn operation<'a>(document: &'a Value, method: &str, path: &str) -> &'a Value {
    let fits = |template: &str| {
        let pairs = template.split('/').zip(path.split('/'));
        template.split('/').count() == path.split('/').count()
            && pairs.into_iter().all(|(wanted, given)| wanted == given || wanted.starts_with('{') && !given.is_empty())
    };
    let paths = document["paths"].as_object().unwrap();
    let best = paths.iter().filter(|(template, _)| fits(template)).min_by_key(|(template, _)| template.contains('{'));
    let (_, item) = best.unwrap_or_else(|| panic!("{path} is not in the contract"));
    item.get(method.to_lowercase()).unwrap_or_else(|| panic!("{method} {path} is not in the contract"))
}

/// Panics unless `instance` is what the JSON schema in `content` asks for.
fn check(document: &Value, content: &Value, instance: &Value) {
    let mut schema = content["application/json"]["schema"].clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    if let Err(error) = validator.validate(instance) {
        panic!("{instance}: {error}");
    }
}

/// Makes the call and holds request and answer against the document.
async fn hold(stage: &Stage, document: &Value, server: &str, call: (Method, &str, &str, Option<Value>)) {
    let (method, token, path, body) = call;
    let mut request = stage.call(method, token, &format!("{server}{path}"));
    if let Some(body) = &body {
        request = request.json(body);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let answer = response.text().await.unwrap();
    let logged = stage.p0.calls().pop().unwrap();
    assert!(logged.effect, "{logged:?}: {answer}");
    let operation = operation(document, &logged.method, logged.path.strip_prefix(server).unwrap());
    match operation.get("requestBody") {
        Some(wanted) => check(document, &wanted["content"], &logged.body.unwrap()),
        None => assert_eq!(logged.body, None, "the contract has no body here"),
    }
    let documented = &operation["responses"][status.to_string()];
    match documented.get("content") {
        Some(content) => check(document, content, &serde_json::from_str(&answer).unwrap()),
        None => assert!(documented.is_object() && answer.is_empty(), "{path}: {status} {answer}"),
    }
}

#[tokio::test]
async fn decisions_are_as_published() {
    let stage = Stage::set().await;
    let document = access_requests();
    let length = json!({ "expirationLength": "2h" });
    let path = |verb: &str| format!("/o/acme/permission-requests/req-1/{verb}");
    hold(&stage, &document, "", (Method::POST, ALICE, &path("approve"), Some(length))).await;
    hold(&stage, &document, "", (Method::POST, ALICE, &path("revoke"), Some(json!({})))).await;
    stage.p0.move_to("req-1", "PENDING_APPROVAL");
    hold(&stage, &document, "", (Method::POST, ALICE, &path("deny"), Some(json!({})))).await;
}

#[tokio::test]
async fn settings_are_as_published() {
    let document = jit_settings();
    let length = || Some(json!({ "time": 2, "unit": "h" }));
    // Whatever the contract leaves open is within it.
    for (length_answer, reset_answer, own_list) in [
        (LengthAnswer::Told, ResetAnswer::Whole, OwnList::Documented),
        (LengthAnswer::OkAlone, ResetAnswer::ListAlone, OwnList::Fractions),
        (LengthAnswer::EmptyObject, ResetAnswer::ListAlone, OwnList::Documented),
    ] {
        let behaviour = Behaviour { length_answer, reset_answer, own_list, ..Behaviour::default() };
        let stage = Stage::set_with(P0Setup { behaviour, ..P0Setup::default() }).await;
        let calls = [
            (Method::POST, "/expiry-options", length()),
            (Method::DELETE, "/expiry-options/2%20hours", None),
            (Method::POST, "/expiry-options/_reset", None),
            (Method::PUT, "/standing-access-duration", length()),
            (Method::PUT, "/max-access-duration", length()),
        ];
        for (method, path, body) in calls {
            hold(&stage, &document, "/o/acme/settings", (method, SETTINGS_KEY, path, body)).await;
        }
    }
}
