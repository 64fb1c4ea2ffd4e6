//! A port of 127.0.0.1 that is served, closed, and opened again under the same number.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::line::{Line, Listening};

/// Takes a free port. Who calls early waits until it is served.
pub(in crate::sandbox) async fn listen() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

/// A served port. Clones are the same one; it is served until [`Port::stop`] or the end of the runtime.
#[derive(Clone)]
pub(in crate::sandbox) struct Port {
    address: SocketAddr,
    router: Router,
    /// How many connections there were since the start.
    connections: Arc<AtomicU64>,
    running: Arc<Mutex<Option<Running>>>,
    stopped: CancellationToken,
}

/// One period between opening the port and closing it.
struct Running {
    cut_all: CancellationToken,
    server: JoinHandle<()>,
}

impl Port {
    /// Serves a port; the router's handlers find their [`Line`] as connect info.
    pub(in crate::sandbox) fn serve(listener: TcpListener, router: Router) -> io::Result<Self> {
        let (connections, stopped) = (Arc::default(), CancellationToken::new());
        let address = listener.local_addr()?;
        let running = run(listener, router.clone(), &connections, &stopped);
        Ok(Self { address, router, connections, running: Arc::new(Mutex::new(Some(running))), stopped })
    }

    /// Where it is, `http://127.0.0.1:<port>` without a slash at the end.
    pub(in crate::sandbox) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cancelled when the port is closed for good, for what else has to end then.
    pub(in crate::sandbox) fn stopped(&self) -> CancellationToken {
        self.stopped.clone()
    }

    /// Closes the port and every connection: the next call is refused before a byte of it is sent.
    pub(in crate::sandbox) async fn down(&self) {
        if let Some(running) = self.running.lock().await.take() {
            running.cut_all.cancel();
            // The port is free only when the server has let go of it.
            let _ = running.server.await;
        }
    }

    /// Opens the same port again; nothing to do where it is open.
    ///
    /// # Errors
    /// Another process has taken the port meanwhile, or it was closed for good.
    pub(in crate::sandbox) async fn up(&self) -> io::Result<()> {
        let mut running = self.running.lock().await;
        if self.stopped.is_cancelled() {
            return Err(io::Error::other("the stand-in was stopped"));
        }
        if running.is_none() {
            let listener = TcpListener::bind(self.address).await?;
            *running = Some(run(listener, self.router.clone(), &self.connections, &self.stopped));
        }
        Ok(())
    }

    /// Closes the port for good.
    pub(in crate::sandbox) async fn stop(&self) {
        self.stopped.cancel();
        self.down().await;
    }
}

/// Serves until its token is cancelled.
fn run(listener: TcpListener, router: Router, connections: &Arc<AtomicU64>, stopped: &CancellationToken) -> Running {
    let cut_all = stopped.child_token();
    let listening = Listening::new(listener, cut_all.clone(), connections.clone());
    let serving = axum::serve(listening, router.into_make_service_with_connect_info::<Line>()).into_future();
    let until_cut = cut_all.clone();
    let server = tokio::spawn(async move {
        until_cut.run_until_cancelled_owned(serving).await;
    });
    Running { cut_all, server }
}
