//! P0's published document of its settings API, as a judge of what is sent.

use p0_chatops::sandbox::p0::Call;
use serde_json::Value;

/// Where the document's paths begin.
pub const SERVER: &str = "/o/acme/settings";

pub struct Contract(Value);

impl Contract {
    pub fn published() -> Self {
        let text = include_str!("../../../src/sandbox/p0/openapi/jit-settings.json");
        Self(serde_json::from_str(text).unwrap())
    }

    /// Panics unless the document has the call as it was made; answers its operation.
    pub fn judge(&self, call: &Call) -> &Value {
        let path = call.path.strip_prefix(SERVER).unwrap_or_else(|| panic!("{} is elsewhere", call.path));
        let operation = self.operation(path).get(call.method.to_lowercase());
        let operation = operation.unwrap_or_else(|| panic!("{} {path} is not in the contract", call.method));
        let content_type = call.headers.get("content-type").map(String::as_str);
        match (operation.get("requestBody"), &call.body) {
            (Some(wanted), Some(body)) => {
                assert_eq!(content_type, Some("application/json"));
                self.check(&wanted["content"]["application/json"]["schema"], body);
            }
            (None, None) => assert_eq!(content_type, None, "{path} has no body"),
            (wanted, given) => panic!("{path}: the contract has {wanted:?}, {given:?} was sent"),
        }
        operation
    }

    /// Plain segments win over those in braces, which stand for one segment each.
    fn operation(&self, path: &str) -> &Value {
        let fits = |template: &str| {
            template.split('/').count() == path.split('/').count()
                && template.split('/').zip(path.split('/')).all(|(wanted, given)| {
                    wanted == given || wanted.starts_with('{') && !given.is_empty() && !given.contains('?')
                })
        };
        let paths = self.0["paths"].as_object().unwrap().iter();
        let best = paths.filter(|(template, _)| fits(template)).min_by_key(|(template, _)| template.contains('{'));
        best.unwrap_or_else(|| panic!("{path} is not in the contract")).1
    }

    fn check(&self, schema: &Value, body: &Value) {
        let mut schema = schema.clone();
        schema["components"] = self.0["components"].clone();
        if let Err(error) = jsonschema::validator_for(&schema).unwrap().validate(body) {
            panic!("{body}: {error}");
        }
    }
}
