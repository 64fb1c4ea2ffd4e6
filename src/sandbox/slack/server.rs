//! The socket: a capped body comes in, faults have their way, the Web API answers.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::serve::{IncomingStream, Listener};
use http::header::DATE;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::faults::Fault;
use super::records::{Answered, Call};
use super::state::Workspace;
use super::web_api::{self, Args, Refusal, Reply};
use super::{Shared, response_url, sign_in, socket};
use crate::sandbox::date_header;

/// The largest request the stand-in reads; a message with 50 full blocks stays far below.
const BODY_CAP: usize = 1 << 20;

/// Serves until told to stop.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    let app = Router::new()
        .route("/api/{method}", any(api))
        .route("/response/{secret}", post(respond))
        .route("/link/", get(socket::connect))
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/openid/connect/keys", get(keys))
        .route("/openid/connect/authorize", get(sign_in::ask).post(sign_in::decide))
        .layer(DefaultBodyLimit::max(BODY_CAP))
        .with_state(Service { shared, stop: stop.clone() })
        .into_make_service_with_connect_info::<Line>();
    if let Err(error) = axum::serve(Lines(listener), app).with_graceful_shutdown(stop.cancelled_owned()).await {
        tracing::error!(%error, "the stand-in for Slack stopped serving");
    }
}

#[derive(Clone)]
pub(super) struct Service {
    pub(super) shared: Arc<Shared>,
    pub(super) stop: CancellationToken,
}

/// One call of the Web API.
async fn api(
    State(service): State<Service>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(method): Path<String>,
    verb: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let args = Args::read(&method, &verb, query.as_deref(), &headers, &body);
    let body = args.as_ref().map_or(Value::Null, Args::to_value);
    let token = web_api::bearer(&headers).or_else(|| args.as_ref().ok()?.text("token").map(str::to_owned));
    let work = |slack: &mut Workspace| web_api::answer(slack, &method, token.as_deref(), args);
    service.handle(&line, &method, body, work).await
}

/// One use of a response URL.
async fn respond(
    State(service): State<Service>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(secret): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let args = Args::read(response_url::METHOD, &Method::POST, None, &headers, &body);
    let body = args.as_ref().map_or(Value::Null, Args::to_value);
    let work = |slack: &mut Workspace| response_url::answer(slack, &secret, args);
    service.handle(&line, response_url::METHOD, body, work).await
}

/// Where one signs in with Slack.
async fn configuration(State(service): State<Service>, ConnectInfo(line): ConnectInfo<Line>) -> Response {
    service.handle(&line, sign_in::CONFIGURATION, Value::Null, |slack| Reply::document(slack.configuration())).await
}

/// The keys of the ID tokens.
async fn keys(State(service): State<Service>, ConnectInfo(line): ConnectInfo<Line>) -> Response {
    service.handle(&line, sign_in::KEYS, Value::Null, |slack| Reply::document(slack.sign_in.keys())).await
}

impl Service {
    /// Does the work unless a fault was ordered, notes what the caller heard, and dates it by the stand-in's clock.
    async fn handle(
        &self,
        line: &Line,
        method: &str,
        body: Value,
        work: impl FnOnce(&mut Workspace) -> Reply,
    ) -> Response {
        let mut response = self.answer(line, method, body, work).await;
        let now = self.shared.look(|slack| slack.setup.clock.now());
        response.headers_mut().insert(DATE, date_header(now));
        response
    }

    async fn answer(
        &self,
        line: &Line,
        method: &str,
        body: Value,
        work: impl FnOnce(&mut Workspace) -> Reply,
    ) -> Response {
        let (at, fault) = self.shared.change(|slack| (slack.setup.clock.now(), slack.faults.next(method)));
        let note = |slack: &mut Workspace, answered| {
            slack.record(Call { method: method.to_owned(), body, at, answered });
        };
        match fault {
            Some(Fault::RateLimited { retry_after_s }) => {
                self.shared.change(|slack| note(slack, Answered::RateLimited(retry_after_s)));
                Reply::from(Refusal::rate_limited(retry_after_s)).into_response()
            }
            Some(Fault::Status(status, text)) => {
                self.shared.change(|slack| note(slack, Answered::Status(status)));
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                (status, text).into_response()
            }
            Some(Fault::ApiError(code)) => {
                self.shared.change(|slack| note(slack, Answered::Error(code.clone())));
                Reply::from(Refusal::new(&code)).into_response()
            }
            Some(Fault::Drop) => {
                self.shared.change(|slack| note(slack, Answered::Nothing));
                line.cut()
            }
            Some(Fault::LostAnswer) => {
                self.shared.change(|slack| {
                    work(slack);
                    note(slack, Answered::Lost);
                });
                line.cut()
            }
            Some(Fault::Hang(wait)) => {
                self.hang(wait).await;
                self.do_and_note(work, note)
            }
            None => self.do_and_note(work, note),
        }
    }

    fn do_and_note(
        &self,
        work: impl FnOnce(&mut Workspace) -> Reply,
        note: impl FnOnce(&mut Workspace, Answered),
    ) -> Response {
        let reply = self.shared.change(|slack| {
            let reply = work(slack);
            note(slack, reply.answered());
            reply
        });
        reply.into_response()
    }

    async fn hang(&self, wait: Duration) {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.stop.cancelled() => {}
        }
    }
}

/// The listener whose connections can be cut by a handler.
struct Lines(TcpListener);

/// A connection that can be cut before its answer is written.
struct CuttableStream {
    stream: TcpStream,
    line: Line,
}

/// A handler's hold on its connection.
#[derive(Clone)]
struct Line(Arc<AtomicBool>);

impl Line {
    /// From now on nothing is written any more: the caller sees the connection close without an answer.
    fn cut(&self) -> Response {
        self.0.store(true, Ordering::SeqCst);
        Response::new(Body::empty())
    }
}

impl Listener for Lines {
    type Io = CuttableStream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (CuttableStream { stream, line: Line(Arc::default()) }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().line.clone()
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.line.0.load(Ordering::SeqCst) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
