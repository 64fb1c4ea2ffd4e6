//! A WebSocket, from the first byte to the last.

use std::collections::VecDeque;

use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Order, SOCKET};
use crate::sandbox::slack::server::Service;

#[derive(Deserialize)]
pub(in crate::sandbox::slack) struct Link {
    ticket: String,
}

/// `GET /link/?ticket=…` with a wish for a WebSocket.
pub(in crate::sandbox::slack) async fn connect(
    State(service): State<Service>,
    Query(Link { ticket }): Query<Link>,
    mut request: Request,
) -> Response {
    let Some(accept) = accept_key(request.headers()) else { return StatusCode::BAD_REQUEST.into_response() };
    let Some((id, orders)) = service.shared.change(|slack| slack.admit(&ticket)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        // Whoever goes on after the stop has no stand-in any more.
        let stop = service.stop.clone();
        stop.run_until_cancelled(serve(&service, id, upgrade, orders)).await;
        service.shared.change(|slack| slack.gone(id));
    });
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    answer.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    answer.headers_mut().insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    answer
}

fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let said = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_wish = said(header::UPGRADE)?.eq_ignore_ascii_case("websocket")
        && said(header::CONNECTION)?.to_lowercase().contains("upgrade")
        && said(header::SEC_WEBSOCKET_VERSION)? == "13";
    let key = said(header::SEC_WEBSOCKET_KEY).filter(|_| is_wish)?;
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()
}

async fn serve(service: &Service, id: u64, upgrade: OnUpgrade, mut orders: UnboundedReceiver<Order>) {
    let Ok(upgraded) = upgrade.await else { return };
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
    let mut asked = VecDeque::new();
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Say(text)) => {
                    if socket.send(Message::text(text)).await.is_err() {
                        return;
                    }
                }
                Some(Order::Ping(answered)) => {
                    asked.push_back(answered);
                    if socket.send(Message::Ping(Bytes::new())).await.is_err() {
                        return;
                    }
                }
                Some(Order::Close) => {
                    let _ = socket.close(None).await;
                }
                Some(Order::Freeze) => return frozen(socket, orders).await,
                Some(Order::Cut) | None => return,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => service.shared.change(|slack| slack.hear(&text)),
                Some(Ok(Message::Binary(_))) => {
                    service.shared.change(|slack| slack.violation(SOCKET, &format!("bytes over socket {id}")));
                }
                Some(Ok(Message::Pong(_))) => {
                    if let Some(answered) = asked.pop_front() {
                        let _ = answered.send(());
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}

/// Open, as far as the other side can see, until it is cut or the other side gives it up, which nobody here notices.
async fn frozen(socket: WebSocketStream<TokioIo<Upgraded>>, mut orders: UnboundedReceiver<Order>) {
    while !matches!(orders.recv().await, Some(Order::Cut) | None) {}
    drop(socket);
}
