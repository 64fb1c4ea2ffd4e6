//! What is done to the stage itself: faults are switched, the bot is killed and started, stories are played.

use std::time::Duration;

use anyhow::anyhow;
use axum::Json;
use axum::extract::State;
use clap::ValueEnum as _;
use serde::Deserialize;
use serde_json::json;

use super::Desk;
use super::answer::{Body, Done};
use crate::sandbox::faults::Switch;
use crate::sandbox::stories::Scenario;

/// What is done with the bot.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum WithBot {
    Kill,
    Start,
}

/// Switches faults on or back.
pub(super) async fn fault(State(Desk { stage, .. }): State<Desk>, Body(switch): Body<Switch>) -> Done {
    stage.faults.switch(switch).await?;
    Ok(Json(json!({})))
}

/// Kills the bot, or starts it again.
pub(super) async fn bot(State(Desk { stage, .. }): State<Desk>, Body(what): Body<WithBot>) -> Done {
    let (is_done, instead) = match what {
        WithBot::Kill => (stage.bot.kill().await?, "the bot is not running"),
        WithBot::Start => (stage.bot.start().await?, "the bot is running"),
    };
    if is_done { Ok(Json(json!({}))) } else { Err(anyhow!(instead).into()) }
}

/// A shift that changes: on this level this person is on call from now on, or nobody.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shift {
    level: u32,
    person: Option<String>,
}

/// Changes who is on call.
pub(super) async fn duty(State(Desk { stage, .. }): State<Desk>, Body(shift): Body<Shift>) -> Done {
    let duty = stage.duty.as_ref().ok_or_else(|| anyhow!("nobody is on call here"))?;
    duty.put(shift.level, shift.person.as_deref()).map_err(anyhow::Error::from)?;
    Ok(Json(json!({})))
}

/// Time that passes at once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Passing {
    minutes: u16,
}

/// Lets time pass, for the bot and for everybody else on the stage.
pub(super) async fn time(State(Desk { stage, .. }): State<Desk>, Body(passing): Body<Passing>) -> Done {
    stage.pass(Duration::from_secs(60 * u64::from(passing.minutes)));
    Ok(Json(json!({})))
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
pub(super) async fn story(State(Desk { stories, .. }): State<Desk>, Body(what): Body<WithStory>) -> Done {
    match what {
        WithStory::Start { start } => {
            let scenario = Scenario::from_str(&start, false).map_err(|_| anyhow!("there is no story {start:?}"))?;
            stories.start(scenario).await?;
        }
        WithStory::Do { r#do: Deed::Next } => stories.next()?,
        WithStory::Do { r#do: Deed::Play } => stories.play()?,
        WithStory::Do { r#do: Deed::Pause } => stories.pause()?,
        WithStory::Do { r#do: Deed::Leave } => stories.leave().await?,
    }
    Ok(Json(json!({})))
}
