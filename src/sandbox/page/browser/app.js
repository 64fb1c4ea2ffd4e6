// The page's wiring: what the server says, who the person is, where they look, what they do.

import { agreed, Modal } from './dialogs.js';
import { drawP0 } from './p0.js';
import { Conversation, dmOf, linesOf, namesOf } from './slack.js';

const $ = (id) => document.getElementById(id);
const conversation = new Conversation();
const modal = new Modal({
  act: (view, element, option) => actOn({ in: 'view', view_id: view.id }, element, option),
  submit: (view, values) => act({ kind: 'submit', view_id: view.id, values }),
  close: (view) => act({ kind: 'close', view_id: view.id }),
});

/** The last state; the person and the conversation looked at; up to where each person has read each conversation. */
let state = null;
let person = sessionStorage.getItem('person');
let place = 'channel';
const read = new Map();
let callsSeen = null;

async function refresh() {
  const response = await fetch('state');
  if (!response.ok) throw new Error(`state: ${response.status}`);
  state = await response.json();
  draw();
}

// At most one question is under way; changes that arrive meanwhile are one more.
let asking = false;
let askAgain = false;
async function changed() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  do {
    askAgain = false;
    await refresh().then(() => lost(false), () => lost(true));
  } while (askAgain);
  asking = false;
}

function lost(is) {
  $('lost').hidden = !is;
}

async function post(where, body) {
  try {
    const response = await fetch(where, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    return await response.json();
  } catch {
    return { error: 'the sandbox does not answer' };
  }
}

/** Does something as the person; resolves to what Slack would complain of, or to nothing. */
async function act(deed) {
  const answer = await post('act', { person, ...deed });
  changed();
  if (answer.error) return `⚠ ${answer.error}`;
  const refused = answer.status !== null && (answer.status < 200 || answer.status > 299);
  return refused ? `⚠ This app did not respond (${answer.status}).` : null;
}

/** Presses or chooses, after the confirm where there is one. */
async function actOn(at, element, option) {
  if (element.confirm && !(await agreed(element.confirm, namesOf(state.slack)))) return null;
  const what = { place: at, action_id: element.action_id };
  return act(option ? { kind: 'choose', ...what, option: option.value } : { kind: 'press', ...what });
}

function channelAt(where) {
  return where === 'dm' ? dmOf(state.slack, person) : state.slack.channels.find((channel) => channel.id === state.channel);
}

function draw() {
  const { slack, p0, people } = state;
  if (!people.some((one) => one.id === person)) person = people[0].id;
  const names = namesOf(slack);
  drawPeople(people, names);
  $('channel-name').textContent = `#${names.channel(state.channel)}`;
  for (const button of document.querySelectorAll('[data-place]')) button.ariaPressed = String(button.dataset.place === place);
  const channel = channelAt(place);
  const member = channel?.members.includes(person);
  const name = names.person(person);
  conversation.draw(member ? linesOf(slack, channel, person) : [], {
    whose: `${person} ${place}`,
    slack,
    names,
    act: actOn,
    empty: place === 'dm' ? `p0 has not written to ${name} yet. Write “help” to it.`
      : member ? 'No cards yet: they arrive within a few seconds.' : `${name} is not in this channel and sees nothing of it.`,
  });
  drawComposer(slack, names, member);
  drawNews(slack, p0);
  drawP0(p0);
  modal.show(slack.modals[person]?.at(-1) ?? null, names);
}

function drawPeople(people, names) {
  const select = $('person');
  if (select.options.length !== people.length) {
    select.replaceChildren(...people.map((one) => new Option(`${names.person(one.id)}: ${one.what}`, one.id)));
  }
  select.value = person;
}

function drawComposer(slack, names, member) {
  const { command } = slack.bot;
  const to = place === 'dm' ? 'Message p0' : `Mention p0 in #${names.channel(state.channel)}`;
  $('text').placeholder = `${to}, or ${command} pending`;
  $('composer').querySelector('button').disabled = !member && place === 'channel';
}

/** Counts what this person has not looked at yet. */
function drawNews(slack, p0) {
  for (const where of ['channel', 'dm']) {
    const channel = channelAt(where);
    const lines = channel?.members.includes(person) ? linesOf(slack, channel, person) : [];
    const key = `${person} ${where}`;
    if (where === place) read.set(key, lines.at(-1)?.ts ?? '');
    const unread = lines.filter((line) => line.ts > (read.get(key) ?? '')).length;
    badge($(`${where}-news`), unread, 'not read');
  }
  if (callsSeen === null || document.querySelector('main').dataset.shows === 'p0') callsSeen = p0.calls.length;
  badge($('p0-news'), p0.calls.length - callsSeen, 'new');
}

function badge(node, count, what) {
  node.hidden = count === 0;
  node.textContent = String(count);
  node.title = `${count} ${what}`;
}

/** Slash commands work in both conversations; anything else is a direct message, or mentions the bot. */
async function send(text) {
  const { command } = state.slack.bot;
  if (text === command || text.startsWith(`${command} `)) {
    const channel = channelAt(place)?.id ?? state.channel;
    return act({ kind: 'slash', channel, text: text.slice(command.length).trim() });
  }
  if (text.startsWith('/')) return `${text.split(' ')[0]} is not a valid command.`;
  return act(place === 'dm' ? { kind: 'dm', text } : { kind: 'mention', channel: state.channel, text });
}

function show(view) {
  document.querySelector('main').dataset.shows = view;
  for (const button of document.querySelectorAll('[data-view]')) button.ariaPressed = String(button.dataset.view === view);
  if (state) draw();
}

/** An address that names a request shows it. */
function followHash() {
  const request = location.hash.startsWith('#request-') && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!request) return;
  // In Slack the window would stay open in another tab.
  if (modal.view) act({ kind: 'close', view_id: modal.view.id });
  show('p0');
  request.scrollIntoView({ block: 'center' });
  request.focus();
}

$('person').addEventListener('change', (event) => {
  person = event.target.value;
  sessionStorage.setItem('person', person);
  draw();
});
for (const button of document.querySelectorAll('[data-place]')) {
  button.addEventListener('click', () => {
    place = button.dataset.place;
    draw();
  });
}
for (const button of document.querySelectorAll('[data-view]')) button.addEventListener('click', () => show(button.dataset.view));
$('ask').addEventListener('click', () => post('request', {}).then(changed));
$('composer').addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = $('text').value.trim();
  if (!text) return;
  $('text').value = '';
  const complaint = await send(text);
  $('trouble').textContent = complaint ?? '';
  $('trouble').hidden = !complaint;
});
window.addEventListener('hashchange', followHash);

const events = new EventSource('events');
events.addEventListener('message', changed);
events.addEventListener('error', () => lost(true));
