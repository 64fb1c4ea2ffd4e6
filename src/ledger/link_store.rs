//! The ledger as the store of links that `authorize` asks for; what fails is logged here.

use futures_util::future::BoxFuture;

use super::{Ledger, LedgerError};
use crate::authorize::linked::store::{Bound, LinkStore, NewLink, NotKept, Renewal, Renewed};
use crate::domain::link::{Account, Link, LinkEnd};
use crate::domain::person::SlackUser;

fn told(error: LedgerError) -> NotKept {
    tracing::error!(%error, "the ledger could not do what a link needs");
    NotKept
}

impl LinkStore for Ledger {
    fn new_id(&self) -> i64 {
        self.new_link_id()
    }

    fn living<'s>(&'s self, by: &'s SlackUser) -> BoxFuture<'s, Result<Option<Link>, NotKept>> {
        Box::pin(async move { self.living_link(by).await.map_err(told) })
    }

    fn of_account<'s>(&'s self, account: &'s Account) -> BoxFuture<'s, Result<Option<Link>, NotKept>> {
        Box::pin(async move { self.link_of_account(account).await.map_err(told) })
    }

    fn bind(&self, new: NewLink) -> BoxFuture<'_, Result<Bound, NotKept>> {
        Box::pin(async move { Self::bind(self, new).await.map_err(told) })
    }

    fn lease(&self, link: Link) -> BoxFuture<'_, Result<Option<Renewal>, NotKept>> {
        Box::pin(async move { self.lease_renewal(link).await.map_err(told) })
    }

    fn renewed(&self, renewal: &Renewal, renewed: Renewed) -> BoxFuture<'_, Result<bool, NotKept>> {
        let (id, token) = (renewal.link.id, renewal.token.clone());
        Box::pin(async move { Self::renewed(self, id, token, renewed).await.map_err(told) })
    }

    fn release(&self, renewal: Renewal) -> BoxFuture<'_, Result<(), NotKept>> {
        Box::pin(async move { Self::release(self, renewal).await.map_err(told) })
    }

    fn end(&self, id: i64, why: LinkEnd) -> BoxFuture<'_, Result<(), NotKept>> {
        Box::pin(async move { self.end_link(id, why).await.map(drop).map_err(told) })
    }

    fn pinned<'s>(&'s self, name: &'s str) -> BoxFuture<'s, Result<Option<String>, NotKept>> {
        Box::pin(async move { Self::pinned(self, name).await.map_err(told) })
    }

    fn pin(&self, name: String, found: String) -> BoxFuture<'_, Result<String, NotKept>> {
        Box::pin(async move { Self::pin(self, name, found).await.map_err(told) })
    }
}
