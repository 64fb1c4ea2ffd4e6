// The push notification, as a phone shows it: who wrote, and the message's `text` as it was when it came.

import { useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { clock, timeOf } from '../kit/dates.js';
import { spoken } from '../kit/mrkdwn.js';
import { placeOf, pushesTo, wayTo } from './workspace.js';

/** The newest push over whatever the phone shows. */
export function Notification({ client }) {
  const [dismissed, setDismissed] = useState('');
  const pushes = usePushes(client).filter((push) => push.ts > dismissed);
  const newest = pushes.at(-1);
  if (!newest) return null;
  return html`<div class="notification">
    <${Push} client=${client} push=${newest} more=${pushes.length - 1} />
    <button type="button" class="tool" aria-label="Dismiss the notification" onClick=${() => setDismissed(newest.ts)}>✕</button>
  </div>`;
}

/** One push; pressing it leads to its message. */
export function Push({ client, push, more = 0 }) {
  const { page } = client;
  const place = placeOf(page.slack, push);
  const where = push.channel && place === push.channel ? ` in #${page.names.channel(place)}` : '';
  return html`<button type="button" class="push" onClick=${() => client.go(place, wayTo(push))}>
    <span class="avatar app" aria-hidden="true">p0</span>
    <span class="push-text">
      <span class="push-head"><b><span class="unseen">Notification from </span>p0${where}</b> <time>${clock(timeOf(push.ts))}</time></span>
      <span class="push-body">${push.said}</span>
      ${more > 0 && html`<span class="hint">and ${more} more</span>`}
    </span>
  </button>`;
}

/** What the phone would have been told of, with the words of then: an edit does not push again. */
export function usePushes({ page, person }) {
  const first = useRef(new Map());
  return pushesTo(page.slack, person, (place) => page.readUpTo(person, place)).map((message) => {
    const key = `${person} ${message.ts}`;
    if (!first.current.has(key)) first.current.set(key, spoken(message.text, page.names));
    return { ...message, said: first.current.get(key) };
  });
}
