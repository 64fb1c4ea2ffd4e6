//! The ledger on PostgreSQL, and several replicas on one.

mod click;
mod death;
mod down;
mod moved;
mod operator;
mod schema;
mod two;

use std::time::Duration;

use p0_chatops::app::App;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::cluster::{self, Cluster};
use crate::world::{Setup, World, steps};

/// The cluster of all stories; `None` where PostgreSQL is missing, of which the story says so by its name.
fn cluster(story: &str) -> Option<&'static Cluster> {
    let cluster = cluster::shared();
    if cluster.is_none() {
        skipped(story);
    }
    cluster
}

#[expect(clippy::print_stdout, reason = "what is skipped is seen")]
fn skipped(story: &str) {
    println!("SKIPPED: {story} (needs PostgreSQL's initdb and pg_ctl)");
}

/// A company whose ledger is a new one in the cluster.
async fn on(cluster: &Cluster) -> Setup {
    Setup { database: Some(cluster.fresh().await), ..Setup::default() }
}

/// A second bot of the same company, on the same ledger.
struct Replica {
    app: App,
    base: String,
    doors: JoinHandle<()>,
}

impl Replica {
    async fn beside(world: &World) -> Self {
        let app = App::build(world.settings(), world.clock.clone()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = app.doors();
        let doors = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { app, base, doors }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.doors.abort();
    }
}

/// Both do, at the same time, all that can be done.
async fn work(world: &World, other: &Replica) {
    for _ in 0..400 {
        let (one, two) = tokio::join!(steps(world.app()), steps(&other.app));
        if one + two == 0 {
            if !world.app().courier.is_behind().await.unwrap() {
                return;
            }
            world.clock.advance(Duration::from_millis(500));
        }
    }
    panic!("the replicas do not come to rest");
}
