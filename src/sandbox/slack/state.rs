//! The workspace itself: who and what is in it, and the few ways in which it changes.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::{Map, Value, json};

use super::capabilities::{ResponseUrl, Trigger};
use super::faults::Faults;
use super::person::Delivery;
use super::rates::Meter;
use super::records::{Call, Ephemeral, Message, View};
use super::setup::{Channel, Person, SlackSetup};
use super::sign_in::SignIn;
use super::socket::Sockets;

/// Older calls are forgotten, so that a sandbox left running does not grow without end.
const CALLS_KEPT: usize = 10_000;

/// What a person entered, by block id and action id, in the shape of `state.values`.
pub(super) type Entered = Map<String, Value>;

/// One fake workspace with everything that happened in it.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) setup: SlackSetup,
    /// `http://127.0.0.1:<port>`, where response URLs point to.
    pub(super) own_url: String,
    /// Where the bot's doors are, without a slash at its end.
    pub(super) bot_url: Option<String>,
    /// Everything posted and not deleted, in the order of `ts`.
    pub(super) messages: Vec<Message>,
    pub(super) ephemerals: Vec<Ephemeral>,
    /// Open modals of each person, the topmost last.
    pub(super) modals: BTreeMap<String, Vec<View>>,
    /// The published Home of each person.
    pub(super) homes: BTreeMap<String, View>,
    pub(super) triggers: HashMap<String, Trigger>,
    pub(super) response_urls: HashMap<String, ResponseUrl>,
    /// What each person picked in a message or view, by person and place.
    pub(super) entered: HashMap<(String, String), Entered>,
    pub(super) calls: VecDeque<Call>,
    pub(super) violations: Vec<String>,
    pub(super) meter: Meter,
    pub(super) faults: Faults,
    pub(super) sign_in: SignIn,
    pub(super) sockets: Sockets,
    /// Whether an admin has taken the app out of the workspace.
    pub(super) uninstalled: bool,
    pub(super) last_delivery: Option<Delivery>,
    pub(super) last_event: Option<Vec<u8>>,
    last_micros: i64,
}

impl Workspace {
    pub(super) fn new(mut setup: SlackSetup, own_url: String) -> Self {
        let bot = Person { is_bot: true, email: None, ..Person::new(&setup.bot_user_id, "p0") };
        setup.people.push(bot);
        Self {
            setup,
            own_url,
            bot_url: None,
            messages: Vec::new(),
            ephemerals: Vec::new(),
            modals: BTreeMap::new(),
            homes: BTreeMap::new(),
            triggers: HashMap::new(),
            response_urls: HashMap::new(),
            entered: HashMap::new(),
            calls: VecDeque::new(),
            violations: Vec::new(),
            meter: Meter::default(),
            faults: Faults::default(),
            sign_in: SignIn::new(),
            sockets: Sockets::default(),
            uninstalled: false,
            last_delivery: None,
            last_event: None,
            last_micros: 0,
        }
    }

    /// A new `ts`: seconds and six digits, larger than every one before, even if the clock stands still.
    pub(super) fn next_ts(&mut self) -> String {
        self.last_micros = (self.last_micros + 1).max(self.setup.clock.now().as_microsecond());
        format!("{}.{:06}", self.last_micros / 1_000_000, self.last_micros % 1_000_000)
    }

    pub(super) fn person(&self, id: &str) -> Option<&Person> {
        self.setup.people.iter().find(|person| person.id == id)
    }

    pub(super) fn channel(&self, id: &str) -> Option<&Channel> {
        self.setup.channels.iter().find(|channel| channel.id == id)
    }

    /// The direct message with a person, if it was ever opened.
    pub(super) fn dm_of(&self, user: &str) -> Option<&Channel> {
        self.setup.channels.iter().find(|channel| channel.im_with.as_deref() == Some(user))
    }

    /// The id of the direct message with a person, opened now if need be.
    pub(super) fn open_dm(&mut self, user: &str) -> String {
        if let Some(channel) = self.dm_of(user) {
            return channel.id.clone();
        }
        let id = new_id('D');
        self.setup.channels.push(Channel::direct(id.clone(), user));
        id
    }

