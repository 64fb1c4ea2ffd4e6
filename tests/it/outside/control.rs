//! A stand-in's control door: JSON in, JSON out.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The door below an address.
pub struct Control(pub String);

impl Control {
    /// What the door answers, or what it says of why it does not.
    pub async fn tell<Answer: DeserializeOwned>(&self, door: &str, what: &Value) -> Result<Answer, String> {
        let answer = http().post(format!("{}/{door}", self.0)).json(what).send().await.unwrap();
        if answer.status().is_success() {
            return Ok(answer.json().await.unwrap());
        }
        let refusal: Value = answer.json().await.unwrap();
        Err(refusal["error"].as_str().unwrap().to_owned())
    }

    /// What the token endpoint was asked for, the oldest first.
    pub async fn log<Entry: DeserializeOwned>(&self) -> Vec<Entry> {
        http().get(format!("{}/log", self.0)).send().await.unwrap().json().await.unwrap()
    }
}

/// A client for the loopback.
pub fn http() -> reqwest::Client {
    // An error says that another test was first, with the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}
