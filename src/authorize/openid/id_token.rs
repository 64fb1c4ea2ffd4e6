//! ID tokens: what they have to say before anybody is believed to have signed in (OpenID Connect Core, 3.1.3.7).

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Registration, Trouble};
use crate::clock::from_millisecond;
use crate::config::Secret;
use crate::inbound::keys::{PublicKey, PublishedKeys};

/// How far the provider's clock may be from ours.
const SKEW: Duration = Duration::from_secs(60);
/// How long ago a token may have been made that is redeemed now.
const MOST_AGE: Duration = Duration::from_secs(10 * 60);
/// Longest subject, in characters.
const MOST_SUBJECT: usize = 255;
/// Longest e-mail address, other name or class that is kept, in characters.
const MOST_NAME: usize = 320;
/// The claims by which providers name people, beside `sub`.
const NAMES: [&str; 4] = ["email", "upn", "preferred_username", "unique_name"];

/// What an ID token says of the person who signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who says so.
    pub issuer: String,
    /// Who they are to the provider; never reassigned.
    pub subject: String,
    /// Their e-mail address, as the provider writes it.
    pub email: Option<String>,
    /// Whether the provider vouches for that address; `None` where it does not say.
    pub email_verified: Option<Verified>,
    /// Every name that the provider gives them, the subject among them.
    pub names: Vec<String>,
    /// Until when the token is good.
    pub expires: Timestamp,
    /// When it was made.
    pub issued: Timestamp,
    /// When the person last signed in.
    pub auth_time: Option<Timestamp>,
    /// By what class of authentication.
    pub acr: Option<String>,
    /// Slack's own: the workspace.
    pub slack_team: Option<String>,
    /// Slack's own: the person.
    pub slack_user: Option<String>,
}

/// What a provider says of whether an address was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verified {
    /// The boolean `true`.
    Yes,
    /// The boolean `false`.
    No,
    /// Anything else, as the text "true": nobody's word.
    Unclear,
}

/// For what an ID token came.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected<'a> {
    /// For a code: it repeats the nonce.
    Code { nonce: &'a str },
    /// For a device code, with which no nonce can be sent.
    Device,
    /// For a refresh token of this person's. It should have no nonce (12.2): none was sent, so none is looked at.
    Renewed { subject: &'a str },
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct RawClaims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    auth_time: Option<f64>,
    acr: Option<Value>,
    email_verified: Option<Value>,
    #[serde(rename = "https://slack.com/team_id")]
    slack_team: Option<String>,
    #[serde(rename = "https://slack.com/user_id")]
    slack_user: Option<String>,
    #[serde(flatten)]
    others: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Checks an ID token that came from the provider's token endpoint.
pub(super) async fn check(
    token: &Secret,
    keys: &PublishedKeys,
    registration: &Registration,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Claims, Trouble> {
    let token = token.expose();
    let header = header(token)?;
    let keys = keys.for_token(header.kid.as_deref()).await?;
    if keys.is_empty() {
        return Err(Trouble::Untrusted("the provider does not publish the key that the ID token names"));
    }
    let claims = signed_claims(token, &header, &keys)?;
    check_parties(&claims, registration)?;
    check_times(&claims, expected, now)?;
    check_person(&claims, expected)?;
    Ok(read(claims))
}

/// Of the header only the name of the key and the algorithm are looked at; an address of a key is not.
fn header(token: &str) -> Result<Header, Trouble> {
    const UNREADABLE: Trouble = Trouble::Untrusted("the ID token is no signed token");
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(UNREADABLE);
    };
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).map_err(|_| UNREADABLE)?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| UNREADABLE)?;
    match header.crit {
        Some(_) => Err(Trouble::Untrusted("the ID token has extensions that have to be understood")),
        None => Ok(header),
    }
}

