//! Slack's request signatures: HMAC-SHA256 over `v0:{timestamp}:{raw body}`, checked in constant time.

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use sha2::Sha256;

use crate::config::Secret;

/// How far a delivery's time may be from ours, either way, in seconds (Slack's documentation).
pub const MOST_SECONDS_OFF: i64 = 300;

/// The header with the signature, `v0=<hex>`.
pub const SIGNATURE: HeaderName = HeaderName::from_static("x-slack-signature");
/// The header with Slack's time of the delivery, in epoch seconds.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("x-slack-request-timestamp");

/// Why a delivery is not believed. Metrics count these; the sender learns nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsigned {
    /// A header is missing, repeated or not of its form.
    Malformed,
    /// More than five minutes old.
    Old,
    /// More than five minutes ahead.
    Ahead,
    /// No secret of ours made this signature.
    Wrong,
}

impl Unsigned {
    /// The reason, as metrics name it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Old => "old",
            Self::Ahead => "ahead",
            Self::Wrong => "wrong",
        }
    }
}

/// A signature that one of our secrets made, and the time that it vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The signature as hex: the same bytes at the same second have the same.
    pub signature: String,
    /// Slack's time of the delivery.
    pub at: Timestamp,
}

/// Checks a delivery against every current secret.
///
/// # Errors
/// Why it is not believed.
pub fn verify(secrets: &[Secret], headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Verified, Unsigned> {
    let stamp = single(headers, &TIMESTAMP)?;
    let given = single(headers, &SIGNATURE)?;
    let at = parse_stamp(stamp)?;
    let mac = parse_signature(given)?;
    match now.as_second() - at.as_second() {
        age if age > MOST_SECONDS_OFF => return Err(Unsigned::Old),
        age if age < -MOST_SECONDS_OFF => return Err(Unsigned::Ahead),
        _ => {}
    }
    let ours = secrets.iter().any(|secret| keyed(secret, stamp, body).verify_slice(&mac).is_ok());
    if ours { Ok(Verified { signature: given.to_owned(), at }) } else { Err(Unsigned::Wrong) }
}

/// The headers that Slack would send with this body at this time, for a delivery that the bot makes to itself.
pub fn sign(secret: &Secret, at: Timestamp, body: &[u8]) -> [(HeaderName, String); 2] {
    let stamp = at.as_second().to_string();
    let mac = keyed(secret, &stamp, body).finalize().into_bytes();
    let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    [(TIMESTAMP, stamp), (SIGNATURE, format!("v0={hex}"))]
}

fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h str, Unsigned> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| Unsigned::Malformed),
        _ => Err(Unsigned::Malformed),
    }
}

fn parse_stamp(text: &str) -> Result<Timestamp, Unsigned> {
    if !(1..=12).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Unsigned::Malformed);
    }
    let seconds = text.parse().map_err(|_| Unsigned::Malformed)?;
    Timestamp::from_second(seconds).map_err(|_| Unsigned::Ahead)
}

fn parse_signature(text: &str) -> Result<[u8; 32], Unsigned> {
    let hex = text.strip_prefix("v0=").filter(|hex| hex.len() == 64).ok_or(Unsigned::Malformed)?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(bytes)
}

fn digit(letter: u8) -> Result<u8, Unsigned> {
    match letter {
        b'0'..=b'9' => Ok(letter - b'0'),
        b'a'..=b'f' => Ok(letter - b'a' + 10),
        _ => Err(Unsigned::Malformed),
    }
}

fn keyed(secret: &Secret, stamp: &str, body: &[u8]) -> Hmac<Sha256> {
    // The secret is text: Slack keys with its UTF-8 bytes, not with what its hex digits stand for.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes keys of any length");
    for part in [b"v0:", stamp.as_bytes(), b":", body] {
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    // Slack's own published example.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const STAMP: &str = "1531420618";
    const SIGNATURE_TEXT: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn check(secrets: &[&str], stamp: &str, signature: &str, now: i64) -> Result<Verified, Unsigned> {
        let secrets: Vec<Secret> = secrets.iter().map(|s| Secret::new(*s)).collect();
        let headers = headers(&[("x-slack-request-timestamp", stamp), ("x-slack-signature", signature)]);
        verify(&secrets, &headers, BODY.as_bytes(), at(now))
    }

    #[test]
    fn takes_slacks_published_example_with_any_current_secret() {
        let verified = check(&["another-secret-of-ours", SECRET], STAMP, SIGNATURE_TEXT, 1_531_420_618).unwrap();
        assert_eq!(verified.at, at(1_531_420_618));
    }

    #[test]
    fn signs_as_slack_does() {
        let [(_, stamp), (_, signature)] = sign(&Secret::new(SECRET), at(1_531_420_618), BODY.as_bytes());
        assert_eq!((stamp.as_str(), signature.as_str()), (STAMP, SIGNATURE_TEXT));
    }

    #[test]
    fn five_minutes_either_way_are_the_edge() {
        let now = 1_531_420_618;
        assert!(check(&[SECRET], STAMP, SIGNATURE_TEXT, now + 300).is_ok());
        assert!(check(&[SECRET], STAMP, SIGNATURE_TEXT, now - 300).is_ok());
        assert_eq!(check(&[SECRET], STAMP, SIGNATURE_TEXT, now + 301), Err(Unsigned::Old));
        assert_eq!(check(&[SECRET], STAMP, SIGNATURE_TEXT, now - 301), Err(Unsigned::Ahead));
    }

    #[test]
    fn anything_else_is_not_believed() {
        let now = 1_531_420_618;
        let upper = SIGNATURE_TEXT.to_uppercase();
        let wrong = SIGNATURE_TEXT.replace('a', "b");
        for (stamp, signature, reason) in [
            (STAMP, wrong.as_str(), Unsigned::Wrong),
            (STAMP, upper.as_str(), Unsigned::Malformed),
            (STAMP, "", Unsigned::Malformed),
            (STAMP, &SIGNATURE_TEXT[..66], Unsigned::Malformed),
            (STAMP, &SIGNATURE_TEXT[3..], Unsigned::Malformed),
            ("-531420618", SIGNATURE_TEXT, Unsigned::Malformed),
            ("+531420618", SIGNATURE_TEXT, Unsigned::Malformed),
            ("1531420618.0", SIGNATURE_TEXT, Unsigned::Malformed),
            ("1531420618000", SIGNATURE_TEXT, Unsigned::Malformed),
            ("999999999999", SIGNATURE_TEXT, Unsigned::Ahead),
            ("", SIGNATURE_TEXT, Unsigned::Malformed),
        ] {
            assert_eq!(check(&[SECRET], stamp, signature, now), Err(reason), "{stamp} {signature}");
        }
        assert_eq!(check(&["another-secret-of-ours"], STAMP, SIGNATURE_TEXT, now), Err(Unsigned::Wrong));
    }

    #[test]
    fn a_repeated_or_missing_header_is_malformed() {
        let secrets = [Secret::new(SECRET)];
        let stamp = ("x-slack-request-timestamp", STAMP);
        let signature = ("x-slack-signature", SIGNATURE_TEXT);
        for pairs in
            [vec![stamp], vec![signature], vec![], vec![stamp, signature, signature], vec![stamp, stamp, signature]]
        {
            let verified = verify(&secrets, &headers(&pairs), BODY.as_bytes(), at(1_531_420_618));
            assert_eq!(verified, Err(Unsigned::Malformed), "{pairs:?}");
        }
    }
}
