// The left pane: one conversation as the person picked sees it.

import { drawBlocks } from './blocks.js';
import { arrange, el } from './dom.js';
import { clock, mrkdwn } from './mrkdwn.js';

/** What people and channels are called. */
export function namesOf(slack) {
  const person = (id) => slack.people.find((person) => person.id === id)?.real_name ?? id;
  const channel = (id) => slack.channels.find((channel) => channel.id === id)?.name ?? id;
  return { person: (id) => (id === slack.bot.user_id ? 'p0' : person(id)), channel };
}

/** The person's direct message with the bot, where it was ever opened. */
export const dmOf = (slack, person) => slack.channels.find((channel) => channel.im_with === person);

/** What the person sees in a channel, in order: messages, and the lines that only they see. */
export function linesOf(slack, channel, person) {
  const messages = slack.messages.filter((message) => message.channel === channel.id);
  // Some of Slack's own complaints stand nowhere in particular.
  const whispers = slack.ephemerals
    .filter((line) => line.user === person && [channel.id, ''].includes(line.channel))
    .map((line) => ({ ...line, whispered: true }));
  return [...messages, ...whispers].sort((a, b) => a.ts.localeCompare(b.ts));
}

/** The list of messages. What has not changed keeps its node, and with it the focus and open menus. */
export class Conversation {
  #list = document.getElementById('messages');
  #status = document.getElementById('whisper');
  #drawn = new Map();
  #whose = '';
  #lastWhisper = '';

  /** Draws `lines`; `act(place, element, option)` acts on what stands in them. `empty` is said where there are none. */
  draw(lines, { whose, slack, names, act, empty }) {
    const list = this.#list;
    const another = whose !== this.#whose;
    if (another) this.#drawn.clear();
    this.#whose = whose;
    const atEnd = another || list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const focused = focusIn(list);
    const drawn = new Map();
    for (const line of lines) {
      const key = JSON.stringify(line);
      drawn.set(key, this.#drawn.get(key) ?? drawLine(line, slack, names, act));
    }
    this.#drawn = drawn;
    arrange(list, drawn.size ? [...drawn.values()] : [el('p', { class: 'empty' }, empty)]);
    focused();
    if (atEnd) list.scrollTop = list.scrollHeight;
    this.#announce(lines.filter((line) => line.whispered).at(-1), another, names);
  }

  /** Screen readers hear the newest line that only this person sees. */
  #announce(line, another, names) {
    const ts = line?.ts ?? '';
    if (!another && ts > this.#lastWhisper) this.#status.replaceChildren(mrkdwn(line.text, names));
    this.#lastWhisper = ts;
  }
}

/** Remembers where the focus is; the answer puts it on the control's successor if its message was drawn anew. */
function focusIn(list) {
  const control = list.contains(document.activeElement) ? document.activeElement.closest('[data-action]') : null;
  const ts = control?.closest('[data-ts]')?.dataset.ts;
  return () => {
    if (!control || control.isConnected) return;
    const message = list.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    (message?.querySelector(`[data-action="${CSS.escape(control.dataset.action)}"]`) ?? list).focus({ preventScroll: true });
  };
}

function drawLine(line, slack, names, act) {
  const place = line.whispered ? { in: 'ephemeral', ts: line.ts } : { in: 'message', channel: line.channel, ts: line.ts };
  const fromBot = line.whispered ? !line.from_slack : line.user === slack.bot.user_id;
  const author = line.from_slack ? 'Slackbot' : fromBot ? 'p0' : names.person(line.user);
  const context = { names, act: (element, option) => act(place, element, option) };
  const body = line.blocks.length ? drawBlocks(line.blocks, context) : el('p', {}, mrkdwn(line.text, names));
  return el('article', { class: line.whispered ? 'message whispered' : 'message', 'data-ts': line.ts },
    el('div', { class: fromBot ? 'face app' : 'face', 'aria-hidden': 'true' }, author.slice(0, 1)),
    el('div', { class: 'body' },
      line.whispered ? el('p', { class: 'only' }, 'Only visible to you') : null,
      el('p', { class: 'byline' },
        el('b', {}, author),
        fromBot ? el('span', { class: 'tag' }, 'APP') : null,
        el('time', {}, clock(new Date(Number(line.ts) * 1000))),
        line.edited ? el('span', {}, '(edited)') : null),
      body));
}
