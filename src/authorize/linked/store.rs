//! Where links are kept. Implemented by the ledger, which comes later in a click's way.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::domain::link::{Account, Link, LinkEnd};
use crate::domain::person::SlackUser;

/// The store failed, and has said so in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotKept;

/// A link that is to be made; its number was taken before, for the tokens are sealed for it.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// From [`LinkStore::new_id`].
    pub id: i64,
    /// Whose.
    pub owner: SlackUser,
    /// Which account.
    pub account: Account,
    /// Who that is to P0.
    pub identity: String,
    /// Every name that the provider gave.
    pub names: Vec<String>,
    /// When what P0 is shown runs out.
    pub good_until: Timestamp,
    /// The tokens.
    pub sealed: String,
    /// The sign-in that it came of, which is over with it.
    pub sign_in: i64,
}

/// What came of making a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// It is made.
    Made,
    /// The person has one already; the sign-in is for the caller to end.
    HasOne(Box<Link>),
    /// The account is linked by somebody else; both are told.
    TakenBy(SlackUser),
    /// The sign-in is over: too late, done before, or another was begun.
    SignInOver,
}

/// The right to renew the tokens of one link, for a while: one has it at a time, whoever it is.
#[derive(Debug)]
pub struct Renewal {
    /// The link as it stood when the right was given.
    pub link: Link,
    /// What shows the right.
    pub token: String,
}

/// Tokens that take the place of others.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// The tokens.
    pub sealed: String,
    /// When the provider vouched for the person; as before, where it was not asked.
    pub proved: Timestamp,
    /// When what P0 is shown runs out.
    pub good_until: Timestamp,
}

/// Who keeps links.
pub trait LinkStore: Send + Sync {
    /// A number for a link that may be made.
    fn new_id(&self) -> i64;

    /// The person's living link.
    fn living<'s>(&'s self, by: &'s SlackUser) -> BoxFuture<'s, Result<Option<Link>, NotKept>>;

    /// The living link of an account, whoever has it.
    fn of_account<'s>(&'s self, account: &'s Account) -> BoxFuture<'s, Result<Option<Link>, NotKept>>;

    /// Makes a link, where both sides are free, and ends the sign-in that it came of.
    fn bind(&self, new: NewLink) -> BoxFuture<'_, Result<Bound, NotKept>>;

    /// The right to renew; `None` where somebody else has it, or has renewed since.
    fn lease(&self, link: Link) -> BoxFuture<'_, Result<Option<Renewal>, NotKept>>;

    /// Puts new tokens, on disk, in the place of the old; `false` where the right to had run out.
    fn renewed(&self, renewal: &Renewal, renewed: Renewed) -> BoxFuture<'_, Result<bool, NotKept>>;

    /// Gives the right back, unused.
    fn release(&self, renewal: Renewal) -> BoxFuture<'_, Result<(), NotKept>>;

    /// Ends a link.
    fn end(&self, id: i64, why: LinkEnd) -> BoxFuture<'_, Result<(), NotKept>>;

    /// What was found out once under this name.
    fn pinned(&self, name: &'static str) -> BoxFuture<'_, Result<Option<String>, NotKept>>;

    /// What was found out once under this name; else takes `found` for it, for good.
    fn pin(&self, name: &'static str, found: String) -> BoxFuture<'_, Result<String, NotKept>>;
}
