// What a screen reader is told: only what is new, and each thing once, however many clients show it.

import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from './html.js';
import { spoken } from './kit/mrkdwn.js';
import { changeOf, isTold } from './panes/p0.js';

/** More than these at once are counted, not read out. */
const MOST = 3;

export function Announcer({ page }) {
  const [said, setSaid] = useState('');
  const known = useRef(null);
  const watched = useRef('');
  const { slack, state, names } = page;
  useEffect(() => {
    const now = new Map(tellable(slack, state.p0, names, page.watched()));
    const old = known.current;
    known.current = now;
    if (!old) return;
    // Somebody else's messages are no news only because one looks at them now.
    const looks = page.watched().join();
    const same = looks === watched.current;
    watched.current = looks;
    if (!same) return;
    const news = [...new Set([...now].filter(([key, text]) => old.get(key) !== text).map(([, text]) => text))];
    if (news.length) setSaid(news.length > MOST ? `${news.length} changes. ${news.at(-1)}` : news.join(' '));
  }, [state]);
  return html`<p class="unseen" role="status">${said}</p>`;
}

/** What these people see, each thing with its sentence: messages and private lines by their `ts`, calls of P0 by their number. */
function tellable(slack, p0, names, people) {
  const seen = new Set(slack.channels.filter(({ members }) => people.some((person) => members.includes(person))).map(({ id }) => id));
  const messages = slack.messages.filter((message) => seen.has(message.channel));
  const whispers = slack.ephemerals.filter((line) => people.includes(line.user));
  const calls = p0.calls.map((call, index) => [index, call]).filter(([, call]) => isTold(call) && call.status !== null);
  const told = (call) => (call.request_id === null ? `change its settings, ${changeOf(call)}` : `${call.verb} as ${call.identity ?? 'nobody'}`);
  return [
    ...messages.map(({ channel, ts, user, text }) => [`${channel} ${ts}`, `${names.person(user)}: ${spoken(text, names)}`]),
    ...whispers.map(({ user, ts, text }) => [`${user} ${ts}`, `Only visible to ${names.person(user)}: ${spoken(text, names)}`]),
    ...calls.map(([index, call]) => [`call ${index}`, `P0 was told to ${told(call)}: ${call.status}.`]),
  ];
}
