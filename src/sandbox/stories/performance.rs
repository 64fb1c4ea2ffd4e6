//! One story at a time is on the stage: it is begun, gone through step by step or played, and left.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{anyhow, bail};
use clap::ValueEnum as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::deeds::{Prompt, Trouble};
use super::{Device, Scenario, Step};
use crate::sandbox::scene::Scene;
use crate::sandbox::stage::Stage;

/// How fast a story goes that plays by itself.
#[derive(Clone, Copy, Debug)]
pub(in crate::sandbox) struct Pace {
    /// Between a line and what happens at it.
    before: Duration,
    /// After it, for each character of the line.
    per_character: Duration,
}

impl Pace {
    /// As one reads.
    pub(in crate::sandbox) const READING: Self =
        Self { before: Duration::from_millis(1500), per_character: Duration::from_millis(45) };
    /// As fast as it goes.
    #[cfg(test)]
    pub(in crate::sandbox) const NONE: Self = Self { before: Duration::ZERO, per_character: Duration::ZERO };
}

/// Hears what is told of a story.
type Teller = Box<dyn Fn(&str) + Send + Sync>;

/// The stories, of which one may be on; clones are the same.
#[derive(Clone)]
pub(in crate::sandbox) struct Stories(Arc<Shared>);

struct Shared {
    stage: Stage,
    pace: Pace,
    stop: CancellationToken,
    on: Mutex<Option<Performance>>,
    /// Held while a story is begun or left.
    hand: tokio::sync::Mutex<()>,
    /// Performances so far: their requests are told apart by it.
    count: AtomicU32,
    /// Whether a story waits for the page to be opened.
    cued: AtomicBool,
}

/// A story that is on.
struct Performance {
    scenario: Scenario,
    number: u32,
    title: &'static str,
    steps: Arc<[Step]>,
    prompt: Prompt,
    /// The step that is next, or being done.
    at: usize,
    doing: bool,
    playing: bool,
    /// Why the step at `at` could not be done.
    trouble: Option<Trouble>,
    /// Grows whenever a hand takes over: one that finds another number lets go.
    turn: u32,
    tell: Option<Arc<Teller>>,
    left: CancellationToken,
}

impl Stories {
    pub(in crate::sandbox) fn new(stage: Stage, pace: Pace, stop: CancellationToken) -> Self {
        Self(Arc::new(Shared {
            stage,
            pace,
            stop,
            on: Mutex::default(),
            hand: tokio::sync::Mutex::default(),
            count: AtomicU32::default(),
            cued: AtomicBool::default(),
        }))
    }

    /// The stories there are; null where this stage tells none.
    pub(in crate::sandbox) fn known(&self) -> Value {
        let has = |scenario: &&Scenario| self.0.stage.scene.has_story(**scenario);
        let known = |scenario: &Scenario| {
            let story = scenario.story();
            json!({ "name": scenario, "title": story.title, "about": story.about })
        };
        let known: Vec<Value> = Scenario::value_variants().iter().filter(has).map(known).collect();
        if known.is_empty() { Value::Null } else { known.into() }
    }

    /// The story that is on, with where it stands.
    pub(in crate::sandbox) fn to_json(&self) -> Value {
        self.on().as_ref().map_or(Value::Null, Performance::to_json)
    }

    /// Puts a story on, to be played once the page is opened; `tell` hears each of its lines.
    pub(in crate::sandbox) fn cue(&self, scenario: Scenario, tell: impl Fn(&str) + Send + Sync + 'static) {
        self.put_on(scenario, Some(Arc::new(Box::new(tell))));
        self.0.cued.store(true, Ordering::SeqCst);
    }

    /// Somebody looks at the page: a story that waited for that is played.
    pub(in crate::sandbox) fn opened(&self) {
        if self.0.cued.swap(false, Ordering::SeqCst)
            && let Err(error) = self.play()
        {
            tracing::warn!(%error, "the story cannot be played");
        }
    }

    /// Puts a story on, in the place of one that is on. Everything works at its begin.
    ///
    /// # Errors
    /// This stage tells none, or what could not be put in order.
    pub(in crate::sandbox) async fn start(&self, scenario: Scenario) -> anyhow::Result<()> {
        if !self.0.stage.scene.has_story(scenario) {
            let name = scenario.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
            bail!(
                "this sandbox does not have what the story needs: start one with --scenario {name} and without --seed"
            );
        }
        let _hand = self.0.hand.lock().await;
        self.take_off();
        self.0.stage.put_in_order().await?;
        self.put_on(scenario, None);
        Ok(())
    }

    /// Takes the story off. What it had switched and not yet switched back is put in order.
    ///
    /// # Errors
    /// None is on, or what could not be put in order.
    pub(in crate::sandbox) async fn leave(&self) -> anyhow::Result<()> {
        let _hand = self.0.hand.lock().await;
        let Some(has_ended) = self.take_off() else { bail!("no story is on") };
        if !has_ended {
            self.0.stage.put_in_order().await?;
        }
        Ok(())
    }

    /// Does the next step.
    ///
    /// # Errors
    /// There is none, or one is under way.
    pub(in crate::sandbox) fn next(&self) -> anyhow::Result<()> {
        self.change(|on| {
            on.check_open()?;
            if on.doing || on.playing {
                bail!("the story goes on by itself: pause it first");
            }
            self.spawn(on);
            Ok(())
        })
    }

    /// Plays on by itself.
    ///
    /// # Errors
    /// None is on, or it has ended.
    pub(in crate::sandbox) fn play(&self) -> anyhow::Result<()> {
        self.change(|on| {
            on.check_open()?;
            if !std::mem::replace(&mut on.playing, true) && !on.doing {
                self.spawn(on);
            }
            Ok(())
        })
    }

