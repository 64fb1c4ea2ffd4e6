//! JSON objects that are changed before they leave the house.

use serde_json::{Map, Value};

/// Sets each field; a `null` takes it away.
pub(super) fn overrule(target: &mut Value, changes: &Map<String, Value>) {
    for (name, value) in changes {
        target[name] = value.clone();
    }
    without_nulls(target);
}

/// Takes away the fields that are nothing.
pub(super) fn without_nulls(target: &mut Value) {
    if let Some(fields) = target.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
}