fn signed_claims(token: &str, header: &Header, keys: &[PublicKey]) -> Result<RawClaims, Trouble> {
    let named = |algorithm: Algorithm| format!("{algorithm:?}") == header.alg;
    let mut fitting = keys.iter().filter(|key| named(key.algorithm)).peekable();
    if fitting.peek().is_none() {
        return Err(Trouble::Untrusted("the ID token's algorithm is not its key's"));
    }
    for key in fitting {
        let mut validation = Validation::new(key.algorithm);
        validation.required_spec_claims.clear();
        // Everything in it is looked at below, against our own clock and byte for byte.
        (validation.validate_exp, validation.validate_aud) = (false, false);
        match jsonwebtoken::decode::<Value>(token, &key.key, &validation) {
            Ok(signed) => {
                return serde_json::from_value(signed.claims)
                    .map_err(|_| Trouble::Untrusted("the ID token lacks a claim, or one has another form"));
            }
            Err(_) => continue,
        }
    }
    Err(Trouble::Untrusted("the ID token's signature is wrong"))
}

fn check_parties(claims: &RawClaims, registration: &Registration) -> Result<(), Trouble> {
    if claims.iss != registration.issuer {
        return Err(Trouble::Untrusted("the ID token is another issuer's"));
    }
    let ours = &registration.client_id;
    let (for_us, for_others) = match &claims.aud {
        Audience::One(one) => (one == ours, false),
        Audience::Many(many) => (many.contains(ours), many.iter().any(|one| one != ours)),
    };
    if !for_us {
        return Err(Trouble::Untrusted("the ID token is for another client (aud)"));
    }
    match &claims.azp {
        Some(azp) if azp != ours => Err(Trouble::Untrusted("the ID token was made for another client (azp)")),
        None if for_others => {
            Err(Trouble::Untrusted("the ID token is for several clients and does not say for whom (azp)"))
        }
        _ => Ok(()),
    }
}

fn check_times(claims: &RawClaims, expected: &Expected<'_>, now: Timestamp) -> Result<(), Trouble> {
    let (now, skew) = (now.as_millisecond() as f64 / 1000.0, SKEW.as_secs_f64());
    if claims.exp <= now - skew {
        return Err(Trouble::Untrusted("the ID token has run out"));
    }
    if claims.iat > now + skew || claims.nbf.is_some_and(|nbf| nbf > now + skew) {
        return Err(Trouble::Untrusted("the ID token is from the future"));
    }
    let redeemed = matches!(expected, Expected::Code { .. } | Expected::Device);
    if redeemed && now - claims.iat > MOST_AGE.as_secs_f64() {
        return Err(Trouble::Untrusted("the ID token was made long ago"));
    }
    Ok(())
}

fn check_person(claims: &RawClaims, expected: &Expected<'_>) -> Result<(), Trouble> {
    let subject = &claims.sub;
    if subject.is_empty() || subject.chars().count() > MOST_SUBJECT || subject.chars().any(char::is_control) {
        return Err(Trouble::Untrusted("the ID token's subject is none"));
    }
    match expected {
        Expected::Code { nonce } if claims.nonce.as_deref() != Some(nonce) => {
            Err(Trouble::Untrusted("the ID token is of another sign-in (nonce)"))
        }
        Expected::Renewed { subject: whose } if subject != whose => Err(Trouble::AnotherPerson),
        _ => Ok(()),
    }
}

fn read(claims: RawClaims) -> Claims {
    let name = |claim: &str| plain(claims.others.get(claim)?.as_str()?);
    let mut names: Vec<String> = NAMES.iter().filter_map(|claim| name(claim)).collect();
    names.push(claims.sub.clone());
    names.sort();
    names.dedup();
    Claims {
        email: name("email"),
        names,
        issuer: claims.iss,
        subject: claims.sub,
        email_verified: claims.email_verified.map(|verified| match verified {
            Value::Bool(true) => Verified::Yes,
            Value::Bool(false) => Verified::No,
            _ => Verified::Unclear,
        }),
        expires: at(claims.exp),
        issued: at(claims.iat),
        auth_time: claims.auth_time.map(at),
        acr: claims.acr.as_ref().and_then(|acr| plain(acr.as_str()?)),
        slack_team: claims.slack_team,
        slack_user: claims.slack_user,
    }
}

/// A text that can be shown and kept.
fn plain(text: &str) -> Option<String> {
    let plain = !text.is_empty() && text.chars().count() <= MOST_NAME && !text.chars().any(char::is_control);
    plain.then(|| text.to_owned())
}

fn at(seconds: f64) -> Timestamp {
    from_millisecond((seconds * 1000.0) as i64)
}
