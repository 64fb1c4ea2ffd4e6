//! People: who they are in Slack, and who they are to P0.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// Longest Slack id that is believed, in characters; Slack's own are about eleven and documented as opaque.
const MOST_ID_CHARACTERS: usize = 64;

fn is_slack_id(text: &str, starts: &[char]) -> bool {
    text.starts_with(starts) && text.len() <= MOST_ID_CHARACTERS && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

macro_rules! slack_id {
    ($(#[$doc:meta])* $name:ident, $($start:literal),+) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id, if the text has the form of one.
            pub fn parse(text: &str) -> Option<Self> {
                is_slack_id(text, &[$($start),+]).then(|| Self(text.to_owned()))
            }

            /// The id as Slack writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or(concat!("not a Slack id of the kind ", stringify!($name)))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

slack_id!(
    /// A person's id: `U…` or `W…`.
    UserId, 'U', 'W'
);
slack_id!(
    /// A workspace's id: `T…`; on an org-wide install the organisation's, `E…`, stands for all of its workspaces.
    TeamId, 'T', 'E'
);
slack_id!(
    /// An Enterprise Grid organisation's id: `E…`.
    EnterpriseId, 'E'
);
slack_id!(
    /// A user group's id: `S…`.
    UserGroupId, 'S'
);
slack_id!(
    /// A conversation's id: `C…` a channel, `G…` an older private one, `D…` a direct message.
    ChannelId, 'C', 'G', 'D'
);

/// A person as Slack names them: never by user name, which people change at will.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SlackUser {
    /// The person's home workspace (where they are a member, not where the app is installed); on an org-wide install
    /// the organisation, since Slack names a person's home in some payloads and not in others.
    pub team: TeamId,
    /// The person's id.
    pub user: UserId,
}

impl fmt::Display for SlackUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.team, self.user)
    }
}

/// A name as names are compared: characters that can be written in two ways are one (NFC), ASCII case and surrounding
/// space do not count. Letters that only look alike stay different.
pub fn folded(name: &str) -> String {
    let mut name: String = name.trim().nfc().collect();
    name.make_ascii_lowercase();
    name
}

/// An e-mail address, compared as P0 matches approvers; see [`folded`].
///
/// It may be used to tell people and to refuse, never by itself to authorise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// The address, if the text could be one at all.
    pub fn parse(text: &str) -> Option<Self> {
        let text = folded(text);
        let (local, domain) = text.rsplit_once('@')?;
        let plausible = !local.is_empty()
            && !domain.is_empty()
            && text.len() <= 320
            && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        plausible.then_some(Self(text))
    }

    /// The address in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a name that P0 sent (a requester, a principal, a subject) is this address.
    pub fn names(&self, text: &str) -> bool {
        Self::parse(text).as_ref() == Some(self)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose authority a decision carried to P0, and how it was shown to be theirs. Named on the card and in the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// The account that the person has linked: the provider's own token for them.
    LinkedAccount,
    /// A token got for the account that the person has linked, with the bot as actor.
    Exchanged,
    /// The person's own bearer token.
    OwnToken,
    /// A short token that the bot itself signed for the person.
    AssertedByBot,
    /// One credential for everybody: P0 does not learn who decided.
    SharedCredential,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_opaque_but_bounded() {
        assert!(UserId::parse("U01ALICE").is_some());
        assert!(UserId::parse("W01ALICE").is_some());
        for bad in ["", "T01", "U01/..", "U 1", "u01", &format!("U{}", "1".repeat(64))] {
            assert!(UserId::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_compared_without_case() {
        let alice = Email::parse(" Alice@Example.com ").unwrap();
        assert!(alice.names("alice@example.COM"));
        assert!(!alice.names("alice@example.com.evil.test"));
        let jose = Email::parse("JOS\u{c9}@example.com").unwrap();
        assert!(jose.names("jose\u{301}@example.com") == jose.names("jos\u{e9}@example.com"));
        assert!(Email::parse("jos\u{e9}@example.com").unwrap().names("Jose\u{301}@example.com"));
        assert!(!jose.names("jos\u{e9}@example.com"), "only ASCII case does not count");
        for look_alike in ["\u{430}lice@example.com", "al\u{131}ce@example.com", "\u{ff41}lice@example.com"] {
            assert!(!alice.names(look_alike), "{look_alike:?}");
        }
        assert!(Email::parse("alice").is_none());
        assert!(Email::parse("@example.com").is_none());
    }
}
