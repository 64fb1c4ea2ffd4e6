//! The life of one socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};
use tokio_util::sync::CancellationToken;

use super::answer::{self, Ack};
use super::wire::Socket;
use super::{ANSWERED_WITHIN, Sockets};
use crate::inbound::socket::{self, Envelope, Farewell, Received};
use crate::telemetry::Metrics;

/// How long the way out may be blocked.
const WRITTEN_WITHIN: Duration = Duration::from_secs(5);

/// How a socket ended, or why it will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Slack wants another in its place.
    Refresh,
    /// The app's Socket Mode is off.
    Disabled,
    /// Slack closed it.
    Closed,
    /// It broke, or Slack said something that no WebSocket says.
    Broken,
    /// Slack was not heard any more.
    Silent,
    /// The bot stops.
    Stopped,
}

impl End {
    /// As metrics name it.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Disabled => "link_disabled",
            Self::Closed => "closed",
            Self::Broken => "broken",
            Self::Silent => "silent",
            Self::Stopped => "stopped",
        }
    }
}

/// Counts a socket for as long as it is open.
struct Counted(Arc<AtomicUsize>, Metrics);

impl Counted {
    fn new(open: Arc<AtomicUsize>, metrics: Metrics) -> Self {
        metrics.sockets(open.fetch_add(1, Ordering::SeqCst) + 1);
        Self(open, metrics)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.sockets(self.0.fetch_sub(1, Ordering::SeqCst) - 1);
    }
}

/// One socket, and what has come in over it.
pub(super) struct Line {
    sockets: Sockets,
    socket: Socket,
    /// Whoever has to see to another one hears once that this one ends, or will.
    tell: Option<oneshot::Sender<End>>,
    answers: mpsc::UnboundedReceiver<Option<Ack>>,
    answered: mpsc::UnboundedSender<Option<Ack>>,
    /// Envelopes that are being answered.
    in_hand: usize,
    heard: Instant,
    asked: Option<Instant>,
    _counted: Counted,
}

impl Line {
    pub(super) fn new(sockets: Sockets, socket: Socket, tell: oneshot::Sender<End>) -> Self {
        let (answered, answers) = mpsc::unbounded_channel();
        let counted = Counted::new(sockets.open.clone(), sockets.tools.metrics.clone());
        let heard = Instant::now();
        Self { sockets, socket, tell: Some(tell), answers, answered, in_hand: 0, heard, asked: None, _counted: counted }
    }

    /// Serves until Slack or the bot ends it. Once it is replaced it goes on for a while, so that nothing is lost that is
    /// on its way.
    pub(super) async fn serve(mut self, replaced: CancellationToken, stop: CancellationToken) {
        let end = self.listen(replaced, stop).await;
        self.tell(end);
        if matches!(end, End::Refresh | End::Stopped) {
            self.part().await;
        }
    }

    fn tell(&mut self, end: End) {
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(end);
        }
    }

    async fn listen(&mut self, replaced: CancellationToken, stop: CancellationToken) -> End {
        let linger = self.sockets.pace.linger;
        let replaced = async move {
            replaced.cancelled().await;
            tokio::time::sleep(linger).await;
        };
        tokio::pin!(replaced);
        loop {
            let patience = self.patience();
            let heard = tokio::select! {
                Some(ack) = self.answers.recv() => self.acknowledge(ack).await,
                message = self.socket.next() => self.hear(message).await,
                () = sleep_until(patience) => self.ask().await,
                () = &mut replaced => Err(End::Refresh),
                () = stop.cancelled() => Err(End::Stopped),
            };
            if let Err(end) = heard {
                return end;
            }
        }
    }

    /// Until when Slack may be silent.
    fn patience(&self) -> Instant {
        match self.asked {
            Some(asked) => asked + self.sockets.pace.deaf,
            None => self.heard + self.sockets.pace.quiet,
        }
    }

    /// Asks whether Slack is there. Asked in vain, the line is dead, whatever the system thinks of it.
    async fn ask(&mut self) -> Result<(), End> {
        if self.asked.is_some() {
            return Err(End::Silent);
        }
        self.asked = Some(Instant::now());
        self.send(Message::Ping(Bytes::new())).await
    }

    async fn hear(&mut self, message: Option<Result<Message, Error>>) -> Result<(), End> {
        (self.heard, self.asked) = (Instant::now(), None);
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => return Ok(()),
            Some(Ok(Message::Binary(_))) => {
                self.sockets.tools.metrics.envelope("garbage", "binary");
                return Ok(());
            }
            Some(Ok(Message::Close(_))) | None => return Err(End::Closed),
            Some(Err(_)) => return Err(End::Broken),
        };
        match socket::read(&text, self.sockets.tools.clock.now()) {
            Received::Hello => {}
            Received::Disconnect(Farewell::Refresh) => self.tell(End::Refresh),
            Received::Disconnect(Farewell::LinkDisabled) => return Err(End::Disabled),
            Received::Disconnect(Farewell::Other) => self.tell(End::Closed),
            Received::Envelope(envelope) => self.take(envelope).await,
            Received::Garbage(garbage) => answer::note(&self.sockets.tools, &garbage).await,
        }
        Ok(())
    }

    /// Has an envelope answered, in a task of its own: nobody waits behind it, and it is finished even where the line ends.
    async fn take(&mut self, envelope: Envelope) {
        let Ok(place) = self.sockets.room.clone().acquire_owned().await else { return };
        let (tools, answered) = (self.sockets.tools.clone(), self.answered.clone());
        self.in_hand += 1;
        self.sockets.in_hand.spawn(async move {
            let ack = answer::answer(&tools, envelope).await;
            drop(place);
            if let Err(mpsc::error::SendError(Some(ack))) = answered.send(ack) {
                tools.metrics.envelope(ack.kind, "unsent");
            }
        });
    }

    async fn acknowledge(&mut self, ack: Option<Ack>) -> Result<(), End> {
        self.in_hand -= 1;
        let Some(Ack { kind, text }) = ack else { return Ok(()) };
        let sent = self.send(Message::text(text)).await;
        self.sockets.tools.metrics.envelope(kind, if sent.is_ok() { "acknowledged" } else { "unsent" });
        sent
    }

    /// What is in hand is still answered; nothing more is taken in.
    async fn part(mut self) {
        let drained = async {
            while self.in_hand > 0 {
                let Some(ack) = self.answers.recv().await else { return };
                if self.acknowledge(ack).await.is_err() {
                    return;
                }
            }
            let _ = timeout(WRITTEN_WITHIN, self.socket.close(None)).await;
        };
        let _ = timeout(ANSWERED_WITHIN, drained).await;
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(WRITTEN_WITHIN, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Broken),
            Err(_) => Err(End::Silent),
        }
    }
}
