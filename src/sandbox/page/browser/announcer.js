// What a screen reader is told: only what is new, and each thing once, however many clients show it.

import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from './html.js';
import { spoken } from './kit/mrkdwn.js';

/** More than these at once are counted, not read out. */
const MOST = 3;

export function Announcer({ page }) {
  const [said, setSaid] = useState('');
  const known = useRef(null);
  const { slack, state, names } = page;
  useEffect(() => {
    const now = new Map(tellable(slack, state.p0, names));
    const old = known.current;
    known.current = now;
    if (!old) return;
    const news = [...now].filter(([key, text]) => old.get(key) !== text).map(([, text]) => text);
    if (news.length) setSaid(news.length > MOST ? `${news.length} changes. ${news.at(-1)}` : news.join(' '));
  }, [state]);
  return html`<p class="unseen" role="status">${said}</p>`;
}

/** Each thing with its sentence: messages and private lines by their `ts`, calls of P0 by their number. */
function tellable(slack, p0, names) {
  const messages = slack.messages.map((message) => [message.channel + message.ts, `${names.person(message.user)}: ${spoken(message.text, names)}`]);
  const whispers = slack.ephemerals.map((line) => [`${line.user}${line.ts}`, `Only visible to ${names.person(line.user)}: ${spoken(line.text, names)}`]);
  const calls = p0.calls.map((call, index) => [`call ${index}`, call]).filter(([, call]) => call.request_id && call.status !== null);
  return [...messages, ...whispers, ...calls.map(([key, call]) => [key, `P0 was told to ${call.verb} as ${call.identity ?? 'nobody'}: ${call.status}.`])];
}