    pub(super) fn message(&self, channel: &str, ts: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.channel == channel && message.ts == ts)
    }

    pub(super) fn message_mut(&mut self, channel: &str, ts: &str) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.channel == channel && message.ts == ts)
    }

    /// Posts as the bot; gives the `ts`. Where the message of a thread is gone, Slack does not refuse: what was meant
    /// for the thread stands in the channel, and only the lack of a `thread_ts` in the answer says so.
    pub(super) fn post(&mut self, channel: &str, content: Content) -> String {
        let thread_ts = content.thread_ts.filter(|root| self.message(channel, root).is_some());
        let message = Message {
            is_broadcast: content.is_broadcast && thread_ts.is_some(),
            thread_ts,
            blocks: with_ids(content.blocks),
            bot_id: Some(self.setup.bot_id.clone()),
            metadata: content.metadata,
            ..Message::said(channel, &self.setup.bot_user_id, content.text)
        };
        self.keep(message).ts
    }

    /// Gives a message its `ts` and puts it where it belongs; one that is answered for the first time begins a thread.
    pub(super) fn keep(&mut self, message: Message) -> Message {
        let message = Message { ts: self.next_ts(), ..message };
        let root = message.thread_ts.as_ref().and_then(|root| self.message_mut(&message.channel, root));
        if let Some(root) = root {
            root.thread_ts = Some(root.ts.clone());
        }
        self.messages.push(message.clone());
        message
    }

    /// Shows something to one person, if a client of theirs is open; gives its `ts` either way.
    pub(super) fn whisper(&mut self, channel: &str, user: &str, content: Content, from_slack: bool) -> String {
        let ts = self.next_ts();
        if self.person(user).is_some_and(|person| person.active) {
            self.ephemerals.push(Ephemeral {
                channel: channel.to_owned(),
                ts: ts.clone(),
                thread_ts: content.thread_ts,
                user: user.to_owned(),
                text: content.text,
                blocks: with_ids(content.blocks),
                from_slack,
            });
        }
        ts
    }

    /// A line of Slack's own, as when an app did not answer in time.
    pub(super) fn complain(&mut self, channel: &str, user: &str, text: String) {
        self.whisper(channel, user, Content { text, ..Content::default() }, true);
    }

    pub(super) fn view(&self, id: &str) -> Option<&View> {
        self.modals.values().flatten().chain(self.homes.values()).find(|view| view.id == id)
    }

    pub(super) fn view_mut(&mut self, id: &str) -> Option<&mut View> {
        self.modals.values_mut().flatten().chain(self.homes.values_mut()).find(|view| view.id == id)
    }

    pub(super) fn record(&mut self, call: Call) {
        if self.calls.len() == CALLS_KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    /// Notes something that Slack lets pass or only refuses, but that the bot should never do.
    pub(super) fn violation(&mut self, by: &str, what: &str) {
        self.violations.push(format!("{by}: {what}"));
    }
}

/// What a message says.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) text: String,
    pub(super) blocks: Vec<Value>,
    pub(super) thread_ts: Option<String>,
    pub(super) is_broadcast: bool,
    pub(super) metadata: Option<Value>,
}

/// An id as Slack makes them: a letter that tells the kind, then ten opaque characters.
pub(super) fn new_id(kind: char) -> String {
    format!("{kind}{:010X}", rand::random::<u64>() & 0xff_ffff_ffff)
}

/// A secret of 128 bits for URLs and triggers.
pub(super) fn new_secret() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// Blocks and elements sent without ids get some, as Slack does.
pub(super) fn with_ids(mut blocks: Vec<Value>) -> Vec<Value> {
    for block in &mut blocks {
        name(block, "block_id");
        let Some(block) = block.as_object_mut() else { continue };
        for key in ["accessory", "element"] {
            block.get_mut(key).into_iter().for_each(name_element);
        }
        let elements = block.get_mut("elements").and_then(Value::as_array_mut);
        elements.into_iter().flatten().for_each(name_element);
    }
    blocks
}

fn name_element(element: &mut Value) {
    let kind = element.get("type").and_then(Value::as_str).unwrap_or_default();
    if !matches!(kind, "image" | "plain_text" | "mrkdwn") && !kind.starts_with("rich_text") {
        name(element, "action_id");
    }
}

fn name(thing: &mut Value, key: &str) {
    if let Some(thing) = thing.as_object_mut() {
        thing.entry(key).or_insert_with(|| json!(format!("{:05x}", rand::random::<u32>() & 0xf_ffff)));
    }
}
