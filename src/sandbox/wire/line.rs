//! The socket: connections that can be cut, one or all of them.
//!
//! An HTTP handler can only answer. Losing an answer or dropping a call has to happen
//! below HTTP, so each connection carries a [`Line`] that refuses every byte once cut.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// One connection, as its handler sees it.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Line {
    /// Which connection since the start, counted from 1.
    pub(in crate::sandbox) number: u64,
    cut: CancellationToken,
}

impl Line {
    /// Closes the connection; nothing that was not written yet goes out any more.
    pub(in crate::sandbox) fn cut(&self) {
        self.cut.cancel();
    }
}

impl Connected<IncomingStream<'_, Listening>> for Line {
    fn connect_info(stream: IncomingStream<'_, Listening>) -> Self {
        stream.io().line.clone()
    }
}

/// A bound port whose connections are all cut with one token.
pub(super) struct Listening {
    listener: TcpListener,
    cut_all: CancellationToken,
    count: Arc<AtomicU64>,
}

impl Listening {
    /// Counts its connections with `count`, from where that stands.
    pub(super) fn new(listener: TcpListener, cut_all: CancellationToken, count: Arc<AtomicU64>) -> Self {
        Self { listener, cut_all, count }
    }
}

impl axum::serve::Listener for Listening {
    type Io = Severable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Severable, SocketAddr) {
        let (socket, from) = axum::serve::Listener::accept(&mut self.listener).await;
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        let line = Line { number, cut: self.cut_all.child_token() };
        (Severable { socket, cut: Box::pin(line.cut.clone().cancelled_owned()), line }, from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A TCP connection that ends when its [`Line`] is cut.
pub(super) struct Severable {
    socket: TcpStream,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    line: Line,
}

fn severed() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the stand-in cut this connection")
}

impl AsyncRead for Severable {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // Polling the token registers the waker: a connection that waits for a hanging handler notices the cut too.
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(severed()));
        }
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Severable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.line.cut.is_cancelled() {
            return Poll::Ready(Err(severed()));
        }
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
