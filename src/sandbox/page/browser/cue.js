// Where to look while a story plays: whose client, and which message it is about.

import { useEffect, useRef, useState } from 'preact/hooks';
import { currentStep } from './panes/story.js';
import { placeOf, wayTo } from './slack/workspace.js';

/** `{ device, who, place, ts, thread, isNew }`, another one whenever there is something else to look at; without a place only the person counts. */
export function useCue(state, wide) {
  const [cue, setCue] = useState(null);
  const told = useRef({ story: undefined, known: null, changed: new Map() });
  const given = useRef('');
  const { slack, story } = state;
  useEffect(() => {
    if (told.current.story !== story?.name) told.current = { ...told.current, story: story?.name, changed: new Map() };
    note(told.current, slack.messages);
    const at = currentStep(story);
    if (!at?.who || !at.device) return;
    const device = wide && at.device === 'desktop' ? 'Desktop' : 'Phone';
    const message = lastChanged(told.current.changed, slack, at.who, device);
    const step = `${story.name} ${at.index}`;
    const next = `${step} ${message && keyOf(message)}`;
    // Between steps people look where they like.
    const isUnderWay = at.state === 'doing' || story.playing;
    if (next === given.current || (!isUnderWay && given.current.startsWith(`${step} `))) return;
    given.current = next;
    setCue({ device, who: at.who, place: message && placeOf(slack, message), ...(message && wayTo(message)), isNew: message && !message.edited });
  }, [state]);
  return cue;
}

const keyOf = (message) => `${message.channel} ${message.ts}`;

/** Notes what has changed since the last look, the latest last. */
function note(told, messages) {
  const drawn = new Map(messages.map((message) => [keyOf(message), JSON.stringify([message.text, message.blocks])]));
  for (const [key, look] of told.known ? drawn : []) {
    if (told.known.get(key) === look) continue;
    told.changed.delete(key);
    told.changed.set(key, true);
  }
  told.known = drawn;
}

/** What the person can see of it; a phone shows direct messages first, a desktop channels. */
function lastChanged(changed, slack, who, device) {
  const order = [...changed.keys()];
  const channel = (message) => slack.channels.find((one) => one.id === message.channel);
  const seen = slack.messages
    .filter((message) => changed.has(keyOf(message)) && channel(message)?.members.includes(who))
    .sort((a, b) => order.indexOf(keyOf(a)) - order.indexOf(keyOf(b)));
  const isDirect = (message) => Boolean(channel(message).im_with);
  return seen.findLast((message) => isDirect(message) === (device === 'Phone')) ?? seen.at(-1);
}
