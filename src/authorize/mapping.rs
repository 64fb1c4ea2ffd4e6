//! Who people are to P0: by the operator's table, or, where that is switched on and there is no table, by the address
//! that Slack has confirmed.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Accounts;
use crate::domain::person::{Email, UserId, folded};
use crate::domain::refusal::Refusal;

/// Whose P0 identity is whose.
pub(crate) struct Mapping {
    table: BTreeMap<UserId, String>,
    /// Those of the table whose identity is another's too.
    ambiguous: BTreeSet<UserId>,
    by_email: bool,
}

impl Mapping {
    pub(crate) fn new(accounts: Accounts) -> Self {
        match accounts {
            Accounts::Table(table) => Self { ambiguous: ambiguous(&table), table, by_email: false },
            Accounts::ConfirmedEmail => Self { table: BTreeMap::new(), ambiguous: BTreeSet::new(), by_email: true },
        }
    }

    /// Who the person is by the table.
    pub(super) fn named(&self, user: &UserId) -> Option<&str> {
        self.table.get(user).map(String::as_str)
    }

    /// Whether the table gives the person's identity to somebody else too.
    pub(super) fn is_ambiguous(&self, user: &UserId) -> bool {
        self.ambiguous.contains(user)
    }

    /// The same in words, for the operator.
    pub(crate) fn ambiguity(&self, user: &UserId) -> Option<String> {
        let name = self.named(user).filter(|_| self.is_ambiguous(user))?;
        Some(format!("identity.people names {name} for them and for somebody else"))
    }

    /// Whether the person may have an identity here, as far as can be told before Slack is asked.
    pub(super) fn may_know(&self, user: &UserId) -> bool {
        self.by_email || self.table.contains_key(user)
    }

    /// Who the person is, by the table or the address that Slack has confirmed just now; never by both.
    ///
    /// # Errors
    /// Where that is nobody, or not only this person.
    pub(super) fn identity(&self, user: &UserId, confirmed: Option<&Email>) -> Result<String, Refusal> {
        if self.is_ambiguous(user) {
            return Err(Refusal::AmbiguousIdentity);
        }
        let address = confirmed.filter(|_| self.by_email).map(Email::as_str);
        self.named(user).or(address).map(str::to_owned).ok_or(Refusal::NoIdentity)
    }
}

/// Those who share an identity with somebody else, as P0 compares names.
fn ambiguous(table: &BTreeMap<UserId, String>) -> BTreeSet<UserId> {
    let mut holders: BTreeMap<String, Vec<&UserId>> = BTreeMap::new();
    for (user, identity) in table {
        holders.entry(folded(identity)).or_default().push(user);
    }
    holders.into_values().filter(|users| users.len() > 1).flatten().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    fn table(rows: &[(&str, &str)]) -> Mapping {
        Mapping::new(Accounts::Table(rows.iter().map(|(id, name)| (user(id), (*name).to_owned())).collect()))
    }

    #[test]
    fn one_identity_of_two_people_is_nobodys() {
        let mapping =
            table(&[("U01ALICE", "Alice@Example.com"), ("U02BOB", "alice@example.com "), ("U03CAROL", "carol@x.test")]);
        assert_eq!(mapping.identity(&user("U01ALICE"), None), Err(Refusal::AmbiguousIdentity));
        assert_eq!(mapping.identity(&user("U02BOB"), None), Err(Refusal::AmbiguousIdentity));
        assert_eq!(mapping.identity(&user("U03CAROL"), None), Ok("carol@x.test".to_owned()));
    }

    #[test]
    fn one_character_written_in_two_ways_is_one_and_look_alikes_are_others() {
        let composed = "jos\u{e9}@example.com";
        assert!(
            table(&[("U01ALICE", composed), ("U02BOB", "jose\u{301}@example.com")]).is_ambiguous(&user("U01ALICE"))
        );
        for look_alike in [
            "\u{430}lice@example.com",  // Cyrillic
            "\u{ff41}lice@example.com", // full width
            "al\u{131}ce@example.com",  // without its dot
            "alice@example.c\u{43e}m",
            "alice@example.com\u{200b}", // zero width
            "\u{c5}lice@example.com",
        ] {
            let mapping = table(&[("U01ALICE", "alice@example.com"), ("U02BOB", look_alike)]);
            assert!(!mapping.is_ambiguous(&user("U01ALICE")), "{look_alike:?}");
        }
    }

    #[test]
    fn a_table_is_never_filled_up_with_addresses() {
        let address = Email::parse("bob@example.com");
        let mapping = table(&[("U01ALICE", "alice@example.com")]);
        assert_eq!(mapping.identity(&user("U02BOB"), address.as_ref()), Err(Refusal::NoIdentity));
        let by_email = Mapping::new(Accounts::ConfirmedEmail);
        assert_eq!(by_email.identity(&user("U02BOB"), address.as_ref()), Ok("bob@example.com".to_owned()));
        assert_eq!(by_email.identity(&user("U02BOB"), None), Err(Refusal::NoIdentity));
    }
}
