//! What is done to the stage itself: faults are switched, the bot is killed and started, stories are played.

use axum::Json;
use axum::extract::State;
use clap::ValueEnum as _;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Desk;
use crate::sandbox::faults::Switch;
use crate::sandbox::stories::Scenario;

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

/// What is done with a story: `{"start": name}` or `{"do": …}`.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum WithStory {
    Start { start: String },
    Do { r#do: Deed },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Deed {
    Next,
    Play,
    Pause,
    Leave,
}

/// Begins a story, or goes on with the one that was begun.
pub(super) async fn story(State(Desk { stories, .. }): State<Desk>, Json(what): Json<WithStory>) -> Done {
    done(match what {
        WithStory::Start { start } => match Scenario::from_str(&start, false) {
            Ok(scenario) => stories.start(scenario).await,
            Err(_) => Err(anyhow::anyhow!("there is no story {start:?}")),
        },
        WithStory::Do { r#do: Deed::Next } => stories.next(),
        WithStory::Do { r#do: Deed::Play } => stories.play(),
        WithStory::Do { r#do: Deed::Pause } => stories.pause(),
        WithStory::Do { r#do: Deed::Leave } => stories.leave().await,
    })
}
