// Where to look while a story plays: whose client, and which message has just changed.

import { useEffect, useRef, useState } from 'preact/hooks';
import { currentStep } from './panes/story.js';
import { placeOf } from './slack/workspace.js';

/** `{ device, who, place, ts }`, new whenever there is something to look at; `place` may be missing. */
export function useCue(state, wide) {
  const [cue, setCue] = useState(null);
  const known = useRef(null);
  const step = useRef(null);
  const { slack, story } = state;
  useEffect(() => {
    const drawn = new Map(slack.messages.map((message) => [`${message.channel} ${message.ts}`, JSON.stringify([message.text, message.blocks])]));
    const changed = slack.messages.filter((message) => known.current && known.current.get(`${message.channel} ${message.ts}`) !== drawn.get(`${message.channel} ${message.ts}`));
    known.current = drawn;
    const at = currentStep(story);
    if (!at?.who || !at.device) {
      step.current = null;
      return;
    }
    const id = `${story.name} ${at.index}`;
    const another = id !== step.current;
    step.current = id;
    const device = wide && at.device === 'desktop' ? 'Desktop' : 'Phone';
    const touched = lastTouched(changed, slack, at.who, device);
    if (another || touched) setCue({ device, who: at.who, place: touched && placeOf(slack, touched), ts: touched?.ts });
  }, [state]);
  return cue;
}

/** A phone shows direct messages first, a desktop channels. */
function lastTouched(changed, slack, who, device) {
  const channel = (message) => slack.channels.find((one) => one.id === message.channel);
  const seen = changed.filter((message) => channel(message)?.members.includes(who));
  const direct = (message) => Boolean(channel(message).im_with);
  return seen.filter((message) => direct(message) === (device === 'Phone')).at(-1) ?? seen.at(-1);
}
