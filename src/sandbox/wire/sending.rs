//! How an answer leaves the house: whole, late, broken off or never.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream::{self, StreamExt};

use super::fault::Fault;
use super::line::Line;
use super::reply::Reply;

/// What becomes of the answer to one call.
pub(in crate::sandbox) enum Sending {
    Whole(Reply),
    After(Duration, Reply),
    /// Headers and half a body, then the connection ends.
    Truncated(u16),
    /// Nothing, and the connection ends.
    Cut,
    /// Nothing, and the connection stays.
    Never,
}

impl Sending {
    /// Does the `work` of a call, unless the fault that it meets is instead of it.
    pub(in crate::sandbox) fn of(fault: Option<Fault>, work: impl FnOnce() -> Reply) -> Self {
        match fault {
            // Who is late has waited before.
            None | Some(Fault::Late(_)) => Self::Whole(work()),
            Some(Fault::Status(answer)) => Self::Whole(answer.reply()),
            Some(Fault::ErrorAt200(text)) => Self::Whole(Reply::error(200, &text)),
            Some(Fault::Slow(wait)) => Self::After(wait, work()),
            Some(Fault::Hang) => Self::Never,
            Some(Fault::LostAnswer) => {
                work();
                Self::Cut
            }
            Some(Fault::Drop) => Self::Cut,
            Some(Fault::Truncated) => match work().status {
                204 => Self::Cut,
                status => Self::Truncated(status),
            },
        }
    }

    /// The status that goes out, if one does.
    pub(in crate::sandbox) fn status(&self) -> Option<u16> {
        match self {
            Self::Whole(reply) | Self::After(_, reply) => Some(reply.status),
            Self::Truncated(status) => Some(*status),
            Self::Cut | Self::Never => None,
        }
    }

    /// The answer as HTTP, when its time has come.
    pub(in crate::sandbox) async fn into_response(self, line: &Line) -> Response {
        match self {
            Self::Whole(reply) => reply.into_response(),
            Self::After(wait, reply) => {
                tokio::time::sleep(wait).await;
                reply.into_response()
            }
            Self::Truncated(status) => truncated(status),
            Self::Cut => {
                line.cut();
                Response::new(Body::empty())
            }
            Self::Never => std::future::pending().await,
        }
    }
}

/// An answer that promises more bytes than it delivers.
fn truncated(status: u16) -> Response {
    let half = stream::once(async { Ok(Bytes::from_static(b"{\"ok\":")) });
    // The pause lets the server flush what it has before the error makes it drop the connection.
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::other("the stand-in breaks off here"))
    });
    let length = ("Content-Length".to_owned(), "11".to_owned());
    let mut response =
        Reply::text(status, "application/json", String::new()).with_headers(vec![length]).into_response();
    *response.body_mut() = Body::from_stream(half.chain(end));
    response
}
