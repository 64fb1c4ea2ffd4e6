//! What is done to the stage itself: faults are switched, the bot is killed and started.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Desk;
use crate::sandbox::faults::Switch;

/// An empty object, or a status and why it could not be done.
pub(super) type Done = Result<Json<Value>, (StatusCode, Json<Value>)>;

/// The answer to something that was tried.
pub(super) fn done<E: Into<anyhow::Error>>(tried: Result<(), E>) -> Done {
    match tried {
        Ok(()) => Ok(Json(json!({}))),
        Err(error) => {
            Err((StatusCode::CONFLICT, Json(json!({ "error": format!("{:#}", Into::<anyhow::Error>::into(error)) }))))
        }
    }
}

/// What is done with the bot.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum WithBot {
    Kill,
    Start,
}

/// Switches faults on or back.
pub(super) async fn fault(State(Desk { stage, .. }): State<Desk>, Json(switch): Json<Switch>) -> Done {
    done(stage.faults.switch(switch).await)
}

/// Kills the bot, or starts it again.
pub(super) async fn bot(State(Desk { stage, .. }): State<Desk>, Json(what): Json<WithBot>) -> Done {
    done(match what {
        WithBot::Kill => stage.bot.kill().await,
        WithBot::Start => stage.bot.start().await,
    })
}