    /// Stops playing after the step that is under way.
    ///
    /// # Errors
    /// None is on.
    pub(in crate::sandbox) fn pause(&self) -> anyhow::Result<()> {
        self.change(|on| {
            on.playing = false;
            Ok(())
        })
    }

    fn on(&self) -> MutexGuard<'_, Option<Performance>> {
        self.0.on.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Performance) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let changed = change(self.on().as_mut().ok_or_else(|| anyhow!("no story is on"))?);
        self.0.stage.bell.ring();
        changed
    }

    fn put_on(&self, scenario: Scenario, tell: Option<Arc<Teller>>) {
        let story = scenario.story();
        let number = self.0.count.fetch_add(1, Ordering::SeqCst) + 1;
        let name = scenario.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        let stage = self.0.stage.clone();
        let prompt = Prompt {
            since: stage.clock.now().as_microsecond(),
            stage,
            request: format!("{name}-{number}"),
            seed: story.request,
            pressed: None,
        };
        let performance = Performance {
            scenario,
            number,
            title: story.title,
            steps: story.steps.into(),
            prompt,
            at: 0,
            doing: false,
            playing: false,
            trouble: None,
            turn: 0,
            tell,
            left: self.0.stop.child_token(),
        };
        *self.on() = Some(performance);
        self.0.stage.bell.ring();
    }

    /// Says whether the story that was on had ended; `None` where none was.
    fn take_off(&self) -> Option<bool> {
        let on = self.on().take()?;
        on.left.cancel();
        self.0.stage.bell.ring();
        Some(on.has_ended())
    }

    /// Takes the story over: does a step, and goes on for as long as it is playing.
    fn spawn(&self, on: &mut Performance) {
        on.turn += 1;
        let hand = Hand { stories: self.clone(), number: on.number, turn: on.turn };
        // It is under way from now on: nobody else may begin the same step.
        let first = on.begin();
        tokio::spawn(on.left.clone().run_until_cancelled_owned(hand.go_on(first)));
    }
}

/// Who does the steps, until the story pauses or another hand takes over.
struct Hand {
    stories: Stories,
    number: u32,
    turn: u32,
}

/// What is needed for one step.
struct Begun {
    step: Step,
    prompt: Prompt,
    playing: bool,
    tell: Option<Arc<Teller>>,
}

impl Hand {
    async fn go_on(self, first: Begun) {
        let pace = self.stories.0.pace;
        let mut next = Some(first);
        while let Some(Begun { step, mut prompt, playing, tell }) = next {
            let told = |line: &str| tell.iter().for_each(|tell| tell(line));
            told(&step.to_line(&prompt.stage.scene));
            if playing {
                tokio::time::sleep(pace.before).await;
            }
            let done = prompt.perform(&step).await;
            if let Err(trouble) = &done {
                told(&format!("  This could not be done: {trouble}."));
            }
            if self.mine(|on| on.end(done, prompt)).is_none_or(|has_ended| has_ended) {
                told("The story has ended.");
                return;
            }
            let characters = u32::try_from(step.say.chars().count()).unwrap_or(u32::MAX);
            tokio::time::sleep(pace.per_character.saturating_mul(characters)).await;
            next = self.mine(|on| on.playing.then(|| on.begin())).flatten();
        }
    }

    /// Changes the story, if this is still the hand that has it.
    fn mine<T>(&self, change: impl FnOnce(&mut Performance) -> T) -> Option<T> {
        let mut on = self.stories.on();
        let mine = on.as_mut().filter(|on| (on.number, on.turn) == (self.number, self.turn));
        let changed = mine.map(change);
        drop(on);
        self.stories.0.stage.bell.ring();
        changed
    }
}

impl Performance {
    fn has_ended(&self) -> bool {
        self.at == self.steps.len()
    }

    fn check_open(&self) -> anyhow::Result<()> {
        if self.has_ended() { Err(anyhow!("the story has ended")) } else { Ok(()) }
    }

    fn begin(&mut self) -> Begun {
        self.doing = true;
        self.trouble = None;
        Begun {
            step: self.steps[self.at].clone(),
            prompt: self.prompt.clone(),
            playing: self.playing,
            tell: self.tell.clone(),
        }
    }

    /// The step is done, or stays where it is with its trouble. Says whether the story has ended.
    fn end(&mut self, done: Result<(), Trouble>, prompt: Prompt) -> bool {
        self.doing = false;
        self.prompt = prompt;
        match done {
            Ok(()) => self.at += 1,
            Err(trouble) => self.trouble = Some(trouble),
        }
        if self.trouble.is_some() || self.has_ended() {
            self.playing = false;
        }
        self.has_ended()
    }

    fn to_json(&self) -> Value {
        let steps = self.steps.iter().enumerate().map(|(number, step)| {
            let is_current = number == self.at;
            let state = match (number < self.at, is_current) {
                (true, _) => "done",
                (_, true) if self.doing => "doing",
                (_, true) => "next",
                _ => "todo",
            };
            let trouble = self.trouble.as_ref().filter(|_| is_current);
            json!({ "say": step.say, "who": step.who, "device": step.device, "state": state, "trouble": trouble })
        });
        json!({
            "name": self.scenario,
            "title": self.title,
            "steps": steps.collect::<Vec<_>>(),
            "ended": self.has_ended(),
            "playing": self.playing,
        })
    }
}

impl Step {
    /// The line as a terminal shows it.
    fn to_line(&self, scene: &Scene) -> String {
        let on = match self.device {
            Some(Device::Phone) => "phone",
            Some(Device::Desktop) => "desktop",
            None => return self.say.to_owned(),
        };
        format!("[{}, {on}] {}", self.who.map_or("", |who| scene.name_of(who)), self.say)
    }
}
